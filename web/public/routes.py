"""Public pages: the service's first page, and the sign of life for the supervisor."""

from __future__ import annotations

import flask

public = flask.Blueprint("public", __name__)


@public.get("/")
def home() -> str:
    """What the service does, for whom, how long it takes, and the ways in."""
    return flask.render_template("public/home.html")


@public.get("/healthz")
def healthz() -> flask.Response:
    """The process answers; nothing behind it is asked."""
    return flask.jsonify(status="ok")
