"""A city's pack as rows with effective dates: units, matters, fee items, tariffs, reductions, calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import json_object, recorded


class Tenant(SQLModel, table=True):
    """A city; its districts are areas of the same tenant."""

    __tablename__ = "tenant"
    id: str = Field(primary_key=True)
    name: str
    region_code: str
    revision: str = Field(description="digest of the loaded pack: processes keep what they computed from it")
    data: dict[str, Any] = json_object()


class Unit(SQLModel, table=True):
    """A department or window that decides, owns fee lines and seals."""

    __tablename__ = "unit"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    code: str = Field(primary_key=True)
    name: str
    level: str
    area_code: str
    is_lead: bool = False
    data: dict[str, Any] = json_object()


class Matter(SQLModel, table=True):
    """A matter of the construction-permit stage, reviewed by one unit."""

    __tablename__ = "matter"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    code: str = Field(primary_key=True)
    seq: int
    name: str
    unit_code: str
    promise_days: int
    data: dict[str, Any] = json_object()


class FeeItem(SQLModel, table=True):
    """One of the fee items (the catalogue); whether it is in force is a matter of its tariff versions and approvals."""

    __tablename__ = "fee_item"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    code: str = Field(primary_key=True)
    seq: int
    name: str
    nature: str
    owner_unit: str
    confirm_required: bool = False
    listed_at: datetime = recorded()
    data: dict[str, Any] = json_object()


class TariffVersion(SQLModel, table=True):
    """How an item is priced in a period; the migration adds EXCLUDE against overlapping periods."""

    __tablename__ = "tariff_version"
    __table_args__ = (CheckConstraint("valid_to is null or valid_to >= valid_from", name="tariff_version_period"),)
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    item_code: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    valid_from: date
    valid_to: date | None = None
    data: dict[str, Any] = json_object()


class Reduction(SQLModel, table=True):
    """Who pays less of which items, in which period, by which document; of one code no two periods overlap."""

    __tablename__ = "reduction"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    code: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    data: dict[str, Any] = json_object()


class CalendarDay(SQLModel, table=True):
    """Whether one day is a working day; a year is loaded whole or not at all."""

    __tablename__ = "calendar_day"
    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    day: date = Field(primary_key=True)
    is_working: bool
    source: str
