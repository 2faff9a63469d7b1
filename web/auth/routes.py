"""Log in, log out, and one's own account: the devices that are logged in, and the password."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import accounts
from services.accounts import PASSWORD_LENGTH_MIN, REFUSAL, TooManyFailures
from services.sitting import sitting
from shared.db import accounts as rows
from shared.domain.errors import Invalid, Problem
from web.auth.access import (
    TOKEN,
    current_account,
    current_session,
    home_of,
    login_required,
    same_site_path,
    signed_in,
)
from web.limits import slow_guessing
from web.naming import said

auth = flask.Blueprint("auth", __name__)

FIELDS = ("old_password", "new_password", "new_password_again", "phone", "email")


@auth.get("/login")
def log_in_page() -> str | Response:
    """The log-in form; who is logged in goes on to where they wanted."""
    account = current_account()
    wanted = same_site_path(flask.request.args.get("next"))
    if account is not None:
        return flask.redirect(wanted or home_of(account))
    return _form(wanted=wanted)


@auth.post("/login")
@slow_guessing()
def log_in() -> tuple[str, int] | Response:
    """Check the password; a right one starts a session with a token of its own."""
    wanted = same_site_path(flask.request.form.get("next"))
    login = flask.request.form.get("login", "").strip()
    password = flask.request.form.get("password", "")
    try:
        with sitting() as office:
            found = accounts.log_in(office, login=login, password=password, user_agent=flask.request.user_agent.string)
    except TooManyFailures as refused:
        return _form(wanted=wanted, login=login, problem=said(str(refused))), 429
    if found is None:
        return _form(wanted=wanted, login=login, problem=said(REFUSAL)), 401
    token, account = found
    # Nothing of the time before the log-in is carried over, so a planted cookie is worth nothing.
    flask.session.clear()
    flask.session[TOKEN] = token
    return flask.redirect(wanted or home_of(account), 303)


@auth.post("/logout")
def log_out() -> Response:
    """End this session; may be repeated."""
    account = current_account()
    if account is not None:
        with sitting() as office:
            accounts.log_out(office, account_id=account.id, session_id=current_session())
    flask.session.clear()
    return flask.redirect(flask.url_for("public.home"), 303)


@auth.get("/account")
@login_required()
def account_page() -> str:
    """Who I am, where I am logged in, and my password."""
    return _account_page()


@auth.post("/account/sessions/<uuid:session_id>/revoke")
@login_required()
def revoke_session(session_id: UUID) -> Response:
    """End one of my sessions; another person's is left alone."""
    with sitting() as office:
        accounts.log_out(office, account_id=signed_in().id, session_id=session_id)
    return flask.redirect(flask.url_for("auth.account_page"), 303)


@auth.post("/account/sessions/revoke")
@login_required()
def revoke_all() -> Response:
    """End every session of mine, this one too."""
    with sitting() as office:
        accounts.log_out(office, account_id=signed_in().id)
    flask.session.clear()
    return flask.redirect(flask.url_for("auth.log_in_page"), 303)


@auth.post("/account/contact")
@login_required()
def set_contact() -> tuple[str, int] | Response:
    """Where notices go: my telephone and e-mail."""
    form = flask.request.form
    try:
        with sitting() as office:
            accounts.set_contact(office, account=signed_in(), phone=form.get("phone", ""), email=form.get("email", ""))
    except Invalid as invalid:
        problems = tuple(Problem(each.field, said(each.problem)) for each in invalid.problems)
        return _account_page(problems, contact=(form.get("phone", ""), form.get("email", ""))), 422
    return flask.redirect(flask.url_for("auth.account_page"), 303)


@auth.post("/account/password")
@login_required()
@slow_guessing()
def change_password() -> tuple[str, int] | Response:
    """Replace my password; all sessions end and I log in anew."""
    form = flask.request.form
    try:
        if form.get("new_password", "") != form.get("new_password_again", ""):
            raise Invalid([Problem("new_password_again", "两次输入的新密码不一致")])
        with sitting() as office:
            accounts.change_password(
                office, account=signed_in(), old=form.get("old_password", ""), new=form.get("new_password", "")
            )
    except Invalid as invalid:
        # The service speaks of "password"; on this page that is the new one.
        names = {"password": "new_password"}
        problems = tuple(Problem(names.get(each.field, each.field), said(each.problem)) for each in invalid.problems)
        return _account_page(problems), 422
    flask.session.clear()
    flask.flash(gettext("密码已更换，请用新密码登录。"))
    return flask.redirect(flask.url_for("auth.log_in_page"), 303)


def _form(*, wanted: str | None, login: str = "", problem: str = "") -> str:
    return flask.render_template("auth/login.html", wanted=wanted or "", login=login, problem=problem)


def _account_page(problems: tuple[Problem, ...] = (), *, contact: tuple[str, str] | None = None) -> str:
    account = signed_in()
    with sitting() as office:
        sessions = [each for each in rows.sessions_of(office.session, account.id) if each.revoked_at is None]
        unit = office.city.units.get(account.unit_code or "")
        phone, email = contact or rows.contact(office.session, account.id)
    return flask.render_template(
        "auth/account.html",
        account=account,
        unit_name=unit.name if unit else "",
        sessions=sessions,
        this_session=current_session(),
        phone=phone,
        email=email,
        problems=problems,
        error_of=dict.fromkeys(FIELDS, "") | {each.field: each.problem for each in problems},
        password_length_min=PASSWORD_LENGTH_MIN,
    )
