"""What every letter of the city shares: its issuer and seal, whom to ask, and how days are written."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.sitting import Sitting
from shared.documents.views import SealSpec
from shared.settings import settings


def long_day(day: date) -> str:
    """2014年9月15日."""
    return f"{day.year}年{day.month}月{day.day}日"


def working_days(days: int) -> str:
    """A promise as letters say it: 3个工作日, or 即办 for what is decided on the spot."""
    return f"{days}个工作日" if days else "即办"


def seal(sitting: Sitting, unit_code: str, flat_text: str) -> SealSpec:
    """The seal of a unit with the words under its star."""
    return SealSpec(unit_code=unit_code, organ_name=sitting.city.units[unit_code].name, flat_text=flat_text)


def of_lead(sitting: Sitting) -> dict[str, Any]:
    """Issuer, contact and seal of a letter of the lead window."""
    wording = sitting.city.pack.wording
    return {
        "issuer": wording["slip_issuer"],
        "contact": wording["letter_contact"],
        "seals": (seal(sitting, sitting.city.lead_unit, wording["slip_seal"]),),
    }


def progress_address(number: str) -> str:
    """The public page of an application."""
    return f"{settings().public_url}/progress?number={number}"


def materials_address() -> str:
    """The public page that lists papers by situation."""
    return f"{settings().public_url}/materials"
