"""The tariff desk: changes to items, versions, reductions and policies as drafts that a second person publishes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from shared.db.tables.columns import UUID, datetime, json_list, json_object, moment, new_id, reference


class TariffChange(SQLModel, table=True):
    """A change of the tariff: rows of the pack to put in place, written by one person and published by another.

    `rows` is a list of {"section": "versions" …, "row": {…}} in the words of the pack; `document` is the legal basis,
    `approval` the approval on file (规费申报审批) without which a new item cannot be charged.
    """

    __tablename__ = "tariff_change"
    __table_args__ = (
        CheckConstraint("kind in ('edit','copy_forward','end')", name="tariff_change_kind"),
        CheckConstraint("state in ('draft','proposed','published','declined','dropped')", name="tariff_change_state"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="tariff_change_two_people"),
        CheckConstraint("state not in ('proposed','published') or document <> ''", name="tariff_change_document"),
        CheckConstraint("state <> 'published' or decided_by is not null", name="tariff_change_published"),
        CheckConstraint("state <> 'declined' or opinion <> ''", name="tariff_change_declined"),
        Index("tariff_change_tenant", "tenant_id", "created_at"),
    )
    id: UUID = new_id()
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: str
    title: str
    state: str = Field(default="draft", sa_column_kwargs={"server_default": "draft"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    rows: list[Any] = json_list()
    document: str = Field(default="", sa_column_kwargs={"server_default": ""})
    approval: str = Field(default="", sa_column_kwargs={"server_default": ""})
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_by: UUID = reference("account.id")
    created_at: datetime = moment()
    proposed_by: UUID | None = reference("account.id", nullable=True)
    proposed_at: datetime | None = moment(nullable=True)
    decided_by: UUID | None = reference("account.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", sa_column_kwargs={"server_default": ""})
    effect: dict[str, Any] = json_object()
