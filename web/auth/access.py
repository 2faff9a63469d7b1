"""Who is asking: the account behind the cookie, looked up once a request, and the gate before every desk.

The signed cookie holds nothing but the session's token; whether it still counts is decided by its row each time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import flask
from werkzeug.wrappers import Response

from services import accounts, notices
from services.sitting import serve, sitting
from shared.db.accounts import AccountRow
from shared.db.city import City
from shared.db.trail import Actor
from shared.domain.errors import NotFound, Unavailable

TOKEN = "token"  # noqa: S105 the name of a place, not a secret

HOME_OF_ROLE = {
    "applicant": "/apply",
    "officer": "/desk",
    "checker": "/desk",
    "finance": "/finance",
    "leader": "/board",
    "admin": "/admin",
    "operator": "/ops",
}

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def install(app: flask.Flask) -> None:
    """Give templates the reader's account, its home and the business time, never at the price of a failing page."""
    app.jinja_env.globals.update(unread=unread, viewer=viewer, home_of=home_of, business_time=business_time)
    app.before_request(_serve_nobody)
    app.teardown_request(_serve_nobody)


def serve_person(city: City, account: AccountRow | None) -> None:
    """From here on the request sees what this account's district sees, or everything that its unit may see."""
    serve(city.area_of(account.unit_code) if account else None)


def _serve_nobody(_error: BaseException | None = None) -> None:
    """A thread serves one request after the other; nobody's district outlives theirs."""
    serve(None)


def current_account() -> AccountRow | None:
    """The account that is logged in, or None; looked up once a request. Raises `Unavailable`."""
    if "account" not in flask.g:
        token = flask.session.get(TOKEN)
        if token is None:
            flask.g.account = flask.g.login_session = None
        else:
            with sitting() as office:
                found = accounts.who(office, str(token))
                flask.g.business_time = office.now
                serve_person(office.city, found[0] if found else None)
                flask.g.unread = notices.unread(office, found[0]) if found else 0
            flask.g.account, flask.g.login_session = found or (None, None)
    account: AccountRow | None = flask.g.account
    return account


def current_session() -> UUID | None:
    """The id of the log-in session behind this request."""
    current_account()
    session_id: UUID | None = flask.g.login_session
    return session_id


def signed_in() -> AccountRow:
    """The account of a view behind `login_required`."""
    account = current_account()
    if account is None:
        raise NotFound("请先登录")
    return account


def actor() -> Actor:
    """The same as somebody who acts, for the services."""
    account = signed_in()
    return Actor(account.id, account.display_name, account.unit_code)


def login_required(
    *roles: str,
) -> Callable[[Callable[_Arguments, _Answer]], Callable[_Arguments, _Answer | Response]]:
    """Let only these roles in (any role if none is named).

    Without a live session the reader is sent to the log-in page and comes back afterwards; with another
    role the page does not exist.
    """

    def gate(view: Callable[_Arguments, _Answer]) -> Callable[_Arguments, _Answer | Response]:
        @wraps(view)
        def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Answer | Response:
            account = current_account()
            if account is None:
                return to_login()
            if roles and account.role not in roles:
                raise NotFound("没有这个页面，或它不属于您的账号")
            return view(*args, **kwargs)

        return guarded

    return gate


def to_login() -> Response:
    """The way to the log-in page and back to what was asked for; htmx gets it as a whole new page."""
    reads = flask.request.method in ("GET", "HEAD")
    wanted = flask.request.full_path.rstrip("?") if reads else urlsplit(flask.request.referrer or "").path
    address = flask.url_for("auth.log_in_page", next=same_site_path(wanted))
    if flask.request.headers.get("HX-Request"):
        return flask.Response(status=401, headers={"HX-Redirect": address})
    return flask.redirect(address, 303)


def same_site_path(text: str | None) -> str | None:
    """`text` if it is a path on this site, else None: no other host, no scheme, no trick with slashes."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 500:
        return None
    if not text.isprintable() or "\\" in text or any(char.isspace() for char in text):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text


def home_of(account: AccountRow) -> str:
    """Where an account's work begins."""
    return HOME_OF_ROLE.get(account.role, "/account")


def viewer() -> AccountRow | None:
    """The account for the frame of a page; an error page does not fail for want of a name."""
    try:
        return current_account()
    except Unavailable:
        flask.g.account = flask.g.login_session = None
        return None


def unread() -> int:
    """How many notices wait for the reader, as this request has seen it."""
    count: int = flask.g.get("unread", 0)
    return count


def business_time() -> datetime | None:
    """The business time that this request has seen, for the mark of a demonstration."""
    moment: datetime | None = flask.g.get("business_time")
    return moment
