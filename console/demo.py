"""The main job, shown: eight applications through the real web, relay, workers and sandbox bank, to sealed receipts.

Applicant and officers act over HTTP with their own log-ins; the business clock replays the days of
the old cases. At the end amounts are checked against the tariff, signatures against the demo CA,
and every invariant of the office.
"""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from console import demo_review
from console.api_client import Answer, Client, log_in
from console.audit import find
from console.demo_papers import sample_paper
from console.stack import Stack
from services.setting_up import DEMO_PASSWORD
from shared.db.clock import CHINA
from shared.documents.verify import verify
from shared.domain.bills import draw_up
from shared.domain.errors import FeeOfficeError
from shared.domain.facts import Facts
from shared.domain.money import Money, plain
from shared.packs import Pack, load_pack
from shared.settings import ROOT, Settings, settings
from shared.signing import load_ca

CASES = ("E1", "E2", "E3", "E5", "correction", "together", "district", "today")
EXAMPLES = ROOT / "docs" / "examples"
#: What each case is filed under: the district of its site.
AREAS = {"E1": "dw", "E2": "lg", "E3": "dw", "E5": "gx", "today": "jk"}
SITES = {
    "E1": "瀚海市东湾区碧海路18号",
    "E2": "瀚海市临港区船厂路6号",
    "E3": "瀚海市东湾区安居路2号",
    "E5": "瀚海市高新区海岳大道1号",
    "today": "瀚海市经开区云帆街9号",
}
#: Longest wait for one step of one case, seconds; the demonstration fails, naming the step, when it is over.
STEP_SECONDS = 60
LOOK_EVERY_SECONDS = 0.1
#: Between acceptance and payment on the replayed clock.
PAID_AFTER = timedelta(days=1, hours=1)
BILL_STATES = {
    "paid": "已缴",
    "issued": "待缴",
    "part_paid": "部分已缴",
    "refunded": "已退费",
    "nothing_due": "无需缴费",
    "void": "已作废",
}
#: Columns of the table where the output is no terminal.
WIDTH = 150
DOCUMENT_NAMES = {
    "slip": "收件回执",
    "acceptance": "受理通知书",
    "correction": "补正告知书",
    "minutes": "联席会议纪要",
    "bill": "缴费通知书",
    "receipt": "缴费凭证",
}


class DemoFailed(Exception):
    """A step did not come out as it must."""


@dataclass
class Progress:
    """One case as the table shows it."""

    name: str
    project: str
    accepted_on: str = ""
    number: str = ""
    tasks: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    bills: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    started: float = 0.0

    def note(self, step: str) -> None:
        """Remember when a step was first seen, seconds after the submission."""
        self.times.setdefault(step, time.monotonic() - self.started)


class Demo:
    """The people of the demonstration and what they do."""

    def __init__(self, config: Settings, web: str, bank: str, pack: Pack, show: Callable[[], None]) -> None:
        self.config, self.web, self.bank, self.pack, self.show = config, web, bank, pack, show
        self.people: dict[str, Client] = {}
        self.papers: dict[str, str] = {}

    def person(self, login: str) -> Client:
        """That person's session, opened at the first need."""
        if login not in self.people:
            self.people[login] = log_in(self.web, login, DEMO_PASSWORD)
        return self.people[login]

    def set_clock(self, moment: datetime | None) -> None:
        """Make the office's clock show a moment, or the real time."""
        if moment is None:
            self.person("operator").delete("/api/v1/demo/clock")
        else:
            self.person("operator").put("/api/v1/demo/clock", {"shows": moment.isoformat()})

    def play(self, case: str, progress: Progress) -> None:
        """One application from submission to receipts."""
        script = demo_review.SCRIPTS.get(case)
        facts = _facts(case)
        replayed = datetime.fromisoformat(facts["accepted_on"]) if case != "today" else None
        opened = replayed.replace(hour=9, minute=30, tzinfo=CHINA) if replayed else None
        self.set_clock(opened)
        content = {name: value for name, value in facts.items() if name not in ("case", "accepted_on")}
        applicant = self.person("applicant")
        body = {
            "facts": content,
            "area_code": script.area_code if script else AREAS[case],
            "site": script.site if script else SITES[case],
            "attachments": self.hand_in(applicant, facts, script.situations if script else ()),
        }
        if script and script.situations:
            body["situations"] = list(script.situations)
        key = f"demo-{uuid4()}"
        progress.started = time.monotonic()
        submitted = applicant.post("/api/v1/applications", body, Idempotency_Key=key)
        again = applicant.post("/api/v1/applications", body, Idempotency_Key=key)
        if again["id"] != submitted["id"]:
            raise DemoFailed(f"{case}: the same key led to two applications")
        progress.number, progress.accepted_on = submitted["number"], submitted["accepted_on"]
        path = f"/api/v1/applications/{submitted['id']}"
        self.until(progress, path, "核定", lambda: all(line["state"] != "pending" for line in progress.lines))
        if case in demo_review.ACTS:
            demo_review.ACTS[case](self, progress, submitted["id"])
            self.look(progress, path)
        self.let_officers_decide(progress)
        if script:
            facts |= script.corrected
        self.until(progress, path, "一单", lambda: bool(progress.bills))
        if opened:
            self.set_clock(opened + PAID_AFTER)
        for bill in progress.bills:
            if bill["status"] == "issued":
                self.pay(bill)
        due = [bill for bill in progress.bills if bill["status"] != "nothing_due"]
        self.until(progress, path, "缴款", lambda: all(bill["status"] != "issued" for bill in progress.bills))
        self.until(progress, path, "回执", lambda: len(progress.receipts) == len(due))
        self.until(
            progress, path, "文书", lambda: all(each["ready"] for each in self.look(progress, path)["documents"])
        )
        self.check_amounts(case, facts, progress)
        self.save_documents(case, self.look(progress, path))

    def hand_in(self, applicant: Client, facts: dict[str, Any], situations: Sequence[str] = ()) -> list[str]:
        """Upload every paper that this application needs; gives their ids."""
        needed = {code for matter in self.pack.matters if matter.applies_in(situations) for code in matter.needs}
        wanted = [
            material
            for material in self.pack.materials
            if material.required == "always"
            or (material.required == "needed" and material.code in needed)
            or (material.required not in ("optional", "needed") and _is_stated(facts.get(material.required)))
        ]

        def upload(material: Any) -> str:
            content = sample_paper(material.name, facts["project_name"], self.config.fonts_dir)
            sent = applicant.upload(
                "/api/v1/attachments", name=f"{material.name}.pdf", content=content, material_code=material.code
            )
            return str(sent["id"])

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(upload, wanted))

    def let_officers_decide(self, progress: Progress, *, leave: Sequence[str] = ()) -> None:
        """Every unit at the same time: take the task, approve it, confirm the unit's own fee lines.

        Matters in `leave` are left to others.
        """

        def decide(task: dict[str, Any]) -> None:
            officer = self.person(f"{task['unit_code']}-officer")
            version = task["version"]
            if task["status"] == "open":
                version = officer.post(f"/api/v1/tasks/{task['id']}/take")["version"]
            officer.post(
                f"/api/v1/tasks/{task['id']}/decide",
                {"verdict": "approve", "opinion": "经审核，材料齐全，符合规定，同意。", "version": version},
            )

        def confirm(line: dict[str, Any]) -> None:
            officer = self.person(f"{line['unit_code']}-officer")
            officer.post(f"/api/v1/lines/{line['id']}/confirm", {"version": line["version"]})

        waiting = [line for line in progress.lines if line["state"] == "assessed"]
        with ThreadPoolExecutor(8) as pool:
            done = [pool.submit(confirm, line) for line in waiting]
            done += [
                pool.submit(decide, task)
                for task in progress.tasks
                if task["status"] in ("open", "taken") and task["matter_code"] not in leave
            ]
            for each in done:
                each.result()
        progress.note("审核")

    def pay(self, bill: dict[str, Any]) -> None:
        """The payer pays at the bank, by payment code."""
        paid = Client(self.bank).post(
            "/api/pay",
            {
                "payment_code": bill["payment_code"],
                "account": "6222000000000017",
                "channel": "网上银行",
                "idempotency_key": f"demo-{uuid4()}",
            },
        )
        if Money.parse(paid["amount"]) != Money.parse(bill["total"]):
            raise DemoFailed(f"{bill['number']}: billed {bill['total']}, the bank took {paid['amount']}")

    def look(self, progress: Progress, path: str) -> dict[str, Any]:
        """Read the case as the applicant sees it."""
        seen: dict[str, Any] = self.person("applicant").get(path)
        progress.tasks, progress.lines = seen["tasks"], seen["lines"]
        progress.bills, progress.receipts = seen["bills"], seen["receipts"]
        self.show()
        return seen

    def until(self, progress: Progress, path: str, step: str, is_so: Callable[[], bool]) -> None:
        """Look until something is so; raises `DemoFailed` with what the case waits for."""
        ends_at = time.monotonic() + STEP_SECONDS
        while True:
            seen = self.look(progress, path)
            if is_so():
                progress.note(step)
                self.show()
                return
            if time.monotonic() > ends_at:
                raise DemoFailed(
                    f"{progress.name}：{step} 未完成；{json.dumps(seen['waiting_for'], ensure_ascii=False)}"
                )
            time.sleep(LOOK_EVERY_SECONDS)

    def check_amounts(self, case: str, facts: dict[str, Any], progress: Progress) -> None:
        """Bills and receipts against the tariff computed here, line by line and in total."""
        expected = self.pack.tariff.assess(Facts.from_json({**facts, "accepted_on": progress.accepted_on}))
        wanted = {line.code: plain(line.payable_fen) for line in expected}
        found = {line["item_code"]: line["payable"] for line in progress.lines}
        if wanted != found:
            raise DemoFailed(f"{case}: lines are {found}, the tariff says {wanted}")
        bills = sorted(plain(bill.payable_fen) for bill in draw_up(expected))
        if sorted(bill["total"] for bill in progress.bills) != bills:
            raise DemoFailed(f"{case}: bills are {progress.bills}, the tariff says {bills}")
        paid = sorted(total for total in bills if total != "0.00")
        if sorted(receipt["total"] for receipt in progress.receipts) != paid:
            raise DemoFailed(f"{case}: receipts are {progress.receipts}, the bills say {paid}")

    def save_documents(self, case: str, seen: dict[str, Any]) -> None:
        """Download every document of the case into var/demo/."""
        folder = self.config.var_dir / "demo" / f"{case}-{seen['number']}"
        folder.mkdir(parents=True, exist_ok=True)
        counted: dict[str, int] = {}
        for document in seen["documents"]:
            kind = document["kind"]
            counted[kind] = counted.get(kind, 0) + 1
            suffix = f"-{counted[kind]}" if counted[kind] > 1 else ""
            content = self.person("applicant").download(f"/api/v1/documents/{document['id']}/content")
            (folder / f"{DOCUMENT_NAMES.get(kind, kind)}{suffix}.pdf").write_bytes(content)


def run() -> int:
    """Show the main job; gives 0 only if everything came out and everything checks."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    started = time.monotonic()
    config = settings().model_copy(update={"demo": True})
    pack = load_pack(config.packs_dir / config.tenant)
    console.print("[bold]一单 Yidan[/bold]  一次申报 → 各部门同时审核 → 一单收取 → 网上回执（虚构城市瀚海市，样张）")
    known = set((config.var_dir / "demo").glob("*/*.pdf"))
    try:
        with Stack(config).up() as stack:
            console.print(f"web {stack.web_url}    bank {stack.sandbank_url}    {time.monotonic() - started:.1f} s")
            _play_all(stack, pack, console)
            papers = sorted(set((config.var_dir / "demo").glob("*/*.pdf")) - known)
            problems = _check_everything(stack.settings, papers, console)
    except (DemoFailed, Answer, FeeOfficeError) as failure:
        console.print(f"[bold red]演示未完成[/bold red] {failure}")
        return 1
    console.print(f"[dim]{time.monotonic() - started:.1f} s[/dim]")
    return 1 if problems else 0


def _play_all(stack: Stack, pack: Pack, console: Console) -> None:
    cases = []
    for case in CASES:
        facts = _facts(case)
        cases.append(Progress(case, facts["project_name"], facts["accepted_on"] if case != "today" else "今日"))
    with _shown(console, lambda: _table(cases, pack)) as show:
        demo = Demo(stack.settings, stack.web_url, stack.sandbank_url, pack, show)
        try:
            for progress in cases:
                demo.play(progress.name, progress)
        finally:
            demo.set_clock(None)


@contextmanager
def _shown(console: Console, table: Callable[[], Table]) -> Iterator[Callable[[], None]]:
    """A live table on a terminal; otherwise the table once, at the end."""
    if console.is_terminal:
        with Live(table(), console=console, refresh_per_second=8) as live:
            yield lambda: live.update(table())
            live.update(table())
        return
    yield lambda: None
    console.print(table())


def _table(cases: list[Progress], pack: Pack) -> Table:
    table = Table(title="并联审核与一单收费", title_justify="left", show_lines=True)
    for head in ("申报", "受理日", "各部门", "收费"):
        table.add_column(head, overflow="fold")
    table.add_column("一单（元）", justify="right", no_wrap=True)
    for head in ("缴款", "回执", "自提交起，秒"):
        table.add_column(head, no_wrap=head != "自提交起，秒")
    units = {unit.code: unit.short_name.removeprefix("市")[:2] for unit in pack.units}
    for case in cases:
        lanes = Text()
        for task in case.tasks:
            done = task["status"] == "approved"
            lanes.append(f"{'✓' if done else '·'}{units[task['unit_code']]} ", "green" if done else "yellow")
        final = sum(line["state"] == "final" for line in case.lines)
        table.add_row(
            f"{case.project}\n{case.number or case.name}",
            case.accepted_on,
            lanes,
            f"{final}/{len(case.lines)}" if case.lines else "",
            "\n".join(Money.parse(bill["total"]).grouped for bill in case.bills),
            "\n".join(BILL_STATES[bill["status"]] for bill in case.bills),
            "\n".join(f"{receipt['code']}-{receipt['number']}" for receipt in case.receipts),
            "  ".join(f"{step} {seconds:.1f}" for step, seconds in case.times.items()),
        )
    return table


def _check_everything(config: Settings, papers: list[Path], console: Console) -> int:
    """Signatures of every PDF and every invariant of the office; gives the number of problems."""
    problems, proven = 0, set()
    root = load_ca(config.keys_dir).public_bytes(Encoding.PEM)
    for path in papers:
        verdict = verify(path.read_bytes(), root)
        seals = len(verdict.signatures)
        is_good = verdict.ok and _pdfsig_agrees(path, seals)
        problems += not is_good
        if is_good:
            proven.add(verdict.sha256)
        console.print(f"{'✓' if is_good else '✗'} {seals} 枚签章  {path}", soft_wrap=True, highlight=False)
    findings = find(config, proven=frozenset(proven))
    broken = [text for finding in findings for text in finding.broken]
    checked = sum(finding.checked for finding in findings)
    console.print(f"{'✗' if broken else '✓'} 核对 {len(findings)} 项不变量，{checked} 行，发现 {len(broken)} 处不符")
    for text in broken:
        console.print(f"  ✗ {text}")
    console.print(f"文书在 {config.var_dir / 'demo'}", soft_wrap=True, highlight=False)
    return problems + len(broken)


def _pdfsig_agrees(path: Path, seals: int) -> bool:
    """Poppler's own judgement; a machine without it is judged by ours alone."""
    try:
        said = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return True
    return said.count("Signature is Valid.") == seals


def _facts(case: str) -> dict[str, Any]:
    """What an applicant states: an example, or a script's variation of one on the scripts' own day."""
    script = demo_review.SCRIPTS.get(case)
    example = script.example if script else case
    facts: dict[str, Any] = json.loads((EXAMPLES / f"{example}.json").read_text(encoding="utf-8"))
    return facts | {"accepted_on": demo_review.ACCEPTED_ON, **script.facts} if script else facts


def _is_stated(value: object) -> bool:
    return bool(value) and value != "0"
