"""Addresses of our own static files, each with a hash of its content so browsers may keep it for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import flask

STATIC = Path(__file__).resolve().parent / "static"
KEPT_FOR_S = 365 * 24 * 3600


def install(app: flask.Flask) -> None:
    """Offer `asset('yidan.css')` to templates and let the addressed version be cached."""
    app.jinja_env.globals["asset"] = asset
    app.after_request(_cache)


def asset(name: str) -> str:
    """The address of a static file; an unknown name is an error at once, not a 404 in the browser."""
    return flask.url_for("static", filename=name, v=_hash(name))


@lru_cache(maxsize=64)
def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _cache(response: flask.Response) -> flask.Response:
    if flask.request.endpoint == "static" and "v" in flask.request.args and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={KEPT_FOR_S}, immutable"
    return response
