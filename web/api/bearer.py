"""Who is calling: the session token in the Authorization header. No cookie is read here, so no form can be forged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import flask
from flask_openapi.models.security_scheme import SecurityScheme

from services import accounts
from services.sitting import sitting
from shared.db.accounts import AccountRow
from shared.db.trail import Actor
from shared.domain.errors import NotFound
from web import errors
from web.auth.access import serve_person

#: What the OpenAPI document says about the token.
SECURITY: list[dict[str, list[Any]]] = [{"token": []}]
SCHEME: dict[str, SecurityScheme | dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "POST /api/v1/sessions gives the token"}
}


def require_token() -> flask.Response | None:
    """Find the caller before any view of a blueprint runs; answers 401 without a live session."""
    kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer" and token:
        with sitting() as office:
            found = accounts.who(office, token.strip())
            serve_person(office.city, found[0] if found else None)
    if found is None:
        response = errors.answer(401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    flask.g.caller, flask.g.caller_session = found
    return None


def caller() -> AccountRow:
    """The account that calls."""
    account: AccountRow = flask.g.caller
    return account


def caller_session() -> UUID:
    """The session that the token belongs to."""
    session_id: UUID = flask.g.caller_session
    return session_id


def calling_actor() -> Actor:
    """The caller as somebody who acts."""
    account = caller()
    return Actor(account.id, account.display_name, account.unit_code)


def only(*roles: str) -> None:
    """For others than these roles the address does not exist. Raises `NotFound`."""
    if caller().role not in roles:
        raise NotFound("没有这个地址，或它不属于您的账号")
