"""Security headers on every response, errors and files included.

Scripts and styles are files of our own, so the policy needs no `unsafe-inline`; a page that must
carry a line of script gives it the request's nonce. Only the file viewer may be framed, and only by us.
"""

from __future__ import annotations

import secrets

import flask

HSTS_S = 365 * 24 * 3600


def install(app: flask.Flask, *, secure: bool) -> None:
    """Set the headers on whatever leaves the application; `secure` adds HSTS."""

    def add(response: flask.Response) -> flask.Response:
        ancestors = "'self'" if flask.g.get("frameable") else "'none'"
        headers = response.headers
        headers["Content-Security-Policy"] = _policy(csp_nonce(), ancestors)
        if flask.g.get("is_file"):
            # Somebody else's bytes: shown, never run.
            headers["Content-Security-Policy"] = f"default-src 'none'; frame-ancestors {ancestors}"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
        if secure:
            headers["Strict-Transport-Security"] = f"max-age={HSTS_S}; includeSubDomains"
        if not (flask.request.endpoint or "").endswith("static"):
            # Language and log-in travel in cookies, and hall computers are shared.
            response.vary.add("Cookie")
            headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(add)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """This request's nonce."""
    if "csp_nonce" not in flask.g:
        flask.g.csp_nonce = secrets.token_urlsafe(16)
    return str(flask.g.csp_nonce)


def _policy(nonce: str, ancestors: str) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )
