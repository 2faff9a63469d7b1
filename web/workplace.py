"""The frame around every page of the office: whose desk it is, the places of the role, the page that is open."""

from __future__ import annotations

from collections.abc import Mapping

import flask
from flask_babel import gettext, lazy_gettext

from services.sitting import Sitting
from web.auth.access import signed_in
from web.navigation import NavGroup, NavItem

ROLE_NAMES = {
    "applicant": lazy_gettext("申请人"),
    "officer": lazy_gettext("经办"),
    "checker": lazy_gettext("复核"),
    "finance": lazy_gettext("财务"),
    "leader": lazy_gettext("领导"),
    "admin": lazy_gettext("系统管理员"),
    "operator": lazy_gettext("运维"),
}


def page(
    template: str, office: Sitting, *, place: str, counts: Mapping[str, int] | None = None, **context: object
) -> str:
    """Render a page of the office; `place` is the path of the navigation entry that it belongs to."""
    account = signed_in()
    unit = office.city.units.get(account.unit_code or "")
    return flask.render_template(
        template,
        navigation=navigation(
            account.role,
            place,
            counts or {},
            leads=unit.level if unit and unit.is_lead else "",
            collects=_collects(office, account.unit_code or ""),
        ),
        unit_name=unit.name if unit else office.city.pack.tenant.name,
        role_name=ROLE_NAMES.get(account.role, account.role),
        now=office.now,
        today=office.today,
        **context,
    )


def _collects(office: Sitting, unit_code: str) -> frozenset[str]:
    """Whether a unit checks claims of prepaid funds or keeps deposits: "prepaid", "deposit"."""
    prepaid = {rule.item for rule in office.city.pack.refunds}
    own = [item for item in office.city.items if item.owner_unit == unit_code]
    found = {"prepaid" for item in own if item.code in prepaid}
    return frozenset(found | {"deposit" for item in own if item.account == "deposit"})


def navigation(
    role: str, place: str, counts: Mapping[str, int], *, leads: str = "", collects: frozenset[str] = frozenset()
) -> tuple[NavGroup, ...]:
    """The places of a role; `counts` are by path, `leads` is the level whose lead window this is, if it is one,
    `collects` the kinds of money that its unit looks after."""

    def item(label: str, path: str, icon: str, *, is_urgent: bool = False) -> NavItem:
        count = counts.get(path)
        return NavItem(label, path, icon, count, is_urgent=is_urgent and bool(count), is_current=path == place)

    whole = {"city": gettext("全市办件"), "district": gettext("本区办件")}
    overview = (item(whole[leads], "/desk/cases", "book"),) if leads else ()
    groups: dict[str, tuple[NavGroup, ...]] = {
        "desk": (
            NavGroup(
                gettext("我的工作"),
                (
                    item(gettext("待我办"), "/desk", "inbox", is_urgent=True),
                    item(gettext("待认领"), "/desk?tab=unclaimed", "users"),
                    item(gettext("即将超期"), "/desk?tab=soon", "clock"),
                    item(gettext("已办"), "/desk?tab=done", "check"),
                ),
            ),
            NavGroup(
                gettext("部门"),
                (
                    item(gettext("本部门办件"), "/desk?tab=all", "list"),
                    *overview,
                    item(gettext("收费核定"), "/desk/lines", "coin-yuan"),
                    *((item(gettext("清算核对"), "/desk/refunds", "coin-yuan"),) if "prepaid" in collects else ()),
                    *((item(gettext("保证金"), "/desk/deposits", "coin-yuan"),) if "deposit" in collects else ()),
                    item(gettext("补正"), "/desk/corrections", "file-text"),
                    item(gettext("延期申请"), "/desk/extensions", "clock"),
                    item(gettext("会议和踏勘"), "/desk/meetings", "users"),
                    item(gettext("绿色通道"), "/desk/green-channel", "bolt"),
                    item(gettext("承诺核查"), "/desk/commitments", "file-text"),
                ),
            ),
        ),
        "finance": (
            NavGroup(
                "",
                (
                    item(gettext("今日"), "/finance", "home"),
                    item(gettext("日结和月结"), "/finance/closing", "calendar"),
                    item(gettext("划拨"), "/finance/transfers", "list"),
                ),
            ),
            NavGroup(
                gettext("单据"),
                (
                    item(gettext("缴费单"), "/finance/bills", "file-text"),
                    item(gettext("结算和异议"), "/finance/changes", "file-text"),
                    item(gettext("退费"), "/finance/refunds", "coin-yuan"),
                    item(gettext("保证金"), "/finance/deposits", "coin-yuan"),
                ),
            ),
            NavGroup(
                gettext("对账"),
                (
                    item(gettext("对账单"), "/finance/statements", "list"),
                    item(gettext("待查款"), "/finance/suspense", "alert-triangle"),
                ),
            ),
            NavGroup(
                gettext("账簿"),
                (
                    item(gettext("试算平衡表"), "/finance/books", "book"),
                    item(gettext("报表"), "/finance/reports", "chart-bar"),
                    item(gettext("导出"), "/finance/exports", "download"),
                ),
            ),
            NavGroup(gettext("收费"), (item(gettext("收费标准"), "/tariff", "coin-yuan"),)),
            NavGroup(gettext("监督"), (item(gettext("异常"), "/finance/attention", "alert-triangle", is_urgent=True),)),
        ),
        "leader": (
            NavGroup(
                "",
                (
                    item(gettext("看板"), "/board", "chart-bar"),
                    item(gettext("办件"), "/board/cases", "list"),
                    item(gettext("未办结事项"), "/board/tasks", "clock"),
                    item(gettext("收费标准"), "/tariff", "coin-yuan"),
                    item(gettext("工作日历"), "/calendar", "calendar"),
                    item(gettext("待督办"), "/board/attention", "alert-triangle", is_urgent=True),
                ),
            ),
        ),
        "admin": (
            NavGroup(
                "",
                (
                    item(gettext("账号"), "/admin", "users"),
                    item(gettext("职务和代理"), "/admin/offices", "users"),
                    item(gettext("城市数据"), "/admin/pack", "book"),
                    item(gettext("收费标准"), "/tariff", "coin-yuan"),
                    item(gettext("工作日历"), "/calendar", "calendar"),
                ),
            ),
        ),
        "operator": (
            NavGroup(
                "",
                (
                    item(gettext("运行"), "/ops", "chart-bar"),
                    item(gettext("停止的任务"), "/ops/dead", "alert-triangle", is_urgent=True),
                ),
            ),
        ),
    }
    return groups["desk" if role in ("officer", "checker") else role]
