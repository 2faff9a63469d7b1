"""Administrators' pages: who may log in, and what the city's pack says."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from browser import Browser
from office import Office
from statements import QUERIES_MAX, counted

Visitor = Callable[..., Browser]


@pytest.fixture
def admin(visitor: Visitor) -> Browser:
    return visitor("admin")


class TestAccounts:
    def test_are_listed_with_role_unit_and_devices(self, admin: Browser) -> None:
        with counted() as sent:
            page = admin.read("/admin?role=officer&q=rf")

        assert len(sent) <= QUERIES_MAX
        (row,) = page.select("tbody tr")
        assert row.get_text(" ", strip=True) == "rf-officer 沈嘉禾 经办 瀚海市人民防空办公室 启用 0 停用"

    def test_are_paged(self, admin: Browser) -> None:
        assert len(admin.read("/admin").select("tbody tr")) + len(admin.read("/admin?page=2").select("tbody tr")) == (
            6 + 17 + 17 + 4 + 1
        )

    def test_disabled_ends_every_session_at_once_and_enabled_lets_back_in(
        self, office: Office, admin: Browser, visitor: Visitor
    ) -> None:
        officer, account = visitor("rf-officer"), office.account("rf-officer")

        assert admin.post(f"/admin/accounts/{account.id}/disable").status_code == 303
        assert officer.get("/desk").status_code == 303
        assert visitor().logs_in("rf-officer").status_code == 401

        assert admin.post(f"/admin/accounts/{account.id}/enable").status_code == 303
        assert visitor().logs_in("rf-officer").status_code == 303
        assert officer.get("/desk").status_code == 303

    def test_cannot_be_ones_own_to_disable(self, office: Office, admin: Browser) -> None:
        assert admin.post(f"/admin/accounts/{office.account('admin').id}/disable").status_code == 409
        assert admin.get("/admin").status_code == 200

    def test_that_do_not_exist_are_not_found(self, admin: Browser) -> None:
        assert admin.post(f"/admin/accounts/{uuid4()}/disable").status_code == 404

    @pytest.mark.parametrize("login", ["applicant", "rf-officer", "finance", "leader", "operator"])
    def test_are_not_for_other_roles(self, office: Office, visitor: Visitor, login: str) -> None:
        stranger, account = visitor(login), office.account("st-officer")

        assert [stranger.get(path).status_code for path in ("/admin", "/admin/pack")] == [404, 404]
        assert stranger.post(f"/admin/accounts/{account.id}/disable").status_code == 404
        assert office.account("st-officer").is_active


class TestPack:
    def test_says_which_tariff_version_is_in_force_on_a_date(self, admin: Browser) -> None:
        def in_force(on: str) -> int:
            page = admin.read(f"/admin/pack?on={on}")
            return len([row for row in page.select(".card")[0].select("tbody tr") if "执行中" in row.text])

        assert in_force("2014-09-15") == 7
        assert in_force("1990-01-01") == 0

    def test_stands_on_a_date_that_is_none_and_in_english(self, admin: Browser) -> None:
        assert "Fee items and tariff versions" in admin.read("/admin/pack?on=someday&lang=en").text
