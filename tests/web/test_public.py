"""Public pages: what strangers may do without a log-in, and whether work can be done at all."""

from __future__ import annotations

from pathlib import Path

from test_apply import ANSWERS

from shared.settings import settings
from web.public.routes import masked


def answers(**changes: str) -> dict[str, str]:
    return {**ANSWERS["project"], **ANSWERS["scale"], **ANSWERS["cost"], "accepted_on": "2014-09-15", **changes}


class TestEstimate:
    def test_computes_line_by_line_and_keeps_nothing(self, office, visitor) -> None:
        stranger = visitor()
        assert stranger.post("/estimate", answers()).status_code == 200
        rows = stranger.tree().select(".fee-table tbody tr")

        assert len(rows) == 7
        assert stranger.tree().select_one(".fee-table tfoot .num").text.strip() == "32,729,939.24"
        assert "86,432.18" in rows[0].text
        assert office.one("select count(*) from draft") == 0

    def test_follows_the_date(self, visitor) -> None:
        stranger = visitor()
        stranger.post("/estimate", answers(accepted_on="2022-06-01"))
        assert stranger.tree().select_one(".fee-table tfoot .num").text.strip() != "32,729,939.24"

    def test_says_what_is_missing_or_wrong_and_keeps_what_was_typed(self, visitor) -> None:
        stranger = visitor()
        stranger.post("/estimate", answers(floor_area_m2=""))
        assert "有的项目还缺内容" in stranger.last.text
        refused = stranger.post("/estimate", answers(floor_area_m2="much", accepted_on="someday"))
        page = stranger.tree()

        assert refused.status_code == 422
        assert page.select_one("#floor_area_m2")["value"] == "much"
        assert page.select_one("#accepted_on")["value"] == "someday"
        assert {each["href"] for each in page.select(".error-summary a")} == {"#floor_area_m2", "#accepted_on"}


class TestHome:
    def test_tells_what_to_prepare_from_the_citys_pack(self, visitor) -> None:
        text = visitor().read("/").get_text(" ")
        for word in ("施工图设计文件", "防空地下室设计审查", "农民工工资保障金", "瀚海市"):
            assert word in text


class TestReadiness:
    def test_is_said_by_database_broker_and_store(self, web, configured, redis_url) -> None:
        configured(REDIS_URL=redis_url)
        answer = web.test_client().get("/readyz")
        assert (answer.status_code, answer.json["checks"]) == (
            200,
            {"database": "ok", "redis": "ok", "storage": "ok"},
        )

    def test_is_lost_with_the_database(self, web, configured) -> None:
        configured(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        answer = web.test_client().get("/readyz")
        assert (answer.status_code, answer.json["checks"]["database"]) == (503, "failed")

    def test_is_lost_with_the_broker(self, web, configured) -> None:
        configured(REDIS_URL="redis://127.0.0.1:1/0")
        answer = web.test_client().get("/readyz")
        assert (answer.status_code, answer.json["checks"]["redis"]) == (503, "failed")

    def test_is_lost_with_the_store(self, web, configured, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        configured(VAR_DIR=str(tmp_path / "file"))
        assert settings().var_dir.is_file()
        answer = web.test_client().get("/readyz")
        assert (answer.status_code, answer.json["checks"]["storage"]) == (503, "failed")


class TestMaskedNames:
    def test_show_the_first_and_last_character(self) -> None:
        assert [masked(each) for each in ("", "碧", "碧海", "碧海湾花园一期")] == ["", "*", "**", "碧***期"]
