"""Why an application is not finished yet: one entry for each thing that is open, each with a name on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clocks import PauseKind
from shared.domain.holdups import (
    CLOSED,
    Bill,
    Correction,
    ExternalWait,
    FeeLine,
    Holder,
    Meeting,
    Open,
    Review,
    Role,
    Standstill,
    Why,
    holdups,
)

DUE = date(2014, 9, 22)
SINCE = datetime(2014, 9, 16, 2, 0, tzinfo=UTC)
LEAD = Holder("章远山", Role.CHIEF, "zj")
WATER = Holder("汤沐川", Role.CHIEF, "sw")
CEMENT = Holder("石敬之", Role.HEAD, "sn")
FINANCE = Holder("邹含章", Role.CHIEF, "cz")
APPLICANT = Holder("瀚海市碧海置业有限公司", Role.APPLICANT)


def review(**changes: Any) -> Review:
    usual = {"matter": "sw-drainage", "name": "排水与节水方案", "unit_code": "sw", "status": "open", "due_on": DUE}
    return Review(**(usual | changes))


def case(*reviews: Review, **changes: Any) -> Open:
    usual: dict[str, Any] = {
        "status": "in_review",
        "applicant": APPLICANT.name,
        "lead_unit": "zj",
        "finance_unit": "cz",
        "answers": {each.unit_code: each for each in (LEAD, WATER, CEMENT, FINANCE)},
        "reviews": reviews,
    }
    return Open(**(usual | changes))


def pause(kind: PauseKind = PauseKind.HEARING, matter: str = "sw-drainage") -> Standstill:
    return Standstill(matter=matter, kind=kind, reason="听证会9月20日召开", by="罗雯", since=SINCE, days=2)


def round_of(*, is_sent: bool) -> Correction:
    return Correction(
        number="瀚一单补〔2014〕6号" if is_sent else "",
        is_sent=is_sent,
        since=SINCE,
        until=date(2014, 9, 25),
        matters=("sw-drainage",),
        items=2,
    )


def line(*, is_assessed: bool = True, lacks_facts: bool = False) -> FeeLine:
    return FeeLine(name="人防易地建设费", unit_code="sw", is_assessed=is_assessed, lacks_facts=lacks_facts)


def bill(*, is_paid: bool = False) -> Bill:
    return Bill(number="1", payer="", due_on=DUE, is_paid=is_paid)


OFFICER = Holder("罗雯", Role.OFFICER, "sw")
TAKEN = review(status="taken", officer="罗雯")
ROAD = review(matter="cg-road", name="占道挖掘", status="waiting", waits_for=("sw-pipes",))
PIPES = review(matter="sw-pipes", name="管线迁改", status="waiting", waits_for=("cg-road",))


class TestOneOpenThing:
    @pytest.mark.parametrize(
        ("opened", "why", "holder"),
        [
            (case(review()), Why.UNCLAIMED, WATER),
            (case(review(unit_code="sn")), Why.UNCLAIMED, CEMENT),
            (case(review(unit_code="qx")), Why.UNCLAIMED, LEAD),
            (case(TAKEN), Why.REVIEW, OFFICER),
            (case(review(status="taken")), Why.REVIEW, WATER),
            (case(review(status="checking", officer="罗雯")), Why.CHECK, WATER),
            (
                case(review(status="checking", officer="罗雯", checker="顾清和")),
                Why.CHECK,
                Holder("顾清和", Role.CHECKER, "sw"),
            ),
            (case(review(status="objected", officer="罗雯"), status="objected"), Why.OBJECTED, LEAD),
            (case(review(status="forwarded", officer="罗雯")), Why.REVIEW, OFFICER),
            (case(TAKEN, standstills=[pause()]), Why.PAUSED, OFFICER),
            (case(TAKEN, corrections=[round_of(is_sent=True)]), Why.CORRECTION, APPLICANT),
            (case(lines=[line()]), Why.CONFIRM, WATER),
            (case(lines=[line(is_assessed=False)]), Why.COMPUTING, WATER),
            (case(lines=[line(lacks_facts=True)]), Why.FACTS, WATER),
            (case(bills=[bill()], status="billed"), Why.UNPAID, APPLICANT),
            (case(bills=[bill(is_paid=True)], status="billed"), Why.RECEIPT, FINANCE),
            (case(review(status="approved")), Why.BILLING, LEAD),
            (case(missing_year=2015), Why.CALENDAR, LEAD),
        ],
    )  # fmt: skip
    def test_is_one_entry_in_the_right_hands(self, opened, why, holder):
        (found,) = holdups(opened)

        assert (found.why, found.holder) == (why, holder)

    @pytest.mark.parametrize("status", CLOSED)
    def test_is_nothing_once_the_application_is_closed(self, status):
        assert holdups(case(review(), missing_year=2015, status=status)) == ()


class TestWaitingMatters:
    def test_name_what_they_wait_for_with_its_officer_and_due_date(self):
        waiting = review(matter="zj-pit", name="深基坑", unit_code="zj", status="waiting", waits_for=("sw-drainage",))

        taken, pit = holdups(case(TAKEN, waiting))

        assert (pit.why, pit.holder) == (Why.PREREQUISITE, OFFICER)
        assert [(each.what, each.holder, each.due_on) for each in pit.behind] == [("排水与节水方案", OFFICER, DUE)]
        assert taken.why is Why.REVIEW

    def test_are_blocked_under_the_name_of_the_unit_that_objected(self):
        waiting = review(matter="zj-pit", name="深基坑", unit_code="zj", status="waiting", waits_for=("sw-drainage",))

        *_, pit = holdups(case(replace(TAKEN, status="objected"), waiting))

        assert pit.why is Why.PREREQUISITE
        assert [(each.why, each.holder) for each in pit.behind] == [(Why.OBJECTED, OFFICER)]

    def test_wait_for_the_lead_to_call_a_meeting_where_they_wait_for_each_other(self):
        found = holdups(case(ROAD, PIPES))

        assert [(each.why, each.holder, each.matters) for each in found] == [
            (Why.MUTUAL, LEAD, ("管线迁改",)),
            (Why.MUTUAL, LEAD, ("占道挖掘",)),
        ]

    def test_are_one_entry_together_once_the_meeting_is_called(self):
        meeting = Meeting(
            number="瀚一单会〔2014〕2号",
            reason="互为前置",
            matters=("cg-road", "sw-pipes"),
            called_at=SINCE,
            planned_at=None,
        )

        (found,) = holdups(case(ROAD, PIPES, meetings=[meeting]))

        assert (found.why, found.number, found.matters) == (Why.MEETING, meeting.number, ("占道挖掘", "管线迁改"))

    def test_name_the_outer_prerequisite_before_the_circle(self):
        road = review(matter="cg-road", name="占道挖掘", status="waiting", waits_for=("sw-pipes", "sw-drainage"))

        found = {each.what: each for each in holdups(case(TAKEN, road, PIPES))}

        assert found["占道挖掘"].why is Why.PREREQUISITE
        assert [each.what for each in found["占道挖掘"].behind] == ["排水与节水方案"]


class TestCorrections:
    def test_come_first_and_stand_for_their_matters(self):
        other = review(matter="qx-lightning", name="防雷", unit_code="qx", due_on=date(2014, 9, 17))

        found = holdups(
            case(other, TAKEN, corrections=[round_of(is_sent=True)], standstills=[pause(PauseKind.CORRECTION)])
        )

        assert [each.why for each in found] == [Why.CORRECTION, Why.UNCLAIMED]
        assert (found[0].count, found[0].matters, found[0].due_on) == (2, ("排水与节水方案",), date(2014, 9, 25))

    def test_still_collected_hold_up_nobody_s_review(self):
        found = holdups(case(TAKEN, corrections=[round_of(is_sent=False)]))

        assert [(each.why, each.holder) for each in found] == [(Why.REVIEW, OFFICER), (Why.COLLECTING, LEAD)]


class TestForwardedMatters:
    def test_name_the_organ_and_who_asks_again_when(self):
        abroad = ExternalWait(
            matter="sw-drainage", authority="省水利厅（样张）", by="罗雯", since=SINCE, follow_up_on=date(2014, 9, 24)
        )

        (found,) = holdups(
            case(review(status="forwarded"), external=[abroad], standstills=[pause(PauseKind.FORWARDED)])
        )

        assert (found.why, found.holder, found.reason) == (Why.FORWARDED, OFFICER, "省水利厅（样张）")
        assert found.due_on == date(2014, 9, 24)


UNITS = st.sampled_from(["zj", "sw", "sn", "qx"])
CODES = ("a", "b", "c", "d")
STATUSES = ("waiting", "open", "taken", "checking", "forwarded", "approved", "objected", "cancelled")


@st.composite
def any_open_case(draw: st.DrawFn) -> Open:
    """Whatever a running application may look like, also what no rule should ever let happen."""
    reviews = [
        review(
            matter=code,
            name=f"事项{code}",
            unit_code=draw(UNITS),
            status=draw(st.sampled_from(STATUSES)),
            officer=draw(st.sampled_from(["", "罗雯"])),
            checker=draw(st.sampled_from(["", "顾清和"])),
            waits_for=tuple(draw(st.sets(st.sampled_from(CODES)))),
        )
        for code in draw(st.sets(st.sampled_from(CODES)))
    ]
    some = st.sampled_from(CODES)
    return case(
        *reviews,
        status=draw(st.sampled_from(["in_review", "objected", "billed"])),
        standstills=[pause(draw(st.sampled_from(list(PauseKind))), draw(some)) for _ in range(draw(st.integers(0, 2)))],
        lines=[
            FeeLine(name="费", unit_code=draw(UNITS), is_assessed=draw(st.booleans()), lacks_facts=draw(st.booleans()))
            for _ in range(draw(st.integers(0, 2)))
        ],
        bills=[
            Bill(number="1", payer=draw(st.sampled_from(["", "某建工"])), due_on=DUE, is_paid=draw(st.booleans()))
            for _ in range(draw(st.integers(0, 2)))
        ],
        corrections=[round_of(is_sent=draw(st.booleans())) for _ in range(draw(st.integers(0, 1)))],
        meetings=[
            Meeting(number="1", reason="会", matters=(draw(some),), called_at=SINCE, planned_at=None)
            for _ in range(draw(st.integers(0, 1)))
        ],
        external=[
            ExternalWait(matter=draw(some), authority="省厅", by="", since=SINCE, follow_up_on=DUE)
            for _ in range(draw(st.integers(0, 1)))
        ],
        missing_year=draw(st.sampled_from([None, 2015])),
    )


class TestAnyRunningApplication:
    @given(any_open_case())
    def test_waits_for_something_with_a_name_on_each(self, opened):
        found = holdups(opened)

        assert found
        assert all(each.holder.name for each in found)
        assert all(behind.holder.name for each in found for behind in each.behind)

    @given(any_open_case())
    def test_hides_no_review_that_is_still_open(self, opened):
        found = holdups(opened)

        named = {name for each in found for name in (each.what, *each.matters)}
        assert {each.name for each in opened.reviews if each.status not in ("approved", "cancelled")} <= named
