"""Whom a joint meeting is announced to: the desk of every invited unit and whoever answers for the unit."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services import notices
from services.sitting import Sitting
from shared.db import cases, meetings, offices, trail
from shared.db.meetings import MeetingRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.logs import logger

log = logger(__name__)


def announce(sitting: Sitting, meeting: MeetingRow, *, by: Actor = SYSTEM) -> None:
    """Write a call into the trail, sealed by the lead window where a person called, and tell the invited units."""
    invited = [seat.unit_code for seat in meetings.seats(sitting.session, meeting.id)]
    act = Act(
        "meeting_called",
        sitting.now,
        by,
        by.unit_code,
        {"meeting": meeting.number, "kind": meeting.kind, "reason": meeting.reason, "units": invited},
    )
    trail.append(sitting.session, sitting.tenant, {meeting.application_id: [act]}, signer=sitting.signer)
    tell(sitting, meeting, occasion="called", title="请参加联席会议", body=f"{meeting.reason}。时间地点另行通知")
    log.info("meeting_called", meeting=meeting.number, kind=meeting.kind, units=len(invited))


def bring_along(sitting: Sitting, application_id: UUID, *, task_ids: Collection[UUID], unit_code: str) -> None:
    """Invite a unit that was given tasks to the meetings that are called about them: it decides there from now on."""
    for meeting in meetings.of_application(sitting.session, application_id):
        if meeting.state != "called" or not set(task_ids) & set(meeting.tasks):
            continue
        if meetings.invite(sitting.session, sitting.city, meeting, unit_code):
            when = meeting.planned_at.astimezone(sitting.now.tzinfo) if meeting.planned_at else None
            where = f"{when.month}月{when.day}日{when:%H:%M}在{meeting.place}召开" if when else "时间地点另行通知"
            tell(sitting, meeting, occasion="called", title="请参加联席会议", body=f"{meeting.reason}。{where}")


def tell(sitting: Sitting, meeting: MeetingRow, *, occasion: str, title: str, body: str) -> None:
    """Tell the invited units once for each occasion."""
    case = cases.lock_one(sitting.session, meeting.application_id)
    invited = [seat.unit_code for seat in meetings.seats(sitting.session, meeting.id)]
    posts = offices.posts_of(sitting.session, invited)
    for code in invited:
        people = notices.desk(sitting, code)
        for kind in ("chief", "head"):
            if kind in posts.get(code, {}):
                people += notices.person(sitting, posts[code][kind].account_id)
        notices.tell(
            sitting,
            people,
            kind="meeting",
            key=f"meeting:{meeting.id}:{occasion}:{code}",
            title=f"{title}（{meeting.number}）",
            body=f"{case.number} {case.project_name}：{body}",
            application_id=case.id,
            href=f"/desk/meetings/{meeting.id}",
        )
