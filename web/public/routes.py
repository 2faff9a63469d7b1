"""Public pages: the service's first page, progress by number, fees in advance, papers checked; and the signs of life.

Nobody logs in here, so nothing personal is shown: names are masked, amounts of others stay away.
"""

from __future__ import annotations

import tempfile
from datetime import date

import flask
import redis
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.sitting import sitting
from shared.db.queries import cases
from shared.db.queries import progress as progresses
from shared.db.queries import public as strangers
from shared.domain.checklist import union
from shared.domain.errors import Invalid, Unavailable
from shared.domain.facts import Facts
from shared.domain.receipts import as_code
from shared.settings import settings
from web.apply.form import ESTIMATED, Form, choices_everywhere, situation_choices
from web.apply.lanes import lanes_of, steps_of
from web.apply.lines import ShownLines, shown_lines
from web.apply.materials import material_rows, saving
from web.holdups import reasons
from web.limits import LOOK_UP, limiter
from web.naming import named
from web.tariff.guide import fee_guide

#: How long a store may take to say that it is there, seconds.
ANSWER_WITHIN_S = 2

#: The three numbers on a receipt; a code at the foot of any other paper is `verification`.
NUMBERS = ("code", "number", "check_code")

public = flask.Blueprint("public", __name__)


@public.get("/")
def home() -> str:
    """What the service does, for whom, how long it takes, and the ways in."""
    return flask.render_template("public/home.html")


@public.get("/progress")
@limiter.limit(LOOK_UP, exempt_when=lambda: not flask.request.args.get("number"))
def progress() -> str | tuple[str, int]:
    """How far an application is, for whoever knows its number; names are masked, amounts left out."""
    number = flask.request.args.get("number", "").strip()[:40]
    if not number:
        return flask.render_template("public/progress.html", number="", found=None, problem="")
    with sitting() as office:
        file = cases.find_by_number(office.session, number)
        if file is None:
            problem = gettext("没有这个编号的办件，请核对收件回执上的办件编号")
            return flask.render_template("public/progress.html", number=number, found=None, problem=problem), 404
        where = progresses.progress(office.session, office.city, file.case.id, today=office.today)
        return flask.render_template(
            "public/progress.html",
            number=number,
            found=file.case,
            project=masked(file.case.project_name),
            problem="",
            steps=steps_of(file),
            found_reasons=reasons(where.holdups, office.city, today=office.today, is_public=True),
            lanes_view=lanes_of(file, where, office.city, today=office.today, is_public=True),
        )


@public.get("/materials")
def materials() -> str:
    """What to bring, by what the works involve: each paper once, with the matters that need it; nothing is kept."""
    with sitting() as office:
        city, today = office.city, office.today
        chosen = [code for code in flask.request.args.getlist("situations") if code in city.situations]
        matters = city.matters_in(chosen)
        found = union(city.pack.materials, matters)
        return flask.render_template(
            "public/materials.html",
            choices=situation_choices(city),
            chosen=chosen,
            matters=len(matters),
            rows=material_rows(found, city),
            saving=saving(found),
            outside=[row for row in city.pack.scope.rows if row.period.covers(today)],
        )


@public.get("/fees")
def fees() -> str:
    """What is charged on a day, by whom and under which document, from the rows that fees are computed by."""
    with sitting() as office:
        try:
            on = date.fromisoformat(flask.request.args.get("on", ""))
        except ValueError:
            on = office.today
        return flask.render_template(
            "public/fees.html",
            on=on,
            entries=fee_guide(office.city, on),
            reductions=[each for each in office.city.pack.reductions if each.period.covers(on)],
            names={item.code: named(item) for item in office.city.items},
        )


@public.get("/verify")
@limiter.limit(
    LOOK_UP, exempt_when=lambda: not any(flask.request.args.get(name) for name in (*NUMBERS, "verification"))
)
def verify() -> str | tuple[str, int]:
    """Whether a receipt is genuine, by its three numbers, or any other paper, by the code at its foot."""
    asked = {name: flask.request.args.get(name, "").strip()[:40] for name in NUMBERS}
    code = flask.request.args.get("verification", "").strip()[:40]
    if code:
        return _paper(code)
    if not any(asked.values()):
        return _verdict(asked=asked, is_asked=False)
    with sitting() as office:
        found = strangers.by_numbers(office.session, **asked)
    return _verdict(asked=asked, found=found)


@public.get("/verify/<token>")
@limiter.limit(LOOK_UP)
def verify_token(token: str) -> str | tuple[str, int]:
    """Whether a receipt is genuine, by the address in its QR code; any other paper by the code at its foot."""
    with sitting() as office:
        found = strangers.by_token(office.session, token[:80])
    return _verdict(asked=dict.fromkeys(NUMBERS, ""), found=found) if found else _paper(token[:80])


@public.route("/estimate", methods=["GET", "POST"])
@limiter.limit(LOOK_UP, exempt_when=lambda: flask.request.method == "GET")
def estimate() -> str | tuple[str, int]:
    """What the fees would be, line by line with the formula; nothing is kept, and the bill is what counts."""
    with sitting() as office:
        form = Form.typed(flask.request.form, office.city, office.today, ESTIMATED)
        today = office.today
        if flask.request.method == "GET":
            return _estimate(form, None, today.isoformat())
        accepted_on = flask.request.form.get("accepted_on", "").strip()[:40]
        try:
            facts = Facts.from_json(
                {**form.facts(), "accepted_on": accepted_on or today.isoformat()},
                uses=office.city.tariff.use_codes,
                reductions=office.city.tariff.reduction_codes,
            )
            lines = shown_lines(office.city.tariff.assess(facts), office.city)
        except Invalid as invalid:
            return _estimate(form.with_problems(invalid.problems), None, accepted_on), 422
        return _estimate(form, lines, accepted_on)


@public.get("/healthz")
def healthz() -> flask.Response:
    """The process answers; nothing behind it is asked."""
    return flask.jsonify(status="ok")


@public.get("/readyz")
def readyz() -> Response:
    """Whether work can be done: database, broker and store each say so, or 503 names the one that does not."""
    checks = {"database": _database_answers(), "redis": _broker_answers(), "storage": _store_takes()}
    is_ready = all(checks.values())
    answer = flask.jsonify(
        status="ready" if is_ready else "not ready",
        checks={name: "ok" if is_well else "failed" for name, is_well in checks.items()},
    )
    answer.status_code = 200 if is_ready else 503
    return answer


def masked(name: str) -> str:
    """The first and last character of a name; enough to know one's own, too little to learn another's."""
    if len(name) < 3:
        return "*" * len(name)
    return f"{name[0]}***{name[-1]}"


def _estimate(form: Form, lines: ShownLines | None, accepted_on: str) -> str:
    return flask.render_template(
        "public/estimate.html", form=form, lines=lines, accepted_on=accepted_on, **choices_everywhere()
    )


def _paper(code: str) -> str | tuple[str, int]:
    with sitting() as office:
        paper = strangers.by_verification(office.session, as_code(code))
    return _verdict(asked=dict.fromkeys(NUMBERS, ""), verification=paper.code if paper else code, paper=paper)


def _verdict(
    *,
    asked: dict[str, str],
    verification: str = "",
    found: strangers.Genuine | None = None,
    paper: strangers.Paper | None = None,
    is_asked: bool = True,
) -> str | tuple[str, int]:
    page = flask.render_template(
        "public/verify.html", asked=asked, verification=verification, found=found, paper=paper, is_asked=is_asked
    )
    return page if found or paper or not is_asked else (page, 404)


def _database_answers() -> bool:
    try:
        with sitting():
            return True
    except (Unavailable, ValueError):
        return False


def _broker_answers() -> bool:
    if not settings().redis_url:
        return True
    try:
        broker = redis.Redis.from_url(
            settings().redis_url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
        )
        with broker:
            return bool(broker.ping())
    except (redis.RedisError, ValueError):
        return False


def _store_takes() -> bool:
    folder = settings().storage_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
