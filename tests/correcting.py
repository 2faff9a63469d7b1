"""The suite's words for corrections: units ask, the lead window sends, the applicant answers and hands in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from office import Office, small_pdf

from services import answers, corrections, intake
from services.answers import Answer, Answered
from shared.domain.corrections import Request

CLAUSE = "《人民防空工程建设管理规定》第四十六条"


def paper(code: str = "survey", reason: str = "缺第2页", **words: str) -> Request:
    return Request("paper", code, reason, words.get("clause", CLAUSE), words.get("wanted", "补交完整的报告"))


def fact(name: str = "ground_floor_area_m2", reason: str = "与规划许可证不一致") -> Request:
    return Request("fact", name, reason, CLAUSE, "按规划许可证更正")


def statement(subject: str = "基坑降水去向", reason: str = "方案没有说明") -> Request:
    return Request("statement", subject, reason, CLAUSE, "书面说明去向和水量")


def task_of(office: Office, application_id: UUID, unit: str) -> Any:
    return next(task for task in office.tasks(application_id) if task.unit_code == unit)


def asks(office: Office, application_id: UUID, unit: str, *requests: Request, login: str = "") -> UUID:
    task = task_of(office, application_id, unit)
    with office.sits() as sitting:
        return corrections.ask(
            sitting, task_id=task.id, actor=office.actor(login or f"{unit}-officer"), requests=requests or [paper()]
        )


def sweeps(office: Office) -> int:
    """The clock looks once at every notice."""
    with office.sits() as sitting:
        found = corrections.due(sitting)
    done = 0
    for application_id in found:
        with office.sits() as sitting:
            done += corrections.look_at(sitting, application_id)
    return done


def sends(office: Office, application_id: UUID, login: str = "zj-officer") -> None:
    with office.sits() as sitting:
        corrections.send_now(sitting, application_id=application_id, actor=office.actor(login))


def notices(office: Office, application_id: UUID) -> list[Any]:
    return office.rows(
        "select id, seq, number, state, window_until, sent_on, reply_due_on, version from correction_notice "
        "where application_id = :id order by seq",
        id=application_id,
    )


def items(office: Office, application_id: UUID) -> list[Any]:
    return office.rows(
        "select id, unit_code, kind, target, reason, state, old_value from correction_item "
        "where application_id = :id order by seq",
        id=application_id,
    )


def paused(office: Office, application_id: UUID) -> set[str]:
    found = office.rows("select unit_code from review_task where application_id = :id and is_paused", id=application_id)
    return {row.unit_code for row in found}


def events(office: Office, application_id: UUID, verb: str) -> list[Any]:
    return office.rows(
        "select actor_name, unit_code, data, seal from audit_event where application_id = :id and verb = :verb",
        id=application_id,
        verb=verb,
    )


def uploads(office: Office, material: str, name: str = "补正.pdf", login: str = "applicant") -> UUID:
    with office.sits() as sitting:
        return intake.add_paper(
            sitting,
            office.storage,
            account=office.account(login),
            file_name=name,
            content=small_pdf(),
            material_code=material,
        )


def saves(office: Office, application_id: UUID, *given: Answer, login: str = "applicant") -> None:
    with office.sits() as sitting:
        answers.save(sitting, account=office.account(login), application_id=application_id, answers=given)


def submits(office: Office, application_id: UUID, login: str = "applicant") -> Answered:
    with office.sits() as sitting:
        return answers.submit(sitting, account=office.account(login), application_id=application_id)


def value(name: str, raw: Any, text: str = "") -> Answer:
    return Answer("fact", name, value=raw, text=text)


def asked(office: Office, application_id: UUID, unit: str, *requests: Request) -> None:
    """A unit's requests, sent at once by the lead window."""
    asks(office, application_id, unit, *requests)
    sends(office, application_id)
