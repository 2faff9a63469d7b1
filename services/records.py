"""What the records of people meeting say: minutes (联席会议纪要), survey records, and the green channel's card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import accounts, cases, clock, meetings, offices, service_cards, surveys
from shared.db.meetings import MeetingRow, SeatRow
from shared.db.offices import PostRow
from shared.documents.views import (
    Attendee,
    CardContact,
    CardFact,
    CardView,
    Finding,
    JointVerdict,
    Labelled,
    MinutesView,
    Participant,
    SealSpec,
    SurveySignature,
    SurveyView,
)
from shared.domain.errors import Broken
from shared.settings import settings

_VERDICTS: Final = {"approved": "同意", "objected": "不同意"}
_RESULTS: Final = {"fine": "符合", "problem": "存在问题"}


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
        issued_on=_day(held_at),
        qr_text=_progress(case.number),
        seals=tuple(_seal(sitting, code) for code in (*came, city.lead_unit)),
    )


def survey_view(sitting: Sitting, survey_id: UUID) -> SurveyView:
    """联合踏勘记录: every invited unit's finding in one record, sealed by the lead window."""
    city = sitting.city
    survey = surveys.load(sitting.session, survey_id)
    case = cases.lock_one(sitting.session, survey.application_id)
    rows = surveys.findings(sitting.session, survey_id)
    if survey.held_at is None:
        raise Broken(f"survey {survey.number} has no record before it is held")
    organiser = accounts.load(sitting.session, survey.called_by)
    matters: dict[str, list[str]] = {}
    for task in cases.tasks_of(sitting.session, case.id):
        matters.setdefault(task.unit_code, []).append(task.matter_name)
    problems = [city.units[row.unit_code].short_name for row in rows if row.result == "problem"]
    by = f"{organiser.display_name}（{city.units[city.lead_unit].short_name}）" if organiser else ""
    return SurveyView(
        issuer=city.units[city.lead_unit].name,
        number=survey.number,
        surveyed_at=_moment(survey.planned_at.astimezone(clock.CHINA)),
        site=survey.place,
        applicant=case.developer_name,
        project_name=case.project_name,
        project_code=case.project_code,
        application_number=case.number,
        organiser=by,
        purpose=f"一次踏勘，替代{len(rows)}个单位各自现场核查。" + (f"{survey.note}。" if survey.note else ""),
        findings=tuple(
            Finding(
                unit=city.units[row.unit_code].short_name,
                matter="、".join(matters.get(row.unit_code, ())),
                finding=row.finding,
                verdict=_RESULTS[row.result],
                people=row.found_by_name,
            )
            for row in rows
        ),
        conclusion=(
            f"{'、'.join(problems)}所提问题由建设单位整改后，在各自审核事项中复核，不再另行踏勘。"
            if problems
            else "各单位现场核查均符合要求，不再另行踏勘。",
        ),
        signatures=tuple(
            SurveySignature(party=city.units[row.unit_code].short_name, people=row.found_by_name) for row in rows
        ),
        issued_on=_day(survey.held_at.astimezone(clock.CHINA)),
        qr_text=_progress(case.number),
        seals=(_seal(sitting, city.lead_unit),),
    )


def card_view(sitting: Sitting, card_id: UUID) -> CardView:
    """审批绿色通道服务卡: who helps on the front; whom to call, what is promised and how it goes on the back."""
    city = sitting.city
    card = service_cards.load(sitting.session, card_id)
    case = cases.lock_one(sitting.session, card.application_id)
    if card.number is None or card.decided_at is None:
        raise Broken(f"card {card.id} has no number before it is granted")
    channel, lead = city.pack.green_channel, city.units[city.lead_unit]
    criterion = next(each for each in channel.criteria if each.code == card.criterion)
    units = [
        unit.code
        for unit in city.pack.units
        if unit.level == "city" or (unit.is_lead and unit.area_code == case.area_code)
    ]
    posts = offices.posts_of(sitting.session, units)
    agent = posts.get(lead.code, {}).get("chief")
    area_code, _, _ = lead.phone.partition("-")
    wording = city.pack.wording
    return CardView(
        programme=channel.programme,
        number=card.number,
        facts=(
            CardFact(label="项目名称", text=case.project_name),
            CardFact(label="投资单位", text=case.developer_name),
            CardFact(label="项目代码", text=case.project_code),
            CardFact(label="建设地点", text=case.site),
            CardFact(label="准入条件", text=criterion.name, note=card.document),
            CardFact(label="代办专员", text=agent.name if agent else "", note=agent.phone if agent else ""),
            CardFact(label="绿色专窗", text=f"{lead.short_name}综合窗口", note=lead.phone),
            CardFact(label="有效期", text="自发卡之日起至本办件办结"),
        ),
        qr_text=_progress(case.number),
        issuer=lead.name,
        issued_on=_day(card.decided_at.astimezone(clock.CHINA)),
        services=tuple(Labelled(label=label, text=text) for label, text in channel.services),
        admission=channel.admission,
        phone_note=f"电话区号 {area_code}",
        contacts=tuple(
            contact for code in units for contact in _contacts(sitting, code, posts.get(code, {}), area_code)
        ),
        promises=channel.promises,
        steps=tuple(Labelled(label=label, text=text) for label, text in channel.steps),
        supervision=f"监督单位：{city.pack.settings.supervision}　督查电话 {wording['phone']}",
        seals=(_seal(sitting, city.lead_unit),),
    )


def _contacts(sitting: Sitting, code: str, posts: Mapping[str, PostRow], area_code: str) -> tuple[CardContact, ...]:
    """Whom to call: the chief representative, or head and liaison of a unit without a window."""
    return tuple(
        CardContact(
            unit=sitting.city.units[code].short_name,
            person=posts[kind].name,
            post=post,
            phone=posts[kind].phone.removeprefix(f"{area_code}-"),
        )
        for kind, post in (("chief", "首席代表"), ("head", "负责人"), ("liaison", "联络员"))
        if kind in posts
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


def _seal(sitting: Sitting, code: str) -> SealSpec:
    name, flat_text = sitting.city.units[code].name, sitting.city.pack.wording["slip_seal"]
    return SealSpec(unit_code=code, organ_name=name, flat_text=flat_text)


def _progress(number: str) -> str:
    return f"{settings().public_url}/progress?number={number}"


def _day(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日"


def _moment(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日{at.hour}时{at.minute:02d}分"
