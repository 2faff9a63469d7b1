"""Corrections as people meet them: an officer ticks and sees what others ask, an applicant answers without a script."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from correcting import asks, fact, items, notices, paper, saves, sends, statement, submits, task_of, value
from office import Office, small_pdf
from statements import QUERIES_MAX, counted

from services.answers import Answer

Visitor = Callable[..., Browser]


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


def ticked(*keys: str, **more: str) -> dict[str, Any]:
    """What the form sends with these rows ticked."""
    sent: dict[str, Any] = {"pick": list(keys)}
    for key in keys:
        sent |= {f"reason:{key}": "缺第2页", f"clause:{key}": "《人民防空法》第二十二条", f"wanted:{key}": "补交完整的"}
    return sent | more


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted and computed, nothing decided."""
    application_id = office.receives().application_id
    office.works()
    return application_id


@pytest.fixture
def address(office: Office, received: UUID) -> str:
    """Where the shelter office asks."""
    return f"/desk/tasks/{task_of(office, received, 'rf').id}/corrections"


class TestAsking:
    def test_is_a_menu_entry_away_from_the_case(self, visitor: Visitor, address: str) -> None:
        officer = visitor("rf-officer")
        assert address in officer.read(address.removesuffix("/corrections")).text or any(
            link["href"] == address for link in officer.tree().select(".more-menu a")
        )

    def test_offers_own_materials_and_facts_first_and_says_that_nothing_was_told_yet(
        self, visitor: Visitor, address: str
    ) -> None:
        page = visitor("rf-officer").read(address)

        rows = [row["id"] for row in page.select("#ask > .card-body > .ask-row")]
        assert "paper:shelter" in rows
        assert "paper:contract" not in rows
        assert "fact:ground_floor_area_m2" in rows
        assert "paper:contract" in [row["id"] for row in page.select("details .ask-row")]
        assert "申报值 6,012.45 m²" in words(page.find(id="fact:ground_floor_area_m2"))
        assert "本部门尚未告知过" in words(page.select_one(".notice"))
        assert page.find(id="clause:paper:shelter")["value"] == "《人民防空法》第二十二条"

    def test_adds_what_was_ticked_and_shows_it_beside_what_others_ask(
        self, office: Office, received: UUID, visitor: Visitor, address: str
    ) -> None:
        asks(office, received, "zr", paper("siteplan", "未标注退线"))
        officer = visitor("rf-officer")

        answer = officer.post(
            address,
            ticked(
                "paper:shelter",
                "fact:ground_floor_area_m2",
                **{"target:statement:1": "人防出入口", "reason:statement:1": "未说明", "clause:statement:1": "第五条",
                   "wanted:statement:1": "说明"},
            ),
        )  # fmt: skip

        assert answer.status_code == 303
        assert [(item.unit_code, item.kind, item.target) for item in items(office, received)] == [
            ("zr", "paper", "siteplan"),
            ("rf", "paper", "shelter"),
            ("rf", "fact", "ground_floor_area_m2"),
            ("rf", "statement", "人防出入口"),
        ]
        page = officer.read(address)
        assert "未标注退线" in words(page.select_one(".demands"))
        assert len(page.select(".demands form")) == 3
        officer.post(page.select_one(".demands form")["action"])
        assert [item.state for item in items(office, received)].count("withdrawn") == 1

    def test_keeps_everything_typed_where_something_is_missing(
        self, office: Office, received: UUID, visitor: Visitor, address: str
    ) -> None:
        officer = visitor("rf-officer")
        sent = ticked("paper:shelter", "paper:contract")
        sent["reason:paper:shelter"] = '<script>alert("䶮")</script>'
        sent["wanted:paper:contract"] = " "

        assert officer.post(address, sent).status_code == 422

        page = officer.tree()
        assert page.find(id="reason:paper:shelter")["value"] == '<script>alert("䶮")</script>'
        assert page.find(id="pick:paper:contract").has_attr("checked")
        assert [link["href"] for link in page.select(".error-summary a")] == ["#wanted:paper:contract"]
        assert notices(office, received) == []
        assert officer.post(address, {}).status_code == 422

    def test_warns_before_a_unit_comes_back_and_offers_only_what_it_asked_for(
        self, office: Office, received: UUID, visitor: Visitor, address: str
    ) -> None:
        asks(office, received, "rf", fact())
        sends(office, received)
        officer = visitor("rf-officer")
        assert "正在等申请人答复" in words(officer.read(address).select_one("#ask"))
        assert officer.post(address, ticked("paper:shelter")).status_code == 409
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)

        page = officer.read(address)
        assert "本部门已告知过 1 次（瀚一单补〔2014〕1号）" in words(page.select_one(".notice"))
        assert [row["id"] for row in page.select(".ask-row")] == ["fact:ground_floor_area_m2"]

    def test_is_for_the_unit_s_own_tasks_only(self, visitor: Visitor, address: str) -> None:
        visitor("sw-officer").read(address, expected=404)
        visitor("applicant").read(address, expected=404)

    def test_asks_the_database_at_most_so_often(self, visitor: Visitor, address: str) -> None:
        officer = visitor("rf-officer")
        with counted() as sent:
            officer.read(address)
        assert len(sent) <= QUERIES_MAX


class TestTheLeadWindow:
    def test_sends_early_reminds_and_ends(self, office: Office, received: UUID, visitor: Visitor) -> None:
        asks(office, received, "rf", fact())
        lead = visitor("zj-officer")
        assert "碧海湾花园一期" in words(lead.read("/desk/corrections"))
        page = f"/desk/corrections/{received}"
        assert "征集中" in words(lead.read(page))
        assert lead.post(f"{page}/send").status_code == 303
        assert lead.post(f"{page}/send").status_code == 303
        (notice,) = notices(office, received)
        assert lead.post(f"{page}/remind/{notice.id}").status_code == 409
        office.at("2014-09-29 09:00")
        assert "逾期未答复" in words(lead.read(page))
        assert lead.post(f"{page}/remind/{notice.id}").status_code == 303
        office.at("2014-12-01 09:00")
        assert lead.post(f"{page}/end/{notice.id}").status_code == 303
        assert office.one("select status from application") == "withdrawn"

    def test_alone_may_do_so(self, office: Office, received: UUID, visitor: Visitor) -> None:
        asks(office, received, "rf", fact())
        officer = visitor("rf-officer")
        assert officer.post(f"/desk/corrections/{received}/send").status_code == 404
        officer.read(f"/desk/corrections/{received}", expected=404)
        assert "碧海湾花园一期" in words(officer.read("/desk/corrections"))
        assert "没有正在征集" in words(visitor("sw-officer").read("/desk/corrections"))


@pytest.fixture
def sent(office: Office, received: UUID) -> str:
    """Where the applicant answers: a paper, a fact and a statement of two units."""
    asks(office, received, "rf", fact(), paper("shelter"))
    asks(office, received, "zr", fact(reason="与总平面图不一致"))
    asks(office, received, "sw", statement())
    sends(office, received)
    return f"/apply/cases/{received}/corrections"


class TestAnswering:
    def test_begins_at_the_first_step_of_the_case_with_the_days_left(
        self, office: Office, received: UUID, visitor: Visitor, sent: str
    ) -> None:
        applicant = visitor("applicant")
        office.at("2014-09-18 10:00")
        first = applicant.read(f"/apply/cases/{received}").select_one(".next-step.is-first")
        assert "需要您补正，剩 7 个工作日" in words(first)
        assert "共要求补正 3 项" in words(first)
        assert sent in [link["href"] for link in first.select("a")]
        assert "需要补正，9月28日（周日）前答复" in words(applicant.read("/apply/").select_one(".rows"))

    def test_shows_each_target_once_with_reason_clause_and_what_to_do(self, visitor: Visitor, sent: str) -> None:
        page = visitor("applicant").read(sent)

        cards = page.select(".answer-card")
        assert len(cards) == 3
        assert "首层建筑面积 申报值 6,012.45 m²" in words(cards[0])
        assert "市人民防空办公室 与规划许可证不一致" in words(cards[0])
        assert "市自然资源和规划局 与总平面图不一致" in words(cards[0])
        assert "《人民防空工程建设管理规定》第四十六条 怎么做：按规划许可证更正" in words(cards[0])
        assert "剩 10 个工作日" in words(page.select_one(".notice"))

    def test_is_kept_part_by_part_and_handed_in_once(
        self, office: Office, received: UUID, visitor: Visitor, sent: str
    ) -> None:
        applicant = visitor("applicant")
        kept = applicant.post(
            sent,
            {"ground_floor_area_m2": "6,102.4x", "file-paper-shelter": (io.BytesIO(small_pdf()), "防空地下室.pdf"),
             "then": "later"},
        )  # fmt: skip
        assert kept.status_code == 303
        page = applicant.read(sent)
        assert page.find(id="ground_floor_area_m2")["value"] == "6,102.4x"
        assert "防空地下室.pdf" in words(page.select_one(".file-kept"))

        answer = applicant.post(sent, {"ground_floor_area_m2": "6,102.4x", "then": "submit"})
        assert answer.status_code == 422
        links = [link["href"] for link in applicant.tree().select(".error-summary a")]
        assert "#card-statement-基坑降水去向" in links
        good = {"ground_floor_area_m2": "6,102.45", "text-statement-基坑降水去向": "排入雨水管网", "then": "submit"}
        assert applicant.post(sent, good).headers["Location"] == f"/apply/cases/{received}"
        assert "申请人补正，恢复计时" in words(applicant.read(f"/apply/cases/{received}"))
        assert office.one("select facts->>'ground_floor_area_m2' from application") == "6102.45"
        assert applicant.post(sent, good).status_code == 303
        assert "您已于 2014-09-15 09:30 一次提交" in words(applicant.read(sent))
        assert "6,102.45 m²" in words(applicant.read(sent))

    def test_refuses_a_bad_file_and_keeps_the_rest(self, visitor: Visitor, sent: str) -> None:
        applicant = visitor("applicant")
        answer = applicant.post(
            sent,
            {"file-paper-shelter": (io.BytesIO(b"no pdf"), "坏.pdf"), "text-statement-基坑降水去向": "说明",
             "then": "later"},
        )  # fmt: skip
        assert answer.status_code == 422
        assert "不是可用的 PDF" in words(applicant.tree().select_one(".error-summary"))
        assert applicant.read(sent).find(id="text-statement-基坑降水去向").text.strip() == "说明"

    def test_can_take_an_uploaded_paper_out_again(self, office: Office, visitor: Visitor, sent: str) -> None:
        applicant = visitor("applicant")
        applicant.post(sent, {"file-paper-shelter": (io.BytesIO(small_pdf()), "错.pdf"), "then": "later"})
        remove = applicant.read(sent).select_one("button[formaction]")["formaction"]
        assert applicant.post(remove).status_code == 303
        assert applicant.read(sent).select(".file-kept") == []
        assert office.one("select count(*) from attachment where file_name = '错.pdf'") == 0

    def test_is_the_applicant_s_own(self, received: UUID, visitor: Visitor) -> None:
        visitor("applicant").read(f"/apply/cases/{received}/corrections", expected=404)
        visitor("rf-officer").read(f"/apply/cases/{received}/corrections", expected=404)

    def test_asks_for_the_paper_that_a_corrected_fact_makes_necessary(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        asks(office, received, "rf", fact("community_care_area_m2"))
        sends(office, received)
        address = f"/apply/cases/{received}/corrections"
        applicant = visitor("applicant")
        page = applicant.read(address)
        assert "更正后有这一项的，必须同时提交“社区养老托育家政用房证明”" in words(page.select_one(".answer-card"))

        answer = applicant.post(address, {"community_care_area_m2": "120.50", "then": "submit"})

        assert answer.status_code == 422
        page = applicant.tree()
        assert [link["href"] for link in page.select(".error-summary a")] == ["#file-paper-care_proof"]
        assert page.find(id="file-paper-care_proof")["aria-invalid"] == "true"
        assert page.find(id="community_care_area_m2")["value"] == "120.50"

        file = (io.BytesIO(small_pdf()), "养老用房证明.pdf")
        kept = {"community_care_area_m2": "120.50", "file-paper-care_proof": file}
        applicant.post(address, kept)
        page = applicant.read(address)
        assert "养老用房证明.pdf" in words(page.select_one(".file-kept"))
        assert "更正后必须提交" in words(page.select_one(".answer-card"))
        applicant.post(page.select_one("[formaction]")["formaction"])
        assert applicant.read(address).select(".file-kept") == []

        again = kept | {"file-paper-care_proof": (io.BytesIO(small_pdf()), "证明.pdf"), "then": "submit"}
        assert applicant.post(address, again).status_code == 303
        page = visitor("rf-officer").read(f"/desk/tasks/{task_of(office, received, 'rf').id}")
        assert len(page.select(".file-list .is-changed")) == 1
        assert page.select_one(".answers dd a")["href"].endswith(
            str(office.one("select id from attachment where material_code = 'care_proof'"))
        )

    def test_speaks_english(self, visitor: Visitor, sent: str) -> None:
        page = words(visitor("applicant").read(f"{sent}?lang=en"))
        assert "10 working days left" in page
        assert "Floor area of the ground floor" in page


class TestTheDeskAfterwards:
    def test_marks_what_changed_with_what_was_there_until_the_task_is_decided(
        self, office: Office, received: UUID, visitor: Visitor, sent: str
    ) -> None:
        applicant = visitor("applicant")
        applicant.post(
            sent,
            {"ground_floor_area_m2": "6102.45", "file-paper-shelter": (io.BytesIO(small_pdf()), "新.pdf"),
             "text-statement-基坑降水去向": "排入雨水管网", "then": "submit"},
        )  # fmt: skip
        office.works()
        task = task_of(office, received, "rf")
        officer = visitor("rf-officer")

        page = officer.read(f"/desk/tasks/{task.id}")

        answers = words(page.select_one(".answers"))
        assert "首层建筑面积 6,102.45 m² 原来： 6,012.45 m²" in answers
        assert "新.pdf" in answers
        assert "排入雨水管网" in answers
        assert "原来： 6,012.45 m²" in words(page.select_one(".desk-facts"))
        assert len(page.select(".file-list .is-changed")) == 1
        with counted() as asked:
            officer.read(f"/desk/tasks/{task.id}")
        with counted() as as_ever:
            visitor("xf-officer").read(f"/desk/tasks/{task_of(office, received, 'xf').id}")
        assert len(asked) <= len(as_ever)
        office.decides(task_of(office, received, "rf"))
        assert officer.read(f"/desk/tasks/{task.id}").select(".answers, .changed, .is-changed") == []

    def test_shows_words_that_changed_nothing(self, office: Office, received: UUID, visitor: Visitor) -> None:
        asks(office, received, "rf", fact(), paper("shelter"))
        sends(office, received)
        saves(
            office,
            received,
            Answer("fact", "ground_floor_area_m2", text="与规划许可证一致"),
            Answer("paper", "shelter", text="易地建设，不设"),
        )
        submits(office, received)
        page = visitor("rf-officer").read(f"/desk/tasks/{task_of(office, received, 'rf').id}")
        assert "与规划许可证一致" in words(page.select_one(".answers"))
        assert page.select(".changed, .is-changed") == []
