"""Operators' addresses: the state of background work, and the one act on it: try dead work again."""

from __future__ import annotations

import platform
from importlib.metadata import version as package_version
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import operations
from services.operations import KINDS_OF_ROLE, RESOLUTION_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.db.queries import attention as cases
from shared.db.queries import ops as queries
from shared.db.queries.ops import QueueRow
from shared.domain.errors import Invalid
from shared.settings import settings
from shared.tasks import (
    BILLING_QUEUE,
    CHANNELS_QUEUE,
    DOCUMENTS_QUEUE,
    NOTICES_QUEUE,
    PAYMENTS_QUEUE,
    department_queue,
)
from web.auth.access import actor, login_required
from web.components import Stat, Tag, Tone
from web.finance.words import kind_tag
from web.naming import said
from web.ops.queues import Broker, look
from web.workplace import page

ops = flask.Blueprint("ops", __name__)

ROLE = "operator"
KINDS = KINDS_OF_ROLE[ROLE]
#: Work that waits longer than this is late, seconds.
LATE_S = 60
PACKAGES = ("flask", "sqlmodel", "dramatiq", "weasyprint", "pyhanko")
MIB = 1024 * 1024


@ops.get("/ops")
@login_required(ROLE)
def overview() -> str:
    """Depth and lag of the outbox by task, the broker's queues, versions and the schema."""
    # Imported for the one page that needs it: every web process would carry 9 MB for nothing.
    from shared.db import migrate

    with sitting() as office:
        rows = queries.queues(office.session, office.tenant)
        store = queries.store(office.session)
        broker = _broker(office)
        head = migrate.state(settings().database_url)[1] if settings().database_url else None
        return page(
            "ops/overview.html",
            office,
            place="/ops",
            counts={"/ops/dead": sum(row.dead for row in rows)},
            rows=rows,
            stats=_stats(rows),
            store=store,
            size_mib=store.size_bytes // MIB,
            broker=broker,
            depths=[depth for depth in broker.depths if depth.ready or depth.delayed or depth.dead],
            schema_tag=Tag(gettext("最新"), Tone.GREEN) if store.revision == head else Tag(gettext("待升级"), Tone.RED),
            versions=(
                ("Python", platform.python_version()),
                ("PostgreSQL", store.version.split()[0]),
                ("Valkey / Redis", broker.version or "—"),
                *((name, package_version(name)) for name in PACKAGES),
            ),
            late_s=LATE_S,
        )


@ops.get("/ops/dead")
@login_required(ROLE)
def dead() -> str:
    """Work that stopped for good, with its problem."""
    with sitting() as office:
        return _dead(office)


@ops.post("/ops/work/<int:outbox_id>/retry")
@login_required(ROLE)
def retry(outbox_id: int) -> Response:
    """Set one piece of dead work going again."""
    with sitting() as office:
        operations.try_again(office, outbox_id=outbox_id, actor=actor())
    flask.flash(gettext("已重新排队，几秒后会再次执行。"))
    return flask.redirect(flask.url_for("ops.dead"), 303)


@ops.post("/ops/attention/<uuid:case_id>/close")
@login_required(ROLE)
def close(case_id: UUID) -> Response | tuple[str, int]:
    """Close the case of dead work that is not to be tried again."""
    resolution = flask.request.form.get("resolution", "")
    try:
        with sitting() as office:
            operations.close_attention(office, case_id=case_id, role=ROLE, actor=actor(), resolution=resolution)
    except Invalid as invalid:
        with sitting() as office:
            return _dead(office, {str(case_id): (said(invalid.problems[0].problem), resolution)}), 422
    flask.flash(gettext("已处理，处理结果已记录。"))
    return flask.redirect(flask.url_for("ops.dead"), 303)


def _dead(office: Sitting, said: dict[str, tuple[str, str]] | None = None) -> str:
    rows = queries.dead(office.session, office.tenant)
    return page(
        "ops/dead.html",
        office,
        place="/ops/dead",
        counts={"/ops/dead": len(rows)},
        rows=rows,
        waiting=cases.listed(office.session, KINDS),
        said=said or {},
        resolution_length_max=RESOLUTION_LENGTH_MAX,
        kind_tag=kind_tag,
    )


def _broker(office: Sitting) -> Broker:
    url = settings().redis_url
    if not url:
        return Broker(problem=gettext("没有设置 REDIS_URL"))
    names = [BILLING_QUEUE, DOCUMENTS_QUEUE, PAYMENTS_QUEUE, NOTICES_QUEUE, CHANNELS_QUEUE]
    return look(url, [*names, *(department_queue(code) for code in office.city.units)])


def _stats(rows: tuple[QueueRow, ...]) -> tuple[Stat, ...]:
    oldest = max((row.oldest_s for row in rows), default=0)
    lag = Tag(gettext("滞后"), Tone.RED) if oldest > LATE_S else Tag(gettext("正常"), Tone.GREEN)
    return (
        Stat(gettext("最久等待"), f"{oldest:.0f} s", gettext("从提出到现在还没有做完的"), tag=lag),
        Stat(
            gettext("待执行"),
            str(sum(row.ready + row.waiting + row.rung for row in rows)),
            gettext("待通知、稍后重试、已通知"),
        ),
        Stat(gettext("正在执行"), str(sum(row.claimed for row in rows)), gettext("由某个进程领取")),
        Stat(gettext("已停止"), str(sum(row.dead for row in rows)), gettext("要由人处理"), "/ops/dead"),
    )
