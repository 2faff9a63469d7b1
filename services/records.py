"""What the records of people meeting say: minutes of joint meetings (联席会议纪要)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import accounts, cases, clock, meetings
from shared.db.meetings import MeetingRow, SeatRow
from shared.documents.views import Attendee, JointVerdict, MinutesView, Participant, SealSpec
from shared.domain.errors import Broken
from shared.settings import settings

_VERDICTS: Final = {"approved": "同意", "objected": "不同意"}


def minutes_view(sitting: Sitting, meeting_id: UUID) -> MinutesView:
    """联席会议纪要: sealed by every unit that decided there or came, then by the lead window."""
    city = sitting.city
    meeting = meetings.load(sitting.session, meeting_id)
    case = cases.lock_one(sitting.session, meeting.application_id)
    if meeting.held_at is None:
        raise Broken(f"meeting {meeting.number} has no minutes before it is held")
    seats = sorted(meetings.seats(sitting.session, meeting_id), key=lambda seat: seat.unit_code == city.lead_unit)
    verdicts = {each.task_id: each for each in meetings.verdicts(sitting.session, meeting_id)}
    tasks = [task for task in cases.tasks_of(sitting.session, case.id) if task.id in verdicts]
    recorder = accounts.load(sitting.session, meeting.held_by) if meeting.held_by else None
    came = [seat.unit_code for seat in seats if seat.attended and seat.unit_code != city.lead_unit]
    held_at = meeting.held_at.astimezone(clock.CHINA)
    return MinutesView(
        issuer=city.units[city.lead_unit].name,
        number=meeting.number,
        held_at=_moment(held_at),
        place=meeting.place,
        chair=meeting.chair,
        recorder=recorder.display_name if recorder else "",
        project_name=case.project_name,
        application_number=case.number,
        subject=f"{meeting.reason}。",
        attendance=tuple(_attendee(sitting, seat) for seat in seats),
        discussion=tuple(line.strip() for line in meeting.discussed.splitlines() if line.strip()),
        verdicts=tuple(
            JointVerdict(
                matter=task.matter_name,
                unit=city.units[task.unit_code].short_name,
                verdict=_VERDICTS[verdicts[task.id].verdict],
                opinion=verdicts[task.id].opinion,
            )
            for task in tasks
        ),
        resolution=_resolution(meeting, [each.verdict for each in verdicts.values()]),
        names=tuple(dict.fromkeys((case.project_name, meeting.chair, *(seat.name for seat in seats if seat.name)))),
        participants=tuple(Participant(unit_code=code, name=city.units[code].short_name[:12]) for code in came),
        issued_on=f"{held_at.year}年{held_at.month}月{held_at.day}日",
        qr_text=f"{settings().public_url}/progress?number={case.number}",
        seals=tuple(
            SealSpec(unit_code=code, organ_name=city.units[code].name, flat_text=city.pack.wording["slip_seal"])
            for code in (*came, city.lead_unit)
        ),
    )


def _attendee(sitting: Sitting, seat: SeatRow) -> Attendee:
    """Who came for a unit: whoever spoke, else whom the unit named."""
    speaker = accounts.load(sitting.session, seat.speaker_id) if seat.speaker_id else None
    is_named = speaker is None or speaker.display_name == seat.name
    people = (speaker.display_name if speaker else seat.name) if seat.attended else ""
    return Attendee(
        unit=sitting.city.units[seat.unit_code].short_name,
        people=people,
        post=(seat.post if is_named else "经办人") if people else "",
        presence="出席" if seat.attended else "缺席",
        note=seat.note,
    )


def _resolution(meeting: MeetingRow, verdicts: list[str]) -> str:
    if meeting.kind == "mutual" and set(verdicts) == {"approved"}:
        return "上列事项自本纪要签发之日起同时审批、同时办结。"
    if "objected" in verdicts:
        return "不同意的事项，申请人可以按所列补救办法改正后再议；仍不同意的，依法作出不予许可的决定并告知救济途径。"
    if verdicts:
        return "上列事项自本纪要签发之日起办结，原不同意见撤销。"
    return "与会单位应按议定的时间办结，牵头窗口跟踪落实。"


def _moment(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日{at.hour}时{at.minute:02d}分"
