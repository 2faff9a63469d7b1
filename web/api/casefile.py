"""An application as the API tells it; amounts are strings with two decimals, dates ISO 8601."""

from __future__ import annotations

from typing import Any

import flask

from shared.db.city import City
from shared.db.queries.cases import CaseFile, CaseRow, DocumentView, LineView
from shared.domain.money import plain
from shared.settings import settings
from web.waiting import waiting_for


def case_json(file: CaseFile, city: City) -> dict[str, Any]:
    """Everything about one application."""
    case = file.case
    return {
        "id": str(case.id),
        "number": case.number,
        "status": case.status,
        "accepted_on": case.accepted_on.isoformat(),
        "due_on": case.due_on.isoformat(),
        "tasks": [
            {
                "id": str(task.id),
                "matter_code": task.matter_code,
                "matter_name": task.matter_name,
                "unit_code": task.unit_code,
                "unit_name": city.units[task.unit_code].name,
                "status": task.status,
                "due_on": task.due_on.isoformat(),
                "officer": task.officer,
                "decided_at": task.decided_at.isoformat() if task.decided_at else None,
                "opinion": task.opinion,
                "way": task.way,
                "checker": task.checker,
                "is_by_default": task.is_by_default,
                "version": task.version,
            }
            for task in file.tasks
        ],
        "lines": [_line(line, city) for line in file.lines],
        "bills": [
            {
                "id": str(bill.id),
                "number": bill.number,
                "payer_name": bill.payer_name,
                "total": plain(bill.total_fen),
                "status": bill.status,
                "payment_code": bill.payment_code,
                "due_on": bill.due_on.isoformat(),
                "document_id": _id_of(file.document_of("bill", bill.id)),
            }
            for bill in file.bills
        ],
        "receipts": [
            {
                "id": str(bill.receipt_id),
                "code": bill.receipt_code,
                "number": bill.receipt_number,
                "check_code": bill.receipt_check_code,
                "total": plain(bill.total_fen),
                "state": bill.receipt_state,
                "document_id": _id_of(file.document_of("receipt", bill.receipt_id)),
                "verify_url": f"{settings().public_url}/verify/{bill.receipt_token}",
            }
            for bill in file.bills
            if bill.receipt_id is not None
        ],
        "documents": [
            {
                "id": str(document.id),
                "kind": document.kind,
                "title": document.title,
                "ready": document.is_ready,
                "sha256": document.sha256,
                "url": flask.url_for("api_applications.document_content", document_id=document.id),
            }
            for document in file.documents
        ],
        "waiting_for": [
            {
                "kind": each.kind,
                "what": each.what,
                "unit_name": each.unit_name,
                "officer": each.officer,
                "due_on": each.due_on.isoformat(),
            }
            for each in waiting_for(file, city)
        ],
    }


def row_json(row: CaseRow) -> dict[str, Any]:
    """One application in a list."""
    return {
        "id": str(row.id),
        "number": row.number,
        "status": row.status,
        "project_name": row.project_name,
        "accepted_on": row.accepted_on.isoformat(),
        "due_on": row.due_on.isoformat(),
    }


def _line(line: LineView, city: City) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "item_code": line.item_code,
        "name": city.item(line.item_code).name,
        "unit_code": line.unit_code,
        "unit_name": city.units[line.unit_code].name,
        "state": line.state,
        "status": line.status,
        "payable": plain(line.payable_fen),
        "version": line.version,
        "reason": str(line.line.get("reason", "")),
        "formula": str(line.line.get("formula", "")),
    }


def _id_of(document: DocumentView | None) -> str | None:
    return str(document.id) if document else None
