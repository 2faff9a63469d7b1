"""City and districts as one: who sees which cases, the lead windows' lists, hand-over, and the wall behind it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from program import Program
from sqlalchemy import true
from statements import QUERIES_MAX, counted
from watching import broken

from services import sitting as sittings
from shared.db.queries import board, desk, desk_case, inbox
from web.app import Web

Visitor = Callable[..., Browser]


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


def task_of(office: Office, application_id: UUID, matter: str = "site-check") -> Any:
    (row,) = office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )
    return row


@pytest.fixture
def dw(office: Office) -> UUID:
    """A case in 东湾区, assessed."""
    application_id = office.receives(office.body(area_code="dw")).application_id
    office.works()
    return application_id


@pytest.fixture
def gx(office: Office) -> UUID:
    """A case in 高新区, assessed."""
    application_id = office.receives(office.body(area_code="gx")).application_id
    office.works()
    return application_id


class TestTheLeadWindow:
    def test_of_the_city_reads_every_case_and_acts_only_on_its_own_tasks(
        self, office: Office, visitor: Visitor, dw: UUID, gx: UUID
    ) -> None:
        lead = visitor("zj-officer")
        listed = lead.read("/desk/cases")
        hrefs = [row["data-href"] for row in listed.select("tbody tr")]

        assert set(hrefs) == {f"/desk/cases/{dw}", f"/desk/cases/{gx}"}
        assert "全市办件" in words(listed.select_one("aside, nav"))
        with office.sits() as sitting:
            # Nothing of the case is the lead window's own any more: it reads all the same.
            sitting.session.connection().exec_driver_sql(
                "update review_task set unit_code = 'zr' where unit_code = 'zj'"
            )
        for application_id in (dw, gx):
            page = lead.read(f"/desk/cases/{application_id}")
            assert len(page.select(".desk-others li")) == len(office.tasks(application_id))
            assert not page.select(".action-bar form")
        paper = office.rows("select id from attachment where application_id = :id limit 1", id=gx)[0].id
        assert lead.get(f"/files/{paper}").status_code == 200
        assert Program(lead.client.application, "zj-officer").get(f"/applications/{gx}").status_code == 200

    def test_of_a_district_reads_the_cases_of_its_area_only(self, visitor: Visitor, dw: UUID, gx: UUID) -> None:
        lead = visitor("dw-zj-officer")
        page = lead.read("/desk/cases?area=gx")

        assert [row["data-href"] for row in page.select("tbody tr")] == [f"/desk/cases/{dw}"]
        assert "本区办件" in page.text
        assert lead.get(f"/desk/cases/{dw}").status_code == 200
        assert lead.get(f"/desk/cases/{gx}").status_code == 404

    @pytest.mark.usefixtures("dw", "gx")
    def test_narrows_by_state_words_and_area(self, visitor: Visitor) -> None:
        lead = visitor("zj-officer")

        def rows(query: str) -> int:
            return len(lead.read(f"/desk/cases?{query}").select("tbody tr"))

        assert [rows(""), rows("area=gx"), rows("state=in_hand"), rows("state=completed"), rows("q=没有")] == [
            2, 1, 2, 0, 0,
        ]  # fmt: skip

    def test_is_the_only_one_with_such_a_list(self, visitor: Visitor) -> None:
        for login in ("rf-officer", "cz-checker", "finance", "leader", "applicant"):
            assert (login, visitor(login).get("/desk/cases").status_code) == (login, 404)
        page = visitor("rf-officer").read("/desk")
        assert "全市办件" not in page.text

    @pytest.mark.usefixtures("dw")
    def test_asks_the_database_at_most_twelve_times(self, visitor: Visitor, gx: UUID) -> None:
        lead = visitor("zj-officer")
        for path in ("/desk/cases", f"/desk/cases/{gx}"):
            with counted() as sent:
                lead.read(path)
            assert (path, len(sent) <= QUERIES_MAX) == (path, True), len(sent)

    def test_finds_a_name_on_the_work_of_a_unit_without_any_officer(
        self, office: Office, visitor: Visitor, dw: UUID
    ) -> None:
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql("update account set is_active = false where unit_code = 'rf'")
            unit = sitting.city.units["rf"]
        answers = unit.chief or unit.head
        assert answers is not None

        page = visitor("zj-officer").read(f"/desk/cases/{dw}")
        assert answers.name in page.text
        assert unit.short_name in page.text


class TestOtherUnits:
    def test_of_the_city_see_cases_in_which_they_take_part(
        self, office: Office, visitor: Visitor, web: Web, dw: UUID
    ) -> None:
        with office.sits() as sitting:
            part = {row.unit_code for row in (*office.tasks(dw), *office.lines(dw))}
            outside = [
                code
                for code, unit in sitting.city.units.items()
                if code not in part and unit.level == "city" and not unit.is_lead
            ]
        assert visitor("rf-officer").get(f"/desk/cases/{dw}").status_code == 200
        for code in outside:
            login = f"{code}-officer"
            if office.rows("select 1 from account where login = :login", login=login):
                assert (code, visitor(login).get(f"/desk/cases/{dw}").status_code) == (code, 404)
                assert Program(web, login).get(f"/applications/{dw}").status_code == 404


class TestHandover:
    def test_goes_by_a_form_and_shows_on_both_desks_and_the_lanes(
        self, office: Office, visitor: Visitor, dw: UUID
    ) -> None:
        task = task_of(office, dw)
        giver, receiver, applicant = visitor("dw-zj-officer"), visitor("zj-officer"), visitor("applicant")
        case = giver.read(f"/desk/tasks/{task.id}")
        link = next(each["href"] for each in case.select(".more-menu a") if "移交" in each.text)
        form = giver.read(link)
        choices = [each["value"] for each in form.select("select[name=to_unit] option")]
        assert "zj" in choices
        assert not {"gx-zj", "dw-zj"} & set(choices)

        for _ in range(2):  # a double click
            sent = giver.post(link, to_unit="zj", reason="须由市级踏勘", version=task.version)
            assert (sent.status_code, sent.headers["Location"]) == (303, "/desk")
        assert office.one("select count(*) from handover") == 1

        for browser, path in ((giver, f"/desk/tasks/{task.id}"), (receiver, f"/desk/tasks/{task.id}")):
            history = browser.read(path).text
            assert "移交任务" in history
            assert "须由市级踏勘" in history
        lanes = applicant.read(f"/apply/cases/{dw}")
        assert "东湾区住房和城乡建设局移交" in words(lanes.select_one(".lane-table"))
        assert broken() == {}

    def test_leaves_the_giver_a_case_to_read_and_tells_a_late_verdict_so(
        self, office: Office, visitor: Visitor, dw: UUID
    ) -> None:
        task = task_of(office, dw)
        giver = visitor("dw-zj-officer")
        giver.post(f"/desk/tasks/{task.id}/handover", to_unit="zj", reason="须由市级踏勘")

        assert not giver.read(f"/desk/tasks/{task.id}").select(".action-bar form")
        late = giver.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="同意", version=task.version)
        assert late.status_code == 409
        assert "已移交其他单位" in late.text
        assert task_of(office, dw).status == "open"

    def test_of_a_decided_task_has_no_form_and_leads_back(self, office: Office, visitor: Visitor, dw: UUID) -> None:
        task = task_of(office, dw)
        office.decides(task)
        page = visitor("dw-zj-officer").read(f"/desk/tasks/{task.id}/handover")

        assert not page.select("form[action*=handover]")
        assert "已经办结" in page.text
        assert page.select(f"main a[href='/desk/tasks/{task.id}']")

    def test_says_what_is_wrong_beside_its_field(self, office: Office, visitor: Visitor, dw: UUID) -> None:
        task = task_of(office, dw)
        giver = visitor("dw-zj-officer")
        for sent, said in (
            ({"to_unit": "zj", "reason": ""}, "请写明移交的理由"),
            ({"to_unit": "gx-zj", "reason": "试试"}, "请选择接收单位"),
        ):
            answer = giver.post(f"/desk/tasks/{task.id}/handover", **sent)
            assert (answer.status_code, said in answer.text) == (422, True)
        stale = giver.post(f"/desk/tasks/{task.id}/handover", to_unit="zj", reason="试试", version="77")
        assert stale.status_code == 409
        assert office.one("select count(*) from handover") == 0

    def test_is_there_for_programs(self, office: Office, web: Web, dw: UUID) -> None:
        task = task_of(office, dw)
        program = Program(web, "dw-zj-officer")
        body = {"to_unit": "zj", "reason": "须由市级踏勘"}
        for _ in range(2):
            answer = program.post(f"/tasks/{task.id}/handover", body)
            assert (answer.status_code, answer.json["unit_code"]) == (200, "zj")
        assert Program(web, "gx-zj-officer").post(f"/tasks/{task.id}/handover", body).status_code == 404
        assert (
            Program(web, "zj-officer").post(f"/tasks/{task.id}/handover", {**body, "to_unit": "gx-zj"}).status_code
            == 422
        )
        assert office.one("select count(*) from handover") == 1


#: What stands in an address, and where the rows are that it may name.
NAMED = {
    "task_id": "select id from review_task where application_id = :id",
    "application_id": "select id from application where id = :id",
    "line_id": "select id from fee_line where application_id = :id",
    "document_id": "select id from document where application_id = :id",
    "attachment_id": "select id from attachment where application_id = :id",
    "paper_id": "select id from attachment where application_id = :id",
    "file_id": "select id from attachment where application_id = :id",
    "bill_id": "select id from bill where application_id = :id",
    "receipt_id": "select id from receipt where application_id = :id",
}
#: Everything in an application that no district's request may touch; sessions and the clock tick by themselves.
UNTOUCHED = (
    "application", "review_task", "fee_line", "audit_event", "bill", "document", "attachment", "clock", "clock_pause",
    "handover", "notice", "outbox", "correction_notice", "meeting", "survey", "service_card", "draft",
)  # fmt: skip


def fingerprint(office: Office) -> dict[str, Any]:
    return {
        table: office.one(f"select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {table} t")
        for table in UNTOUCHED
    }


def addresses(web: Web, office: Office, application_id: UUID) -> Iterator[tuple[str, str]]:
    """Every address that names a row, filled in with rows of one case (with any id, where it has none of that kind).

    Not the sessions of one's own account: they belong to nobody's case.
    """
    for rule in web.url_map.iter_rules():
        names = [name for name, converter in rule._converters.items() if type(converter).__name__ == "UUIDConverter"]
        if not names or len(names) != len(rule.arguments) or rule.rule.startswith("/account/"):
            continue
        values = {}
        for name in names:
            rows = office.rows(NAMED[name], id=application_id) if name in NAMED else []
            values[name] = rows[0][0] if rows else application_id
        with web.test_request_context():
            path = web.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path


class TestTheMatrix:
    def test_of_all_routes_shows_and_changes_nothing_of_another_district(
        self, office: Office, web: Web, visitor: Visitor
    ) -> None:
        case = office.is_billed().application_id
        before = fingerprint(office)
        stranger, program = visitor("gx-zj-officer"), Program(web, "gx-zj-officer")
        asked = list(addresses(web, office, case))
        assert len(asked) > 20
        shown: list[tuple[str, str, int]] = []
        for method, path in asked:
            if path.startswith("/api/v1"):
                answer = program.raw(method, path.removeprefix("/api/v1"), b"{}")
            else:
                answer = stranger.post(path) if method == "POST" else stranger.get(path)
            # What is sent may be refused before anybody looks at the row; what is read is not there.
            refusals = (404,) if method == "GET" else (404, 409, 422)
            if answer.status_code not in refusals or "碧海" in answer.text:
                shown.append((method, path, answer.status_code))
        assert shown == []
        assert fingerprint(office) == before


class TestAQueryThatForgetsToFilter:
    @pytest.fixture
    def forgetful(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every query of a desk without its unit and its area: what is left is the wall in the database."""
        for module in (desk, inbox, desk_case):
            for name in ("belongs", "in_area"):
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, lambda _desk: true())

    def shown(self, browser: Browser) -> int:
        return len(browser.read("/desk?tab=all").select("tbody tr"))

    @pytest.mark.usefixtures("forgetful")
    def test_still_shows_a_district_nothing_of_another(self, visitor: Visitor, dw: UUID, office: Office) -> None:
        stranger = visitor("gx-zj-officer")

        assert self.shown(stranger) == 0
        assert stranger.get(f"/desk/cases/{dw}").status_code == 404
        assert stranger.get(f"/desk/tasks/{task_of(office, dw).id}").status_code == 404
        assert self.shown(visitor("dw-zj-officer")) > 0

    @pytest.mark.usefixtures("forgetful")
    def test_would_show_everything_if_no_district_were_named(
        self, visitor: Visitor, dw: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The control: with the district's name left out, the same request finds the other's case.
        stranger = visitor("gx-zj-officer")
        monkeypatch.setattr("web.auth.access.serve", lambda _area: sittings.serve(None))

        assert self.shown(stranger) > 0
        assert stranger.get(f"/desk/cases/{dw}").status_code == 200


class TestTheBoard:
    @pytest.mark.usefixtures("dw", "gx")
    def test_of_somebody_in_a_district_counts_its_own_cases(self, office: Office) -> None:
        with sittings.sitting(area="gx") as district:
            figures = board.board(district.session, district.city, today=district.today)
            assert [row.area_code for row in figures.areas] == ["gx"]
            assert figures.in_hand == 1
        with office.sits() as city:
            assert board.board(city.session, city.city, today=city.today).in_hand == 2
