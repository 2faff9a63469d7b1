"""不予许可: an objection that stands may become a consent until the lead window's chief ends the application."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, counts, forge, kinds, side_by_side

from services import composition, refusals, review
from services.default_consent import consent_by_default
from services.refusals import Ground
from shared.documents.views import RefusalView
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound

MATTER = "st-environment"


def task_of(office: Office, application_id: UUID, matter: str = MATTER) -> Any:
    return office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )[0]


def objects(office: Office, application_id: UUID, matter: str = MATTER, way: str | None = "加装净化设施") -> Any:
    task = task_of(office, application_id, matter)
    with office.sits() as sitting:
        actor = office.actor(f"{task.unit_code}-officer")
        review.decide(sitting, task_id=task.id, actor=actor, approve=False, opinion="排放超标", way=way)
    return task_of(office, application_id, matter)


def refuse(office: Office, application_id: UUID, *, login: str = "zj-chief", **more: Any) -> str:
    with office.sits() as sitting:
        return refusals.refuse(sitting, application_id=application_id, actor=office.actor(login), **more)


def consent(office: Office, task: Any, *, login: str = "", **more: Any) -> None:
    with office.sits() as sitting:
        actor = office.actor(login or f"{task.unit_code}-officer")
        review.change_to_consent(sitting, task_id=task.id, actor=actor, opinion="整改到位", **more)


def status(office: Office, application_id: UUID) -> str:
    return str(office.one("select status from application where id = :id", id=application_id))


@pytest.fixture
def objected(office: Office) -> UUID:
    """An application to which one unit objects, with reason and way."""
    office.at("2014-09-15 09:00")
    application_id = office.receives().application_id
    objects(office, application_id)
    return application_id


class TestAnObjection:
    def test_needs_its_reason_and_the_way_to_approval(self, office: Office) -> None:
        application_id = office.receives().application_id
        task = task_of(office, application_id)
        for opinion, way, fields in (("", "改", ["opinion"]), ("超标", " ", ["way"]), ("", "", ["opinion", "way"])):
            actor = office.actor("st-officer")
            with pytest.raises(Invalid) as refused, office.sits() as sitting:
                review.decide(sitting, task_id=task.id, actor=actor, approve=False, opinion=opinion, way=way)
            assert [each.field for each in refused.value.problems] == fields

    def test_becomes_a_consent_in_a_new_round_and_the_bill_follows(self, office: Office) -> None:
        application_id = office.receives().application_id
        office.works()
        office.confirms(application_id)
        task = objects(office, application_id)
        office.approves_everything(application_id)
        office.works()
        assert (status(office, application_id), office.bills(application_id)) == ("objected", [])

        consent(office, task, version=task.version)
        office.works()

        again = task_of(office, application_id)
        assert (again.status, again.round, again.way) == ("approved", 2, "")
        assert len(office.bills(application_id)) == 1
        events = office.rows(
            "select verb, data, seal from audit_event where data->>'matter' = :m order by seq", m=MATTER
        )
        assert [event.verb for event in events] == ["matter_objected", "objection_reconsidered", "matter_approved"]
        assert events[-1].data["round"] == 2
        assert all(event.seal for event in events)
        assert broken() == {}

    def test_lets_lines_be_computed_meanwhile(self, office: Office) -> None:
        application_id = office.receives().application_id
        task = objects(office, application_id)
        office.works()
        office.confirms(application_id)
        consent(office, task)
        office.approves_everything(application_id)
        office.works()

        assert len(office.bills(application_id)) == 1
        assert broken() == {}

    def test_is_changed_once_by_its_unit_only_and_while_another_stands(self, office: Office, objected: UUID) -> None:
        other = objects(office, objected, "xf-fire")
        task = task_of(office, objected)
        with pytest.raises(NotAllowed):
            consent(office, task, login="xf-officer")
        with pytest.raises(Conflict):
            consent(office, task, version=1)
        results = side_by_side(*[partial(consent, office, task)] * 2)
        assert kinds(results) == {"done": 2}
        assert task_of(office, objected).round == 2
        assert status(office, objected) == "objected"
        with pytest.raises(Conflict):
            consent(office, task_of(office, objected, "rf-shelter"))

        consent(office, other)
        assert status(office, objected) == "in_review"
        assert broken() == {}

    def test_of_two_people_is_changed_by_two_people(self, office: Office) -> None:
        office.at("2014-09-15 09:00")
        application_id = office.receives(office.body(situations=["deep_pit"])).application_id
        office.decides(task_of(office, application_id, "site-check"))
        task = objects(office, application_id, "zj-pit")
        with office.sits() as sitting:
            review.check(sitting, task_id=task.id, actor=office.actor("zj-chief"), confirm=True)
        assert status(office, application_id) == "objected"

        consent(office, task)
        assert task_of(office, application_id, "zj-pit").status == "checking"
        assert status(office, application_id) == "in_review"
        with pytest.raises(Conflict):
            refuse(office, application_id)
        with office.sits() as sitting:
            review.check(sitting, task_id=task.id, actor=office.actor("zj-chief"), confirm=True)
        assert task_of(office, application_id, "zj-pit").status == "approved"
        assert broken() == {}


class TestARefusal:
    def test_ends_everything_under_a_number_with_reasons_ways_and_remedies(
        self, office: Office, objected: UUID
    ) -> None:
        number = refuse(office, objected)

        assert number == "瀚一单不许〔2014〕1号"
        assert status(office, objected) == "refused"
        assert office.one("select count(*) from review_task where status not in ('objected', 'cancelled')") == 0
        assert office.one("select count(*) from clock where state <> 'stopped'") == 0
        office.works()
        assert office.bills(objected) == []
        document = office.rows("select * from document where kind = 'refusal'")[0]
        with office.sits() as sitting:
            view = composition.COMPOSERS["refusal"](sitting, document.subject_id)
        assert isinstance(view, RefusalView)
        assert [(each.matter, each.reason, each.way) for each in view.objections] == [
            ("环境影响评价", "排放超标", "加装净化设施")
        ]
        assert "行政复议" in view.remedies
        assert not any("已经同意" in each for each in view.closing), "nobody has approved anything"
        assert (view.used_default, view.issued_on) == ("", "2014年9月15日")
        assert office.one("select count(*) from notice where kind = 'refused' and channel = 'app'") == 1
        assert broken() == {}

    def test_repeated_is_the_same_number_and_two_at_once_are_one(self, office: Office, objected: UUID) -> None:
        results = side_by_side(*[partial(refuse, office, objected)] * 3)
        assert set(results) == {"瀚一单不许〔2014〕1号"}
        before = counts("audit_event", "refusal", "document")
        assert refuse(office, objected) == results[0]
        assert counts("audit_event", "refusal", "document") == before
        assert broken() == {}

    def test_is_the_lead_chiefs_alone(self, office: Office, objected: UUID) -> None:
        for login in ("zj-officer", "zj-checker", "st-chief", "dw-zj-chief", "admin"):
            with pytest.raises(NotAllowed):
                refuse(office, objected, login=login)
        assert status(office, objected) == "objected"

    def test_needs_an_objection_and_its_way(self, office: Office) -> None:
        application_id = office.receives().application_id
        with pytest.raises(Conflict, match="没有部门不同意"):
            refuse(office, application_id)
        with pytest.raises(NotFound):
            refuse(office, office.account("admin").id)
        objects(office, application_id, way=None)
        with pytest.raises(Invalid) as refused:
            refuse(office, application_id)
        assert [each.field for each in refused.value.problems] == [f"way-{MATTER}"]

        refuse(office, application_id, grounds={MATTER: Ground("排放超标", "改用低噪声设备")})
        assert office.one("select grounds from refusal")[0]["way"] == "改用低噪声设备"
        assert broken() == {}

    def test_and_a_change_of_mind_at_the_same_moment_leave_one_of_the_two(self, office: Office) -> None:
        for _ in range(6):
            application_id = office.receives().application_id
            task = objects(office, application_id)

            results = side_by_side(partial(refuse, office, application_id), partial(consent, office, task))

            assert kinds(results) == {"done": 1, "Conflict": 1}
            assert status(office, application_id) in ("refused", "in_review")
        assert broken() == {}

    def test_after_a_bill_makes_it_void_and_asks_for_paid_money_back(self, office: Office) -> None:
        office.rows(
            "update tenant set revision = 'hasty', "
            "data = jsonb_set(data, '{settings,bill_waits_for}', '\"lines\"') returning id"
        )
        for is_paid in (False, True):
            application_id = office.receives().application_id
            office.works()
            office.confirms(application_id)
            office.works()
            if is_paid:
                office.hears_from_bank(office.callback(office.bills(application_id)[0]))
                office.works()
            objects(office, application_id)
            assert status(office, application_id) == "billed"

            refuse(office, application_id)

            assert office.bills(application_id)[0].status == ("paid" if is_paid else "void")
            asked = office.one("select count(*) from refund where application_id = :id", id=application_id)
            assert asked == (3 if is_paid else 0)
        assert broken() == {}

    def test_says_which_verdicts_came_by_default(self, office: Office) -> None:
        office.switches("default_consent")
        office.at("2014-09-15 09:00")
        application_id = office.receives().application_id
        objects(office, application_id)
        office.at("2014-09-19 09:00")
        with office.sits() as sitting:
            consent_by_default(sitting)
        refuse(office, application_id)

        with office.sits() as sitting:
            subject = office.one("select id from refusal")
            view = composition.COMPOSERS["refusal"](sitting, subject)
        assert isinstance(view, RefusalView)
        assert "市气象局在承诺时限（至2014年9月18日）内未作出结论" in view.used_default
        assert "超时默认" in view.used_default

    @pytest.mark.parametrize(
        "statement",
        [
            "delete from refusal",
            "update refusal set grounds = '[]'",
            "update refusal set grounds = jsonb_set(grounds, '{0,way}', '\"\"')",
            "update refusal set number = '瀚一单不许〔2014〕9号'",
            "delete from document where kind = 'refusal'",
            "update application set status = 'objected'",
            "update number_series set last = 2 where series like 'refusal:%'",
        ],
    )
    def test_that_somebody_tampers_with_is_found_out(self, office: Office, objected: UUID, statement: str) -> None:
        refuse(office, objected)
        assert broken() == {}

        forge(statement)

        assert "I10-refusals" in broken()
