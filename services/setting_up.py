"""Before the first day: schema, city, keys of the units and, for a demonstration, people with log-ins."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from services.accounts import hash_password
from shared.db import accounts, city, clock, migrate, offices
from shared.db.engine import make_engine, unit_of_work
from shared.db.trail import Actor
from shared.packs import Pack, load_pack
from shared.signing import make_demo_keys

#: Everybody in the demonstration has this password; `yidan up` shows it only when DEMO is set.
DEMO_PASSWORD = "yidan-demo-2026"  # noqa: S105 a demonstration's, printed on purpose

#: Who has named those who are named before anybody logs in.
_THE_PACK = Actor(None, "城市数据包")


@dataclass(frozen=True, slots=True)
class Person:
    """A log-in of the demonstration; fictional like the city."""

    login: str
    display_name: str
    role: str
    unit_code: str | None = None
    organisation_name: str | None = None
    organisation_uscc: str | None = None


_OFFICERS = {
    "zj": "赵启明", "cz": "陈一诺", "fg": "何知行", "rf": "沈嘉禾", "sn": "吴若川", "qg": "梁思远", "zr": "许清和",
    "st": "谭予安", "xf": "高维", "rs": "方予", "sw": "罗雯", "qx": "纪晓风", "cg": "尹安然",
    "dw-zj": "江映舟", "gx-zj": "宋时雨", "jk-zj": "叶知秋", "lg-zj": "白景行",
}  # fmt: skip
_CHECKERS = {"zj": "周明远", "rf": "顾承宇", "rs": "贺文澜", "cz": "唐允中"}

OFFICE = (
    Person("applicant", "林沐阳", "applicant", None, "瀚海市碧海置业有限公司", "91371002MA3C00011N"),
    Person("applicant2", "温故䶮", "applicant", None, "瀚海建工集团有限公司", "91370200MA3D000208"),
    Person("finance", "陈一诺", "finance", "cz"),
    Person("finance-chief", "柯文渊", "finance", "cz"),
    Person("leader", "秦望", "leader"),
    Person("admin", "苏简", "admin"),
    Person("operator", "卫行", "operator"),
)


def demo_people(pack: Pack) -> list[Person]:
    """The people of the demonstration: an officer and a chief or head in every unit, some checkers, the office."""
    officers = [
        Person(f"{unit.code}-officer", _OFFICERS.get(unit.code, f"{unit.short_name}经办"), "officer", unit.code)
        for unit in pack.units
    ]
    chiefs = [Person(f"{unit.code}-chief", unit.chief.name, "checker", unit.code) for unit in pack.units if unit.chief]
    heads = [Person(f"{unit.code}-head", unit.head.name, "checker", unit.code) for unit in pack.units if unit.head]
    codes = {unit.code for unit in pack.units}
    checkers = [Person(f"{code}-checker", name, "checker", code) for code, name in _CHECKERS.items() if code in codes]
    return [*OFFICE, *officers, *checkers, *chiefs, *heads]


def load_city(url: str, folder: Path, *, keys_dir: Path, with_demo_people: bool) -> str:
    """Bring the schema up, load the pack in `folder`, make the units' keys; gives the tenant. May be repeated.

    Raises `Invalid` naming file and row of a broken pack; nothing is changed then.
    """
    pack = load_pack(folder)
    migrate.upgrade(url)
    make_demo_keys(keys_dir, [(unit.code, unit.name) for unit in pack.units])
    owner = make_engine(url, as_app=False, pool_size=1)
    try:
        with unit_of_work(on=owner) as session:
            tenant, _ = city.store(session, pack)
            if with_demo_people:
                hashed = hash_password(DEMO_PASSWORD)
                for person in demo_people(pack):
                    accounts.put(
                        session,
                        tenant,
                        login=person.login,
                        password_hash=hashed,
                        display_name=person.display_name,
                        role=person.role,
                        unit_code=person.unit_code,
                        organisation_name=person.organisation_name,
                        organisation_uscc=person.organisation_uscc,
                    )
            _name_posts(session, tenant, pack)
    finally:
        owner.dispose()
    return tenant


def _name_posts(session: Session, tenant: str, pack: Pack) -> None:
    """Put those whom the pack names into their posts, with the log-in of the same name in their unit, if there is one.

    A post that somebody filled otherwise since then stays: the pack only says who is named at first.
    """
    known = {(each.unit_code, each.display_name): each.id for each in accounts.everyone(session)}
    filled = {(post.unit_code, post.kind) for post in offices.posts(session)}
    for unit in pack.units:
        for kind, person in (("chief", unit.chief), ("head", unit.head), ("liaison", unit.liaison)):
            if person is not None and (unit.code, kind) not in filled:
                offices.put_post(
                    session,
                    tenant,
                    by=_THE_PACK,
                    at=clock.now(session, tenant),
                    unit_code=unit.code,
                    kind=kind,
                    name=person.name,
                    phone=person.phone,
                    account_id=known.get((unit.code, person.name)),
                )


def write_secret(path: Path) -> None:
    """Make the secret behind cookies and check codes once, readable by its owner only."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32), encoding="ascii")
