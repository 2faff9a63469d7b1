"""Who may see and do what, every role against every object: what is not yours does not exist."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from browser import Browser
from office import Office
from program import Program

from shared.db import documents

Visitor = Callable[..., Browser]

#: Sees case E1 in 东湾区: its applicant, units that take part, finance.
OWN = ("applicant", "rf-officer", "rf-checker", "sn-officer", "finance")
FOREIGN = ("applicant2", "gx-zj-officer", "leader", "admin", "operator")


def counts(office: Office) -> list[tuple[int, ...]]:
    """How much stands in every table that a request could change."""
    tables = (
        "application",
        "review_task",
        "fee_line",
        "audit_event",
        "bill",
        "outbox",
        "attachment",
        "draft",
        "document",
    )
    return [
        tuple(row)
        for table in tables
        for row in office.rows(
            f"select count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 8))::bit(32)::bigint), 0) from {table} t"
        )
    ]


class TestFilesAndDocuments:
    def test_are_only_for_those_who_take_part(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        paper = office.rows("select id from attachment limit 1")[0].id
        (slip,) = office.rows("select id from document where kind = 'slip'")
        with office.sits() as sitting:
            digest = office.storage.keep(b"%PDF-1.7 sealed")
            documents.record(sitting.session, slip.id, sha256=digest, size_bytes=15, pages=1)
        before = counts(office)
        for login in (*OWN, *FOREIGN):
            browser = visitor(login)
            expected = 200 if login in OWN else 404
            for path in (f"/files/{paper}", f"/documents/{slip.id}.pdf"):
                assert (login, path, browser.get(path).status_code) == (login, path, expected)
            own = Program(browser.client.application, login)
            assert own.get(f"/documents/{slip.id}/content").status_code == expected
            assert own.get(f"/applications/{received.application_id}").status_code == expected
            listed = own.get("/applications").json["applications"]
            assert [each["id"] for each in listed] == ([str(received.application_id)] if login in OWN else [])
        assert visitor().get(f"/files/{paper}").status_code == 303
        assert counts(office) == before

    def test_carry_their_name_in_any_script_and_are_never_run(self, office: Office, visitor: Visitor) -> None:
        office.receives()
        paper = office.rows("select id, file_name from attachment order by file_name limit 1")[0]
        answer = visitor("applicant").get(f"/files/{paper.id}")

        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("inline;")
        assert "filename*=UTF-8''" in disposition
        assert disposition.isascii()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'self'"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_that_are_not_made_yet_say_so(self, office: Office, visitor: Visitor) -> None:
        office.receives()
        (slip,) = office.rows("select id from document where kind = 'slip'")
        answer = visitor("applicant").get(f"/documents/{slip.id}.pdf")
        assert answer.status_code == 404
        assert "正在生成" in answer.text

    def test_before_they_are_handed_in_are_their_uploaders_alone(self, office: Office, visitor: Visitor) -> None:
        paper = office.papers()[0]
        assert visitor("applicant").get(f"/files/{paper}").status_code == 200
        for login in ("applicant2", "rf-officer", "finance"):
            assert visitor(login).get(f"/files/{paper}").status_code == 404


class TestApplicantsPages:
    def test_belong_to_one_applicant(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        mine = visitor("applicant")
        draft = mine.post("/apply/new").headers["Location"]
        paper = office.papers()[0]
        before = counts(office)
        pages = [
            draft, f"{draft}/project", f"{draft}/papers", f"{draft}/check",
            f"/apply/cases/{received.application_id}", f"/apply/cases/{received.application_id}/submitted",
        ]  # fmt: skip
        acts = [
            f"{draft}/project", f"{draft}/papers", f"{draft}/papers/{paper}/remove", f"{draft}/discard",
            f"{draft}/submit",
        ]  # fmt: skip
        for login in ("applicant2", "rf-officer", "finance", "leader", "admin", "operator"):
            other = visitor(login)
            assert [other.get(path).status_code for path in pages] == [404] * len(pages), login
            assert [other.post(path, project_name="x").status_code for path in acts] == [404] * len(acts), login
        assert counts(office) == before
        assert [mine.get(path).status_code for path in pages] == [200] * len(pages)

    def test_send_strangers_to_the_log_in_page(self, visitor: Visitor) -> None:
        stranger = visitor()
        for path in ("/apply/", f"/apply/cases/{uuid4()}", f"/apply/drafts/{uuid4()}"):
            assert stranger.get(path).headers["Location"] == f"/login?next={path}"

    def test_cannot_be_written_without_the_proof_of_a_form(self, office: Office, visitor: Visitor) -> None:
        mine = visitor("applicant")
        assert mine.client.post("/apply/new").status_code == 400
        assert office.one("select count(*) from draft") == 0


class TestActsOfOtherUnits:
    def test_change_nothing(self, office: Office, web) -> None:
        received = office.receives()
        office.works()
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "rf")
        line = next(each for each in office.lines(received.application_id) if each.unit_code == "rf")
        before = counts(office)
        for login in (
            "zj-officer",
            "gx-zj-officer",
            "cz-checker",
            "applicant",
            "finance",
            "leader",
            "admin",
            "operator",
        ):
            other = Program(web, login)
            answers = [
                other.post(f"/tasks/{task.id}/take"),
                other.post(f"/tasks/{task.id}/release"),
                other.post(f"/tasks/{task.id}/decide", {"verdict": "approve", "opinion": "同意"}),
                other.post(f"/lines/{line.id}/confirm", {"version": line.version}),
            ]
            assert [each.status_code for each in answers] == [404] * 4, login
        assert counts(office) == before

    def test_do_not_appear_in_a_districts_lists(self, office: Office, web) -> None:
        office.receives(office.body(area_code="dw"))
        seen = {
            login: len(Program(web, login).get("/tasks").json["tasks"]) for login in ("dw-zj-officer", "gx-zj-officer")
        }
        assert seen["gx-zj-officer"] == 0
        assert seen["dw-zj-officer"] >= 1


class TestStrangers:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_see_progress_without_names_and_amounts(self, office: Office, visitor: Visitor, lang: str) -> None:
        received = office.is_billed()
        page = visitor().read(f"/progress?number={received.number}&lang={lang}")
        text = page.get_text(" ")

        assert received.number in text
        assert len(page.select(".lane-table tbody tr")) >= 8
        for secret in ("碧海湾花园一期", "碧海置业", "32,729,939.24", "林沐阳", "沈嘉禾", "91371002MA3C00011N"):
            assert secret not in text

    def test_learn_of_a_receipt_only_what_the_paper_says(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()
        (receipt,) = office.rows("select * from receipt")
        stranger = visitor()
        by_token = stranger.read(f"/verify/{receipt.public_token}").get_text(" ")
        numbers = f"code={receipt.code}&number={receipt.number}&check_code={receipt.check_code}"
        by_numbers = stranger.read(f"/verify?{numbers}").get_text(" ")

        for text in (by_token, by_numbers):
            assert "这张凭证真实、有效。" in text
            assert "32,729,939.24" in text
            for secret in ("碧海", "林沐阳", received.number):
                assert secret not in text

    def test_are_told_of_reversed_and_replaced_receipts(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()
        token = office.one("select public_token from receipt")
        for state, words in (("reversed", "已冲红作废"), ("replaced", "换开")):
            with office.sits() as sitting:
                sitting.session.connection().exec_driver_sql(f"update receipt set state = '{state}'")
            assert words in visitor().get(f"/verify/{token}").text

    def test_are_told_when_there_is_no_such_receipt(self, visitor: Visitor) -> None:
        stranger = visitor()
        for path in ("/verify/nothing", "/verify?code=1&number=2&check_code=3", "/progress?number=HH20140915-0001-6"):
            assert stranger.get(path).status_code == 404
            assert "没有这" in stranger.last.text

    def test_are_slowed_down_when_they_try_numbers(self, visitor: Visitor) -> None:
        stranger = visitor()
        statuses = [stranger.get(f"/progress?number=HH{n}").status_code for n in range(32)]
        assert set(statuses[:30]) == {404}
        assert statuses[30:] == [429, 429]
