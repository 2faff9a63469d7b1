"""What anybody may ask, whether a receipt or other paper is genuine; and a demonstration's clock, for its operator."""

from __future__ import annotations

from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services.sitting import sitting
from shared.db import clock
from shared.db.queries import public
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.money import plain
from shared.domain.receipts import as_code
from shared.settings import settings
from web.api.bearer import SECURITY, only, require_token
from web.api.models import Clock, ClockOut, ErrorOut, GenuineOut, GenuinePaperOut, VerificationPath, VerifyQuery
from web.limits import LOOK_UP, limiter

genuine = APIBlueprint(
    "api_verify", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="验真", description="公开，不含个人信息")]
)
demo = APIBlueprint(
    "api_demo",
    __name__,
    url_prefix="/api/v1/demo",
    abp_tags=[Tag(name="演示", description="仅演示环境：业务时钟")],
    abp_security=SECURITY,
)
demo.before_request(require_token)


@genuine.get("/verify", responses={200: GenuineOut, 404: ErrorOut}, summary="凭证验真")
@limiter.limit(LOOK_UP)
def verify(query: VerifyQuery) -> Any:
    """A receipt's state, by its QR token or by its three numbers together."""
    numbers = (query.code, query.number, query.check_code)
    if not query.token and not all(numbers):
        raise Invalid([Problem("token", "请给出二维码中的 token，或凭证代码、号码、校验码三项")])
    with sitting() as office:
        found = (
            public.by_token(office.session, query.token)
            if query.token
            else public.by_numbers(office.session, code=query.code, number=query.number, check_code=query.check_code)
        )
    if found is None:
        raise NotFound("没有这张凭证，请核对代码、号码和校验码")
    return {
        "code": found.code,
        "number": found.number,
        "check_code": found.check_code,
        "total": plain(found.total_fen),
        "issued_on": found.issued_on.isoformat(),
        "state": found.state,
        "replaced_by": found.replaced_by,
    }


@genuine.get("/verify/<verification>", responses={200: GenuinePaperOut, 404: ErrorOut}, summary="文书验真")
@limiter.limit(LOOK_UP)
def verify_paper(path: VerificationPath) -> Any:
    """A bill's, letter's or record's state, by the code at its foot."""
    with sitting() as office:
        found = public.by_verification(office.session, as_code(path.verification))
    if found is None:
        raise NotFound("没有这份文书，请核对页脚的验真码")
    return {
        "verification": found.code,
        "title": found.title,
        "number": found.number,
        "organs": list(found.organs),
        "issued_on": found.issued_on.isoformat(),
        "sha256": found.sha256,
        "state": found.state,
        "replaced_by": found.replaced_by,
    }


@demo.put("/clock", responses={200: ClockOut}, summary="设定业务时钟")
def set_clock(body: Clock) -> Any:
    """Make the business clock show a moment; it goes on running."""
    _demo_only()
    with sitting() as office:
        clock.set_to(office.session, office.tenant, body.shows)
        return {"shows": clock.now(office.session, office.tenant).isoformat()}


@demo.delete("/clock", responses={200: ClockOut}, summary="恢复真实时间")
def release_clock() -> Any:
    """Back to the real time."""
    _demo_only()
    with sitting() as office:
        clock.release(office.session, office.tenant)
        return {"shows": clock.now(office.session, office.tenant).isoformat()}


def _demo_only() -> None:
    only("operator")
    if not settings().demo:
        raise NotFound("没有这个地址")
