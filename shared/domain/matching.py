"""Which money is for what: lines of a statement against bills that wait for money and payments already booked.

The order: the sender's number of a booked payment, the 缴款码, amount and payer, amount and name within days, amounts
that add up. Only equal amounts under an exact number are matched by machine, or a payer who fits one thing and no
other; the rest are candidates for a person, each with its reasons in words. Nothing is matched twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import Final, TypeVar

from shared.domain.identifiers import uscc_problem
from shared.domain.money import plain

BILL: Final = "bill"
PAYMENT: Final = "payment"

#: Days outside a bill's term, or away from a payment, within which a name or an amount still says something.
WINDOW_DAYS: Final = 7
#: Names less alike than this are not shown, %.
SIMILAR_PERCENT: Final = 85
#: So many bills may one transfer pay together, and so many lines one bill.
SUBSET_MAX: Final = 5
#: So many of one payer's are tried for a sum.
_POOL_MAX: Final = 16
#: So many of equal amount are compared by name; the same name is always found.
_ALIKE_MAX: Final = 200
_CANDIDATES_MAX: Final = 10
_SUBSETS_MAX: Final = 5

_USCC = re.compile("(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
_NOTE_AT_END = re.compile(r"\([^()]*\)$")
_Key = TypeVar("_Key")
_Each = TypeVar("_Each", "Incoming", "Expected")


class Rule(StrEnum):
    """What a match rests on, the strongest first."""

    REFERENCE = "reference"
    CODE = "code"
    PAYER = "payer"
    NAME = "name"
    AMOUNT = "amount"
    SUBSET = "subset"


_ORDER: Final[Mapping[Rule, int]] = {rule: place for place, rule in enumerate(Rule)}


class Outcome(StrEnum):
    """How the two sides stand to each other; what is not matched is an exception with a name."""

    MATCHED = "matched"
    CHANNEL_ONLY = "channel_only"
    AMOUNT_DIFFERS = "amount_differs"
    STATE_DIFFERS = "state_differs"
    LEDGER_ONLY = "ledger_only"


OUTCOME_NAMES: Final[Mapping[Outcome, str]] = {
    Outcome.MATCHED: "已匹配",
    Outcome.CHANNEL_ONLY: "渠道有、账上无（长款）",
    Outcome.AMOUNT_DIFFERS: "金额不符",
    Outcome.STATE_DIFFERS: "状态不符",
    Outcome.LEDGER_ONLY: "账上有、渠道无（短款）",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A line of a statement, negative where money went out; `is_done` unless the channel is still at it.

    `reference` is in the count of the payments' own numbers, or "": another number is other money.
    """

    key: str
    amount_fen: int
    booked_on: date
    reference: str = ""
    payment_code: str = ""
    payer_name: str = ""
    payer_account: str = ""
    payer_uscc: str = ""
    is_done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the books know: a bill with what is still owed on it, or a payment (negative: money sent back).

    It is due from `first_on` to `last_on`, for a payment one day. `reference` is a payment's number in the statement's
    own count, "" where the two do not count alike. `is_open` unless a bill is paid or void, or a payment reversed.
    """

    key: str
    kind: str
    amount_fen: int
    first_on: date
    last_on: date
    reference: str = ""
    payment_code: str = ""
    payer_name: str = ""
    payer_uscc: str = ""
    payer_accounts: frozenset[str] = frozenset()
    is_open: bool = True
    state_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A line and what it is for, as a machine may decide it."""

    line: str
    expected: str
    rule: Rule
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        return " · ".join(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a person may match: a line or several, a bill or several, and what the lines come to above the bills.

    `differs` says what stands against it.
    """

    lines: tuple[str, ...]
    expected: tuple[str, ...]
    rule: Rule
    reasons: tuple[str, ...]
    difference_fen: int = 0
    differs: Outcome | None = None

    @property
    def why(self) -> str:
        return " · ".join(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """A line that nothing was matched with: what is wrong, and the best candidates, the best first."""

    line: str
    outcome: Outcome
    why: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Every line once, matched or open. `missing` are booked payments that no line speaks of (短款)."""

    matched: tuple[Match, ...]
    open_lines: tuple[OpenLine, ...]
    missing: tuple[Expected, ...]


def match(lines: Iterable[Incoming], expected: Iterable[Expected]) -> Matching:
    """Match what a machine may, rule by rule over all lines; the order in which they come makes no difference."""
    books = _Books(
        lines=sorted(lines, key=lambda each: (each.booked_on, each.key)),
        expected=sorted(expected, key=lambda each: (each.first_on, each.key)),
    )
    books.match_by_reference()
    books.match_by_code()
    books.match_by_payer()
    left = books.left(books.expected)
    codes_taken = frozenset(each.payment_code for each in books.expected if each.key in books.taken) - {""}
    open_lines = _Suggestions(books.lines_left(), left, codes_taken).open_lines()
    explained = {key for each in open_lines for one in each.candidates if one.differs for key in one.expected}
    return Matching(
        matched=tuple(books.matched),
        open_lines=open_lines,
        missing=tuple(each for each in left if each.kind == PAYMENT and each.is_open and each.key not in explained),
    )


def similarity(one: str, other: str) -> int:
    """How alike two names are, whole %; 100 only where they are the same but for spelling, 0 where one is missing."""
    # Imported where a file is matched: three megabytes that every process would hold all day.
    from rapidfuzz.distance import Indel

    core, other_core = _core(one), _core(other)
    if not core or not other_core:
        return 0
    return 100 if core == other_core else min(int(Indel.normalized_similarity(core, other_core) * 100), 99)


def uscc_in(text: str) -> str:
    """The one 统一社会信用代码 in a text whose check is right, or ""."""
    found = {each for each in _USCC.findall(text.upper()) if uscc_problem(each) is None}
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=65_536)
def _core(name: str) -> str:
    """A name without what does not tell it from others: width, case, blanks, signs, a note in brackets, 有限公司."""
    half_width = unicodedata.normalize("NFKC", name).casefold().strip()
    letters = "".join(filter(str.isalnum, _NOTE_AT_END.sub("", half_width)))
    return letters.replace("有限责任公司", "有限公司").removesuffix("有限公司")


class _Books:
    """Both sides on the way: what is taken, and by which rule."""

    def __init__(self, *, lines: Sequence[Incoming], expected: Sequence[Expected]) -> None:
        self.lines = lines
        self.expected = expected
        self.matched: list[Match] = []
        self.taken: set[str] = set()
        self._matched_lines: set[str] = set()

    def match_by_reference(self) -> None:
        """The sender's own number of a payment that was booked before, and the same amount."""
        by_reference = _grouped(
            (each for each in self.expected if each.reference and each.is_open),
            lambda each: (each.reference, each.amount_fen),
        )
        for line in self.lines_left():
            found = self.left(by_reference.get((line.reference, line.amount_fen), ()))
            if len(found) == 1 and line.is_done:
                same_code = line.payment_code and line.payment_code == found[0].payment_code
                self._take(line, found[0], Rule.REFERENCE, "流水号一致", "金额一致", "缴款码一致" if same_code else "")

    def match_by_code(self) -> None:
        """The 缴款码 and the same amount: payments in the order of their days, or the one bill of this code."""
        by_code = _grouped(
            (each for each in self.expected if each.payment_code and each.is_open),
            lambda each: (each.payment_code, each.amount_fen),
        )
        for line in self.lines_left():
            left = self.left(by_code.get((line.payment_code, line.amount_fen), ()))
            found = [each for each in left if not _is_another(line, each)]
            payments = [each for each in found if each.kind == PAYMENT]
            if line.is_done and (payments or len(found) == 1):
                self._take(line, (payments or found)[0], Rule.CODE, "缴款码一致", "金额一致")

    def match_by_payer(self) -> None:
        """Amount and the payer's account or credit code, where each side has no other of its kind."""
        by_payer = _indexed(
            (each for each in self.left(self.expected) if each.is_open),
            lambda each: [(payer, each.amount_fen) for payer in _numbers(each)],
        )
        lines = [line for line in self.lines_left() if line.is_done]
        partners = {
            line.key: _once(each for payer in _numbers(line) for each in by_payer.get((payer, line.amount_fen), ()))
            for line in lines
        }
        rivals = Counter(each.key for found in partners.values() for each in found)
        for line in lines:
            found = partners[line.key]
            if len(found) == 1 and rivals[found[0].key] == 1 and _may_be_certain(line, found[0]):
                self._take(line, found[0], Rule.PAYER, *_link(line, found[0]), "金额一致", _day_reason(line, found[0]))

    def lines_left(self) -> list[Incoming]:
        """Lines that nothing was matched with."""
        return [line for line in self.lines if line.key not in self._matched_lines]

    def left(self, expected: Iterable[Expected]) -> list[Expected]:
        """Those that no line was matched with."""
        return [each for each in expected if each.key not in self.taken]

    def _take(self, line: Incoming, expected: Expected, rule: Rule, *reasons: str) -> None:
        self.matched.append(
            Match(line=line.key, expected=expected.key, rule=rule, reasons=tuple(filter(None, reasons)))
        )
        self.taken.add(expected.key)
        self._matched_lines.add(line.key)


class _Suggestions:
    """Candidates for the lines that are left, from what is left on the other side."""

    def __init__(self, lines: Sequence[Incoming], left: Sequence[Expected], codes_taken: frozenset[str]) -> None:
        self._lines = lines
        self._codes_taken = codes_taken
        self._by_reference = _grouped((each for each in left if each.reference), lambda each: each.reference)
        self._by_code = _grouped((each for each in left if each.payment_code), lambda each: each.payment_code)
        self._open = [each for each in left if each.is_open]
        self._by_amount = _grouped(self._open, lambda each: each.amount_fen)
        self._by_payer = _indexed(self._open, _payers)
        self._by_payer_and_amount = _indexed(
            self._open, lambda each: [(payer, each.amount_fen) for payer in _payers(each)]
        )

    def open_lines(self) -> tuple[OpenLine, ...]:
        """Every line that is left, with its candidates."""
        singles = {line.key: self._singles(line) for line in self._lines}
        unsure = [line for line in self._lines if line.is_done and not any(map(_is_strong, singles[line.key]))]
        together = self._lines_that_add_up(unsure)
        for line in unsure:
            singles[line.key] += [*self._bills_that_add_up(line), *together[line.key]]
        return tuple(self._open_line(line, singles[line.key]) for line in self._lines)

    def _open_line(self, line: Incoming, candidates: list[Candidate]) -> OpenLine:
        differs = next((each for each in candidates if each.differs), None)
        if differs and differs.differs:
            outcome, why = differs.differs, differs.why
        elif line.payment_code in self._codes_taken:
            outcome, why = Outcome.CHANNEL_ONLY, "缴款码对应的缴费单已与另一笔流水匹配，可能重复缴款"
        else:
            outcome, why = Outcome.CHANNEL_ONLY, "有候选，须由人确认" if candidates else "没有找到对应的缴费单"
        return OpenLine(line=line.key, outcome=outcome, why=why, candidates=tuple(candidates[:_CANDIDATES_MAX]))

    def _singles(self, line: Incoming) -> list[Candidate]:
        """One line to one thing, the best first."""
        by_number = [*self._by_reference.get(line.reference, ()), *self._by_code.get(line.payment_code, ())]
        known = [_known(line, each) for each in _once(by_number)]
        if not line.is_done:
            return sorted(known, key=_strength)
        payers = [(payer, line.amount_fen) for payer in _payers(line)]
        alike = _once(
            [
                *(each for payer in payers for each in self._by_payer_and_amount.get(payer, ())),
                *self._by_amount.get(line.amount_fen, ())[:_ALIKE_MAX],
            ]
        )
        told = {key for each in known for key in each.expected}
        guesses = (_guess(line, each) for each in alike if each.key not in told)
        return [
            *sorted(known, key=_strength),
            *(each for _, each in sorted((each for each in guesses if each), key=lambda each: each[0])),
        ]

    def _bills_that_add_up(self, line: Incoming) -> list[Candidate]:
        """One line to several bills of one payer, whom the bill of its code names too."""
        pool = _once(
            [
                *(each for payer in _payers(line) for each in self._by_payer.get(payer, ())),
                *(
                    each
                    for coded in self._by_code.get(line.payment_code, ())
                    for payer in _payers(coded)
                    for each in self._by_payer.get(payer, ())
                ),
            ]
        )
        pool.sort(key=lambda each: (_days_apart(line, each), each.first_on, each.key))
        return [
            Candidate(
                lines=(line.key,),
                expected=tuple(sorted(each.key for each in bills)),
                rule=Rule.SUBSET,
                reasons=(_common_link([line], bills), f"{len(bills)} {_counted(bills)}合计一致"),
            )
            for bills in _adding_up(pool[:_POOL_MAX], line.amount_fen)
        ]

    def _lines_that_add_up(self, lines: Sequence[Incoming]) -> dict[str, list[Candidate]]:
        """Several lines of one payer to one bill, told at each of them."""
        found: dict[str, list[Candidate]] = {line.key: [] for line in lines}
        by_payer = _indexed(lines, lambda line: [*_payers(line), *_code(line)])
        for each in self._open:
            pool = _once(line for payer in [*_payers(each), *_code(each)] for line in by_payer.get(payer, ()))
            pool.sort(key=lambda line: (_days_apart(line, each), line.booked_on, line.key))
            for parts in _adding_up(pool[:_POOL_MAX], each.amount_fen):
                candidate = Candidate(
                    lines=tuple(sorted(line.key for line in parts)),
                    expected=(each.key,),
                    rule=Rule.SUBSET,
                    reasons=(_common_link(parts, [each]), f"{len(parts)} 笔流水合计一致"),
                )
                for line in parts:
                    found[line.key].append(candidate)
        return found


def _known(line: Incoming, expected: Expected) -> Candidate:
    """A candidate that a number names: right, or what stands against it."""
    same_reference = bool(line.reference) and line.reference == expected.reference
    difference_fen = line.amount_fen - expected.amount_fen
    differs, reasons = None, ["流水号一致" if same_reference else "缴款码一致"]
    if difference_fen:
        differs = Outcome.AMOUNT_DIFFERS
        reasons.append(f"金额{'多' if difference_fen > 0 else '少'} {plain(abs(difference_fen))}")
    else:
        reasons.append("金额一致")
    if not expected.is_open:
        differs = differs or Outcome.STATE_DIFFERS
        reasons.append(f"状态不符：{expected.state_name or '已了结'}")
    if not line.is_done:
        differs = differs or Outcome.STATE_DIFFERS
        reasons.append("渠道尚未完成")
    if _is_another(line, expected):
        reasons.append("流水号不同")
    return Candidate(
        lines=(line.key,),
        expected=(expected.key,),
        rule=Rule.REFERENCE if same_reference else Rule.CODE,
        reasons=tuple(reasons),
        difference_fen=difference_fen,
        differs=differs,
    )


def _guess(line: Incoming, expected: Expected) -> tuple[tuple[int, int, int, str], Candidate] | None:
    """A candidate of the same amount by its payer, name or day, with its rank; None if nothing speaks for it."""
    percent = similarity(line.payer_name, expected.payer_name)
    days = _days_apart(line, expected)
    by_number = _link(line, expected)
    if by_number:
        rule, reasons = Rule.PAYER, [*by_number, "金额一致"]
    elif days > WINDOW_DAYS:
        return None
    elif percent >= SIMILAR_PERCENT:
        rule, reasons = Rule.NAME, ["金额一致", _name_reason(percent)]
    else:
        rule, reasons = Rule.AMOUNT, ["金额一致"]
    reasons.append(_day_reason(line, expected))
    if line.payment_code and expected.payment_code:
        reasons.append("缴款码不同")
    if _is_another(line, expected):
        reasons.append("流水号不同")
    candidate = Candidate(lines=(line.key,), expected=(expected.key,), rule=rule, reasons=tuple(reasons))
    return (_ORDER[rule], -percent, days, expected.key), candidate


def _is_strong(candidate: Candidate) -> bool:
    """Whether it leaves no need to look for sums."""
    return candidate.differs is None and candidate.rule is not Rule.AMOUNT


def _strength(candidate: Candidate) -> tuple[int, int, tuple[str, ...]]:
    return _ORDER[candidate.rule], abs(candidate.difference_fen), candidate.expected


def _may_be_certain(line: Incoming, expected: Expected) -> bool:
    """Whether nothing contradicts a payer's number: no other code, no other reference, no money before its bill."""
    return (
        not line.payment_code
        and not _is_another(line, expected)
        and (expected.kind == PAYMENT or line.booked_on >= expected.first_on)
    )


def _is_another(line: Incoming, expected: Expected) -> bool:
    """Both have a number in the same count, and the numbers differ."""
    return bool(line.reference and expected.reference) and line.reference != expected.reference


def _numbers(each: Incoming | Expected) -> list[str]:
    """The numbers of a payer: accounts and credit code."""
    accounts = each.payer_accounts if isinstance(each, Expected) else {each.payer_account}
    return [*(f"account:{account}" for account in sorted(accounts) if account), *_uscc(each)]


def _payers(each: Incoming | Expected) -> list[str]:
    """What names a payer: numbers, and the name without its spelling."""
    core = _core(each.payer_name)
    return [*_numbers(each), *([f"name:{core}"] if core else [])]


def _uscc(each: Incoming | Expected) -> list[str]:
    return [f"uscc:{each.payer_uscc}"] if each.payer_uscc else []


def _code(each: Incoming | Expected) -> list[str]:
    return [f"code:{each.payment_code}"] if each.payment_code else []


def _link(line: Incoming, expected: Expected) -> list[str]:
    """Which number of the payer both have, in words."""
    if line.payer_account and line.payer_account in expected.payer_accounts:
        return ["对方账号一致"]
    if line.payer_uscc and line.payer_uscc == expected.payer_uscc:
        return ["统一社会信用代码一致"]
    return []


def _common_link(lines: Sequence[Incoming], expected: Sequence[Expected]) -> str:
    """What holds several together, in words."""
    links = {reason for line in lines for each in expected for reason in _link(line, each)}
    if len(links) == 1:
        return links.pop()
    everything: tuple[Incoming | Expected, ...] = (*lines, *expected)
    codes = {each.payment_code for each in everything}
    if len(codes) == 1 and "" not in codes:
        return "缴款码一致"
    names = {_core(each.payer_name) for each in everything}
    return "户名一致" if len(names) == 1 and "" not in names else "同一缴款人"


def _counted(expected: Sequence[Expected]) -> str:
    return "张缴费单" if all(each.kind == BILL for each in expected) else "笔账上收付"


def _name_reason(percent: int) -> str:
    return "户名一致" if percent == 100 else f"户名相似 {percent} %"


def _day_reason(line: Incoming, expected: Expected) -> str:
    days = _days_apart(line, expected)
    if days:
        return f"日期差 {days} 天"
    return "日期一致" if expected.first_on == expected.last_on else "在缴款期限内"


def _days_apart(line: Incoming, expected: Expected) -> int:
    """Days outside the term, 0 within."""
    return max((expected.first_on - line.booked_on).days, (line.booked_on - expected.last_on).days, 0)


def _adding_up(pool: Sequence[_Each], wanted_fen: int) -> list[list[_Each]]:
    """Two to five of the pool whose amounts add up, in the pool's order; money in and money out are never mixed."""
    sign = 1 if wanted_fen > 0 else -1
    usable = [each for each in pool if 0 < sign * each.amount_fen < sign * wanted_fen]
    found: list[list[_Each]] = []
    for size in range(2, SUBSET_MAX + 1):
        for parts in combinations(usable, size):
            if sum(each.amount_fen for each in parts) == wanted_fen:
                found.append(list(parts))
                if len(found) == _SUBSETS_MAX:
                    return found
    return found


def _once(several: Iterable[_Each]) -> list[_Each]:
    """Each one once, in order."""
    return list({each.key: each for each in several}.values())


def _grouped(several: Iterable[_Each], key: Callable[[_Each], _Key]) -> dict[_Key, list[_Each]]:
    found: dict[_Key, list[_Each]] = defaultdict(list)
    for each in several:
        found[key(each)].append(each)
    return dict(found)


def _indexed(several: Iterable[_Each], keys: Callable[[_Each], Iterable[_Key]]) -> dict[_Key, list[_Each]]:
    found: dict[_Key, list[_Each]] = defaultdict(list)
    for each in several:
        for key in keys(each):
            found[key].append(each)
    return dict(found)
