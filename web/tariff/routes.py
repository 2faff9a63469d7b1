"""The tariff desk's addresses: what is in force, drafts and their test bench, and what a second person publishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import tariffs as service
from services.sitting import Sitting, sitting
from shared.db import tariffs as rows
from shared.domain import tariff_changes as domain
from shared.domain.errors import Invalid, Problem
from shared.domain.facts import Facts
from web.acting import do
from web.apply.form import ESTIMATED, Form, choices_everywhere
from web.apply.lines import shown_lines
from web.auth.access import login_required, signed_in
from web.tariff import cells
from web.tariff.pages import PLACE, asked_day, asked_section, change_page, row_page, source_row, tariff_desk
from web.workplace import page

tariff = flask.Blueprint("tariff", __name__)


@tariff.get(PLACE)
@login_required(*service.DECIDERS)
def desk() -> str:
    """Items with their versions on a line of time, reductions, approvals, and the changes that wait."""
    with sitting() as office:
        return tariff_desk(office)


@tariff.post(PLACE)
@login_required(*service.KEEPERS)
def draft() -> Response | tuple[str, int]:
    """Begin an empty change."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        title, document, reason = (form.get(name, "") for name in ("title", "document", "reason"))
        return _address(service.draft(office, account=signed_in(), title=title, document=document, reason=reason))

    return do(act, gettext("草稿已建立，请加入要改的内容。"), _desk_again("draft"))


@tariff.post(f"{PLACE}/end")
@login_required(*service.KEEPERS)
def end() -> Response | tuple[str, int]:
    """End a version on a day, with a successor or without."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        item, _, version = form.get("version", "").partition(" ")
        return _address(
            service.end(
                office,
                account=signed_in(),
                item=item,
                version=version,
                last=_day("last", form.get("last", "")),
                document=form.get("document", ""),
                is_succeeded=form.get("then") != "abolish",
            )
        )

    return do(act, gettext("草稿已建立：旧版本截止，新版本接续。"), _desk_again("end"))


@tariff.post(f"{PLACE}/copy-forward")
@login_required(*service.KEEPERS)
def copy_forward() -> Response | tuple[str, int]:
    """Carry everything that runs out with a year into the next one."""
    form = flask.request.form
    year = form.get("year", "").strip()

    def act(office: Sitting) -> str:
        change_id = service.copy_forward(
            office,
            account=signed_in(),
            year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
            document=form.get("document", ""),
            renewed=form.getlist("renewed"),
        )
        return _address(change_id)

    return do(act, gettext("草稿已建立：到期的标准整体结转到新年度。"), _desk_again("copy"))


@tariff.post(f"{PLACE}/approvals")
@login_required(*service.KEEPERS)
def file_approval() -> Response | tuple[str, int]:
    """Put an approval to charge on file."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        last = form.get("last", "").strip()
        return _address(
            service.file_approval(
                office,
                account=signed_in(),
                item=form.get("item", ""),
                document=form.get("document", ""),
                by=form.get("by", ""),
                first=_day("first", form.get("first", "")),
                last=_day("last", last) if last else None,
                approval=form.get("approval", ""),
            )
        )

    return do(act, gettext("草稿已建立：收费审批备案，发布后才能据以收费。"), _desk_again("approval"))


# One change.


@tariff.get(f"{PLACE}/changes/<uuid:change_id>")
@login_required(*service.DECIDERS)
def change(change_id: UUID) -> str:
    """A change row by row, before and after, what is wrong with it, and what it would do to open applications."""
    with sitting() as office:
        return change_page(office, change_id)


@tariff.post(f"{PLACE}/changes/<uuid:change_id>")
@login_required(*service.KEEPERS)
def reword(change_id: UUID) -> Response | tuple[str, int]:
    """Change the title, the document, where the approval is filed, and the reason."""
    words = {name: flask.request.form.get(name, "") for name in ("title", "document", "approval", "reason")}
    return _acts(
        change_id,
        lambda office: service.reword(office, account=signed_in(), change_id=change_id, version=_version(), **words),
        gettext("已保存。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/rebase")
@login_required(*service.KEEPERS)
def rebase(change_id: UUID) -> Response | tuple[str, int]:
    """Put a draft above what is in force now."""
    return _acts(
        change_id,
        lambda office: service.rebase(office, account=signed_in(), change_id=change_id, version=_version()),
        gettext("草稿已对照现行标准更新。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/propose")
@login_required(*service.KEEPERS)
def propose(change_id: UUID) -> Response | tuple[str, int]:
    """Hand a draft to the second person."""
    return _acts(
        change_id,
        lambda office: service.propose(office, account=signed_in(), change_id=change_id, version=_version()),
        gettext("已提出，等另一人发布。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/take-back")
@login_required(*service.KEEPERS)
def take_back(change_id: UUID) -> Response | tuple[str, int]:
    """Take one's own proposal back to go on with it."""
    return _acts(
        change_id,
        lambda office: service.take_back(office, account=signed_in(), change_id=change_id),
        gettext("已收回，可以继续修改。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/drop")
@login_required(*service.KEEPERS)
def drop(change_id: UUID) -> Response | tuple[str, int]:
    """Give a draft up."""
    return _acts(
        change_id,
        lambda office: service.drop(office, account=signed_in(), change_id=change_id),
        gettext("草稿已作废。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/publish")
@login_required(*service.DECIDERS)
def publish(change_id: UUID) -> Response | tuple[str, int]:
    """Put a proposal in force, as its second person."""
    return _acts(
        change_id,
        lambda office: service.publish(office, account=signed_in(), change_id=change_id),
        gettext("已发布；在办件中受影响的收费项目正在重新核定。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/decline")
@login_required(*service.DECIDERS)
def decline(change_id: UUID) -> Response | tuple[str, int]:
    """Turn a proposal down with the reason."""
    opinion = flask.request.form.get("opinion", "")
    return _acts(
        change_id,
        lambda office: service.decline(office, account=signed_in(), change_id=change_id, opinion=opinion),
        gettext("已退回，标准没有变化。"),
    )


# One row of a change.


@tariff.get(f"{PLACE}/changes/<uuid:change_id>/row")
@login_required(*service.KEEPERS)
def row(change_id: UUID) -> str:
    """A row as fields: one of the change, one in force, or a copy under another name."""
    with sitting() as office:
        return row_page(office, change_id)


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/row")
@login_required(*service.KEEPERS)
def put_row(change_id: UUID) -> Response | tuple[str, int]:
    """Put the row as it was typed into the change; `again` goes on with it, after parts were left out or repeated."""
    form = flask.request.form
    section = asked_section()

    def act(office: Sitting) -> str:
        new = cells.read(source_row(office, rows.load(office.session, change_id)), form)
        service.put_row(office, account=signed_in(), change_id=change_id, section=section, row=new, version=_version())
        if form.get("again"):
            key = domain.key_of(section, new)
            return flask.url_for("tariff.row", change_id=change_id, section=section, key=key)
        return _address(change_id)

    return do(act, gettext("这一行已写入草稿。"), lambda office, problems, refusal: row_page(
        office, change_id, problems=problems, refusal=refusal
    ))  # fmt: skip


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/row/out")
@login_required(*service.KEEPERS)
def take_row_out(change_id: UUID) -> Response | tuple[str, int]:
    """Leave a row as it is in force."""
    return _acts(
        change_id,
        lambda office: service.take_row_out(
            office,
            account=signed_in(),
            change_id=change_id,
            section=asked_section(),
            key=flask.request.form.getlist("key"),
            version=_version(),
        ),
        gettext("这一行已从草稿中去掉。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/row/remove")
@login_required(*service.KEEPERS)
def remove_row(change_id: UUID) -> Response | tuple[str, int]:
    """Take a row that has not begun yet back altogether."""
    return _acts(
        change_id,
        lambda office: service.remove_row(
            office,
            account=signed_in(),
            change_id=change_id,
            section=asked_section(),
            key=flask.request.form.getlist("key"),
            version=_version(),
        ),
        gettext("草稿将撤去这一行。"),
    )


# The test bench.


@tariff.route(f"{PLACE}/bench", methods=["GET", "POST"])
@login_required(*service.DECIDERS)
def bench() -> str | tuple[str, int]:
    """Any facts on any day, line by line with the formula; with a change, before and after it. Nothing is kept."""
    with sitting() as office:
        change_id = flask.request.values.get("change", "")
        found = next((each for each in rows.changes(office.session) if str(each.id) == change_id), None)
        form = Form.typed(flask.request.form, office.city, office.today, ESTIMATED)
        accepted_on = flask.request.form.get("accepted_on", "").strip()[:10] or office.today.isoformat()
        context: dict[str, Any] = {"change": found, "accepted_on": accepted_on, "before": None, "after": None}
        status = 200
        if flask.request.method == "POST":
            try:
                facts = Facts.from_json(
                    {**form.facts(), "accepted_on": accepted_on},
                    uses=office.city.tariff.use_codes,
                    reductions=office.city.tariff.reduction_codes,
                )
                context["before"] = shown_lines(office.city.tariff.assess(facts), office.city)
                if found is not None:
                    tried = service.tariff_with(office, found.rows)
                    context["after"] = shown_lines(tried.assess(facts), office.city)
            except Invalid as invalid:
                form, status = form.with_problems(invalid.problems), 422
        shown = page("tariff/bench.html", office, place=PLACE, form=form, **{**context, **choices_everywhere()})
        return shown if status == 200 else (shown, status)


def _acts(change_id: UUID, act: Callable[[Sitting], object], done: str) -> Response | tuple[str, int]:
    def once(office: Sitting) -> None:
        act(office)

    return do(
        once,
        done,
        lambda office, problems, refusal: change_page(office, change_id, problems=problems, refusal=refusal),
        address=_address(change_id),
    )


def _address(change_id: UUID) -> str:
    return flask.url_for("tariff.change", change_id=change_id)


def _version() -> int:
    text = flask.request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _day(field: str, text: str) -> date:
    found = asked_day(text.strip())
    if found is None:
        raise Invalid([Problem(field, "请写成 2014-09-15 这样的日期")])
    return found


def _desk_again(part: str) -> Callable[[Sitting, tuple[Problem, ...], str], str]:
    return lambda office, problems, refusal: tariff_desk(office, part=part, problems=problems, refusal=refusal)
