"""A small client of Yidan's JSON API and of the sandbox bank, for the demonstration; standard library only."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared.domain.errors import Unavailable

#: A proxy of the environment must not be asked for addresses on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_SECONDS = 30
#: How often a request that met a 503 or a closed door is sent again; every request here may be repeated.
TRIES = 5
PAUSE_SECONDS = 0.5


class Answer(Exception):
    """A refusal by the server: its status and its words."""

    def __init__(self, status: int, method: str, path: str, body: bytes) -> None:
        self.status = status
        super().__init__(f"{method} {path}: {status} {body.decode('utf-8', 'replace')[:500]}")


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who talks to one server, with or without a session token."""

    base: str
    token: str = ""

    def get(self, path: str) -> Any:
        """The JSON under `path`."""
        return json.loads(self._send("GET", path, None, {}))

    def download(self, path: str) -> bytes:
        """The bytes under `path`."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Send JSON; gives the JSON that comes back. Header names are written with underscores."""
        return self._json("POST", path, body or {}, headers)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to replace something."""
        return self._json("PUT", path, body, {})

    def delete(self, path: str) -> None:
        """Take something away."""
        self._send("DELETE", path, None, {})

    def upload(self, path: str, *, name: str, content: bytes, **fields: str) -> Any:
        """Send a file as a form does; gives the JSON that comes back."""
        boundary = uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return json.loads(self._send("POST", path, b"".join(parts), headers))

    def _json(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
        answer = self._send(method, path, json.dumps(body, ensure_ascii=False).encode(), sent)
        return json.loads(answer) if answer else None

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        authorised = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        for attempt in range(1, TRIES + 1):
            request = urllib.request.Request(  # noqa: S310 the base address is our own
                self.base + path, data=body, method=method, headers={**headers, **authorised}
            )
            try:
                with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
                    content: bytes = answer.read()
                    return content
            except urllib.error.HTTPError as refusal:
                if refusal.code != 503 or attempt == TRIES:
                    raise Answer(refusal.code, method, path, refusal.read()) from refusal
            except (urllib.error.URLError, OSError) as trouble:
                if attempt == TRIES:
                    raise Unavailable(f"{self.base} does not answer: {trouble}") from trouble
            time.sleep(PAUSE_SECONDS * attempt)
        raise Unavailable(f"{self.base} does not answer")


def log_in(base: str, login: str, password: str) -> Client:
    """A client with that person's session."""
    answer = Client(base).post("/api/v1/sessions", {"login": login, "password": password})
    return Client(base, answer["token"])
