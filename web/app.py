"""The web application: `create_app` puts the pieces together and holds no rule of its own.

Everything it needs arrives through `Settings`; without them it reads the environment, so that
gunicorn can say `web.app:create_app()`.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import flask
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from shared.settings import Settings
from shared.settings import settings as environment
from web import assets, errors, filters, headers, i18n, limits, naming, preferences
from web.admin.calendar import calendar
from web.admin.offices import offices
from web.admin.routes import admin
from web.api import exact
from web.api.applications import applications
from web.api.bearer import SCHEME
from web.api.clocks import clocks_api
from web.api.corrections import corrections_api
from web.api.desk import desk_api
from web.api.door import checklist_api, door_api
from web.api.gatherings import gatherings_api
from web.api.handovers import handovers_api
from web.api.meetings import meetings_api
from web.api.offices import offices_api
from web.api.open import demo, genuine
from web.api.paying import paying
from web.api.routes import api_docs
from web.api.sessions import log_ins, sessions
from web.api.verdicts import verdicts_api
from web.apply.corrections import apply_corrections
from web.apply.refunds import own_refunds
from web.apply.routes import apply
from web.apply.scanning import scanning
from web.apply.withdrawal import withdrawals
from web.auth import access
from web.auth.routes import auth
from web.board.routes import board
from web.changes.routes import changes
from web.channel.routes import channel
from web.desk.acts import verdicts
from web.desk.corrections import desk_corrections
from web.desk.inbox_acts import inbox_acts
from web.desk.refunds import checks
from web.desk.routes import desk
from web.door.routes import door
from web.files.routes import files
from web.finance.books import books
from web.finance.closing import closing
from web.finance.deposits import deposits
from web.finance.refunds import refunds
from web.finance.reports import reports
from web.finance.routes import finance
from web.green.routes import green
from web.handover.routes import handover
from web.lead.routes import lead
from web.meetings.routes import meetings
from web.notices.routes import notices
from web.ops.routes import ops
from web.public.routes import public
from web.reconciliation.routes import statements
from web.site import site_of
from web.styleguide.routes import styleguide
from web.tariff.routes import tariff
from web.timing.routes import timing

# Every part of the web that has pages; one a line, so that two hands can add to it.
PARTS: tuple[flask.Blueprint, ...] = (
    public,
    api_docs,
    auth,
    apply,
    apply_corrections,
    withdrawals,
    scanning,
    files,
    channel,
    desk,
    timing,
    meetings,
    green,
    changes,
    statements,
    door,
    handover,
    lead,
    notices,
    desk_corrections,
    verdicts,
    inbox_acts,
    finance,
    books,
    reports,
    closing,
    refunds,
    deposits,
    own_refunds,
    checks,
    board,
    admin,
    offices,
    calendar,
    tariff,
    ops,
)
# Programs prove who they are with a token or a signature, so there is no form of ours to prove.
API_PARTS: tuple[APIBlueprint, ...] = (
    log_ins,
    sessions,
    applications,
    door_api,
    checklist_api,
    desk_api,
    clocks_api,
    corrections_api,
    meetings_api,
    verdicts_api,
    handovers_api,
    paying,
    offices_api,
    gatherings_api,
    genuine,
    demo,
)


class Web(OpenAPI):
    """Flask with the OpenAPI registry, and templates that refuse an undefined name."""

    jinja_options = {  # noqa: RUF012 - Flask reads it from the class and copies it
        "autoescape": True,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }


def create_app(settings: Settings | None = None) -> Web:
    """Build the application; may be called many times in one process (tests do)."""
    settings = settings or environment()
    app = Web(
        __name__,
        info=Info(title="Yidan 一单", version="1"),
        doc_ui=False,
        security_schemes=SCHEME,
        validation_error_callback=exact.refusal,
    )
    app.config.update(
        SECRET_KEY=_secret_key(settings),
        SESSION_COOKIE_NAME="__Host-yidan" if settings.secure_cookies else "yidan",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A form stays good as long as its session; the session decides when it is over.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    exact.install(app)
    site = site_of(settings.packs_dir, settings.tenant, is_demo=settings.demo)
    app.context_processor(lambda: {"site": site})
    naming.install(app, site.names_in_english)

    limits.install(app)
    filters.install(app)
    preferences.install(app)
    i18n.install(app, var_dir=settings.var_dir)
    assets.install(app)
    access.install(app)
    headers.install(app, secure=settings.secure_cookies)
    errors.install(app)
    forms = CSRFProtect(app)

    for part in PARTS:
        app.register_blueprint(part)
    for api in API_PARTS:
        app.register_api(api)
    for outsider in (channel, *API_PARTS):
        forms.exempt(outsider)
    if settings.demo:
        app.register_blueprint(styleguide)
    return app


def _secret_key(settings: Settings) -> str:
    """The key that signs cookies: from the settings, else from `var/secret_key`, made once with mode 0600."""
    given = settings.secret_key.get_secret_value()
    return given or _kept_secret(settings.var_dir / "secret_key")


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
    try:
        # A hard link fails if the file is there: of two processes that start at once, one wins.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii")
