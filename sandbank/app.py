"""The bank's web process: `gunicorn 'sandbank.app:create_app()'`, one process, some threads.

Pages work without JavaScript and carry a policy that would not run any; the courier starts
in the process that serves and ends with it.
"""

from __future__ import annotations

import atexit
import logging
import sys
from datetime import date, datetime

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbank import api, pages
from sandbank.bank import Bank
from sandbank.refusals import Declined, Malformed
from sandbank.settings import Settings
from sandbank.statements import BANK_NAME

_FORM_BYTES_MAX = 65_536
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cache-Control": "no-store",
}
_TITLES = {
    400: ("请求有误", "请返回重新操作。"),
    404: ("没有这个页面", "请检查网址，或回到首页输入缴款码。"),
    405: ("不能这样访问", "请从首页重新操作。"),
    413: ("提交的内容太大", "请返回重新填写。"),
    415: ("内容类型不对", "请以 application/json 提交。"),
}
_TITLE_BROKEN = ("银行系统出错", "本次操作可能没有完成。请用同一缴款码再查一次；不会重复扣款。")


def create_app(settings: Settings | None = None) -> Flask:
    """Open the book; the courier starts with the first request, or with gunicorn's worker (`gunicorn_conf`).

    Raises `SettingsRefused` naming what is wrong.
    """
    settings = settings or Settings.from_environment()
    app = Flask("sandbank")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # Cookies do not know ports, and Yidan lives on the same host: a name of the bank's own.
        SESSION_COOKIE_NAME="sandbank",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        MAX_CONTENT_LENGTH=_FORM_BYTES_MAX,
        # A page elsewhere cannot reach the bank under a name of its own (DNS rebinding).
        TRUSTED_HOSTS=[*_LOOPBACK, *settings.own_hosts],
    )
    _speak_on_stderr()
    bank = Bank.open(settings)
    app.extensions["sandbank"] = bank
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    app.jinja_env.globals.update(BANK_NAME=BANK_NAME, YIDAN_URL=settings.public_url)
    app.jinja_env.filters.update(money=_money, fours=_fours, day=_day, moment=_moment)
    app.after_request(_protect)
    app.register_error_handler(Declined, _declined)
    app.register_error_handler(HTTPException, _http_problem)
    # Not here, but in the process that serves: a thread does not survive a fork, and the locks it holds do.
    app.before_request(bank.courier.ensure_running)
    atexit.register(bank.courier.stop)
    return app


def _protect(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _declined(refusal: Declined) -> ResponseReturnValue:
    if _wants_json():
        problems = refusal.problems if isinstance(refusal, Malformed) else ()
        answer = jsonify(
            title=refusal.title,
            way_out=refusal.way_out,
            problems=[{"field": each.field, "problem": each.problem} for each in problems],
        )
    else:
        answer = Response(render_template("problem.html", title=refusal.title, way_out=refusal.way_out))
    answer.status_code = refusal.status
    if refusal.status == 503:
        answer.headers["Retry-After"] = "10"
    return answer


def _http_problem(problem: HTTPException) -> ResponseReturnValue:
    title, way_out = _TITLES.get(problem.code or 500, _TITLE_BROKEN)
    if _wants_json():
        answer = jsonify(title=title, way_out=way_out, problems=[])
    else:
        answer = Response(render_template("problem.html", title=title, way_out=way_out))
    answer.status_code = problem.code or 500
    return answer


def _wants_json() -> bool:
    return request.path.startswith(("/api/", "/admin/", "/statements/"))


def _speak_on_stderr() -> None:
    """The courier's log goes where gunicorn's goes; nothing personal is in it."""
    log = logging.getLogger("sandbank")
    if not log.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)


def _money(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _fours(digits: str) -> list[str]:
    return [digits[start : start + 4] for start in range(0, len(digits), 4)]


def _day(value: date) -> str:
    return value.isoformat()


def _moment(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M:%S")
