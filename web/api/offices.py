"""Posts and deputies over the API: what the administrator's page does, for the city's own directory of people."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel, Field

from services import offices
from services.sitting import Sitting, sitting
from shared.db import accounts
from shared.db import offices as rows
from web.api.bearer import SECURITY, caller, only, require_token
from web.api.models import ErrorOut, Incoming

ROLE = "admin"
PAGES_MAX = 400

offices_api = APIBlueprint(
    "api_offices",
    __name__,
    url_prefix="/api/v1/offices",
    abp_tags=[Tag(name="职务和代理", description="首席代表、负责人、联络员、督查和代理人，变更留痕；系统管理员")],
    abp_security=SECURITY,
    abp_responses={"401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "422": ErrorOut, "503": ErrorOut},
)
offices_api.before_request(require_token)

Day = Annotated[date, Field(strict=False)]


class PostPath(BaseModel):
    unit_code: str = Field(max_length=40)
    kind: str = Field(max_length=40, description="chief、head、liaison 或 supervisor")


class DeputyPath(BaseModel):
    deputy_id: UUID


class ChangesQuery(BaseModel):
    page: int = Field(default=1, ge=1, le=PAGES_MAX)


class PostIn(Incoming):
    name: str = Field(max_length=200)
    phone: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    login: str = Field(default="", max_length=200, description="本单位经办或复核人员的用户名；没有则为空")


class DeputyIn(Incoming):
    login: str = Field(max_length=200, description="本人的用户名")
    deputy_login: str = Field(max_length=200, description="代理人的用户名，同一单位")
    from_on: Day
    to_on: Day = Field(description="最后一天，含当日")
    reason: str = Field(default="", max_length=200)


class PostOut(BaseModel):
    unit_code: str
    kind: str
    name: str
    phone: str
    email: str
    login: str


class DeputyOut(BaseModel):
    id: str
    unit_code: str
    login: str
    deputy_login: str
    from_on: str
    to_on: str
    reason: str


class OfficesOut(BaseModel):
    posts: list[PostOut]
    deputies: list[DeputyOut]


class ChangeOut(BaseModel):
    unit_code: str
    subject: str = Field(description="post 或 deputy")
    post: str
    before: dict[str, str] = Field(description="原来；空为没有")
    after: dict[str, str] = Field(description="变更为；空为结束")
    by: str
    at: str


class ChangesOut(BaseModel):
    changes: list[ChangeOut]
    found: int
    has_more: bool


@offices_api.get("", responses={200: OfficesOut}, summary="全部职务和代理")
def everybody() -> Any:
    """Every post and every deputyship as they stand."""
    only(ROLE)
    with sitting() as office:
        return _offices(office)


@offices_api.get("/changes", responses={200: ChangesOut}, summary="变更记录")
def changes(query: ChangesQuery) -> Any:
    """Who changed what, when, from what to what; the latest first."""
    only(ROLE)
    with sitting() as office:
        found = rows.changes(office.session, page=query.page)
    return {
        "changes": [
            {
                "unit_code": each.unit_code,
                "subject": each.subject,
                "post": each.post,
                "before": each.before,
                "after": each.after,
                "by": each.by_name,
                "at": each.at.isoformat(),
            }
            for each in found.rows
        ],
        "found": found.found,
        "has_more": found.has_more,
    }


@offices_api.put("/posts/<unit_code>/<kind>", responses={200: OfficesOut}, summary="登记职务")
def name_post(path: PostPath, body: PostIn) -> Any:
    """Name somebody for a unit's post; repeated, it changes nothing."""
    only(ROLE)
    with sitting() as office:
        offices.name_post(office, by=caller(), unit_code=path.unit_code, kind=path.kind, **body.model_dump())
        return _offices(office)


@offices_api.post("/deputies", responses={200: OfficesOut}, summary="登记代理")
def appoint_deputy(body: DeputyIn) -> Any:
    """Let somebody stand in for a colleague; repeated, it is the same deputyship."""
    only(ROLE)
    with sitting() as office:
        offices.appoint_deputy(office, by=caller(), **body.model_dump())
        return _offices(office)


@offices_api.post("/deputies/<uuid:deputy_id>/end", responses={200: OfficesOut}, summary="结束代理")
def end_deputy(path: DeputyPath) -> Any:
    """End a deputyship at once; may be repeated."""
    only(ROLE)
    with sitting() as office:
        offices.end_deputy(office, by=caller(), deputy_id=path.deputy_id)
        return _offices(office)


def _offices(office: Sitting) -> dict[str, Any]:
    logins = {each.id: each.login for each in accounts.everyone(office.session)}
    return {
        "posts": [
            {
                "unit_code": each.unit_code,
                "kind": each.kind,
                "name": each.name,
                "phone": each.phone,
                "email": each.email,
                "login": logins.get(each.account_id, "") if each.account_id else "",
            }
            for each in rows.posts(office.session)
        ],
        "deputies": [
            {
                "id": str(each.id),
                "unit_code": each.unit_code,
                "login": logins.get(each.account_id, ""),
                "deputy_login": logins.get(each.deputy_id, ""),
                "from_on": each.from_on.isoformat(),
                "to_on": each.to_on.isoformat(),
                "reason": each.reason,
            }
            for each in rows.deputies(office.session)
        ],
    }
