"""办理回执单: made anew each time it is asked for, one at a time, one last time once the case is closed."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from office import Office
from watching import kinds, side_by_side

from services import documents, handling, review, timing
from shared.db import documents as stored
from shared.documents.verify import verify
from shared.settings import settings
from workers import batches

FONTS = Path(__file__).resolve().parents[2] / "var" / "fonts"


@pytest.fixture
def press(office: Office) -> Office:
    """The office with the faces that set-up prepared."""
    (settings().var_dir / "fonts").symlink_to(FONTS)
    documents.producer.cache_clear()
    return office


def asks(office: Office, application_id: UUID, login: str = "applicant") -> UUID:
    with office.sits() as sitting:
        return handling.ask(sitting, application_id=application_id, actor=office.actor(login))


def is_made(office: Office, document_id: UUID) -> None:
    """As if the press had done its work."""
    with office.sits() as sitting:
        stored.record(sitting.session, document_id, sha256="0" * 64, size_bytes=1, pages=1)


def renditions(office: Office) -> list[int]:
    rows = office.rows("select rendition from document where kind = 'handling_slip' order by rendition")
    return [row.rendition for row in rows]


class TestAskingForASlip:
    def test_twice_while_it_is_made_is_asking_once(self, office: Office) -> None:
        received = office.receives()
        first = asks(office, received.application_id)

        assert asks(office, received.application_id, "rf-officer") == first
        assert office.one("select count(*) from audit_event where verb = 'handling_slip_asked'") == 1
        assert office.one("select count(*) from outbox where subject_id = :id", id=first) == 1

    def test_at_the_same_moment_is_asking_once(self, office: Office) -> None:
        received = office.receives()

        results = side_by_side(
            partial(asks, office, received.application_id),
            partial(asks, office, received.application_id, "rf-officer"),
        )

        assert kinds(results) == {"done": 2}
        assert results[0] == results[1]
        assert renditions(office) == [1]

    def test_again_gives_the_next_rendition(self, office: Office) -> None:
        received = office.receives()
        is_made(office, asks(office, received.application_id))
        office.at("2014-09-16 10:00")

        second = asks(office, received.application_id)

        assert renditions(office) == [1, 2]
        assert office.one("select title from document where id = :id", id=second) == "办理回执单（截至 09-16 10:00）"

    def test_of_a_closed_case_is_made_once_for_ever(self, office: Office) -> None:
        received = office.is_billed()
        is_made(office, asks(office, received.application_id))
        (bill,) = office.bills(received.application_id)
        office.at("2014-09-18 11:00")
        office.hears_from_bank(office.callback(bill))
        office.works()
        office.at("2014-09-18 12:00")

        last = asks(office, received.application_id)
        is_made(office, last)

        assert office.one("select title from document where id = :id", id=last) == "办理回执单（办结）"
        assert [asks(office, received.application_id) for _ in range(2)] == [last, last]
        assert renditions(office) == [1, 2]


class TestThePrintedSlip:
    def test_says_who_did_what_in_how_many_days_and_what_is_open_with_whom(self, press: Office) -> None:
        application_id = press.receives(press.body(situations=["deep_pit"])).application_id
        press.works()
        press.at("2014-09-16 10:00")
        tasks = {task.unit_code: task for task in press.tasks(application_id) if task.matter_code != "zj-pit"}
        press.decides(tasks["rs"], opinion="工资保障金已核定。")
        with press.sits() as sitting:
            review.take(sitting, task_id=tasks["xf"].id, actor=press.actor("xf-officer"))
        press.at("2014-09-17 16:50")
        with press.sits() as sitting:
            timing.pause(
                sitting,
                task_id=tasks["xf"].id,
                actor=press.actor("xf-officer"),
                kind="expert_review",
                reason="评审会9月24日召开",
            )
        press.at("2014-09-19 14:05")
        document_id = asks(press, application_id)
        for message in press.bells():
            batches.run_each(documents.compose, documents.produce, documents.record, message.ids)

        digest = press.one("select sha256 from document where id = :id", id=document_id)
        assert digest, press.rows("select problem from outbox where problem <> ''")
        path = press.storage.path(digest)
        shown = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
        text = "".join(shown.stdout.split())
        for expected in (
            "瀚一单办〔2014〕1号",
            "2014年9月19日14:05",
            "工资保障金已核定。",
            "停表：专家评审",
            "等待施工现场条件核验",
            "超期1日",
            "专家评审：评审会9月24日召开",
            "市消防审验中心高维",
            "市水务局首席代表汤沐川",
            "尚未恢复",
            "瀚海市碧海置业有限公司",
        ):
            assert expected in text, text
        assert "样张" in text
        verdict = verify(path.read_bytes(), (settings().keys_dir / "ca.pem").read_bytes())
        assert (verdict.ok, [each.signer for each in verdict.signatures]) == (True, ["瀚海市住房和城乡建设局"])
