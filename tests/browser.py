"""A person with a browser: keeps cookies, sends forms with their proof, reads pages as trees."""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from services.setting_up import DEMO_PASSWORD
from web.app import Web


class Browser:
    """One person's browser on the real application; `last` is the latest answer."""

    def __init__(self, app: Web) -> None:
        self.client = app.test_client()
        self.last: TestResponse

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page, no redirect followed."""
        self.last = self.client.get(path, **options)
        return self.last

    def read(self, path: str, *, expected: int = 200) -> BeautifulSoup:
        """Open a page and read it."""
        self.get(path)
        assert self.last.status_code == expected, (self.last.status_code, self.last.text[:3000])
        return self.tree()

    def tree(self) -> BeautifulSoup:
        """The latest answer as a tree."""
        return BeautifulSoup(self.last.text, "lxml")

    def post(self, path: str, data: dict[str, Any] | None = None, **fields: Any) -> TestResponse:
        """Send a form with this browser's proof; fields by keyword, or as `data` when names are no words."""
        self.last = self.client.post(path, data={"csrf_token": self.proof(), **(data or {}), **fields})
        return self.last

    def proof(self) -> str:
        """The token that forms carry, from a page without any demands."""
        page = self.client.get("/login", follow_redirects=True).text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None
        return found[1]

    def logs_in(self, login: str, *, password: str = DEMO_PASSWORD, next: str = "") -> TestResponse:
        """Send the log-in form."""
        return self.post("/login", login=login, password=password, next=next)

    def cookie(self) -> str:
        """The session cookie as it stands."""
        kept = self.client.get_cookie("yidan")
        return kept.value if kept else ""
