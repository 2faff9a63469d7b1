"""What each document says: frozen rows turned into final strings, once, before the first drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from services import books_paper, door_letters, records
from services.correction_letter import correction_view
from services.decision_letter import refusal_view, used_default
from services.handling_slip import handling_slip_view
from services.letters import long_day, seal
from services.press import TITLES
from services.refund_letter import refund_decision_view
from services.sitting import Sitting
from shared.db import accounts, attachments, bills, cases, clock, clocks, documents, payments, receipts
from shared.db.bills import BillLineRow, BillRow
from shared.db.receipts import ReceiptRow
from shared.documents.views import (
    AccountTotal,
    BillLine,
    BillView,
    DocumentView,
    Labelled,
    Payee,
    ReceiptLine,
    ReceiptState,
    ReceiptView,
    SlipMaterial,
    SlipView,
)
from shared.domain.errors import Broken
from shared.domain.ledger import GUARANTEE
from shared.domain.lines import ACCOUNT_NAMES, NATURE_NAMES, Line
from shared.domain.money import grouped
from shared.domain.words import in_words
from shared.settings import settings

_STATEMENTS = {
    "original": "bill_statement",
    "reissue": "bill_statement",
    "supplement": "bill_statement_supplement",
    "late": "bill_statement_late",
}
_FORMS = {"application/pdf": "PDF 文件", "image/jpeg": "JPEG 图片", "image/png": "PNG 图片"}


def bill_view(sitting: Sitting, bill_id: UUID) -> BillView:
    """缴费通知书: all elements of the table, the payment code, the remedies, the lead department's seal."""
    city = sitting.city
    bill = bills.load(sitting.session, bill_id)
    case = cases.lock_one(sitting.session, bill.application_id)
    rows = bills.lines(sitting.session, bill_id)
    wording = city.pack.wording
    lead = city.units[city.lead_unit]
    # Taken back before it was drawn: what is printed must not ask for money any more.
    is_void = bill.status == "void"
    is_payable = bool(bill.total_fen) and not is_void
    if is_void:
        statement = wording["bill_statement_void"].format(reason=bill.void_reason)
    elif is_payable:
        statement = wording[_STATEMENTS[bill.kind]].format(due_on=long_day(bill.due_on))
    else:
        statement = wording["bill_statement_nothing_due"]
    return BillView(
        title=TITLES[bill.kind],
        service_name=wording["service_name"],
        tariff_notice=wording["tariff_notice"],
        issuer=lead.name,
        number=bill.number,
        payer_name=bill.payer_name,
        payer_uscc=bill.payer_uscc,
        project_name=case.project_name,
        project_code=case.project_code,
        site=case.site,
        application_number=case.number,
        statement=statement,
        lines=tuple(_bill_line(sitting, seq, row) for seq, row in enumerate(rows, start=1)),
        total_in_words=in_words(bill.total_fen),
        total=grouped(bill.total_fen),
        accounts=_accounts(sitting, rows),
        payment_code=in_fours(bill.payment_code) if is_payable else "已作废" if is_void else "无需缴费",
        due_on=long_day(bill.due_on) if is_payable else "—",
        qr_text=f"{settings().sandbank_url}/pay?code={bill.payment_code}"
        if is_payable
        else f"{settings().public_url}/progress?number={case.number}",
        channels=tuple(Labelled(label=each["label"], text=each["text"]) for each in wording["channels"]),
        remarks=(
            *_replaced_remark(sitting, bill),
            *_remarks(wording, rows),
            *_default_remark(sitting, case.id),
        ),
        officer=wording["bill_officer"],
        checker=wording["bill_checker"],
        phone=wording["phone"],
        issued_on=long_day(bill.issued_on),
        verification_code=bill.verification_code,
        seals=(seal(sitting, city.lead_unit, wording["bill_seal"]),),
    )


def receipt_view(sitting: Sitting, receipt_id: UUID) -> ReceiptView:
    """缴费凭证·网上回执: sealed by the unit of every line with money, then by finance.

    A reversal is the same in red, with minus amounts; a further rendition says that it is one (补打).
    """
    city = sitting.city
    receipt = receipts.load(sitting.session, receipt_id)
    bill = bills.load(sitting.session, receipt.bill_id)
    case = cases.lock_one(sitting.session, receipt.application_id)
    paid = payments.of_bill(sitting.session, bill.id)
    if not paid:
        raise Broken(f"receipt {receipt.code}-{receipt.number} has no payment")
    # A 保函 is no money: the receipt names the channel that money came by, if any did.
    payment = ([each for each in paid if each.provider != GUARANTEE] or paid)[-1]
    rows = bills.lines(sitting.session, bill.id)
    if receipt.lines:
        rows = [replace(row, due_fen=receipt.by_line.get(row.seq, 0)) for row in rows]
    shown = [row for row in rows if row.due_fen] if receipt.kind == "reversal" else rows
    secured = payments.secured_lines(sitting.session, bill.id)
    wording = city.pack.wording
    received: dict[str, int] = {}
    for row in rows:
        if row.due_fen:
            received[row.unit_code] = received.get(row.unit_code, 0) + row.due_fen
    state, marks, notice = _receipt_state(sitting, receipt)
    return ReceiptView(
        issuer_line=wording["receipt_issuer_line"],
        code=receipt.code,
        number=receipt.number,
        check_code=receipt.check_code,
        issued_on=receipt.issued_on.isoformat(),
        sealed_on=long_day(receipt.issued_on),
        state=state,
        marks=marks,
        state_notice=notice,
        payer_name=bill.payer_name,
        payer_uscc=bill.payer_uscc,
        project_name=case.project_name,
        project_code=case.project_code,
        bill_number=bill.number,
        application_number=case.number,
        payment_code=in_fours(bill.payment_code),
        paid_at=_minute(payment.paid_at),
        channel=payment.channel,
        lines=tuple(_receipt_line(sitting, row, receipt, is_secured=row.seq in secured) for row in shown),
        total_in_words=f"（负数）{in_words(-receipt.total_fen)}"
        if receipt.total_fen < 0
        else in_words(receipt.total_fen),
        total=figure(receipt.total_fen),
        accounts=_accounts(sitting, rows),
        other_information="；".join([*_refund_notes(wording, rows), wording["tariff_notice"]]) + "。",
        payees=tuple(
            Payee(unit_code=code, name=city.units[code].short_name, amount=figure(amount))
            for code, amount in received.items()
        ),
        qr_text=f"{settings().public_url}/verify/{receipt.public_token}",
        remarks=(
            Labelled(label="验真", text=wording["receipt_check_hint"]),
            Labelled(label="声明", text=wording["receipt_notice"]),
        ),
        collector=wording["receipt_collector"],
        checker=wording["receipt_checker"],
        finance_name=city.units[city.finance_unit].name,
        seals=(
            *(seal(sitting, code, wording["bill_seal"]) for code in received),
            seal(sitting, city.finance_unit, wording["receipt_seal"]),
        ),
    )


def slip_view(sitting: Sitting, application_id: UUID) -> SlipView:
    """收件回执: what was handed in, what happens next, by when."""
    city = sitting.city
    case = cases.lock_one(sitting.session, application_id)
    applicant = accounts.load(sitting.session, case.applicant_id)
    papers = attachments.of_application(sitting.session, application_id)
    wording = city.pack.wording
    person = applicant.display_name if applicant else ""
    facts = {
        "project_name": case.project_name,
        "project_code": case.project_code,
        "number": case.number,
        "accepted_on": long_day(case.accepted_on),
        "due_on": long_day(case.due_on),
        "promise_days": clocks.joint(sitting.session, application_id).days,
        "matters": len(cases.tasks_of(sitting.session, application_id)),
        "items": len(city.items),
        "person": person,
        "papers": len(papers),
    }
    names = city.materials
    order = {code: place for place, code in enumerate(names)}
    return SlipView(
        issuer=wording["slip_issuer"],
        number=wording["slip_number"].format(year=case.accepted_on.year, number=case.number),
        addressee=case.developer_name,
        opening=tuple(text.format(**facts) for text in wording["slip_opening"]),
        materials=tuple(
            SlipMaterial(
                name=names[paper.material_code].name if paper.material_code in names else paper.file_name,
                form=_FORMS[paper.media_type],
                count="1份",
            )
            for paper in sorted(papers, key=lambda paper: order.get(paper.material_code, len(order)))
        ),
        closing=tuple(text.format(**facts) for text in wording["slip_closing"]),
        names=(person,) if person else (),
        qr_text=f"{settings().public_url}/progress?number={case.number}",
        issued_on=long_day(case.accepted_on),
        seals=(seal(sitting, city.lead_unit, wording["slip_seal"]),),
    )


COMPOSERS: Mapping[str, Callable[[Sitting, UUID], DocumentView]] = {
    "bill": bill_view,
    "receipt": receipt_view,
    "slip": slip_view,
    "minutes": records.minutes_view,
    "handling_slip": handling_slip_view,
    "correction": correction_view,
    "survey": records.survey_view,
    "card": records.card_view,
    "acceptance": door_letters.acceptance_view,
    "one_time_notice": door_letters.one_time_view,
    "not_accepted": door_letters.not_accepted_view,
    "refusal": refusal_view,
    "refund_decision": refund_decision_view,
    "day_close": books_paper.day_close_view,
    "month_close": books_paper.month_close_view,
    "export": books_paper.export_view,
}


def in_fours(code: str) -> str:
    """A payment code in groups of four, as people read and type it."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _refund_notes(wording: Mapping[str, Any], rows: list[BillLineRow]) -> list[str]:
    """What can flow back, of the items that cost something here."""
    return [
        wording["refund_notes"][row.item_code]
        for row in rows
        if row.due_fen and row.item_code in wording["refund_notes"]
    ]


def _remarks(wording: Mapping[str, Any], rows: list[BillLineRow]) -> tuple[Labelled, ...]:
    remarks = [Labelled(label=each["label"], text=each["text"]) for each in wording["remedies"]]
    notes = _refund_notes(wording, rows)
    if notes:
        remarks.append(Labelled(label="退还说明", text="；".join(notes) + "。"))
    return tuple(remarks)


def _replaced_remark(sitting: Sitting, bill: BillRow) -> tuple[Labelled, ...]:
    """A bill that was drawn up anew says which one is void, so that nobody pays the old code."""
    if bill.replaces is None:
        return ()
    old = bills.load(sitting.session, bill.replaces)
    return (Labelled(label="重开", text=f"原 {old.number} 作废（{old.void_reason}），原缴款码不要再用。"),)


def _default_remark(sitting: Sitting, application_id: UUID) -> tuple[Labelled, ...]:
    """A bill says that its units have reviewed the application, so it also says where one kept silent."""
    said = used_default(sitting, application_id)
    return (Labelled(label="超时默认", text=said),) if said else ()


def _bill_line(sitting: Sitting, seq: int, row: BillLineRow) -> BillLine:
    line = Line.from_json(row.line)
    item = sitting.city.item(row.item_code)
    unit = sitting.city.units[row.unit_code]
    # A reduced line rests on the tariff first, then on the rule of the reduction, last on the applicant's own proof.
    reduced = line.reduction_code is not None and len(line.documents) > 1
    basis = line.documents[1] if reduced else (line.documents or (line.legal_basis,))[0]
    shown = bool(line.gross_fen) and line.quantity is not None
    is_plain = shown and not reduced and row.due_fen == line.payable_fen
    return BillLine(
        number=str(seq),
        name=line.name,
        code=line.code,
        nature=item.nature_name,
        unit=unit.short_name,
        basis=basis,
        quantity=quantity(line) if shown else "",
        quantity_unit=line.unit if shown else "",
        quantity_note=line.basis if shown else "",
        rate=rate(line) if shown else "",
        rate_unit=line.rate_unit if shown else "",
        rate_note=(line.composition or item.note) if shown else "",
        gross=grouped(line.gross_fen),
        reduction=grouped(line.reduction_fen + line.subsidy_fen),
        payable=grouped(row.due_fen),
        reason="" if is_plain else line.reason,
        reason_note="" if shown else line.reason_note,
    )


def _receipt_state(sitting: Sitting, receipt: ReceiptRow) -> tuple[ReceiptState, tuple[str, ...], str]:
    """How a rendition stands, the boxes beside 状态, and what the notice under the head says."""
    rendition = documents.latest(sitting.session, "receipt", receipt.id)
    prints = receipt.prints if rendition is not None and rendition.rendition > 1 else 0
    said, marks = [], ["红字" if receipt.kind == "reversal" else "正常"]
    if prints:
        marks.append(f"补打 第{prints}次")
        said.append(f"补打件　第{prints}次　{_long_minute(sitting.now)}　与首份同号同内容，请勿重复入账")
    if receipt.reverses is not None:
        before = receipts.load(sitting.session, receipt.reverses)
        after = receipts.load(sitting.session, before.replaced_by) if before.replaced_by else None
        said.append(f"冲销原凭证 {before.full_number}　原因：{receipt.reason}")
        if after is not None:
            said.append(f"另开凭证 {after.full_number}")
        return ReceiptState.RED, tuple(marks), "　".join(said)
    replaced = receipts.replaced_by(sitting.session, receipt.id)
    if replaced is not None:
        said.append(f"换开自原凭证 {replaced.full_number}（已冲红）　原因：{receipt.reason}")
    return ReceiptState.REPRINT if prints else ReceiptState.NORMAL, tuple(marks), "　".join(said)


def _receipt_line(sitting: Sitting, row: BillLineRow, receipt: ReceiptRow, *, is_secured: bool) -> ReceiptLine:
    line = Line.from_json(row.line)
    item = sitting.city.item(row.item_code)
    note = f"{item.nature_name} · {item.account_name}" if row.due_fen else line.reason
    if is_secured:
        note = f"{item.nature_name} · 以保函代缴"
    if receipt.lines and receipt.kind == "receipt" and line.due_fen > row.due_fen:
        note = f"已退还 {grouped(line.due_fen - row.due_fen)}"
    return ReceiptLine(
        code=line.code,
        name=line.name,
        unit=line.unit,
        quantity=quantity(line),
        rate=rate(line),
        rate_unit=line.rate_unit if line.rate_unit == "%" else "",
        amount=figure(row.due_fen),
        note=note,
        unit_code=row.unit_code if row.due_fen else "",
    )


def figure(fen: int) -> str:
    """分 as receipts print them: 1,234.50, a reversal's with the plain minus sign that the template looks for."""
    return f"-{grouped(-fen)}" if fen < 0 else grouped(fen)


def quantity(line: Line) -> str:
    """A line's quantity with thousands commas and its own decimals; empty where none was taken."""
    return "" if line.quantity is None else f"{line.quantity:,}"


def rate(line: Line) -> str:
    """A line's rate with thousands commas; a rate that is no plain number stays as it is."""
    try:
        return f"{Decimal(line.rate_text):,}"
    except InvalidOperation:
        return line.rate_text


def _accounts(sitting: Sitting, rows: list[BillLineRow]) -> tuple[AccountTotal, ...]:
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        item = sitting.city.item(row.item_code)
        if row.due_fen:
            natures = totals.setdefault(item.account, {})
            natures[item.nature.value] = natures.get(item.nature.value, 0) + row.due_fen
    named = {nature.value: name for nature, name in NATURE_NAMES.items()}
    return tuple(
        AccountTotal(
            account=ACCOUNT_NAMES[account],
            amount=figure(sum(natures.values())),
            natures=tuple(Labelled(label=named[nature], text=figure(fen)) for nature, fen in natures.items())
            if len(natures) > 1
            else (),
        )
        for account, natures in totals.items()
    )


def _long_minute(moment: datetime) -> str:
    local = moment.astimezone(clock.CHINA)
    return f"{long_day(local.date())} {local:%H:%M}"


def _minute(moment: datetime) -> str:
    return moment.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
