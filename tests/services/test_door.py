"""The door's answers: accepted with a number, told once what is missing, or not accepted with a reason."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest
from office import Office, small_pdf
from sqlalchemy import text
from watching import as_owner, counts, kinds, side_by_side

from services import door, intake, papers
from services.door import Answered
from shared.db import attachments, intake_notices
from shared.domain.errors import Conflict, Invalid, NotFound


def draft_of(office: Office, login: str = "applicant") -> UUID:
    with office.sits() as sitting:
        return intake.save_draft(sitting, account=office.account(login), data={})


def answers(office: Office, draft: UUID, body: dict[str, Any], login: str = "applicant") -> Answered:
    with office.sits() as sitting:
        return door.answer(sitting, account=office.account(login), draft_id=draft, body=body)


def hands_in(office: Office, draft: UUID, body: dict[str, Any], key: str = "key-1") -> UUID:
    with office.sits() as sitting:
        done = intake.submit(sitting, account=office.account("applicant"), body=body, key=key, draft_id=draft)
    return done.application_id


def paper(office: Office, code: str, login: str = "applicant") -> str:
    with office.sits() as sitting:
        return str(
            intake.add_paper(
                sitting, office.storage, account=office.account(login), file_name=f"{code}.pdf",
                content=small_pdf(), material_code=code,
            )
        )  # fmt: skip


def without(office: Office, body: dict[str, Any], *codes: str) -> dict[str, Any]:
    """The same submission without the papers for some materials."""
    with office.sits() as sitting:
        left = [each for each in body["attachments"] if _code(sitting, each) not in codes]
    return body | {"attachments": left}


def _code(sitting: Any, paper_id: str) -> str:
    return attachments.load(sitting.session, UUID(paper_id)).material_code


def rewrites(statement: str) -> None:
    """What no service would do, by the database's owner."""
    with as_owner(without_triggers=True) as session:
        session.execute(text(statement))


class TestAcceptance:
    def test_is_written_with_its_number_and_asked_for_as_a_document(self, office: Office) -> None:
        received = office.receives()

        (notice,) = office.rows("select * from intake_notice")
        assert (notice.kind, notice.number, notice.application_id) == (
            "accepted", "瀚一单受〔2014〕1号", received.application_id,
        )  # fmt: skip
        assert notice.due_on == received.due_on
        assert office.one("select data ->> 'notice' from audit_event where seq = 1") == notice.number
        assert office.rows("select kind, subject_id from document where kind = 'acceptance'") == [
            ("acceptance", notice.id)
        ]

    def test_numbers_have_no_gap_when_many_come_at_once_and_some_are_refused(self, office: Office) -> None:
        bodies = [office.body() for _ in range(6)]
        bodies[2]["area_code"] = bodies[4]["area_code"] = "nowhere"

        results = side_by_side(*[lambda body=body: office.receives(body) for body in bodies])

        assert kinds(results) == {"done": 4, "Invalid": 2}
        numbers = [row.number for row in office.rows("select number from intake_notice order by number")]
        assert numbers == [f"瀚一单受〔2014〕{running}号" for running in range(1, 5)]

    def test_of_a_repeated_key_is_the_first_one(self, office: Office) -> None:
        body = office.body()
        office.receives(copy.deepcopy(body), key="key-1")
        office.receives(copy.deepcopy(body) | {"situations": [], "commitments": []}, key="key-1")

        assert counts("intake_notice", "application") == {"intake_notice": 1, "application": 1}


class TestToldOnce:
    def test_names_everything_missing_with_who_needs_it_and_why(self, office: Office) -> None:
        body = without(office, office.body(project_cost=None), "contract", "waste")
        told = answers(office, draft_of(office), body).notice

        assert (told.kind, told.number) == ("one_time", "瀚一单告〔2014〕1号")
        items = {item["what"]: item for item in told.items}
        assert set(items) == {"工程造价", "施工合同", "建筑垃圾处置方案"}
        assert items["施工合同"]["needed_by"] == "工资保障金核定"
        assert items["施工合同"]["clause"] == "《保障农民工工资支付条例》第三十二条"
        assert "承诺在10个工作日内补交" in items["建筑垃圾处置方案"]["action"]
        assert items["工程造价"]["reason"] == "未填写"
        assert counts("application", "submission") == {"application": 0, "submission": 0}

    def test_is_the_same_notice_while_nothing_changes_even_when_some_papers_came(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract", "estimate")
        first = answers(office, draft, body)
        again = answers(office, draft, body | {"attachments": [*body["attachments"], paper(office, "contract")]})

        assert (again.notice.id, again.repeated) == (first.notice.id, True)
        assert counts("intake_notice", "document") == {"intake_notice": 1, "document": 1}

    def test_is_one_notice_when_ten_ask_at_once(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")

        results = side_by_side(*[lambda: answers(office, draft, copy.deepcopy(body))] * 10)

        assert kinds(results) == {"done": 10}
        assert counts("intake_notice") == {"intake_notice": 1}
        assert office.one("select last from number_series where series = 'one_time:2014'") == 1

    def test_is_another_one_once_the_facts_are_others(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        first = answers(office, draft, body)
        second = answers(office, draft, body | {"situations": ["road_works"]})

        assert second.notice.number == "瀚一单告〔2014〕2号"
        assert len(second.notice.items) == len(first.notice.items) + 2

    def test_binds_what_the_door_may_ask_for_later(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract", "estimate")
        answers(office, draft, body)
        # The city asks for one more paper from now on: whoever was told before need not bring it.
        told = office.one("select items from intake_notice")
        rewrites("update intake_notice set items = (select jsonb_agg(i) from jsonb_array_elements(items) i "
                      "where i ->> 'code' <> 'estimate')")  # fmt: skip
        assert {item["code"] for item in told} == {"contract", "estimate"}

        application_id = hands_in(
            office, draft, body | {"attachments": [*body["attachments"], paper(office, "contract")]}
        )

        first = office.one("select data from audit_event where application_id = :id and seq = 1", id=application_id)
        assert (first["told_once"], first["waived"]) == ("瀚一单告〔2014〕1号", ["estimate"])

    def test_still_asks_for_a_paper_that_was_there_and_was_taken_away(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        answers(office, draft, body)
        less = without(office, body, "estimate") | {"attachments": [paper(office, "contract")]}

        with pytest.raises(Invalid) as refused:
            hands_in(office, draft, less)
        assert "attachments.estimate" in {each.field for each in refused.value.problems}

    def test_binds_nobody_once_the_facts_are_others(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        answers(office, draft, body)
        more = body | {"attachments": [*body["attachments"], paper(office, "contract")], "situations": ["deep_pit"]}

        with pytest.raises(Invalid) as refused:
            hands_in(office, draft, more)
        assert [each.field for each in refused.value.problems] == ["attachments.pit_plan"]

    def test_is_not_given_where_nothing_is_missing_or_to_somebody_else(self, office: Office) -> None:
        draft = draft_of(office)
        with pytest.raises(Conflict):
            answers(office, draft, office.body())
        with pytest.raises(NotFound):
            answers(office, draft, office.body(login="applicant2") | {"attachments": []}, login="applicant2")
        with pytest.raises(Invalid):
            answers(office, draft, office.body() | {"colour": "red"})
        assert counts("intake_notice", "number_series") == {"intake_notice": 0, "number_series": 0}

    def test_leaves_the_key_free_and_keeps_the_draft(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        with pytest.raises(Invalid):
            hands_in(office, draft, body, key="key-1")
        answers(office, draft, body)
        hands_in(office, draft, body | {"attachments": [*body["attachments"], paper(office, "contract")]}, key="key-1")

        with pytest.raises(NotFound):
            answers(office, draft, body)

    def test_keeps_its_draft_from_being_thrown_away(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        answers(office, draft, body)
        with pytest.raises(Conflict), office.sits() as sitting:
            intake.discard_draft(sitting, account=office.account("applicant"), draft_id=draft)

    def test_is_sealed_by_the_lead_window(self, office: Office) -> None:
        draft, body = draft_of(office), without(office, office.body(), "contract")
        notice_id = answers(office, draft, body).notice.id
        with office.sits() as sitting:
            notice = intake_notices.load(sitting.session, notice_id)
            stored = {name: getattr(notice, name) for name in notice.__dataclass_fields__}
            content = intake_notices.content(stored)
            assert notice.seal is not None
            assert notice.seal_key_id is not None
            assert sitting.signer.check_act("zj", content, notice.seal_key_id, notice.seal)
            forged = intake_notices.content(stored | {"project_name": "别的项目"})
            assert not sitting.signer.check_act("zj", forged, notice.seal_key_id, notice.seal)


class TestOutOfScope:
    def test_is_refused_by_name_and_answered_with_reason_clause_and_the_way(self, office: Office) -> None:
        draft, body = draft_of(office), office.body() | {"outside": ["outside_city"]}
        with pytest.raises(Invalid) as refused:
            hands_in(office, draft, body)
        assert [each.field for each in refused.value.problems] == ["outside"]

        notice = answers(office, draft, body).notice
        assert (notice.kind, notice.number) == ("not_accepted", "瀚一单不受〔2014〕1号")
        assert notice.go_to == "项目所在地的政务服务中心"
        assert "第三十二条第一款第二项" in notice.clause
        assert answers(office, draft, body).repeated

    def test_is_seen_in_the_facts(self, office: Office) -> None:
        draft = draft_of(office)
        small = office.body(project_cost="300000", contract_price="280000")
        assert answers(office, draft, small).notice.kind == "not_accepted"
        larger = office.body(project_cost="300000.01", contract_price="280000")
        with pytest.raises(Conflict):
            answers(office, draft, larger)

    def test_is_answered_even_where_much_else_is_missing(self, office: Office) -> None:
        body = {"facts": {}, "area_code": "", "site": "", "attachments": [], "outside": ["military"]}
        notice = answers(office, draft_of(office), body).notice

        assert (notice.kind, notice.addressee) == ("not_accepted", "瀚海市碧海置业有限公司")


class TestPromising:
    def test_lets_the_matter_go_on_without_the_paper(self, office: Office) -> None:
        body = without(office, office.body(), "waste", "drainage") | {"commitments": ["waste", "drainage"]}
        received = office.receives(body)

        promised = office.rows("select material_code, unit_code, state, due_on from commitment order by 1")
        assert [(row.material_code, row.unit_code, row.state, row.due_on.isoformat()) for row in promised] == [
            ("drainage", "sw", "promised", "2014-09-28"), ("waste", "cg", "promised", "2014-09-28"),
        ]  # fmt: skip
        assert office.one("select count(*) from clock where mechanism = 'commitment' and state = 'running'") == 2
        assert {row.status for row in office.tasks(received.application_id)} == {"open"}
        assert office.one("select count(*) from audit_event where verb = 'paper_promised'") == 2

    def test_is_refused_for_what_must_come_at_once_or_is_there(self, office: Office) -> None:
        body = without(office, office.body(), "contract")
        for commitments, field in (
            (["contract"], "commitments[0]"),
            (["route_plan"], "commitments[0]"),
            (["waste"], "commitments[0]"),
            ("waste", "commitments"),
            ([1], "commitments"),
        ):
            with pytest.raises(Invalid) as refused:
                office.receives(body | {"commitments": commitments})
            assert field in {each.field for each in refused.value.problems}
        assert counts("commitment", "application") == {"commitment": 0, "application": 0}


class TestTakingOver:
    def test_copies_what_the_applicant_gave_for_the_same_developer(self, office: Office) -> None:
        received = office.receives()
        draft, account = draft_of(office), office.account("applicant")
        with office.sits() as sitting:
            offered = papers.reusable(sitting, account=account, developer_uscc="91371002MA3C00011N")
        source = offered["survey"]
        assert source.number == received.number

        copies = set()
        for _ in range(2):
            with office.sits() as sitting:
                copies.add(
                    papers.reuse(
                        sitting, account=account, source_id=source.source_id, material_code="survey",
                        developer_uscc="91371002MA3C00011N", draft_id=draft,
                    )
                )  # fmt: skip
        (copy_id,) = copies
        row = office.rows("select sha256, origin, application_id from attachment where id = :id", id=copy_id)[0]
        assert (row.sha256, row.origin, row.application_id) == (source.sha256, f"reused:{received.number}", None)

    def test_never_reaches_across_applicants_or_developers(self, office: Office) -> None:
        office.receives()
        mine, other = office.account("applicant"), office.account("applicant2")
        with office.sits() as sitting:
            source = papers.reusable(sitting, account=mine, developer_uscc="91371002MA3C00011N")["survey"]
            assert papers.reusable(sitting, account=other, developer_uscc="91371002MA3C00011N") == {}
            assert papers.reusable(sitting, account=mine, developer_uscc="91370200MA3D000208") == {}
            assert papers.reusable(sitting, account=mine, developer_uscc="") == {}
        for account, uscc in ((other, "91371002MA3C00011N"), (mine, "91370200MA3D000208")):
            with pytest.raises(NotFound), office.sits() as sitting:
                papers.reuse(
                    sitting, account=account, source_id=source.source_id, material_code="survey", developer_uscc=uscc
                )

    def test_offers_a_document_of_the_office_where_the_pack_lets_it_stand(self, office: Office) -> None:
        office.receives()
        rewrites(
            "insert into document (id, tenant_id, application_id, kind, subject_id, rendition, title, "
            "template_version, requested_at, ready_at, sha256, size_bytes, pages) "
            "select gen_random_uuid(), tenant_id, id, 'receipt', id, 1, '缴费凭证 1', "
            "1, accepted_at, accepted_at, repeat('a', 64), 10, 1 from application"
        )
        with office.sits() as sitting:
            offered = papers.reusable(sitting, account=office.account("applicant"), developer_uscc="91371002MA3C00011N")
        assert offered["deposit_proof"].sha256 == "a" * 64
