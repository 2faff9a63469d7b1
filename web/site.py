"""What every page says about itself: the city's service, who runs it, whom to call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """The texts of the frame around a page, ready to show."""

    service_name: str
    office_name: str
    host_name: str
    help_line: str
    site_code: str
    is_demo: bool


def sample_site(*, is_demo: bool) -> Site:
    """The frame of the fictional sample city."""
    return Site(
        service_name="瀚海市建设项目服务",
        office_name="建设项目并联审批与统一收费",
        host_name="瀚海市行政审批服务局（虚构）",
        help_line="8800-1234",
        site_code="3710020001（样例）",
        is_demo=is_demo,
    )
