"""What a reader has chosen about the look: language, size of type, density of tables.

A choice arrives as `?lang=en`, `?size=large` or `?density=standard` on any page and is kept in a
cookie of its own; a value that is not on the list is ignored, not refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import flask

CHOICES = {"lang": ("zh", "en"), "size": ("normal", "large"), "density": ("compact", "standard")}
API_PATHS = ("/api/", "/channel/")
KEPT_FOR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Preferences:
    """How this reader wants pages to look."""

    lang: str = "zh"
    size: str = "normal"
    density: str = "compact"


def install(app: flask.Flask) -> None:
    """Read the preferences before each request, and keep what this one asked for."""
    app.before_request(_read)
    app.after_request(_keep)
    app.jinja_env.globals.update(here_with=here_with, preferences=lambda: flask.g.get("preferences", Preferences()))


def here_with(**changes: str) -> str:
    """A link to this very page with some of its arguments changed."""
    arguments = {**flask.request.args.to_dict(flat=False), **{key: [value] for key, value in changes.items()}}
    return "?" + urlencode(arguments, doseq=True)


def _read() -> None:
    cookies = flask.request.cookies
    kept = {key: cookies[key] for key in CHOICES if cookies.get(key) in CHOICES[key]}
    if "lang" not in kept and flask.request.path.startswith(API_PATHS):
        # A program has no page to choose on, so it says its language in the header that is made for it.
        kept["lang"] = flask.request.accept_languages.best_match(CHOICES["lang"]) or "zh"
    flask.g.preferences = replace(Preferences(), **{**kept, **_asked()})


def _keep(response: flask.Response) -> flask.Response:
    secure = bool(flask.current_app.config["SESSION_COOKIE_SECURE"])
    for key, value in _asked().items():
        response.set_cookie(key, value, max_age=KEPT_FOR_S, secure=secure, httponly=True, samesite="Lax")
    return response


def _asked() -> dict[str, str]:
    return {key: flask.request.args[key] for key in CHOICES if flask.request.args.get(key) in CHOICES[key]}
