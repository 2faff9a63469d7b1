"""One act behind a form: done, it leads on with a word; refused, it shows the page it came from, as it was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import flask
from werkzeug.wrappers import Response

from services.sitting import Sitting, sitting
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotAllowed, Problem
from web.naming import said

#: Draws the page anew with the problems beside their fields, or with a refusal of the whole act.
Again = Callable[[Sitting, tuple[Problem, ...], str], str]


def do(
    act: Callable[[Sitting], str | None],
    done: str,
    again: Again,
    *,
    address: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response | tuple[str, int]:
    """Do one act in a sitting of its own. `act` gives where it leads, or nothing, then it is `address`.

    `fields` are a form's names for what the services call otherwise. Invalid is 422, not allowed 403, a conflict 409.
    """
    renamed = fields or {}
    problems: tuple[Problem, ...] = ()
    refusal, status = "", 422
    try:
        with sitting() as office:
            leads_to = act(office) or address
    except Invalid as invalid:
        problems = tuple(Problem(renamed.get(each.field, each.field), said(each.problem)) for each in invalid.problems)
    except NotAllowed as refused:
        refusal, status = said(str(refused)), 403
    except (Conflict, CalendarNotLoaded) as refused:
        refusal, status = said(str(refused)), 409
    else:
        flask.flash(done)
        return flask.redirect(leads_to, 303)
    with sitting() as office:
        return again(office, problems, refusal), status
