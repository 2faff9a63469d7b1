"""The tariff desk's pages: two people change a rate without a developer, try it out first, and are refused in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from office import Office
from test_apply import ANSWERS
from watching import broken

Visitor = Callable[..., Browser]

DOCUMENT = "瀚政发〔2015〕60号（样张）"
#: Case E1 as the test bench asks for it.
FACTS = {**ANSWERS["project"], **ANSWERS["scale"], **ANSWERS["cost"]}


@pytest.fixture
def ended(office: Office, visitor: Visitor) -> str:
    """A draft: PTF v1 ends with 2015 and v2 follows; gives its address."""
    office.at("2015-12-01 10:00")
    made = visitor("finance").post("/tariff/end", version="PTF v1", last="2015-12-31", document=DOCUMENT)
    assert made.status_code == 303
    return made.headers["Location"]


def edits(person: Browser, address: str, section: str, *key: str, **typed: str) -> object:
    """Change values of a row as the form has them."""
    page = person.read(f"{address}/row?section={section}&" + "&".join(f"key={part}" for part in key))
    form = {
        each["name"]: each.get("value", "")
        for each in page.select("form input[name]")
        if each.get("type") != "checkbox" and each["name"] not in ("csrf_token", "key")
    }
    return person.post(f"{address}/row", **{**form, "key": list(key), **typed})


def version(person: Browser, address: str) -> str:
    return str(person.read(address).select_one("#decide input[name=version]")["value"])


class TestTheDesk:
    def test_shows_what_is_in_force_on_a_day(self, visitor: Visitor) -> None:
        finance = visitor("finance")
        text = finance.read("/tariff?on=2015-10-02").get_text(" ")

        for expected in (
            "城市基础设施配套费",
            "瀚政发〔2002〕41号",
            "主体 170.00 元/m²",
            "瀚费批〔2002〕12号",
            "保障性安居工程",
        ):
            assert expected in text
        assert len(finance.tree().select(".bars rect.is-now")) == 7
        assert "Rates" in finance.read("/tariff?lang=en").get_text(" ")

    def test_is_no_officers_page(self, visitor: Visitor) -> None:
        assert visitor("zj-officer").get("/tariff").status_code in (403, 404)
        assert visitor("leader").get("/tariff").status_code == 200
        assert visitor("leader").post("/tariff", title="试改").status_code in (403, 404)

    def test_says_beside_its_field_what_is_wrong(self, visitor: Visitor) -> None:
        finance = visitor("finance")
        refused = finance.post("/tariff/end", version="PTF v1", last="someday", document=DOCUMENT)
        assert (refused.status_code, "2014-09-15 这样的日期" in refused.text) == (422, True)
        refused = finance.post("/tariff/copy-forward", year="MMXV", document="")
        assert (refused.status_code, "必填：依据文件及文号" in refused.text) == (422, True)
        nothing = finance.post("/tariff/copy-forward", year="2030", document=DOCUMENT)
        assert (nothing.status_code, "不用结转" in nothing.text) == (409, True)


class TestAChange:
    def test_goes_from_draft_over_bench_to_the_second_person(self, visitor: Visitor, ended: str) -> None:
        clerk, chief = visitor("finance"), visitor("finance-chief")
        done = edits(clerk, ended, "versions", "PTF", "v2", **{"cell:rule.measures.0.rates.0.rate": "185.00"})
        assert done.status_code == 303
        text = clerk.read(ended).get_text(" ")
        for expected in ("标准版本 PTF v2", "185.00", "2016-01-01", "可以发布"):
            assert expected in text

        change = ended.rsplit("/", 1)[1]
        tried = clerk.post("/tariff/bench", **FACTS, accepted_on="2016-02-01", change=change)
        assert tried.status_code == 200
        assert "86,432.18 × (185.00 + 55.00 + 30.00)" in clerk.tree().get_text(" ")
        assert "23,336,688.60" in tried.text
        assert "22,040,205.90" in tried.text

        assert clerk.post(f"{ended}/propose", version=version(clerk, ended)).status_code == 303
        assert clerk.post(f"{ended}/publish").status_code == 403
        assert chief.post(f"{ended}/publish").status_code == 303
        assert "已发布" in chief.read(ended).get_text(" ")
        assert "主体 185.00" in chief.read("/tariff?on=2016-01-01").get_text(" ")
        assert broken() == {}

    def test_that_overlaps_is_refused_in_words(self, visitor: Visitor, ended: str) -> None:
        clerk = visitor("finance")
        edits(clerk, ended, "versions", "PTF", "v2", **{"cell:from": "2015-06-01"})
        text = clerk.read(ended).get_text(" ")
        assert "重叠" in text
        refused = clerk.post(f"{ended}/propose", version=version(clerk, ended))
        assert (refused.status_code, "重叠" in refused.text) == (422, True)

    def test_row_gains_and_loses_a_rate(self, visitor: Visitor, ended: str) -> None:
        clerk = visitor("finance")
        edits(clerk, ended, "versions", "PTF", "v2", **{"more:rule.measures.0.rates.1": "1", "again": "1"})
        page = clerk.read(f"{ended}/row?section=versions&key=PTF&key=v2")
        assert len(page.select("input[name$='.rate']")) == 4
        edits(clerk, ended, "versions", "PTF", "v2", **{"drop:rule.measures.0.rates.3": "1"})
        page = clerk.read(f"{ended}/row?section=versions&key=PTF&key=v2")
        assert [each["value"] for each in page.select("input[name$='.rate']")] == ["170.00", "55.00", "55.00"]

    def test_takes_a_row_back_that_has_not_begun_and_no_other(self, office: Office, visitor: Visitor) -> None:
        office.at("2014-09-15 09:00")
        clerk = visitor("finance")
        draft = clerk.post("/tariff", title="撤去", document=DOCUMENT).headers["Location"]
        page = clerk.read(draft)
        form = next(each for each in page.select("form[action$='/row/remove']") if "SNZ" in each.decode())
        sent = {each["name"]: each["value"] for each in form.select("input") if each["name"] != "key"}
        key = [each["value"] for each in form.select("input[name=key]")]
        assert key == ["SNZ", "v2"]
        assert clerk.post(f"{draft}/row/remove", **sent, key=key).status_code == 303
        assert "撤去" in clerk.read(draft).select_one("h3").text
        begun = {**sent, "version": version(clerk, draft)}
        refused = clerk.post(f"{draft}/row/remove", **begun, key=["SNZ", "v1"])
        assert (refused.status_code, "已经执行的" in refused.text) == (409, True)

    def test_seen_too_late_is_a_conflict_and_changes_nothing(self, visitor: Visitor, ended: str) -> None:
        clerk, chief = visitor("finance"), visitor("finance-chief")
        seen = version(clerk, ended)
        chief.post(ended, version=seen, title="配套费调整", document=DOCUMENT)
        late = clerk.post(ended, version=seen, title="另一个名称", document=DOCUMENT)
        assert (late.status_code, "刚刚已被他人改动" in late.text) == (409, True)
        assert "配套费调整" in clerk.read(ended).get_text(" ")

    def test_is_declined_with_a_reason_or_dropped(self, visitor: Visitor, ended: str) -> None:
        clerk, chief = visitor("finance"), visitor("finance-chief")
        clerk.post(f"{ended}/propose", version=version(clerk, ended))
        assert chief.post(f"{ended}/decline", opinion=" ").status_code == 422
        assert chief.post(f"{ended}/decline", opinion="依据文件尚未公布").status_code == 303
        assert "依据文件尚未公布" in clerk.read(ended).get_text(" ")
        other = clerk.post("/tariff", title="试改").headers["Location"]
        assert clerk.post(f"{other}/drop").status_code == 303
        assert "已作废" in clerk.read(other).get_text(" ")

    def test_adds_an_approval_and_a_reduction_like_another(self, visitor: Visitor) -> None:
        clerk = visitor("finance")
        filed = clerk.post(
            "/tariff/approvals", item="PTF", document="瀚费批〔2015〕8号", by="瀚海市规费审批委员会",
            first="2016-01-01", last="", approval="财政局综合科 2015-23",
        )  # fmt: skip
        assert "瀚费批〔2015〕8号" in clerk.read(filed.headers["Location"]).get_text(" ")
        draft = clerk.post("/tariff", title="新增减免", document=DOCUMENT).headers["Location"]
        page = clerk.read(f"{draft}/row?section=reductions&key=TEMP&key=2000-04-27&copy=1")
        form = {
            each["name"]: each.get("value", "")
            for each in page.select("form input[name]")
            if each.get("type") != "checkbox" and each["name"] not in ("csrf_token", "key")
        }
        form |= {"cell:code": "FLOOD", "cell:name": "防汛临时设施", "cell:from": "2016-01-01"}
        assert clerk.post(f"{draft}/row", **form, key=["TEMP", "2000-04-27"]).status_code == 303
        text = clerk.read(draft).get_text(" ")
        assert "减免 FLOOD 2016-01-01" in text
        assert "防汛临时设施" in text
