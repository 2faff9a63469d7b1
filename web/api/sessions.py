"""Log-ins of programs: a password gives a token, and the token ends with its session."""

from __future__ import annotations

from typing import Any

import flask
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services import accounts
from services.accounts import REFUSAL, TooManyFailures
from services.sitting import sitting
from web import errors
from web.api.bearer import SECURITY, caller, caller_session, require_token
from web.api.models import Credentials, ErrorOut, SessionOut
from web.limits import slow_guessing

TAG = Tag(name="登录", description="令牌放在 Authorization: Bearer 里")
log_ins = APIBlueprint("api_log_ins", __name__, url_prefix="/api/v1", abp_tags=[TAG])
sessions = APIBlueprint("api_sessions", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)
sessions.before_request(require_token)


@log_ins.post("/sessions", responses={201: SessionOut, 401: ErrorOut}, summary="登录")
@slow_guessing()
def open_session(body: Credentials) -> Any:
    """Check a password; 401 says the same for an unknown name and a wrong password."""
    try:
        with sitting() as office:
            found = accounts.log_in(
                office, login=body.login, password=body.password, user_agent=flask.request.user_agent.string
            )
    except TooManyFailures as refused:
        return errors.answer(429, message=str(refused))
    if found is None:
        return errors.answer(401, message=REFUSAL)
    token, account = found
    return {
        "token": token,
        "account": {
            "id": str(account.id),
            "login": account.login,
            "name": account.display_name,
            "role": account.role,
            "unit_code": account.unit_code,
            "organisation_name": account.organisation_name,
        },
    }, 201


@sessions.delete("/sessions/current", responses={204: None}, summary="退出")
def close_session() -> Any:
    """End the session of this token."""
    with sitting() as office:
        accounts.log_out(office, account_id=caller().id, session_id=caller_session())
    return "", 204
