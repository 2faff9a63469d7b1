"""The calendar: a year imported by two people, and a holiday announced later that moves open clocks."""

from __future__ import annotations

from datetime import date

import pytest
from office import WORK, Office
from sqlalchemy import text
from watching import as_owner, broken, side_by_side

from services import calendars, commitments, green_channel, timing
from services.intake import Submitted
from services.sitting import sitting
from shared.db import city as cities
from shared.db.calendars import lock_change
from shared.domain.calendar import read_notice, whole_year
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotAllowed
from shared.packs import load_pack
from shared.settings import settings
from shared.tasks import Task
from workers import batches

#: A made-up notice for a year that no library carries yet.
NOTICE_2027 = """
2027-01-01 至 2027-01-03 休 元旦
2027-02-05 至 2027-02-11 休 春节
2027-01-31 班
2027-02-14 班
2027-04-03 至 2027-04-05 休 清明节
2027-05-01 至 2027-05-05 休 劳动节
2027-05-08 班
2027-06-09 休 端午节
2027-09-15 休 中秋节
2027-10-01 至 2027-10-07 休 国庆节
2027-09-26 班
2027-10-09 班
"""


def proposed(office: Office, *, year: int, notice: str, by: str = "admin") -> object:
    with sitting() as sits:
        return calendars.propose(
            sits, account=office.account(by), year=year, notice=notice, document="国办发明电〔2026〕9号（样张）"
        )


def approves(office: Office, change_id: object, *, by: str = "leader") -> None:
    with sitting() as sits:
        calendars.approve(sits, account=office.account(by), change_id=change_id)  # type: ignore[arg-type]


def redates(office: Office) -> int:
    bells = office.bells(Task.REDATE_CLOCKS)
    for bell in bells:
        batches.run(calendars.redate_clocks, bell.ids)
    return len(bells)


def promising(office: Office) -> Submitted:
    """An application whose paper about waste is promised for later."""
    body = office.body()
    (waste,) = office.rows(
        "select id::text from attachment where material_code = 'waste' and id::text = any(:given)",
        given=body["attachments"],
    )
    attachments = [each for each in body["attachments"] if each != waste.id]
    return office.receives(body | {"attachments": attachments, "commitments": ["waste"]})


class TestANotice:
    def test_is_read_line_by_line(self) -> None:
        days = read_notice("2027-02-05 至 2027-02-07 休 春节\n\n2027-02-14 班", 2027)

        assert [day.day for day, works in days.items() if not works] == [5, 6, 7]
        assert days[date(2027, 2, 14)] is True

    def test_may_be_written_in_english(self) -> None:
        assert read_notice("2027-02-05 to 2027-02-07 off\n2027-02-14 work", 2027) == read_notice(
            "2027-02-05 至 2027-02-07 休\n2027-02-14 班", 2027
        )

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("2027-02-30 休", "第 1 行看不懂"),
            ("二月五日放假", "第 1 行看不懂"),
            ("2027-02-05 至 2027-02-01 休", "起止日期不对"),
            ("2027-02-05 至 2027-05-01 休", "起止日期不对"),
            ("2026-02-05 休", "不在 2027 年"),
            ("2027-02-05 休\n2027-02-05 休", "第 2 行：2027-02-05 已经写过"),
            ("2027-02-09 班", "本来就是工作日"),
        ],
    )
    def test_is_refused_by_line(self, text: str, problem: str) -> None:
        with pytest.raises(Invalid, match=problem):
            read_notice(text, 2027)

    def test_that_sets_hardly_anything_apart_was_not_copied_whole(self) -> None:
        with pytest.raises(Invalid, match="个工作日"):
            whole_year(2027, read_notice("2027-01-01 休", 2027))


class TestAYear:
    def test_that_is_missing_refuses_an_application_clearly_and_is_there_once_two_people_imported_it(
        self, office: Office
    ) -> None:
        office.at("2026-12-28 09:30")
        with pytest.raises(CalendarNotLoaded, match="2027 年的工作日历未导入"):
            office.receives()
        change_id = proposed(office, year=2027, notice=NOTICE_2027)
        with pytest.raises(CalendarNotLoaded):
            office.receives()
        with pytest.raises(NotAllowed, match="不能由提出人自己办理"):
            approves(office, change_id, by="admin")

        approves(office, change_id)

        assert office.receives().due_on == date(2027, 1, 5)

    def test_stays_when_the_pack_is_loaded_again(self, office: Office) -> None:
        approves(office, proposed(office, year=2027, notice=NOTICE_2027))
        with sitting() as sits:
            before = sits.city.revision
        pack = load_pack(settings().packs_dir / "hanhai")
        with as_owner() as session:
            assert cities.store(session, pack)[1] == before
            session.execute(text("update tenant set revision = 'another pack'"))
        with as_owner() as session:
            cities.store(session, pack)

        with sitting() as sits:
            assert sits.city.calendar.is_working(date(2027, 2, 14))
            assert 2027 in sits.city.calendar.years


class TestAHolidayAnnouncedLater:
    def test_moves_the_open_clocks_that_it_lies_in_and_no_other(self, office: Office) -> None:
        moved = office.receives()
        change_id = proposed(office, year=2014, notice="2014-09-18 休 高温假")
        with sitting() as sits:
            change = lock_change(sits.session, change_id)  # type: ignore[arg-type]
            (case,) = calendars.preview(sits, change)
        assert (case.number, case.before, case.after) == (moved.number, date(2014, 9, 22), date(2014, 9, 23))

        approves(office, change_id)
        assert redates(office) == 1

        due = dict(
            office.rows(
                "select coalesce(t.matter_code, 'joint'), k.due_on from clock k "
                "left join review_task t on t.id = k.subject_id where k.application_id = :id",
                id=moved.application_id,
            )
        )
        assert due["joint"] == office.one("select due_on from application") == date(2014, 9, 23)
        assert due["zj-drawings"] == date(2014, 9, 23)
        assert due["qx-lightning"] == date(2014, 9, 19)
        assert office.one("select count(*) from audit_event where verb = 'clocks_redated'") == 1

    def test_moves_a_promised_paper_and_a_service_card_with_their_clocks(self, office: Office) -> None:
        received = promising(office)
        with office.sits() as sits:
            green_channel.ask(
                sits,
                application_id=received.application_id,
                account=office.account("applicant"),
                criterion="key_project",
                document="瀚发改〔2014〕3号",
            )
        approves(office, proposed(office, year=2014, notice="2014-09-18 休"))
        redates(office)

        assert office.one("select due_on from commitment") == date(2014, 9, 29)
        assert office.one("select due_on from service_card") == date(2014, 9, 19)
        assert broken() == {}
        office.at("2014-09-29 09:00")
        with office.sits() as sits:
            assert commitments.due(sits) == []

    def test_is_told_beforehand_also_where_a_clock_stands_still_or_has_stopped(self, office: Office) -> None:
        paused, over = office.receives(), promising(office)
        office.works()
        office.confirms(over.application_id)
        office.approves_everything(over.application_id)
        office.works()  # billed: only the promised paper's clock runs on
        (task, *_) = office.tasks(paused.application_id)
        with office.sits() as sits:
            timing.pause(sits, task_id=task.id, actor=office.actor("zj-officer"), kind="hearing", reason="听证")
        office.at("2014-09-17 09:00")
        change_id = proposed(office, year=2014, notice="2014-09-18 休")
        with office.sits() as sits:
            told = calendars.preview(sits, lock_change(sits.session, change_id))  # type: ignore[arg-type]
        approves(office, change_id)
        redates(office)

        after = {row.number: row.due_on for row in office.rows("select number, due_on from application")}
        assert [(each.number, each.after) for each in told] == [(paused.number, after[paused.number])]
        assert after == {paused.number: date(2014, 9, 23), over.number: date(2014, 9, 22)}

    def test_moves_them_once_however_often_the_message_comes(self, office: Office) -> None:
        office.receives()
        approves(office, proposed(office, year=2014, notice="2014-09-18 休"))
        (bell,) = office.bells(Task.REDATE_CLOCKS)

        for _ in range(3):
            batches.run(calendars.redate_clocks, bell.ids)

        assert office.one("select count(*) from audit_event where verb = 'clocks_redated'") == 1

    def test_leaves_what_is_decided_as_it_was(self, office: Office) -> None:
        received = office.is_billed()
        before = office.rows("select id, due_on from clock where state = 'stopped' order by id")
        approves(office, proposed(office, year=2014, notice="2014-09-18 休"))
        redates(office)

        assert office.rows("select id, due_on from clock where state = 'stopped' order by id") == before
        assert received.due_on == date(2014, 9, 22)

    def test_is_decided_by_one_of_two_who_come_at_once(self, office: Office) -> None:
        office.receives()
        change_id = proposed(office, year=2014, notice="2014-09-18 休")

        outcomes = side_by_side(lambda: approves(office, change_id), lambda: approves(office, change_id))

        assert all(each is None or isinstance(each, Conflict) for each in outcomes)
        assert len(office.bells(Task.REDATE_CLOCKS)) == 1

    def test_that_says_what_the_calendar_says_already_is_refused(self, office: Office) -> None:
        with pytest.raises(Invalid, match="与现行日历相同"):
            proposed(office, year=2014, notice="2014-10-01 休")

    def test_is_for_administrators_and_leaders(self, office: Office) -> None:
        for login in ("zj-officer", "applicant", "finance", "operator"):
            with pytest.raises(NotAllowed):
                proposed(office, year=2014, notice="2014-09-18 休", by=login)


def test_redating_is_among_the_works_of_the_suite() -> None:
    assert WORK[Task.REDATE_CLOCKS] is calendars.redate_clocks
