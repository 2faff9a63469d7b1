"""What happened to a case, the latest first: the acts of its trail, the reminders its clocks reached, what was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from flask_babel import gettext

from shared.db.city import City
from shared.db.queries.progress import Progress, StepRow
from shared.domain.ladder import Step
from web.components import TimelineEvent
from web.desk.words import act_detail, act_words
from web.filters import day_short, moment_short
from web.naming import named

SYSTEM = "系统"


class Happened(Protocol):
    """One act of the trail, as any page has loaded it."""

    @property
    def at(self) -> datetime: ...
    @property
    def verb(self) -> str: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def unit_code(self) -> str | None: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


def timeline(acts: Iterable[Happened], progress: Progress, city: City) -> tuple[TimelineEvent, ...]:
    """Everything in one order; of what happened in the same minute the trail's order stands."""
    matters = {matter.code: named(matter) for matter in city.matters}
    found: list[tuple[datetime, str, str]] = [(act.at, act_words(act.verb), _act(act, city, matters)) for act in acts]
    found += [(step.at, _step_words(step.step), _step(step, progress, city)) for step in progress.steps]
    found += [(notice.at, gettext("通知申请人"), notice.title) for notice in progress.notices]
    found.sort(key=lambda each: each[0], reverse=True)
    return tuple(
        TimelineEvent(when=moment_short(at), what=what, detail=detail, is_latest=index == 0)
        for index, (at, what, detail) in enumerate(found)
    )


def _act(act: Happened, city: City, matters: Mapping[str, str]) -> str:
    data = dict(act.data)
    if "item" in data:
        data["item"] = named(city.item(str(data["item"])))
    detail = act_detail(act.verb, data, city.units, matters, act.unit_code)
    who = "" if act.actor_name == SYSTEM else act.actor_name
    return str(gettext("；")).join(part for part in (detail, who) if part)


def _step_words(step: str) -> str:
    words = {
        Step.HINT: gettext("提醒：快到期"),
        Step.AMBER: gettext("提醒：时限已用九成"),
        Step.RED: gettext("已超期"),
        Step.OFFICER: gettext("催办经办人"),
        Step.CHIEF: gettext("催办至首席代表"),
        Step.LEAD: gettext("催办至牵头窗口"),
        Step.SUPERVISOR: gettext("催办至督查"),
        Step.MEETING: gettext("提请联席会议"),
    }
    return str(words[Step(step)])


def _step(step: StepRow, progress: Progress, city: City) -> str:
    clock = next((each for each in progress.clocks if each.id == step.clock_id), None)
    what = named(progress.matter_names.get(clock.subject_id, "")) if clock else ""
    unit = named(city.units[step.to_unit].short_name) if step.to_unit in city.units else ""
    due = gettext("应办 %(day)s", day=day_short(step.due_on))
    return str(gettext("；")).join(part for part in (what, due, " ".join((unit, step.to_name)).strip()) if part)
