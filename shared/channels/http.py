"""Requests to providers over HTTP: one try, a short wait, no redirect; whatever is not a whole answer is none."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Final

from shared.channels.channel import Reply
from shared.domain.errors import Unavailable

#: How long a provider may take for one answer, seconds; the lease of the work is longer.
TIMEOUT_S: Final = 5.0
#: No answer of a provider is nearly as long, bytes.
BYTES_MAX: Final = 1_048_576


class HttpTransport:
    """Carries requests with urllib."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """As `Transport.send`."""
        request = urllib.request.Request(url, data=body or None, headers=dict(headers), method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return _reply(answer.status, answer.headers, answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return _read_refusal(answer)
        except (OSError, HTTPException, ValueError) as trouble:
            raise Unavailable(f"支付渠道没有应答：{type(trouble).__name__}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A payment interface does not move; who says so is somebody else."""

    def redirect_request(  # noqa: PLR0917 the library's own arguments
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Go nowhere: the redirect itself becomes the answer."""


def _read_refusal(answer: urllib.error.HTTPError) -> Reply:
    try:
        return _reply(answer.code, answer.headers, answer)
    except (OSError, HTTPException) as trouble:
        raise Unavailable(f"支付渠道没有应答：{type(trouble).__name__}") from None


def _reply(status: int, headers: Message, source: IO[bytes]) -> Reply:
    body = source.read(BYTES_MAX + 1)
    if len(body) > BYTES_MAX:
        raise OSError("too long an answer")
    return Reply(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)
