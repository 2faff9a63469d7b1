"""审批绿色通道: asked for with a criterion, admitted or declined by the lead window within the card's promise.

A granted case has its card number, and goes first: in every queue, every inbox, and at the relay.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from services import notices
from services.sitting import Sitting
from shared.db import cases, clocks, documents, numbers, outbox, service_cards, trail
from shared.db.accounts import AccountRow
from shared.db.cases import Case
from shared.db.service_cards import CardRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import Kind, Mechanism
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.logs import logger

log = logger(__name__)

DOCUMENT_LENGTH_MAX: Final = 200
STATEMENT_LENGTH_MAX: Final = 500
REASON_LENGTH_MAX: Final = 500
#: Where being first still helps.
IN_HAND: Final = ("in_review", "objected")
LANE: Final = "green"


def ask(
    sitting: Sitting, *, application_id: UUID, account: AccountRow, criterion: str, document: str, statement: str = ""
) -> UUID:
    """Ask for the green channel, naming a criterion in force and the document that proves it; gives the card's id.

    The same ask again gives the same id, another one beside it is a `Conflict`; after a refusal one may ask anew, with
    another proof or statement. Raises `NotFound` for somebody else's application, `Invalid` beside the field.
    """
    case = cases.lock_one(sitting.session, application_id)
    if case.applicant_id != account.id:
        raise NotFound("办件不存在，或不在您的办理范围内")
    known = service_cards.of_application(sitting.session, application_id)
    if known is not None and known.state in ("asked", "granted"):
        return _asked_before(known, criterion, document.strip())
    if case.status not in IN_HAND:
        raise Conflict("办件已不在审核阶段，不需要再申请绿色通道")
    problems: list[Problem] = []
    if criterion not in {each.code for each in sitting.city.pack.green_channel.in_force(sitting.today)}:
        problems.append(Problem("criterion", "请选择现行的准入条件"))
    problems += _text("document", document, DOCUMENT_LENGTH_MAX, empty="请写明证明文件的文号")
    problems += _text("statement", statement, STATEMENT_LENGTH_MAX)
    said = (criterion, document.strip(), statement.strip())
    if known is not None and said == (known.criterion, known.document, known.statement):
        problems.append(Problem("document", "与上次未获准入的申请相同，请针对答复的理由补充证明文件或说明"))
    if problems:
        raise Invalid(problems)
    card_id = uuid4()
    clock = clocks.new(
        sitting.city,
        application_id=application_id,
        mechanism=Mechanism.CARD,
        kind=Kind.ORDINARY,
        subject_id=card_id,
        unit_code=sitting.city.lead_unit,
        days=sitting.city.promise_days(Mechanism.CARD, Kind.ORDINARY, sitting.today),
        now=sitting.now,
    )
    service_cards.add(
        sitting.session,
        sitting.tenant,
        id=card_id,
        application_id=application_id,
        criterion=criterion,
        document=document.strip(),
        statement=statement.strip(),
        asked_by=account.id,
        asked_at=sitting.now,
        due_on=clock["due_on"],
    )
    clocks.add(sitting.session, [clock])
    data = {"criterion": criterion, "document": document.strip()}
    _write(sitting, case, Act("green_asked", sitting.now, Actor(account.id, account.display_name), data=data))
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.lead_unit),
        kind="green_channel",
        key=f"green:{card_id}:asked",
        title="申请进入绿色通道",
        body=f"{case.number} {case.project_name}：请在{clock['due_on'].isoformat()}前审核并答复",
        application_id=case.id,
        href=f"/desk/cases/{case.id}/green-channel",
    )
    return card_id


def decide(sitting: Sitting, *, application_id: UUID, actor: Actor, grant: bool, reason: str = "") -> None:
    """Admit a case to the green channel, or decline with a reason; only the lead window, once.

    Granted: the card is numbered and printed, the case and its tasks move to the fast lane, what is still to do for it
    is done first, and every unit is told. May be repeated with the same answer; raises `Conflict` for another one.
    """
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("绿色通道由牵头窗口审核")
    case = cases.lock_one(sitting.session, application_id)
    card = service_cards.of_application(sitting.session, application_id)
    if card is None:
        raise NotFound("这个办件没有申请绿色通道")
    state = "granted" if grant else "declined"
    if card.state == state:
        return
    if card.state != "asked":
        raise Conflict("这份申请刚刚已有答复，请刷新后查看")
    # Declining is always possible, so that no ask is left open; being first helps only while something is to be done.
    if grant and case.status not in (*IN_HAND, "billed"):
        raise Conflict("办件已不在审核阶段，不需要再审核绿色通道")
    problems = _text("reason", reason, REASON_LENGTH_MAX, empty="" if grant else "不予准入须写明理由")
    if problems:
        raise Invalid(problems)
    number = _number(sitting) if grant else None
    service_cards.answer(
        sitting.session,
        card,
        state=state,
        number=number,
        reason=reason.strip(),
        decided_by=actor.id,
        decided_at=sitting.now,
    )
    clock = clocks.find(sitting.session, case.id, Mechanism.CARD, card.id)
    clocks.stop(sitting.session, sitting.city, clock, now=sitting.now, why=state, by=actor)
    data = {"criterion": card.criterion, "reason": reason.strip()} | ({"card": number} if number else {})
    _write(sitting, case, Act(f"green_{state}", sitting.now, actor, actor.unit_code, data))
    if number:
        service_cards.set_lane(sitting.session, case.id, LANE)
        outbox.hurry(sitting.session, case.id)
        wish = documents.Wish("card", card.id, case.id, f"绿色通道服务卡 {number}")
        documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    _tell(sitting, case, card, number=number, reason=reason.strip())
    log.info("green_channel_answered", application=case.number, state=state)


def _asked_before(card: CardRow, criterion: str, document: str) -> UUID:
    if card.state == "asked" and (card.criterion, card.document) == (criterion, document):
        return card.id
    if card.state == "granted":
        raise Conflict("本办件已进入绿色通道，不需要再申请")
    raise Conflict("绿色通道申请已提交，正在审核，不能再提交另一份")


def _number(sitting: Sitting) -> str:
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"card:{year}")[0]
    return sitting.city.number("card", year, running)


def _tell(sitting: Sitting, case: Case, card: CardRow, *, number: str | None, reason: str) -> None:
    """The applicant hears the answer; of a granted card every unit of the case hears too (信息告知各参与单位窗口)."""
    answer = f"准予进入，服务卡 {number}" if number else f"不予准入：{reason}；按普通程序继续办理"
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="green_channel",
        key=f"green:{card.id}:answered",
        title="绿色通道申请的答复",
        body=f"{case.number} {case.project_name}：{answer}",
        application_id=case.id,
        href=f"/apply/cases/{case.id}/green-channel",
    )
    if number is None:
        return
    for code in dict.fromkeys(task.unit_code for task in cases.tasks_of(sitting.session, case.id)):
        notices.tell(
            sitting,
            notices.desk(sitting, code),
            kind="green_channel",
            key=f"green:{card.id}:granted:{code}",
            title=f"办件进入绿色通道（{number}）",
            body=f"{case.number} {case.project_name}：请优先办理",
            application_id=case.id,
            href=f"/desk/cases/{case.id}",
        )


def _text(field: str, given: str, longest: int, *, empty: str = "") -> list[Problem]:
    if empty and not given.strip():
        return [Problem(field, empty)]
    if len(given) > longest:
        return [Problem(field, f"不能超过 {longest} 个字")]
    return [] if is_keepable(given) else [Problem(field, UNKEEPABLE)]


def _write(sitting: Sitting, case: Case, act: Act) -> None:
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
