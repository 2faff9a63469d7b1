"""补正, the applicant's side: kept as typed, handed in once, and only what an answer touches opens again."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from correcting import (
    asked,
    asks,
    events,
    fact,
    items,
    notices,
    paper,
    paused,
    saves,
    sends,
    statement,
    submits,
    sweeps,
    task_of,
    uploads,
    value,
)
from office import Office
from sqlalchemy import text
from watching import assert_settled, broken, counts, kinds, side_by_side

from services import assessment, corrections, review
from services.answers import Answer
from shared.db import fan_in
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotFound, Unavailable
from shared.tasks import Task


def seals(office: Office, application_id: UUID) -> dict[str, tuple[int, bytes]]:
    rows = office.rows("select item_code, version, seal from fee_line where application_id = :id", id=application_id)
    return {row.item_code: (row.version, bytes(row.seal)) for row in rows}


def statuses(office: Office, application_id: UUID) -> dict[str, str]:
    return {task.matter_code: task.status for task in office.tasks(application_id)}


def problems_of(refusal: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {each.field for each in refusal.value.problems}


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted on Monday the 15th, computed and confirmed; nothing decided."""
    application_id = office.receives().application_id
    office.works()
    office.confirms(application_id)
    return application_id


class TestAnAnswer:
    def test_corrects_a_fact_keeps_the_old_value_and_lets_the_clocks_run_on(
        self, office: Office, received: UUID
    ) -> None:
        asked(office, received, "rf", fact())
        assert paused(office, received) == {"rf"}
        office.at("2014-09-18 10:00")
        saves(office, received, value("ground_floor_area_m2", "6102.45"))

        done = submits(office, received)

        assert (done.number, done.reopened, done.recomputed) == ("瀚一单补〔2014〕1号", (), ("RFY",))
        assert office.one("select facts->>'ground_floor_area_m2' from application") == "6102.45"
        (item,) = office.rows("select state, old_value, new_value, answered_at from correction_item")
        assert (item.state, item.old_value, item.new_value) == ("answered", '"6012.45"', '"6102.45"')
        assert paused(office, received) == set()
        assert not office.one("select is_paused from application")
        # Three of the days from the 16th on stood still.
        assert str(office.one("select due_on from review_task where unit_code = 'rf'")) == "2014-09-25"
        (event,) = events(office, received, "correction_answered")
        assert event.data["changes"] == [
            {"kind": "fact", "target": "ground_floor_area_m2", "before": '"6012.45"', "after": '"6102.45"'}
        ]
        assert broken() == {}

    def test_replaces_a_paper_and_keeps_the_old_one(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", paper("survey"))
        paper_id = uploads(office, "survey", "测算报告（补正）.pdf")
        saves(office, received, Answer("paper", "survey", paper_id=paper_id))
        submits(office, received)

        found = office.rows(
            "select id, file_name, replaced_by from attachment where material_code = 'survey' order by created_at"
        )
        assert [(row.file_name, row.replaced_by) for row in found] == [
            ("建筑面积测算报告.pdf", paper_id),
            ("测算报告（补正）.pdf", None),
        ]
        assert office.one("select application_id from attachment where id = :id", id=paper_id) == received

    def test_of_words_is_kept_and_touches_nothing(self, office: Office, received: UUID) -> None:
        before = seals(office, received)
        asked(office, received, "sw", statement())
        words = '经沉淀后排入雨水管网；<b>每日</b> 300 m³，联系人䶮龑 "%s"'
        saves(office, received, Answer("statement", "基坑降水去向", text=words))

        done = submits(office, received)

        assert (done.reopened, done.recomputed) == ((), ())
        assert office.one("select new_value from correction_item") == words
        assert seals(office, received) == before

    def test_may_explain_why_a_fact_or_a_paper_stays_as_it_is(self, office: Office, received: UUID) -> None:
        before = seals(office, received)
        asked(office, received, "rf", fact(), paper("shelter"))
        saves(
            office,
            received,
            Answer("fact", "ground_floor_area_m2", text="规划许可证附图载明 6,012.45，见附图"),
            Answer("paper", "shelter", text="不建防空地下室，易地建设"),
        )

        assert submits(office, received).recomputed == ()
        assert seals(office, received) == before
        assert {row.explanation for row in office.rows("select explanation from correction_item")} == {
            "规划许可证附图载明 6,012.45，见附图",
            "不建防空地下室，易地建设",
        }

    def test_of_the_same_value_needs_a_word(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact())
        for same in ("6012.45", "6012.4500"):
            saves(office, received, value("ground_floor_area_m2", same))
            with pytest.raises(Invalid) as refusal:
                submits(office, received)
            assert problems_of(refusal) == {"fact-ground_floor_area_m2"}
        saves(office, received, value("ground_floor_area_m2", "6012.4500", "与规划许可证一致"))
        assert submits(office, received).recomputed == ()
        assert office.one("select version from fee_line where item_code = 'RFY'") == 3

    @pytest.mark.parametrize(
        ("name", "raw"),
        [
            ("ground_floor_area_m2", 6102.45),
            ("ground_floor_area_m2", "6,102.45"),
            ("ground_floor_area_m2", "-1"),
            ("ground_floor_area_m2", "6102.45001"),
            ("floors", "18"),
            ("floors", True),
            ("use", "castle"),
            ("developer", {"name": "甲", "uscc": "91371002MA3C00011A"}),
        ],
    )
    def test_is_judged_like_the_form_and_kept_all_the_same(
        self, office: Office, received: UUID, name: str, raw: Any
    ) -> None:
        asked(office, received, "rf", fact(name))
        saves(office, received, value(name, raw))
        with pytest.raises(Invalid) as refusal:
            submits(office, received)
        assert all(field.startswith(f"facts.{name}") for field in problems_of(refusal))
        assert office.one("select typed->'value' from correction_item") == raw
        assert office.one("select state from correction_notice") == "sent"

    def test_is_judged_together_with_the_other_facts(self, office: Office, received: UUID) -> None:
        asked(office, received, "zr", fact("floor_area_m2"), fact("community_care_area_m2"))
        saves(office, received, value("floor_area_m2", "1000"), value("community_care_area_m2", "1200"))
        with pytest.raises(Invalid):
            submits(office, received)
        proof = Answer("paper", "care_proof", paper_id=uploads(office, "care_proof"))
        saves(office, received, value("community_care_area_m2", "900"), proof)
        assert "PTF" in submits(office, received).recomputed

    def test_that_leaves_something_out_names_it_and_keeps_the_rest(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact(), paper("survey"), statement())
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        with pytest.raises(Invalid) as refusal:
            submits(office, received)
        assert problems_of(refusal) == {"paper-survey", "statement-基坑降水去向"}
        assert office.one("select count(*) from correction_item where typed <> '{}'") == 1

    def test_takes_only_papers_of_its_own_and_of_the_right_kind(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", paper("survey"), statement())
        adopted = office.one("select id from attachment where material_code = 'survey'")
        for answer in (
            Answer("paper", "survey", paper_id=uploads(office, "estimate")),
            Answer("paper", "survey", paper_id=adopted),
            Answer("paper", "survey", paper_id=uuid4()),
            Answer("statement", "基坑降水去向", paper_id=uploads(office, "survey")),
            Answer("statement", "基坑降水去向", text="长" * 2001),
            Answer("statement", "基坑降水去向", text="空\x00"),
            Answer("fact", "floors", value=18),
        ):
            with pytest.raises(Invalid):
                saves(office, received, answer)

    def test_of_somebody_else_does_not_exist(self, office: Office, received: UUID) -> None:
        with pytest.raises(NotFound):
            submits(office, received)
        asked(office, received, "rf")
        for act in (saves, submits):
            with pytest.raises(NotFound):
                act(office, received, login="rf-officer")

    def test_to_two_units_that_asked_the_same_answers_both(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact())
        asked(office, received, "zr", fact())
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)
        assert [item.state for item in items(office, received)] == ["answered", "answered"]
        assert paused(office, received) == set()

    def test_of_forty_items_is_handed_in_at_once(self, office: Office, received: UUID) -> None:
        subjects = [f"第{number}个问题䶮" for number in range(40)]
        asked(office, received, "sw", *(statement(subject) for subject in subjects))
        saves(office, received, *(Answer("statement", subject, text="说明") for subject in subjects))
        submits(office, received)
        assert office.one("select count(*) from correction_item where state = 'answered'") == 40


class TestHandingIn:
    def test_twice_is_once(self, office: Office) -> None:
        for _ in range(5):
            application_id = office.receives().application_id
            office.works()
            asked(office, application_id, "rf", fact())
            saves(office, application_id, value("ground_floor_area_m2", "6102.45"))

            results = side_by_side(*(partial(submits, office, application_id) for _ in range(3)))

            assert kinds(results) == {"done": 3}
            assert sorted(result.repeated for result in results) == [False, True, True]
            assert len(events(office, application_id, "correction_answered")) == 1
        assert broken() == {}

    def test_leaves_nothing_to_be_changed(self, office: Office, received: UUID) -> None:
        asked(office, received, "sw", statement())
        saves(office, received, Answer("statement", "基坑降水去向", text="排入雨水管网"))
        submits(office, received)
        with pytest.raises(Conflict, match="瀚一单补〔2014〕1号 已经答复"):
            saves(office, received, Answer("statement", "基坑降水去向", text="另一种说法"))

    def test_of_a_case_that_is_over_is_refused(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact())
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        with office.sits() as sitting:
            sitting.session.execute(text("update application set status = 'withdrawn'"))
        before = counts("audit_event", "outbox")
        with pytest.raises(Conflict, match="无须再补正"):
            submits(office, received)
        assert counts("audit_event", "outbox") == before
        sweeps(office)
        assert [notice.state for notice in notices(office, received)] == ["cancelled"]

    def test_raced_with_a_verdict_leaves_one_truth(self, office: Office) -> None:
        for _ in range(8):
            application_id = office.receives().application_id
            office.works()
            office.confirms(application_id)
            asked(office, application_id, "rf", fact())
            saves(office, application_id, value("ground_floor_area_m2", "6102.45"))
            task = task_of(office, application_id, "rf")

            def decides(task: Any = task) -> None:
                with office.sits() as sitting:
                    review.decide(
                        sitting,
                        task_id=task.id,
                        actor=office.actor("rf-officer"),
                        approve=False,
                        opinion="面积不符",
                        version=task.version,
                    )

            results = side_by_side(partial(submits, office, application_id), decides)

            assert not isinstance(results[0], Exception)
            # The verdict was first and was opened again, or came second and found another version.
            assert statuses(office, application_id)["rf-shelter"] in ("open", "taken")
            assert office.one("select status from application where id = :id", id=application_id) == "in_review"
        assert broken() == {}

    def test_that_a_clock_cannot_follow_is_refused_and_keeps_the_answers(self, office: Office) -> None:
        office.at("2026-12-10 09:00")
        application_id = office.receives().application_id
        asked(office, application_id, "rf", statement())
        saves(office, application_id, Answer("statement", "基坑降水去向", text="排入雨水管网"))
        office.at("2026-12-31 09:00")

        with pytest.raises(CalendarNotLoaded, match="2027 年的工作日历未导入"):
            submits(office, application_id)

        assert notices(office, application_id)[0].state == "sent"
        assert office.one("select typed->>'text' from correction_item") == "排入雨水管网"
        assert paused(office, application_id) == {"rf"}


class TestDecidedMatters:
    def test_open_again_only_where_what_they_looked_at_has_changed(self, office: Office, received: UUID) -> None:
        for task in office.tasks(received):
            if task.unit_code != "rf":
                office.decides(task)
        asks(office, received, "rf", fact("shelter_built_m2"), paper("shelter"))
        before = {task.matter_code: task.version for task in office.tasks(received)}
        saves(
            office,
            received,
            value("shelter_built_m2", "4600.00"),
            Answer("paper", "shelter", paper_id=uploads(office, "shelter")),
        )
        assert submits(office, received).reopened == ()
        after = {task.matter_code: task.version for task in office.tasks(received)}
        assert {code for code in after if after[code] != before[code]} == {"rf-shelter"}
        assert broken() == {}

    def test_that_looked_at_it_review_another_round(self, office: Office, received: UUID) -> None:
        for task in office.tasks(received):
            if task.unit_code != "rf":
                office.decides(task)
        office.at("2014-09-16 09:00")
        asks(office, received, "rf", fact("ground_floor_area_m2"))
        office.at("2014-09-18 09:00")
        saves(office, received, value("ground_floor_area_m2", "6102.45"))

        assert submits(office, received).reopened == ("zr-planning",)

        states = statuses(office, received)
        assert states.pop("zr-planning") == "taken"
        assert states.pop("rf-shelter") in ("open", "taken")
        assert set(states.values()) == {"approved"}
        (row,) = office.rows(
            "select round, decided_at, opinion, due_on, is_paused from review_task where matter_code = 'zr-planning'"
        )
        assert (row.round, row.decided_at, row.opinion, row.is_paused) == (2, None, "", False)
        assert office.one("select reopened from application") == 1
        (event,) = events(office, received, "matter_reopened")
        assert event.data["matter"] == "zr-planning"

    def test_of_a_changed_paper_are_those_that_need_it(self, office: Office, received: UUID) -> None:
        for task in office.tasks(received):
            if task.unit_code != "sw":
                office.decides(task)
        asks(office, received, "sw", paper("siteplan"))
        saves(office, received, Answer("paper", "siteplan", paper_id=uploads(office, "siteplan")))
        with office.sits() as sitting:
            needing = {matter.code for matter in sitting.city.matters if "siteplan" in matter.needs}
        done = submits(office, received)
        assert set(done.reopened) == needing & set(statuses(office, received)) - {"sw-drainage"}

    def test_an_objection_that_asked_is_back_in_review(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", statement("人防布置"))
        office.decides(task_of(office, received, "rf"), approve=False, opinion="布置不明")
        assert office.one("select status from application") == "objected"
        saves(office, received, Answer("statement", "人防布置", text="见说明"))

        assert submits(office, received).reopened == ("rf-shelter",)

        assert office.one("select status from application") == "in_review"
        assert statuses(office, received)["rf-shelter"] == "taken"

    def test_an_objection_that_nothing_touches_stands(self, office: Office, received: UUID) -> None:
        office.decides(task_of(office, received, "qx"), approve=False, opinion="缺设计")
        asked(office, received, "rf", statement())
        saves(office, received, Answer("statement", "基坑降水去向", text="见说明"))
        assert submits(office, received).reopened == ()
        assert office.one("select status from application") == "objected"

    def test_are_decided_once_more_and_the_bill_is_asked_for_anew(self, office: Office, received: UUID) -> None:
        for task in office.tasks(received):
            if task.unit_code != "rf":
                office.decides(task)
        asks(office, received, "rf", fact("ground_floor_area_m2"))
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)
        office.works()
        office.confirms(received)
        office.approves_everything(received)
        (wish,) = office.rows("select occasion from outbox where task = 'issue_bills'")
        assert wish.occasion == "r1"
        office.works()
        (bill,) = office.bills(received)
        # 90 m² more shelter to pay for: 1,500.00 each.
        assert bill.total_fen == 3_272_993_924 + 13_500_000
        office.hears_from_bank(office.callback(bill))
        office.works()
        assert_settled(received, total_fen=bill.total_fen)


class TestAStepThatWaitsForItsCheck:
    def test_goes_back_as_a_whole_when_a_paper_of_one_matter_changes(self, office: Office) -> None:
        application_id = office.receives(office.body(situations=["waste_route"])).application_id
        step = [task for task in office.tasks(application_id) if task.matter_code in ("cg-waste", "cg-route")]
        office.decides(step[0])
        asked(office, application_id, "zj", paper("route_plan"))
        saves(office, application_id, Answer("paper", "route_plan", paper_id=uploads(office, "route_plan")))

        submits(office, application_id)

        rows = office.rows(
            "select status, first_verdict from review_task where application_id = :id and step_code is not null",
            id=application_id,
        )
        assert [tuple(row) for row in rows] == [("taken", None)] * 2
        office.decides(step[0])
        assert broken() == {}


class TestFeeLines:
    def test_are_computed_anew_exactly_where_they_come_out_differently(self, office: Office, received: UUID) -> None:
        before = seals(office, received)
        asked(office, received, "rf", fact("ground_floor_area_m2"))
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)
        (line,) = office.rows("select * from fee_line where state = 'pending'")
        assert (line.item_code, line.seal, line.confirmed_by, line.payable_fen, line.line) == ("RFY", None, None, 0, {})

        office.works()

        after = seals(office, received)
        assert {code for code in after if after[code] != before[code]} == {"RFY"}
        (line,) = [each for each in office.lines(received) if each.item_code == "RFY"]
        assert (line.state, line.payable_fen) == ("assessed", 240_367_500)
        assert broken() == {}
        office.confirms(received)
        assert broken() == {}

    def test_of_a_change_that_costs_nothing_keep_their_seals(self, office: Office, received: UUID) -> None:
        before = seals(office, received)
        asked(office, received, "rf", fact("project_name"))
        saves(office, received, value("project_name", "碧海湾花园一期（更名）䶮"))
        assert submits(office, received).recomputed == ()
        office.works()
        assert seals(office, received) == before
        assert office.one("select project_name from application") == "碧海湾花园一期（更名）䶮"

    def test_asked_for_twice_come_out_as_the_last_facts_say(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact("ground_floor_area_m2"))
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)
        asked(office, received, "rf", fact("ground_floor_area_m2", reason="又不一致"))
        saves(office, received, value("ground_floor_area_m2", "6202.45"))
        submits(office, received)
        office.works()
        assert office.one("select payable_fen from fee_line where item_code = 'RFY'") == 255_367_500
        assert [notice.number for notice in notices(office, received)] == ["瀚一单补〔2014〕1号", "瀚一单补〔2014〕2号"]

    def test_under_way_are_never_left_with_the_old_facts(self, office: Office) -> None:
        for _ in range(6):
            application_id = office.receives().application_id
            asked(office, application_id, "rf", fact("ground_floor_area_m2"))
            saves(office, application_id, value("ground_floor_area_m2", "6102.45"))
            lines = [line.id for line in office.lines(application_id)]

            def computes(lines: list[UUID] = lines) -> None:
                with office.sits() as sitting:
                    assessment.assess_lines(sitting, lines)

            results = side_by_side(computes, partial(submits, office, application_id), computes)

            assert not isinstance(results[1], Exception)
            assert {type(each) for each in results if isinstance(each, Exception)} <= {Unavailable}
            office.works()
            payable = office.one(
                "select payable_fen from fee_line where item_code = 'RFY' and application_id = :id", id=application_id
            )
            assert payable == 240_367_500
        assert broken() == {}

    def test_cannot_change_once_the_bill_is_out(self, office: Office, received: UUID) -> None:
        with office.sits() as sitting:
            sitting.session.execute(text("update application set bill_waits_for = 'lines'"))
        asked(office, received, "rf", fact(), statement())
        with office.sits() as sitting:
            fan_in.ask_for_bills(sitting.session, sitting.tenant, [received])
        office.works()
        (bill,) = office.bills(received)
        saves(
            office,
            received,
            value("ground_floor_area_m2", "6102.45"),
            Answer("statement", "基坑降水去向", text="排入雨水管网"),
        )
        with pytest.raises(Invalid, match=r"缴费通知书 .* 已发出") as refusal:
            submits(office, received)
        assert problems_of(refusal) == {"fact-ground_floor_area_m2"}
        saves(office, received, Answer("fact", "ground_floor_area_m2", text="缴费后另行清算"))
        submits(office, received)
        with pytest.raises(Invalid, match="缴费通知书"):
            asks(office, received, "rf", fact())
        assert [each.total_fen for each in office.bills(received)] == [bill.total_fen]
        assert broken() == {}


class TestOneTimeNotice:
    def test_lets_a_unit_come_back_only_to_what_it_asked_for(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact())
        saves(office, received, value("ground_floor_area_m2", "6102.45"))
        submits(office, received)

        with pytest.raises(Conflict, match=r"瀚一单补〔2014〕1号 中提出过要求.*“建筑面积测算报告”不在其中"):
            asks(office, received, "rf", paper("survey"))
        asks(office, received, "rf", fact(reason="仍不一致"))
        asks(office, received, "sw", paper("drainage"))
        assert [notice.state for notice in notices(office, received)] == ["answered", "collecting"]

    def test_counts_nothing_that_was_taken_back_before_it_was_sent(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact())
        asks(office, received, "sw", paper("drainage"))
        with office.sits() as sitting:
            corrections.take_back(sitting, item_id=items(office, received)[0].id, actor=office.actor("rf-officer"))
        sends(office, received)
        saves(office, received, Answer("paper", "drainage", text="无法补交"))
        submits(office, received)
        asks(office, received, "rf", paper("survey"))

    def test_leaves_the_document_wish_of_each_notice(self, office: Office, received: UUID) -> None:
        before = len(office.bells(Task.PRODUCE_DOCUMENTS))
        for number in range(2):
            asked(office, received, "rf", fact(reason=f"第{number}次"))
            saves(office, received, value("ground_floor_area_m2", f"6{number}02.45"))
            submits(office, received)
        assert office.one("select count(*) from document where kind = 'correction'") == 2
        assert len(office.bells(Task.PRODUCE_DOCUMENTS)) == before + 2


class TestAFactThatMakesAPaperNecessary:
    """社区养老托育家政用房面积 asks for its proof, 减免 for its grounds, as at the door."""

    @pytest.fixture
    def asked_for_care(self, office: Office, received: UUID) -> UUID:
        asked(office, received, "rf", fact("community_care_area_m2", "图纸上有养老用房"), fact("reductions_claimed"))
        saves(office, received, Answer("fact", "reductions_claimed", text="不申请减免"))
        return received

    def test_is_not_handed_in_without_it_and_says_which_beside_its_field(
        self, office: Office, asked_for_care: UUID
    ) -> None:
        saves(office, asked_for_care, value("community_care_area_m2", "120.50"))
        with pytest.raises(Invalid) as refusal:
            submits(office, asked_for_care)
        (problem,) = refusal.value.problems
        assert problem.field == "paper-care_proof"
        assert "社区养老托育家政用房证明" in problem.problem
        assert office.one("select facts ->> 'community_care_area_m2' from application") == "0"

    def test_is_handed_in_with_it_and_gives_it_to_the_application(self, office: Office, asked_for_care: UUID) -> None:
        paper_id = uploads(office, "care_proof", "养老用房证明.pdf")
        saves(
            office,
            asked_for_care,
            Answer("paper", "care_proof", paper_id=paper_id),
            value("community_care_area_m2", "120.50"),
        )
        submits(office, asked_for_care)

        assert office.one("select application_id from attachment where id = :id", id=paper_id) == asked_for_care
        (event,) = events(office, asked_for_care, "correction_answered")
        assert {(each["kind"], each["target"]) for each in event.data["changes"]} == {
            ("fact", "reductions_claimed"),
            ("fact", "community_care_area_m2"),
            ("paper", "care_proof"),
        }
        item = office.rows("select attachment_id from correction_item where target = 'community_care_area_m2'")[0]
        assert item.attachment_id == paper_id
        assert broken() == {}

    def test_names_it_together_with_every_other_problem(self, office: Office, asked_for_care: UUID) -> None:
        saves(office, asked_for_care, value("community_care_area_m2", "9"), Answer("fact", "reductions_claimed"))
        with pytest.raises(Invalid) as refusal:
            submits(office, asked_for_care)
        assert problems_of(refusal) == {"fact-reductions_claimed", "paper-care_proof"}

    def test_does_without_where_the_application_has_it_or_the_value_needs_none(
        self, office: Office, asked_for_care: UUID
    ) -> None:
        saves(office, asked_for_care, value("community_care_area_m2", "0", "没有养老用房"))
        assert submits(office, asked_for_care).recomputed == ()

    def test_asks_only_once_for_what_the_notice_asks_for_as_a_paper_too(self, office: Office, received: UUID) -> None:
        asked(office, received, "rf", fact("community_care_area_m2"), paper("care_proof"))
        words = Answer("paper", "care_proof", text="以后再交")
        saves(office, received, value("community_care_area_m2", "9"), words)
        with pytest.raises(Invalid) as refusal:
            submits(office, received)
        assert problems_of(refusal) == {"paper-care_proof"}
        saves(office, received, Answer("paper", "care_proof", paper_id=uploads(office, "care_proof")))
        submits(office, received)

    def test_leaves_a_paper_free_that_is_taken_out_or_not_needed_any_more(
        self, office: Office, asked_for_care: UUID
    ) -> None:
        paper_id = uploads(office, "care_proof")
        given = Answer("paper", "care_proof", paper_id=paper_id)
        saves(office, asked_for_care, value("community_care_area_m2", "9"), given)
        saves(office, asked_for_care, Answer("paper", "care_proof"))
        with pytest.raises(Invalid):
            submits(office, asked_for_care)
        saves(office, asked_for_care, given, value("community_care_area_m2", None, "没有养老用房"))
        submits(office, asked_for_care)
        assert office.one("select application_id from attachment where id = :id", id=paper_id) is None

    def test_takes_no_paper_of_another_material_or_of_somebody_else(self, office: Office, asked_for_care: UUID) -> None:
        for given in (
            Answer("paper", "care_proof", paper_id=uploads(office, "survey")),
            Answer("paper", "care_proof", paper_id=uploads(office, "care_proof", login="applicant2")),
            Answer("paper", "shelter_proof", paper_id=uploads(office, "shelter_proof")),
        ):
            with pytest.raises(Invalid) as refusal:
                saves(office, asked_for_care, given)
            assert problems_of(refusal) == {f"paper-{given.target}"}
