"""The list of all cases that a lead window looks after; each leads to its page with all lanes, read only there."""

from __future__ import annotations

from urllib.parse import urlencode

import flask
from flask_babel import gettext

from services.sitting import sitting
from shared.db.queries import board as queries
from shared.db.queries.board import CaseFilter
from shared.db.queries.desk import Desk
from shared.domain.errors import NotFound
from web.auth.access import login_required, signed_in
from web.components import Choice, Column, Filter, Pager
from web.deadlines import light_words
from web.desk.words import case_tag
from web.workplace import page

lead = flask.Blueprint("lead", __name__)

PLACE = "/desk/cases"
STATES = ("in_hand", "late", "in_review", "objected", "billed", "completed", "withdrawn", "refused", "not_accepted")
PAGES_MAX = 400


@lead.get(PLACE)
@login_required("officer", "checker")
def cases() -> str:
    """Every case of the city, or of the district, the nearest deadline first."""
    asked, account = flask.request.args, signed_in()
    at = asked.get("page", "")
    with sitting() as office:
        desk = Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)
        if not desk.is_lead:
            raise NotFound("没有这个页面，或它不属于您的账号")
        wanted = CaseFilter(
            words=asked.get("q", "").strip()[:60],
            stage=asked["state"] if asked.get("state") in STATES else "",
            area=desk.area_code or asked.get("area", "")[:40],
            page=min(max(int(at), 1), PAGES_MAX) if at.isascii() and at.isdigit() else 1,
        )
        found = queries.cases(office.session, office.city, wanted, today=office.today)
        kept = {"q": wanted.words, "state": wanted.stage, "area": "" if desk.area_code else wanted.area}
        names = {"in_hand": gettext("在办"), "late": gettext("超期")}
        states = tuple(Choice(each, names.get(each) or case_tag(each).label) for each in STATES)
        filters = [Filter("state", gettext("状态"), states, wanted.stage, _address(kept, state=""))]
        if desk.area_code is None:
            areas = tuple(
                Choice(code, name) for code, name in office.city.areas.items() if code != office.city.pack.tenant.id
            )
            filters.append(Filter("area", gettext("区"), areas, wanted.area, _address(kept, area="")))
        return page(
            "desk/cases.html",
            office,
            place=PLACE,
            title=gettext("本区办件") if desk.area_code else gettext("全市办件"),
            found=found,
            words=wanted.words,
            filters=tuple(filters),
            clear_href=PLACE if any(kept.values()) else "",
            pages=Pager(
                gettext("共 %(count)s 件", count=found.found),
                wanted.page,
                _address(kept, page=str(wanted.page - 1)) if wanted.page > 1 else "",
                _address(kept, page=str(wanted.page + 1)) if found.has_more else "",
            ),
            columns=(
                Column(gettext("亮灯"), "light"),
                Column(gettext("办件编号"), "number"),
                Column(gettext("项目")),
                Column(gettext("申请单位")),
                Column(gettext("区"), "area"),
                Column(gettext("状态"), "stage"),
                Column(gettext("受理"), "date"),
                Column(gettext("截止"), "date"),
                Column(gettext("在等"), "matter"),
            ),
            area_names=office.city.areas,
            case_tag=case_tag,
            light_words=light_words,
        )


def _address(kept: dict[str, str], **changes: str) -> str:
    arguments = {name: value for name, value in (kept | changes).items() if value}
    return f"{PLACE}?{urlencode(arguments)}" if arguments else PLACE
