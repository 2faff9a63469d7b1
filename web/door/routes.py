"""Promised papers, on the applicant's side and on the desk; and the lead window's form for not accepting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import commitments as service
from services import door as office_door
from services import operations
from services.operations import KINDS_OF_ROLE, RESOLUTION_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.db import commitments
from shared.db.cases import ENDED
from shared.db.queries import attention, cases
from shared.domain.errors import Conflict, Invalid, NotFound, Problem
from shared.papers import PAPER_BYTES_MAX
from shared.settings import settings
from shared.storage import Storage
from web.apply.materials import declaration
from web.auth.access import actor, login_required, signed_in
from web.components import Tab, Tag, Tone
from web.finance.words import kind_tag
from web.naming import named, said
from web.workplace import page

door = flask.Blueprint("door", __name__)

ROLES = ("officer", "checker")
#: Whose attention a failed promise needs.
LEAD = "lead_window"
ROWS_MAX = 200
VERDICTS = {"kept": True, "failed": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPromise:
    """A promised paper as a page shows it."""

    id: UUID
    name: str
    unit_name: str
    due_on: date
    state: Tag
    opinion: str
    paper_id: UUID | None
    can_be_brought: bool


# The applicant.


@door.get("/apply/cases/<uuid:application_id>/commitments")
@login_required("applicant")
def promises(application_id: UUID) -> str:
    """What was promised in one application, and the way to bring it."""
    with sitting() as office:
        return _promises(office, application_id)


@door.post("/apply/cases/<uuid:application_id>/commitments/<uuid:commitment_id>")
@login_required("applicant")
def bring(application_id: UUID, commitment_id: UUID) -> Response | tuple[str, int]:
    """Bring one promised paper."""
    file = flask.request.files.get("file")
    content = file.stream.read(PAPER_BYTES_MAX + 1) if file else b""
    try:
        with sitting() as office:
            cases.case_file(office.session, application_id, signed_in())
            service.bring(
                office,
                Storage(settings().storage_dir),
                account=signed_in(),
                commitment_id=commitment_id,
                file_name=file.filename or "" if file else "",
                content=content,
            )
    except (Invalid, Conflict) as refused:
        text = refused.problems[0].problem if isinstance(refused, Invalid) else str(refused)
        with sitting() as office:
            return _promises(office, application_id, {commitment_id: said(text)}), (
                422 if isinstance(refused, Invalid) else 409
            )
    flask.flash(gettext("已收到，由办理部门核查是否与承诺相符。"))
    return flask.redirect(flask.url_for("door.promises", application_id=application_id), 303)


def _promises(office: Sitting, application_id: UUID, errors: Mapping[UUID, str] | None = None) -> str:
    file = cases.case_file(office.session, application_id, signed_in())
    rows = commitments.of_application(office.session, application_id)
    is_over = file.case.status in ENDED
    return flask.render_template(
        "door/promises.html",
        case=file.case,
        promises=[
            ShownPromise(
                id=row.id,
                name=named(office.city.materials[row.material_code]),
                unit_name=named(office.city.units[row.unit_code].short_name),
                due_on=row.due_on,
                state=_state(row.state, row.due_on, office.today),
                opinion=row.opinion,
                paper_id=row.attachment_id,
                can_be_brought=row.state in ("promised", "failed") and not is_over,
            )
            for row in rows
        ],
        errors=errors or {},
        declaration=declaration(),
        is_over=is_over,
    )


def _state(state: str, due_on: date, today: date) -> Tag:
    match state:
        case "brought":
            return Tag(gettext("已补交，待核查"), Tone.BLUE)
        case "fulfilled":
            return Tag(gettext("已履行"), Tone.GREEN, is_quiet=True)
        case "failed":
            return Tag(gettext("核查未通过"), Tone.RED)
    return Tag(gettext("逾期未补交"), Tone.RED) if due_on < today else Tag(gettext("待补交"), Tone.AMBER)


# The desk.


@door.get("/desk/commitments")
@login_required(*ROLES)
def list_of_unit() -> str:
    """The unit's promised papers; at the lead window also those that failed anywhere."""
    with sitting() as office:
        return _list(office)


@door.post("/desk/commitments/<uuid:commitment_id>")
@login_required(*ROLES)
def judge(commitment_id: UUID) -> Response | tuple[str, int]:
    """Say whether one promise was kept."""
    form = flask.request.form
    opinion = form.get("opinion", "")
    try:
        with sitting() as office:
            if commitments.find(office.session, commitment_id).unit_code != signed_in().unit_code:
                raise NotFound("没有这项承诺，或不在您的办理范围内")
            if form.get("verdict", "") not in VERDICTS:
                raise Invalid([Problem("opinion", "请选择已履行或未履行")])
            version = form.get("version", "")
            service.check(
                office,
                commitment_id=commitment_id,
                actor=actor(),
                is_kept=VERDICTS[form["verdict"]],
                opinion=opinion,
                version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
            )
    except (Invalid, Conflict) as refused:
        text = refused.problems[0].problem if isinstance(refused, Invalid) else str(refused)
        with sitting() as office:
            return _list(office, {commitment_id: (said(text), opinion)}), (422 if isinstance(refused, Invalid) else 409)
    flask.flash(gettext("核查结论已记录，并加盖本单位电子签章。"))
    return flask.redirect(flask.url_for("door.list_of_unit"), 303)


@door.post("/desk/commitments/cases/<uuid:case_id>/close")
@login_required(*ROLES)
def close(case_id: UUID) -> Response | tuple[str, int]:
    """Close a failed promise with what was done about it; for the lead window."""
    resolution = flask.request.form.get("resolution", "")
    try:
        with sitting() as office:
            if signed_in().unit_code != office.city.lead_unit:
                raise NotFound("这件待处理事项不存在或已处理")
            operations.close_attention(office, case_id=case_id, role=LEAD, actor=actor(), resolution=resolution)
    except Invalid as invalid:
        with sitting() as office:
            return _list(office, closing={str(case_id): (said(invalid.problems[0].problem), resolution)}), 422
    return flask.redirect(flask.url_for("door.list_of_unit"), 303)


def _list(
    office: Sitting,
    errors: Mapping[UUID, tuple[str, str]] | None = None,
    *,
    closing: Mapping[str, tuple[str, str]] | None = None,
) -> str:
    account = signed_in()
    is_closed = flask.request.args.get("tab") == "done"
    rows = commitments.of_unit(office.session, account.unit_code or "", is_closed=is_closed, most=ROWS_MAX)
    waiting = (
        attention.listed(office.session, KINDS_OF_ROLE[LEAD]).rows if account.unit_code == office.city.lead_unit else ()
    )
    return page(
        "door/desk.html",
        office,
        place="/desk/commitments",
        rows=[(row, named(office.city.materials[row.material_code]), _state(row.state, row.due_on, office.today))
              for row in rows],
        waiting=waiting,
        kind_tag=kind_tag,
        closing=closing or {},
        resolution_length_max=RESOLUTION_LENGTH_MAX,
        errors=errors or {},
        opinion_length_max=service.OPINION_LENGTH_MAX,
        is_closed=is_closed,
        tabs=(
            Tab(gettext("待核查"), "/desk/commitments", is_current=not is_closed),
            Tab(gettext("已核查"), "/desk/commitments?tab=done", is_current=is_closed),
        ),
    )  # fmt: skip


# Not accepting.


@door.get("/desk/cases/<uuid:application_id>/not-accept")
@login_required(*ROLES)
def not_accept(application_id: UUID) -> str:
    """The lead window's form for not accepting an application that nobody has decided."""
    with sitting() as office:
        return _form(office, application_id)


@door.post("/desk/cases/<uuid:application_id>/not-accept")
@login_required(*ROLES)
def decline(application_id: UUID) -> Response | tuple[str, int]:
    """Not accept it, with reason, law and where to go."""
    form = flask.request.form
    typed = {name: form.get(name, "") for name in ("reason", "clause", "go_to")}
    try:
        with sitting() as office:
            cases.case_file(office.session, application_id, signed_in())
            office_door.decline(office, application_id=application_id, actor=actor(), **typed)
    except Invalid as invalid:
        with sitting() as office:
            return _form(office, application_id, typed, problems=invalid.problems), 422
    except Conflict as conflict:
        with sitting() as office:
            return _form(office, application_id, typed, refusal=said(str(conflict))), 409
    flask.flash(gettext("已不予受理，通知书正在签章，已告知申请人。"))
    return flask.redirect(flask.url_for("desk.case_of_application", application_id=application_id), 303)


def _form(
    office: Sitting,
    application_id: UUID,
    typed: Mapping[str, str] | None = None,
    *,
    problems: tuple[Problem, ...] = (),
    refusal: str = "",
) -> str:
    if signed_in().unit_code != office.city.lead_unit:
        raise NotFound("没有这个地址，或它不属于您的账号")
    file = cases.case_file(office.session, application_id, signed_in())
    return page(
        "door/not_accept.html",
        office,
        place="/desk",
        case=file.case,
        typed=typed or dict.fromkeys(("reason", "clause", "go_to"), ""),
        problems={each.field: said(each.problem) for each in problems},
        summary=[Problem(each.field, said(each.problem)) for each in problems],
        refusal=refusal,
        reason_length_max=office_door.REASON_LENGTH_MAX,
        clause_length_max=office_door.CLAUSE_LENGTH_MAX,
        grounds=[row for row in office.city.pack.scope.rows if row.period.covers(office.today)],
    )
