"""A deadline in words; which light it is was decided by the domain."""

from __future__ import annotations

from flask_babel import gettext

from shared.domain.deadlines import Light, Standing


def light_words(standing: Standing) -> str:
    """The words beside a light: they carry the number, so colour is never alone."""
    match standing.light:
        case Light.DONE:
            words = gettext("已办结") if standing.days >= 0 else gettext("逾期办结")
        case Light.RED:
            words = gettext("超期 %(days)s 日", days=standing.days) if standing.days else gettext("已超期")
        case Light.PAUSED:
            words = gettext("停表")
        case _:
            words = gettext("剩 %(days)s 日", days=standing.days) if standing.days else gettext("今日到期")
    return str(words)


def light_name(light: Light) -> str:
    """The light alone, for legends and filters."""
    names: dict[Light, str] = {
        Light.GREEN: gettext("正常"),
        Light.AMBER: gettext("临期"),
        Light.RED: gettext("超期"),
        Light.PAUSED: gettext("停表"),
        Light.DONE: gettext("已办结"),
    }
    return names[light]
