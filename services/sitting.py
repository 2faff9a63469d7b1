"""A sitting of the office: one transaction with the city it sits in, its clock and its seals.

Every use case takes a sitting first. The edge (a route, an actor, the console) opens it, so a use
case neither commits nor asks for the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from shared.db import city as cities
from shared.db import clock
from shared.db.city import City
from shared.db.engine import unit_of_work
from shared.settings import settings
from shared.signing import LocalSigner, Signer


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a use case works with; `now` is the business time, aware; `secret` keys check codes.

    With `area`, the database shows nothing of any other district.
    """

    session: Session
    city: City
    signer: Signer
    now: datetime
    secret: bytes
    area: str | None = None

    @property
    def tenant(self) -> str:
        """The city's id."""
        return self.city.tenant

    @property
    def today(self) -> date:
        """The business date, in China."""
        return clock.on(self.now)


#: Whom this thread is serving: the district of the person who asks, if they belong to one.
_served: ContextVar[str | None] = ContextVar("served", default=None)


def serve(area: str | None) -> None:
    """From here on, every sitting of this thread is for a district's people; with None, for everybody else again.

    The edge says so once, where it learns who is asking, so that no use case can forget it.
    """
    _served.set(area)


@lru_cache(maxsize=1)
def signer() -> Signer:
    """This process's signer: the demo keys under var/, or what a city plugs in behind the same interface."""
    return LocalSigner(settings().keys_dir)


@contextmanager
def sitting(tenant: str | None = None, *, area: str | None = None, on: Engine | None = None) -> Iterator[Sitting]:
    """Open a transaction for a tenant (this web's, unless told); committed at the end of the block.

    `area` is the district that it is for, else that of the person being served.
    """
    which, where = tenant or settings().tenant, area or _served.get()
    with unit_of_work(on=on) as session:
        now, revision = cities.take_seat(session, which, where)
        yield Sitting(session, cities.load(session, which, revision), signer(), now, settings().secret(), where)
