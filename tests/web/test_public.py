"""Public pages: what strangers may do without a log-in, and whether work can be done at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from test_apply import ANSWERS

from services import tariffs
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


class TestTheFeeGuide:
    def test_says_what_is_charged_on_a_day_and_under_which_document(self, visitor) -> None:
        text = " ".join(visitor().read("/fees?on=2014-09-15").get_text(" ").split())
        for expected in (
            "城市基础设施配套费", "主体 170.00 元/m²，供热 55.00 元/m²，燃气 30.00 元/m²", "瀚政发〔2002〕41号",
            "瀚费批〔2002〕12号", "生产性工业厂房、仓储设施标准为零", "2.6%", "保障性安居工程",
        ):  # fmt: skip
            assert expected in text
        assert "这一天不收取" not in text

    def test_says_what_is_charged_no_more_and_why(self, visitor) -> None:
        page = visitor().read("/fees?on=2018-01-01")
        wall = " ".join(page.select_one("#XQJ").get_text(" ").split())
        assert "这一天不收取" in wall
        assert "财税〔2017〕18号" in wall
        assert "收取" in page.select_one("#PTF h2 .tag-green").text
        assert visitor().get("/fees?on=someday").status_code == 200

    def test_says_who_collects_what_is_only_listed_here(self, visitor) -> None:
        shelter = visitor().read("/fees?on=2022-01-01").select_one("#RFY")
        text = " ".join(shelter.get_text(" ").split())
        assert "由税务部门征收，本单只列不收" in text
        assert "财税〔2020〕58号" in text
        assert not shelter.select("h2 .tag-green")

    def test_follows_what_was_published(self, office, visitor) -> None:
        office.at("2015-12-01 10:00")
        with office.sits() as sitting:
            change = tariffs.end(
                sitting, account=office.account("finance"), item="PTF", version="v1", last=date(2015, 12, 31),
                document="瀚政发〔2015〕60号（样张）", is_succeeded=False,
            )  # fmt: skip
        with office.sits() as sitting:
            tariffs.propose(sitting, account=office.account("finance"), change_id=change, version=1)
        assert "这一天不收取" not in visitor().read("/fees?on=2016-01-01").select_one("#PTF h2").text
        with office.sits() as sitting:
            tariffs.publish(sitting, account=office.account("leader"), change_id=change)
        assert "这一天不收取" in visitor().read("/fees?on=2016-01-01").select_one("#PTF h2").text


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
