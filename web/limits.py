"""How much and how often: bytes of one request, and tries of a log-in or look-up from one address."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

LOG_IN = "10 per minute; 60 per hour"
LOOK_UP = "30 per minute"

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
MIB = 1024 * 1024
# A whole submission: several files of up to 20 MB, which the upload itself checks one by one.
REQUEST_BYTES_MAX = 60 * MIB
# What is not a file: the longest form or JSON document that a person or program sends is far below.
TEXT_BYTES_MAX = 2 * MIB
FORM_PARTS_MAX = 500

# Views put the limit they need on themselves. Counts live in the process by default;
# RATELIMIT_STORAGE_URI points several processes to one store.
limiter = Limiter(key_func=get_remote_address)


def slow_guessing() -> Callable[[Callable[_Arguments, _Answer]], Callable[_Arguments, _Answer]]:
    """Slow down an address whose log-ins are refused; right ones do not count, a whole hall logs in at nine."""
    limit: Callable[[Callable[_Arguments, _Answer]], Callable[_Arguments, _Answer]] = limiter.limit(
        LOG_IN, deduct_when=_was_refused
    )
    return limit


def _was_refused(response: flask.Response) -> bool:
    return response.status_code in (401, 422, 429)


def install(app: flask.Flask) -> None:
    """Set the limits; must come before anything that reads a request's body."""
    app.config.update(
        MAX_CONTENT_LENGTH=REQUEST_BYTES_MAX,
        MAX_FORM_MEMORY_SIZE=TEXT_BYTES_MAX,
        MAX_FORM_PARTS=FORM_PARTS_MAX,
    )
    app.config.setdefault("RATELIMIT_STORAGE_URI", "memory://")
    app.before_request(_bound_text)
    app.before_request(_refuse_nul)
    limiter.init_app(app)


def _bound_text() -> None:
    # The parser of urlencoded forms and JSON reads the whole body at once, whatever MAX_FORM_MEMORY_SIZE says.
    if flask.request.mimetype != "multipart/form-data":
        flask.request.max_content_length = TEXT_BYTES_MAX


def _refuse_nul() -> None:
    # No keyboard types it and no store keeps it; what sends it looks for a crack.
    request = flask.request
    fields = [request.path, *request.args.values()]
    if request.mimetype in FORM_TYPES and not request.path.startswith("/channel/"):
        fields += request.form.values()
    if any("\x00" in field for field in fields):
        flask.abort(400)
