"""A program that talks to the JSON API as somebody."""

from __future__ import annotations

import io
import json
from typing import Any

from office import Office, small_pdf
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from services.setting_up import DEMO_PASSWORD
from web.app import Web


class Program:
    """One program with its token; paths begin behind /api/v1."""

    def __init__(self, app: Web, login: str = "") -> None:
        self.client = app.test_client(use_cookies=False)
        self.token = ""
        if login:
            answer = self.post("/sessions", {"login": login, "password": DEMO_PASSWORD})
            assert answer.status_code == 201, answer.text
            self.token = answer.json["token"]

    def get(self, path: str) -> TestResponse:
        return self.raw("GET", path)

    def delete(self, path: str) -> TestResponse:
        return self.raw("DELETE", path)

    def post(self, path: str, body: Any = None, *, key: str = "") -> TestResponse:
        return self.raw("POST", path, None if body is None else json.dumps(body).encode(), key=key)

    def put(self, path: str, body: Any) -> TestResponse:
        return self.raw("PUT", path, json.dumps(body).encode())

    def raw(self, method: str, path: str, content: bytes | None = None, *, key: str = "") -> TestResponse:
        """Send bytes as they are, said to be JSON."""
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return self.client.open(
            f"/api/v1{path}",
            method=method,
            data=content,
            headers=headers,
            content_type=None if content is None else "application/json",
        )

    def form(self, path: str, fields: dict[str, Any]) -> TestResponse:
        """Send a multipart form."""
        # Encoded here: the test client would leave the temporary file of a large upload open.
        boundary, content = encode_multipart(fields)
        return self.client.post(
            f"/api/v1{path}",
            data=content,
            headers=self._headers(),
            content_type=f"multipart/form-data; boundary={boundary}",
        )

    def uploads(self, content: bytes, name: str, *, material_code: str = "") -> TestResponse:
        """Hand in one paper."""
        file = FileStorage(io.BytesIO(content), name)
        return self.form("/attachments", {"file": file, "material_code": material_code})

    def hands_in_papers(self, office: Office) -> list[str]:
        """Every paper that is always required; gives their ids."""
        with office.sits() as sitting:
            needed = [each.code for each in sitting.city.pack.materials if each.required == "always"]
        return [self.uploads(small_pdf(), f"{code}.pdf", material_code=code).json["id"] for code in needed]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}
