"""The calculators: fees of a project, amounts in 大写, working days. Each prints its answer and gives the exit code.

Bad input is answered with exit code 2 and a JSON list of {field, problem}, all problems at once. They need no
database and no settings beyond the folder of the city's pack.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.domain.errors import CalendarNotLoaded, Invalid, Problem
from shared.domain.identifiers import iso_date_problem
from shared.domain.money import Money, amount_problem, plain
from shared.domain.words import in_words

if TYPE_CHECKING:
    from datetime import date

    from shared.domain.lines import Line
    from shared.packs import Pack

BAD_INPUT = 2
_ROOT = Path(__file__).resolve().parent.parent
_DAYS_DIGITS_MAX = 5


def assess(source: str, *, pack: Path | None, lang: str) -> int:
    """Print the assessment of the facts in a file (or standard input, "-"); of an array, an array."""

    def answer() -> str:
        from shared.packs import load_pack

        city = load_pack(pack or _pack_folder())
        data = _read_json(source)
        result = _assess_each(data, city) if isinstance(data, list) else _assess_one(data, city)
        return json.dumps(result, ensure_ascii=False, indent=2)

    return _answer(answer, lang)


def words(amount: str, *, lang: str) -> int:
    """Print an amount in 大写."""

    def answer() -> str:
        problem = amount_problem(amount)
        if problem:
            raise Invalid([Problem("amount", problem)])
        return in_words(Money.parse(amount).fen)

    return _answer(answer, lang)


def add_working_days(start: str, days: str, *, pack: Path | None, lang: str) -> int:
    """Print the last day of a limit of so many working days."""

    def answer() -> str:
        problems = _date_problems(start=start)
        if not (days.isascii() and days.isdecimal() and len(days) <= _DAYS_DIGITS_MAX):
            problems.append(Problem("days", "应为 0 至 99999 的整数（半角数字）"))
        if problems:
            raise Invalid(problems)
        return _on_calendar(pack, "start", lambda city: city.calendar.add(_day(start), int(days)).isoformat())

    return _answer(answer, lang)


def count_working_days(start: str, end: str, *, pack: Path | None, lang: str) -> int:
    """Print how many working days lie after `start`, up to and including `end`."""

    def answer() -> str:
        problems = _date_problems(start=start, end=end)
        if problems:
            raise Invalid(problems)
        return _on_calendar(pack, "end", lambda city: str(city.calendar.between(_day(start), _day(end))))

    return _answer(answer, lang)


def _answer(compute: Callable[[], str], lang: str) -> int:
    try:
        _print(compute())
    except Invalid as invalid:
        problems = invalid.problems
    else:
        return 0
    if lang == "en":
        from shared.english import translate

        problems = tuple(Problem(each.field, translate(each.problem)) for each in problems)
    shown = [{"field": each.field, "problem": each.problem} for each in problems]
    _print(json.dumps(shown, ensure_ascii=False, indent=2))
    return BAD_INPUT


def _assess_each(data: Iterable[Any], city: Pack) -> list[dict[str, Any]]:
    results, problems = [], []
    for index, each in enumerate(data):
        try:
            results.append(_assess_one(each, city))
        except Invalid as invalid:
            problems += [Problem(f"[{index}].{found.field}", found.problem) for found in invalid.problems]
    if problems:
        raise Invalid(problems)
    return results


def _assess_one(data: object, city: Pack) -> dict[str, Any]:
    from shared.domain.bills import draw_up

    try:
        facts = city.facts(data)
    except Invalid as invalid:
        raise Invalid([*invalid.problems, *_deadline_problems(data, city)]) from invalid
    due_on = _due_on(facts.accepted_on, city)
    lines = city.tariff.assess(facts)
    bills = draw_up(lines)
    total_fen = sum(bill.payable_fen for bill in bills)
    return {
        "case": facts.case,
        "accepted_on": facts.accepted_on.isoformat(),
        "lines": [_line(line) for line in lines],
        "bills": [{"payer": bill.payer, "payable": plain(bill.payable_fen)} for bill in bills],
        "total_payable": plain(total_fen),
        "total_in_words": in_words(total_fen),
        "due_on": due_on.isoformat(),
    }


def _line(line: Line) -> dict[str, Any]:
    shown = {
        "code": line.code,
        "status": line.status.value,
        "version": line.version,
        "quantity": None if line.quantity is None else format(line.quantity, "f"),
        "gross": plain(line.gross_fen),
        "reduction": plain(line.reduction_fen),
        "payable": plain(line.payable_fen),
        "payer": line.payer,
        "reason": line.explanation,
        "documents": list(line.documents),
        "formula": line.formula,
    }
    if line.subsidy_fen:
        shown["subsidy"] = plain(line.subsidy_fen)
    return shown


def _due_on(accepted_on: date, city: Pack) -> date:
    try:
        return city.calendar.add(accepted_on, city.settings.due_working_days)
    except CalendarNotLoaded as unknown:
        raise Invalid([Problem("accepted_on", str(unknown))]) from unknown


def _deadline_problems(data: object, city: Pack) -> tuple[Problem, ...]:
    """What is wrong with the deadline of facts that have other problems too, so that all are told at once."""
    accepted_on = data.get("accepted_on") if isinstance(data, Mapping) else None
    if accepted_on is None or iso_date_problem(accepted_on):
        return ()
    try:
        _due_on(_day(accepted_on), city)
    except Invalid as invalid:
        return invalid.problems
    return ()


def _on_calendar(pack: Path | None, field: str, compute: Callable[[Pack], str]) -> str:
    from shared.packs import load_pack

    try:
        return compute(load_pack(pack or _pack_folder()))
    except CalendarNotLoaded as unknown:
        raise Invalid([Problem(field, str(unknown))]) from unknown


def _date_problems(**dates: str) -> list[Problem]:
    found = ((field, iso_date_problem(text)) for field, text in dates.items())
    return [Problem(field, problem) for field, problem in found if problem]


def _day(text: str) -> date:
    from datetime import date

    return date.fromisoformat(text)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            # Which of the two counts would be a guess.
            raise Invalid([Problem(key, "字段重复出现")])
        found[key] = value
    return found


def _read_json(source: str) -> Any:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_no_repeats)
    except OSError as failure:
        raise Invalid([Problem("file", f"无法读取 {source}：{failure.strerror}")]) from failure
    except UnicodeDecodeError as failure:
        raise Invalid([Problem("file", "文件不是 UTF-8 编码")]) from failure
    except (ValueError, RecursionError) as failure:
        raise Invalid([Problem("file", f"不是有效的 JSON：{failure}")]) from failure


def _pack_folder() -> Path:
    # The same variables as shared.settings, which would take longer to import than the answer takes to compute.
    return Path(os.environ.get("PACKS_DIR") or _ROOT / "packs") / (os.environ.get("TENANT") or "hanhai")


def _print(text: str) -> None:
    # Bytes, so that the output is UTF-8 whatever the terminal's locale is.
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()
