"""What a receipt with all its seals costs in one warm process: `python -m bench.receipt PIECES < VIEW.json`.

The view is that of a receipt which the real services have issued for case E1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench import ground, proc
from services import assessment, billing, documents, payments, receipts
from services.sitting import Sitting, signer, sitting
from shared.documents.produce import Producer
from shared.domain.money import Money
from shared.settings import ROOT, settings

WARM = 3


def run(where: ground.Ground, *, pieces: int) -> dict[str, Any]:
    """Milliseconds per piece in a process of its own, and what that process holds in memory afterwards, MB."""
    with where.arena("bench_receipt") as arena:
        (view,) = views_of_receipts([ground.submit(2_000_000)])
        done = subprocess.run(
            [sys.executable, "-m", "bench.receipt", str(pieces)],
            cwd=ROOT,
            env=dict(arena.environment),
            input=json.dumps(view),
            capture_output=True,
            text=True,
            check=True,
        )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def views_of_receipts(application_ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """Assess, bill, pay in full and issue; gives what each receipt says. The documents' own rows stay to be made."""
    for application_id in application_ids:
        settle(application_id)
    with sitting() as office:
        ids = _ids(office, "select id from document where kind = 'receipt' and sha256 is null", {})
        return [document.view for document in documents.compose(office, ids)]


def settle(application_id: UUID) -> None:
    """Take one application from its submission to its receipt's row, without any process but this one."""
    of = {"id": application_id}
    with sitting() as office:
        assessment.compute_lines(office, _ids(office, "select id from fee_line where application_id = :id", of))
        billing.issue_bills(office, [application_id])
    pay(application_id)


def pay(application_id: UUID) -> None:
    """The bank reports each of the application's bills paid in full, and the receipts are issued."""
    of = {"id": application_id}
    with sitting() as office:
        open_bills = office.session.execute(
            text("select id, number, payment_code, total_fen from bill where application_id = :id"), of
        ).all()
        for bill in open_bills:
            body = {
                "event_id": f"evt-{bill.payment_code}",
                "type": "payment.succeeded",
                "payment_code": bill.payment_code,
                "bill_number": bill.number,
                "bank_txn_id": f"txn-{bill.payment_code}",
                "amount": Money(bill.total_fen).plain,
                "currency": "CNY",
                "paid_at": office.now.isoformat(timespec="seconds"),
                "channel": "网上银行",
                "payer_account": "6222000000000001",
                "payer_name": "瀚海市碧海置业有限公司",
            }
            payments.receive_callback(
                office, provider="sandbank", headers={}, body=json.dumps(body, ensure_ascii=False).encode()
            )
        payments.post_payments(office, _ids(office, "select id from callback_inbox where outcome = 'received'", {}))
        receipts.issue_receipts(office, [bill.id for bill in open_bills])


def _ids(office: Sitting, query: str, values: Mapping[str, Any]) -> list[UUID]:
    return list(office.session.execute(text(query), values).scalars())


def _measure(pieces: int, view: Mapping[str, Any]) -> dict[str, Any]:
    press = Producer(signer(), settings().fonts_dir)
    spent_ms, cpu_ms = [], []
    for _ in range(WARM + pieces):
        start, used = time.perf_counter(), time.process_time()
        made = press.produce("receipt", 1, view)
        spent_ms.append(round((time.perf_counter() - start) * 1000, 1))
        cpu_ms.append(round((time.process_time() - used) * 1000, 1))
    return {
        "ms": spent_ms[WARM:],
        "cpu_ms": cpu_ms[WARM:],
        "seals": len(view["seals"]),
        "pages": made.pages,
        "kilobytes": round(len(made.pdf) / 1000, 1),
        "resident_mb": proc.resident_mb(os.getpid()),
        "resident_peak_mb": proc.resident_mb(os.getpid(), peak=True),
    }


if __name__ == "__main__":
    json.dump(_measure(int(sys.argv[1]), json.load(sys.stdin)), sys.stdout)
