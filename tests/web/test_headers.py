"""Headers and error pages: the same walls around every answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from shared.domain.errors import Broken, Conflict, Invalid, NotAllowed, NotFound, Problem, Refused, Unavailable
from shared.settings import Settings
from web.app import create_app
from web.limits import TEXT_BYTES_MAX

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def plain_routes(app: Flask) -> list[str]:
    """The addresses that need nothing filled in."""
    return sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments})


class TestSecurityHeaders:
    def test_stand_on_every_route_errors_and_files_included(self, app, client):
        paths = [*plain_routes(app), "/nowhere", "/static/yidan.css", "/static/missing", "/api/nowhere"]

        for path in paths:
            with client.get(path) as response:
                headers = response.headers
            policy = headers["Content-Security-Policy"]
            assert {name: headers[name] for name in EVERYWHERE} == EVERYWHERE, path
            assert "unsafe" not in policy
            for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                assert rule in policy
            assert "Permissions-Policy" in headers

    def test_use_a_new_nonce_for_each_request(self, client):
        nonces = {
            re.search(r"'nonce-([^']+)'", client.get("/").headers["Content-Security-Policy"])[1] for _ in range(3)
        }

        assert len(nonces) == 3

    def test_keep_pages_out_of_caches(self, client):
        headers = client.get("/").headers

        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]

    def test_let_an_addressed_version_of_a_file_be_kept(self, client, browse):
        address = browse("/").select_one('link[rel="stylesheet"]')["href"]

        with client.get(address) as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_add_hsts_and_the_host_cookie_behind_tls(self, tmp_path):
        secure = create_app(Settings(var_dir=tmp_path, secure_cookies=True)).test_client()
        response = secure.get("/", base_url="https://yidan.example")

        assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-yidan=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))

    def test_hide_the_catalogue_outside_the_demo(self, tmp_path):
        assert create_app(Settings(var_dir=tmp_path)).test_client().get("/styleguide/").status_code == 404


@pytest.fixture
def failing(tmp_path):
    """An application whose `/fail` and `/api/fail` raise what the test says."""
    app = create_app(Settings(var_dir=tmp_path))
    raised: list[Exception] = []

    def fail() -> str:
        raise raised[0]

    app.add_url_rule("/fail", "fail", fail)
    app.add_url_rule("/api/fail", "api_fail", fail)

    def ask(error: Exception, path: str = "/fail", **headers: str):
        raised[:] = [error]
        return app.test_client().get(path, headers=headers)

    return ask


class TestErrorPages:
    @pytest.mark.parametrize(
        ("error", "status", "title"),
        [
            (Refused("缴费单已经缴清"), 400, "这次请求没有被接受"),
            (NotFound("没有这个办件"), 404, "没有找到这个页面或办件"),
            (Conflict("已由高维认领"), 409, "这一项刚刚被别人改过"),
            (NotAllowed("不是本部门的办件"), 403, "您没有办理这一项的权限"),
            (Invalid([Problem("project.name", "请填写项目名称")]), 422, "有几处需要修改"),
            (Unavailable("database"), 503, "暂时无法办理"),
            (Broken("lines do not add up"), 500, "系统出错了"),
            (ZeroDivisionError("division by zero"), 500, "系统出错了"),
        ],
    )
    def test_follow_the_family_of_the_error(self, failing, error, status, title):
        response = failing(error)

        assert response.status_code == status
        assert f"<h1>{title}</h1>" in response.text
        assert re.search(r"错误编号 <b class=\"code\">[2-9A-HJ-NP-Z]{8}</b>", response.text)

    def test_tell_the_reader_that_the_input_is_kept_and_when_to_come_back(self, failing):
        response = failing(Unavailable("database"))

        assert "您填写的内容没有丢失" in response.text
        assert response.headers["Retry-After"] == "2"

    def test_show_nothing_of_the_inside(self, failing):
        response = failing(ZeroDivisionError("password=hunter2"))

        assert "hunter2" not in response.text
        assert "Traceback" not in response.text

    def test_answer_programs_in_json(self, failing):
        response = failing(Invalid([Problem("project.name", "请填写项目名称")]), "/api/fail")
        answer = response.get_json()

        assert response.status_code == 422
        assert answer["error"] == "有几处需要修改：已填写的内容仍然保留，改好后再提交一次。"
        assert answer["problems"] == [{"field": "project.name", "problem": "请填写项目名称"}]
        assert len(answer["reference"]) == 8

    def test_answer_htmx_with_a_fragment(self, failing):
        response = failing(Conflict("已由高维认领"), **{"HX-Request": "true"})

        assert "<html" not in response.text
        assert "已由高维认领" in response.text

    def test_say_how_large_a_file_may_be(self, tmp_path):
        app = create_app(Settings(var_dir=tmp_path))
        app.add_url_rule("/form", "form", lambda: "taken", methods=["POST"])

        text = b"x" * TEXT_BYTES_MAX * 2
        part = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + text + b"\r\n--b--\r\n"
        bodies = {"application/x-www-form-urlencoded": b"note=" + text, "multipart/form-data; boundary=b": part}
        for encoding, body in bodies.items():
            response = app.test_client().post("/form", data=body, content_type=encoding)
            assert response.status_code == 413
            assert "单个文件不超过 20 MB，一次提交合计不超过 60 MB" in response.text

    def test_refuse_a_form_without_its_token_in_words(self, tmp_path):
        app = create_app(Settings(var_dir=tmp_path))
        app.add_url_rule("/form", "form", lambda: "taken", methods=["POST"])
        response = app.test_client().post("/form")

        assert response.status_code == 400
        assert "这个页面打开得太久" in response.text

    def test_speak_english_on_request(self, client):
        assert "<h1>There is no such page or case</h1>" in client.get("/nowhere?lang=en").text


class TestStaticFiles:
    ROOT = Path(__file__).resolve().parents[2] / "web" / "static"

    def test_stay_within_their_budget(self):
        import gzip

        assert len(gzip.compress((self.ROOT / "yidan.css").read_bytes(), 9)) <= 12 * 1024
        assert len((self.ROOT / "app.js").read_bytes()) <= 10 * 1024

    def test_of_others_are_what_their_sums_say(self):
        import hashlib

        vendor = self.ROOT / "vendor"
        for line in (vendor / "SHA256SUMS").read_text().splitlines():
            expected, name = line.split()
            assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == expected

    def test_icons_used_are_in_the_sprite(self, templates):
        sprite = (self.ROOT / "icons.svg").read_text()
        known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
        used = set(
            re.findall(r"""icon(?:_name=|_after=|\()\s*"([a-z-]+)\"""", "".join(t.read_text() for t in templates))
        )

        assert used
        assert used - known == set()


class TestApiDescription:
    def test_is_served_with_its_assets_from_our_own_host(self, client, browse):
        page = browse("/api/docs/")
        addresses = [part.get("src") or part.get("href") for part in page.select("script, link")]

        assert all(address.startswith("/") for address in addresses)
        for address in addresses:
            with client.get(address) as response:
                assert response.status_code == 200
        assert json.loads(client.get("/api/openapi.json").text)["info"]["title"] == "Yidan 一单"


class TestSecretKey:
    def test_is_made_once_and_readable_only_by_its_owner(self, tmp_path):
        first = create_app(Settings(var_dir=tmp_path)).config["SECRET_KEY"]
        second = create_app(Settings(var_dir=tmp_path)).config["SECRET_KEY"]

        assert first == second
        assert len(first) >= 48
        assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
