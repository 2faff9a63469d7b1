"""一审一核, chiefs and deputies: who may act on a task, in whose name, and what the second person sees."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from correcting import asked, paper, saves, submits, uploads
from office import Office
from sqlalchemy.exc import IntegrityError
from watching import broken, counts, forge, kinds, side_by_side

from services import offices, review
from services.answers import Answer
from shared.db.queries.decision import decision
from shared.db.trail import Actor
from shared.domain.errors import Conflict, Invalid, NotAllowed, VerdictAlreadyGiven

MONDAY = "2014-09-15 09:00"


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    return office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )[0]


def decide(office: Office, task: Any, actor: Actor, *, approve: bool = True, **more: Any) -> None:
    with office.sits() as sitting:
        opinion = more.pop("opinion", "同意")
        review.decide(sitting, task_id=task.id, actor=actor, approve=approve, opinion=opinion, **more)


def check(office: Office, task: Any, actor: Actor, *, confirm: bool = True, **more: Any) -> None:
    with office.sits() as sitting:
        review.check(sitting, task_id=task.id, actor=actor, confirm=confirm, **more)


def take(office: Office, task: Any, actor: Actor) -> None:
    with office.sits() as sitting:
        review.take(sitting, task_id=task.id, actor=actor)


def events(office: Office, application_id: UUID, verb: str) -> list[Any]:
    return office.rows(
        "select * from audit_event where application_id = :id and verb = :verb order by seq",
        id=application_id,
        verb=verb,
    )


def appoint(office: Office, login: str, deputy: str, first: str, last: str) -> UUID:
    with office.sits() as sitting:
        return offices.appoint_deputy(
            sitting,
            by=office.account("admin"),
            login=login,
            deputy_login=deputy,
            from_on=date.fromisoformat(first),
            to_on=date.fromisoformat(last),
        )


@pytest.fixture
def pit(office: Office) -> UUID:
    """An application whose deep pit needs 一审一核, opened."""
    office.at(MONDAY)
    application_id = office.receives(office.body(situations=["deep_pit"])).application_id
    site = task_of(office, application_id, "site-check")
    office.decides(site)
    return application_id


class TestAFirstReview:
    def test_is_a_proposal_until_a_second_person_confirms_it(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        first, second = office.actor("zj-officer"), office.actor("zj-checker")

        decide(office, task, first, opinion="方案可行")

        proposed = task_of(office, pit, "zj-pit")
        assert (proposed.status, proposed.decided_at, proposed.first_verdict) == ("checking", None, "approved")
        assert office.one("select state from clock where subject_id = :id", id=task.id) == "running"
        assert broken() == {}

        check(office, proposed, second, version=proposed.version)

        done = task_of(office, pit, "zj-pit")
        assert (done.status, done.officer_id, done.checker_id) == ("approved", first.id, second.id)
        (event,) = events(office, pit, "matter_approved")[1:]
        assert (event.data["officer"], event.data["checker"], bool(event.seal)) == (first.name, second.name, True)
        assert office.one("select state from clock where subject_id = :id", id=task.id) == "stopped"
        assert broken() == {}

    def test_repeated_changes_nothing_and_one_that_differs_is_refused(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        decide(office, task, office.actor("zj-officer"))
        before = counts("audit_event", "outbox")

        decide(office, task, office.actor("zj-officer"))
        assert counts("audit_event", "outbox") == before
        with pytest.raises(Conflict):
            decide(office, task, office.actor("zj-officer"), approve=False, opinion="还缺论证", way="补论证")
        with pytest.raises(Conflict):
            decide(office, task, office.actor("zj-checker"))
        with pytest.raises(Conflict):
            take(office, task, office.actor("zj-checker"))

        check(office, task, office.actor("zj-checker"))
        before = counts("audit_event", "outbox")
        check(office, task, office.actor("zj-checker"))
        decide(office, task, office.actor("zj-officer"))
        assert counts("audit_event", "outbox") == before
        with pytest.raises(VerdictAlreadyGiven):
            decide(office, task, office.actor("zj-officer"), approve=False, opinion="反悔")

    def test_cannot_be_checked_by_its_own_author_a_plain_colleague_or_another_unit(
        self, office: Office, pit: UUID
    ) -> None:
        task = task_of(office, pit, "zj-pit")
        decide(office, task, office.actor("zj-checker"))

        for login in ("zj-checker", "zj-officer", "rf-checker", "sw-chief"):
            with pytest.raises(NotAllowed):
                check(office, task, office.actor(login))
        with pytest.raises(NotAllowed):
            check(office, task, Actor(None, "系统", "zj"))
        # The database says the same, whatever the services think.
        with pytest.raises(IntegrityError):
            office.rows("update review_task set checker_id = officer_id where id = :id returning id", id=task.id)

        check(office, task, office.actor("zj-chief"))
        assert task_of(office, pit, "zj-pit").status == "approved"

    def test_by_the_only_one_who_could_check_it_is_refused_and_changes_nothing(self, office: Office) -> None:
        office.at(MONDAY)
        application_id = office.receives(office.body(situations=["waste_route"])).application_id
        task, chief = task_of(office, application_id, "cg-route"), office.actor("cg-chief")
        before = counts("audit_event")

        with pytest.raises(Conflict, match="请由其他人初审、您来复核"):
            decide(office, task, chief)

        assert task_of(office, application_id, "cg-route").status == "open"
        assert counts("audit_event") == before
        # A head beside the chief, or a deputy of the head, is somebody else who can.
        with office.sits() as sitting:
            offices.name_post(
                sitting, by=office.account("admin"), unit_code="cg", kind="head", name="尹安然", login="cg-officer"
            )
        decide(office, task, chief)
        check(office, task, office.actor("cg-officer"))
        assert task_of(office, application_id, "cg-route").status == "approved"
        assert broken() == {}

    def test_goes_back_with_a_reason_and_comes_again(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        first, second = office.actor("zj-officer"), office.actor("zj-checker")
        decide(office, task, first)
        with pytest.raises(Invalid):
            check(office, task, second, confirm=False, reason="　")

        check(office, task, second, confirm=False, reason="缺专家签字")
        check(office, task, second, confirm=False, reason="缺专家签字")

        back = task_of(office, pit, "zj-pit")
        assert (back.status, back.officer_id, back.first_verdict) == ("taken", first.id, None)
        assert back.proposal["returned"]["reason"] == "缺专家签字"
        assert len(events(office, pit, "check_returned")) == 1
        with pytest.raises(Conflict):
            check(office, task, second)
        with pytest.raises(Conflict):
            decide(office, task, first, version=task.version)

        decide(office, task, first, approve=False, opinion="专家未签字", way="补齐专家论证意见")
        assert office.one("select status from application where id = :id", id=pit) == "in_review"
        check(office, task, second)
        assert office.one("select status from application where id = :id", id=pit) == "objected"
        assert broken() == {}

    def test_is_confirmed_only_over_what_the_first_person_saw(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        second = office.actor("zj-checker")
        decide(office, task, office.actor("zj-officer"))

        forge("update attachment set sha256 = repeat('0', 64) where material_code = 'pit_plan'")
        with pytest.raises(Conflict, match="有变化"):
            check(office, task, second)
        assert task_of(office, pit, "zj-pit").status == "checking"

        check(office, task, second, confirm=False, reason="方案已更换，请重新审核")
        decide(office, task, office.actor("zj-officer"))
        # What other matters look at may change meanwhile.
        forge("update attachment set sha256 = repeat('1', 64) where material_code = 'fire'")
        check(office, task, second)
        assert task_of(office, pit, "zj-pit").status == "approved"

    def test_is_confirmed_or_sent_back_when_two_do_both_at_once(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        for _ in range(5):
            decide(office, task, office.actor("zj-officer"))
            version = task_of(office, pit, "zj-pit").version

            results = side_by_side(
                partial(check, office, task, office.actor("zj-checker"), version=version),
                partial(check, office, task, office.actor("zj-chief"), confirm=False, reason="再看", version=version),
            )

            assert kinds(results) == {"done": 1, "Conflict": 1}
            if task_of(office, pit, "zj-pit").status == "approved":
                break
        assert broken() == {}


class TestAMatterThatIsNotDelegated:
    @pytest.fixture
    def river(self, office: Office) -> UUID:
        office.at(MONDAY)
        return office.receives(office.body(situations=["river_works"])).application_id

    def test_needs_the_chief_as_the_second_person(self, office: Office, river: UUID) -> None:
        task = task_of(office, river, "sw-river")
        decide(office, task, office.actor("sw-officer"))
        assert task_of(office, river, "sw-river").status == "checking"
        forge("update account set role = 'checker', unit_code = 'sw' where login = 'rf-checker'")
        with pytest.raises(NotAllowed, match="未授权"):
            check(office, task, office.actor("rf-checker"))

        check(office, task, office.actor("sw-chief"))

        assert task_of(office, river, "sw-river").checker_id == office.actor("sw-chief").id
        assert broken() == {}

    def test_is_decided_by_the_chief_alone_when_he_takes_it_himself(self, office: Office, river: UUID) -> None:
        task = task_of(office, river, "sw-river")
        decide(office, task, office.actor("sw-chief"))

        done = task_of(office, river, "sw-river")
        assert (done.status, done.checker_id) == ("approved", None)
        assert broken() == {}


class TestAChief:
    def test_takes_over_whatever_lies_in_his_unit_and_nowhere_else(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-drawings")
        take(office, task, office.actor("zj-officer"))
        with pytest.raises(Conflict):
            take(office, task, office.actor("zj-checker"))
        with pytest.raises(NotAllowed):
            take(office, task, office.actor("rf-chief"))

        take(office, task, office.actor("zj-chief"))

        (_, over) = events(office, pit, "task_taken")
        assert over.data["from"] == office.actor("zj-officer").name
        with pytest.raises(Conflict):
            decide(office, task, office.actor("zj-officer"))
        decide(office, task, office.actor("zj-chief"))
        assert broken() == {}


class TestADeputy:
    def test_goes_on_with_what_an_absent_colleague_took_and_both_are_named(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-drawings")
        absent, deputy = office.actor("zj-officer"), office.actor("zj-checker")
        take(office, task, absent)
        appoint(office, "zj-officer", "zj-checker", "2014-09-16", "2014-09-17")
        with pytest.raises(Conflict):
            decide(office, task, deputy)

        office.at("2014-09-16 00:00")
        decide(office, task, deputy, opinion="代为同意")

        done = task_of(office, pit, "zj-drawings")
        assert (done.officer_id, done.on_behalf_of) == (deputy.id, absent.id)
        event = events(office, pit, "matter_approved")[-1]
        assert (event.actor_name, event.data["for"]) == (deputy.name, absent.name)
        assert broken() == {}

    def test_stands_in_to_the_end_of_the_last_day_and_not_a_minute_longer(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-drawings")
        take(office, task, office.actor("zj-officer"))
        appoint(office, "zj-officer", "zj-checker", "2014-09-16", "2014-09-17")

        office.at("2014-09-17 23:59")
        take(office, task, office.actor("zj-checker"))
        office.at("2014-09-18 00:00")
        with pytest.raises(Conflict, match="代理期已过"):
            decide(office, task, office.actor("zj-checker"))

        # The colleague is back and goes on; or the deputy puts it back.
        decide(office, task, office.actor("zj-officer"))
        assert task_of(office, pit, "zj-drawings").on_behalf_of is None
        assert broken() == {}

    def test_may_put_back_what_he_took_after_his_time(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-drawings")
        take(office, task, office.actor("zj-officer"))
        appoint(office, "zj-officer", "zj-checker", "2014-09-15", "2014-09-15")
        take(office, task, office.actor("zj-checker"))
        office.at("2014-09-16 09:00")

        with office.sits() as sitting:
            review.release(sitting, task_id=task.id, actor=office.actor("zj-checker"))

        back = task_of(office, pit, "zj-drawings")
        assert (back.status, back.officer_id, back.on_behalf_of) == ("open", None, None)

    def test_cannot_have_his_work_checked_by_whom_he_stands_in_for(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-pit")
        take(office, task, office.actor("zj-checker"))
        appoint(office, "zj-checker", "zj-officer", "2014-09-15", "2014-09-16")
        decide(office, task, office.actor("zj-officer"))

        with pytest.raises(NotAllowed, match="两个人"):
            check(office, task, office.actor("zj-checker"))
        check(office, task, office.actor("zj-chief"))
        assert events(office, pit, "matter_approved")[-1].data["for"] == office.actor("zj-checker").name
        assert broken() == {}

    def test_of_the_chief_checks_as_the_chief(self, office: Office) -> None:
        office.at(MONDAY)
        river = office.receives(office.body(situations=["river_works"])).application_id
        task = task_of(office, river, "sw-river")
        forge("update account set role = 'checker', unit_code = 'sw' where login = 'rf-checker'")
        decide(office, task, office.actor("sw-officer"))
        appoint(office, "sw-chief", "rf-checker", "2014-09-15", "2014-09-15")

        check(office, task, office.actor("rf-checker"))

        assert events(office, river, "matter_approved")[-1].data["checker_for"] == office.actor("sw-chief").name
        assert broken() == {}


class TestMattersOfOneStep:
    @pytest.fixture
    def waste(self, office: Office) -> UUID:
        office.at(MONDAY)
        return office.receives(office.body(situations=["waste_route"])).application_id

    def states(self, office: Office, application_id: UUID) -> list[str]:
        rows = office.rows(
            "select status from review_task where application_id = :id and step_code is not null order by seq",
            id=application_id,
        )
        return [row.status for row in rows]

    def test_are_taken_released_and_decided_together(self, office: Office, waste: UUID) -> None:
        task, other = (task_of(office, waste, matter) for matter in ("cg-route", "cg-waste"))
        actor = office.actor("cg-officer")

        take(office, task, actor)
        assert self.states(office, waste) == ["taken", "taken"]
        with office.sits() as sitting:
            review.release(sitting, task_id=other.id, actor=actor)
        assert self.states(office, waste) == ["open", "open"]

        # One of the two is 一审一核, so the whole step is.
        decide(office, other, actor, opinion="一并同意")
        assert self.states(office, waste) == ["checking", "checking"]
        check(office, task, office.actor("cg-chief"))

        assert self.states(office, waste) == ["approved", "approved"]
        verdicts = events(office, waste, "matter_approved")
        assert {event.data["matter"] for event in verdicts} == {"cg-route", "cg-waste"}
        assert all(event.seal and event.data["opinion"] == "一并同意" for event in verdicts)
        assert broken() == {}

    def test_have_one_outcome_when_two_decide_one_each_at_once(self, office: Office, waste: UUID) -> None:
        task, other = (task_of(office, waste, matter) for matter in ("cg-route", "cg-waste"))

        results = side_by_side(
            partial(decide, office, task, office.actor("cg-officer"), opinion="甲"),
            partial(decide, office, other, office.actor("cg-chief"), approve=False, opinion="乙", way="丙"),
        )

        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert self.states(office, waste) == ["checking", "checking"]
        assert office.one("select count(distinct first_opinion) from review_task where step_code is not null") == 1
        assert broken() == {}

    def test_proposed_apart_are_checked_apart(self, office: Office, waste: UUID) -> None:
        task, other = (task_of(office, waste, matter) for matter in ("cg-route", "cg-waste"))
        officer, chief = office.actor("cg-officer"), office.actor("cg-chief")
        forge("update review_task set mode = 'two_person' where step_code is not null")
        decide(office, task, officer)
        check(office, task, chief)
        for unit, material in (("zj", "route_plan"), ("zr", "waste")):
            asked(office, waste, unit, paper(material))
            saves(office, waste, Answer("paper", material, paper_id=uploads(office, material)))
            submits(office, waste)
            if unit == "zj":
                decide(office, task, officer, opinion="路线可行")
        decide(office, other, officer, approve=False, opinion="数量不符", way="按实核定")
        with office.sits() as sitting:
            page = decision(sitting.session, sitting.city, task.id, account_id=chief.id, today=sitting.today)
        assert (self.states(office, waste), page.together) == (["checking", "checking"], ())

        check(office, task, chief)

        now, then = (task_of(office, waste, matter) for matter in ("cg-route", "cg-waste"))
        assert (now.status, now.opinion) == ("approved", "路线可行")
        assert (then.status, then.first_verdict) == ("checking", "objected")
        assert broken() == {}


class TestPostsAndDeputies:
    def test_are_kept_by_administrators_only(self, office: Office) -> None:
        with pytest.raises(NotAllowed), office.sits() as sitting:
            offices.name_post(sitting, by=office.account("zj-chief"), unit_code="zj", kind="chief", name="甲")
        with pytest.raises(NotAllowed), office.sits() as sitting:
            offices.end_deputy(sitting, by=office.account("leader"), deputy_id=office.account("zj-chief").id)

    def test_say_every_problem_at_once(self, office: Office) -> None:
        with pytest.raises(Invalid) as refusal, office.sits() as sitting:
            offices.name_post(
                sitting, by=office.account("admin"), unit_code="??", kind="king", name=" ", login="rf-officer"
            )
        assert [each.field for each in refusal.value.problems] == ["name", "unit_code", "kind", "login"]
        for login, deputy, first, last, field in (
            ("zj-officer", "rf-officer", "2014-09-15", "2014-09-16", "deputy_login"),
            ("zj-officer", "zj-officer", "2014-09-15", "2014-09-16", "deputy_login"),
            ("zj-officer", "zj-checker", "2014-09-16", "2014-09-15", "to_on"),
            ("applicant", "zj-checker", "2014-09-15", "2014-09-16", "login"),
            ("zj-officer", "zj-checker", "2014-09-01", "2014-09-02", "to_on"),
        ):
            office.at(MONDAY)
            with pytest.raises(Invalid) as refused:
                appoint(office, login, deputy, first, last)
            assert field in [each.field for each in refused.value.problems]

    def test_change_who_decides_from_the_next_act_on(self, office: Office, pit: UUID) -> None:
        task = task_of(office, pit, "zj-drawings")
        take(office, task, office.actor("zj-officer"))
        with office.sits() as sitting:
            offices.name_post(
                sitting, by=office.account("admin"), unit_code="zj", kind="chief", name="周承安", login="zj-checker"
            )

        with pytest.raises(Conflict):
            take(office, task, office.actor("zj-chief"))
        take(office, task, office.actor("zj-checker"))

    def test_appointed_twice_are_one_and_ended_twice_are_over(self, office: Office) -> None:
        office.at(MONDAY)
        ids = {appoint(office, "zj-officer", "zj-checker", "2014-09-15", "2014-09-16") for _ in range(2)}
        assert len(ids) == 1
        for _ in range(2):
            with office.sits() as sitting:
                offices.end_deputy(sitting, by=office.account("admin"), deputy_id=ids.copy().pop())
        assert office.one("select count(*) from deputy") == 0


class TestAForgery:
    @pytest.mark.parametrize(
        ("statement", "found"),
        [
            ("update review_task set checker_id = null where matter_code = 'zj-pit'", "I10-two-people"),
            (
                "update review_task set officer_id = (select id from account where login = 'admin') "
                "where matter_code = 'zj-pit'",
                "I10-verdicts",
            ),
            ("update review_task set way = '另一种办法' where matter_code = 'zj-pit'", "I10-verdicts"),
            (
                "update review_task set on_behalf_of = (select id from account where login = 'admin') "
                "where matter_code = 'zj-pit'",
                "I10-verdicts",
            ),
            (
                "update review_task set status = 'checking', first_opinion = '改过' where matter_code = 'zj-pit'",
                "I10-two-people",
            ),
            ("update review_task set status = 'forwarded' where matter_code = 'zj-pit'", "I10-reports"),
        ],
    )
    def test_of_a_checked_verdict_is_found_out(self, office: Office, pit: UUID, statement: str, found: str) -> None:
        task = task_of(office, pit, "zj-pit")
        decide(office, task, office.actor("zj-officer"))
        check(office, task, office.actor("zj-checker"))
        assert broken() == {}

        forge(statement)

        assert found in broken()
