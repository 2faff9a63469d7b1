"""The addresses of reconciliation: a file is looked at, imported, and read with what became of each movement."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import claims, reconciliation
from services.sitting import Sitting, sitting
from shared.db.queries import statements as queries
from shared.domain.allocation import Rule
from shared.domain.errors import Invalid, Problem
from shared.settings import settings
from shared.statements.profiles import PROFILES
from shared.statements.statement import FORMAT_NAMES, Preview
from shared.storage import Storage
from web.acting import do
from web.auth.access import actor, login_required, signed_in
from web.components import Choice, Tag, Tone
from web.naming import named, said
from web.workplace import page

statements = flask.Blueprint("statements", __name__)

ROLE = "finance"
FILES, ASIDE = "/finance/statements", "/finance/suspense"


@statements.get(FILES)
@login_required(ROLE)
def files() -> str:
    """The files that were imported, and the form for the next."""
    with sitting() as office:
        return _files(office)


@statements.post(f"{FILES}/look")
@login_required(ROLE)
def look() -> Response | str | tuple[str, int]:
    """Read a file, nothing of it in the books yet: its good rows, its bad rows, and the button that imports it."""
    uploaded = flask.request.files.get("file")
    content = uploaded.read() if uploaded else b""
    name = (uploaded.filename or "") if uploaded else ""
    profile, account = flask.request.form.get("profile", ""), flask.request.form.get("account", "")
    with sitting() as office:
        try:
            if not content:
                raise Invalid([Problem("file", "请选择对账单文件")])
            seen = reconciliation.look(office, file_name=name, content=content, profile=profile, account=account)
        except Invalid as invalid:
            return _files(office, tuple(Problem(each.field, said(each.problem)) for each in invalid.problems)), 422
        sha256 = Storage(settings().storage_dir).keep(content)
        return _preview(office, seen, name=name, sha256=sha256, profile=profile, account=account)


@statements.post(FILES)
@login_required(ROLE)
def import_file() -> Response | tuple[str, int]:
    """Import what was looked at; the same bytes again lead to the same file."""
    form = flask.request.form
    content = Storage(settings().storage_dir).read(form.get("sha256", ""))
    try:
        with sitting() as office:
            done = reconciliation.import_file(
                office,
                actor=actor(),
                file_name=form.get("name", ""),
                content=content,
                profile=form.get("profile", ""),
                account=form.get("account", ""),
            )
    except Invalid as invalid:
        problems = tuple(Problem("file", f"{each.field}：{said(each.problem)}") for each in invalid.problems)
        with sitting() as office:
            return _files(office, problems), 422
    flask.flash(gettext("已导入，正在匹配。") if done.is_new else gettext("这份文件此前已导入，没有重复记账。"))
    return flask.redirect(flask.url_for("statements.file", file_id=done.file_id), 303)


@statements.get(f"{FILES}/<uuid:file_id>")
@login_required(ROLE)
def file(file_id: UUID) -> str:
    """One file: its balances, and each movement with what became of it and why."""
    with sitting() as office:
        return page(
            "reconciliation/file.html",
            office,
            place=FILES,
            file=queries.file(office.session, file_id),
            moves=queries.moves(office.session, file_id),
            state_tag=move_tag,
            formats=FORMAT_NAMES,
            shown_max=queries.LIST_MAX,
        )


@statements.get(ASIDE)
@login_required(ROLE)
def aside() -> str:
    """Money in suspense, the oldest first."""
    with sitting() as office:
        return page(
            "reconciliation/aside.html",
            office,
            place=ASIDE,
            rows=queries.aside(office.session),
            state_tag=aside_tag,
        )


@statements.get(f"{ASIDE}/<uuid:suspense_id>")
@login_required(ROLE)
def money(suspense_id: UUID) -> str:
    """One sum of money: whose it may be, and how it would be divided once another person confirms the claim."""
    with sitting() as office:
        return _money(office, suspense_id)


@statements.post(f"{ASIDE}/<uuid:suspense_id>/claim")
@login_required(ROLE)
def claim(suspense_id: UUID) -> Response | tuple[str, int]:
    """Say for which bill the money came in."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        bill_id = queries.bill_named(office.session, form.get("bill", "").strip())
        if bill_id is None:
            raise Invalid([Problem("bill", "没有这个缴费单号或缴款码")])
        claims.claim(office, suspense_id=suspense_id, bill_id=bill_id, actor=actor(), note=form.get("note", ""))

    return _do(suspense_id, act, gettext("已认领，等待另一人确认。"))


@statements.post(f"{ASIDE}/<uuid:suspense_id>/give-back")
@login_required(ROLE)
def give_back(suspense_id: UUID) -> Response | tuple[str, int]:
    """Take a claim back."""

    def act(office: Sitting) -> None:
        claims.give_back(office, suspense_id=suspense_id, actor=actor())

    return _do(suspense_id, act, gettext("认领已退回。"))


@statements.post(f"{ASIDE}/<uuid:suspense_id>/confirm")
@login_required(ROLE)
def confirm(suspense_id: UUID) -> Response | tuple[str, int]:
    """Confirm another's claim."""

    def act(office: Sitting) -> None:
        claims.confirm(office, suspense_id=suspense_id, actor=actor())

    return _do(suspense_id, act, gettext("已确认，款项已记入缴费单。"))


def _do(suspense_id: UUID, act: Callable[[Sitting], None], done: str) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _money(office, suspense_id, problems, refusal)

    return do(act, done, again, address=flask.url_for("statements.money", suspense_id=suspense_id))


def _files(office: Sitting, problems: tuple[Problem, ...] = ()) -> str:
    return page(
        "reconciliation/files.html",
        office,
        place=FILES,
        files=queries.files(office.session),
        formats=FORMAT_NAMES,
        profiles=tuple(Choice(each.code, each.name) for each in PROFILES),
        form=flask.request.form,
        problems=problems,
        wrong={each.field: each.problem for each in problems},
    )


def _preview(office: Sitting, seen: Preview, *, name: str, sha256: str, profile: str, account: str) -> str:
    return page(
        "reconciliation/preview.html",
        office,
        place=FILES,
        seen=seen,
        name=name,
        sha256=sha256,
        profile=profile,
        account=account,
        said=said,
        formats=FORMAT_NAMES,
    )


def _money(office: Sitting, suspense_id: UUID, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    shares, over_fen = claims.division(office, suspense_id=suspense_id)
    return page(
        "reconciliation/money.html",
        office,
        place=ASIDE,
        money_row=queries.one_aside(office.session, suspense_id),
        shares=shares,
        over_fen=over_fen,
        rule=rule_words(Rule(office.city.pack.settings.allocation)),
        items={item.code: named(item) for item in office.city.items},
        state_tag=aside_tag,
        me=signed_in().id,
        problems=problems,
        wrong={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
        note_length_max=claims.NOTE_LENGTH_MAX,
    )


def move_tag(state: str) -> Tag:
    """What became of a movement."""
    return {
        "open": Tag(gettext("待匹配"), Tone.BLUE),
        "matched": Tag(gettext("已匹配"), Tone.GREEN, is_quiet=True),
        "suspense": Tag(gettext("待查款"), Tone.AMBER),
        "ignored": Tag(gettext("不处理"), Tone.GREY),
    }[state]


def aside_tag(state: str) -> Tag:
    """Where money in suspense stands."""
    return {
        "open": Tag(gettext("待认领"), Tone.AMBER),
        "claimed": Tag(gettext("待确认"), Tone.BLUE),
        "matched": Tag(gettext("已入账"), Tone.GREEN, is_quiet=True),
        "returning": Tag(gettext("退回中"), Tone.BLUE),
        "returned": Tag(gettext("已退回"), Tone.GREY),
    }[state]


def rule_words(rule: Rule) -> str:
    """How a payment is divided, as it stands above the division."""
    names: dict[Rule, str] = {
        Rule.PRO_RATA: gettext("按各项欠缴金额比例分配"),
        Rule.IN_ORDER: gettext("按收费项目顺序分配"),
        Rule.REVENUE_FIRST: gettext("先财政收入、后代收款和保证金"),
    }
    return names[rule]
