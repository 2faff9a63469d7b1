"""The catalogue: every component with all its states, and whole pages as the design pictures show them."""

from __future__ import annotations

import flask

from shared.domain.errors import Problem
from web.errors import ErrorView
from web.finance.words import kind_tag
from web.meetings.words import gathering_tag, kind_words
from web.notices.words import notice_tag
from web.refunds.words import form_words, refund_words
from web.styleguide import samples
from web.tariff.pages import in_force_tag

styleguide = flask.Blueprint("styleguide", __name__, url_prefix="/styleguide")

PROBLEMS = (Problem("demo-name", "请填写项目名称"), Problem("demo-area", "面积最多两位小数，例如 86432.18"))
ERROR = ErrorView(503, "暂时无法办理", "", "系统的一部分正在恢复，您填写的内容没有丢失，请稍后再提交一次。", "7Q2XK4MD")


@styleguide.get("/")
def index() -> str:
    """Each component with its states."""
    return flask.render_template(
        "styleguide/index.html",
        s=samples,
        problems=PROBLEMS,
        failure=ERROR,
        kind_tag=kind_tag,
        notice_tag=notice_tag,
        kind_words=kind_words,
        gathering_tag=gathering_tag,
        in_force_tag=in_force_tag,
        refund_words=refund_words,
        form_words=form_words,
    )


@styleguide.get("/case")
def case() -> str:
    """An applicant's case page."""
    return flask.render_template("styleguide/case.html", s=samples)


@styleguide.get("/inbox")
def inbox() -> str:
    """An officer's inbox."""
    return flask.render_template("styleguide/inbox.html", s=samples, navigation=samples.NAVIGATION)


@styleguide.get("/desk")
def desk() -> str:
    """A desk's first page: figures, funds and files."""
    return flask.render_template("styleguide/desk.html", s=samples, navigation=samples.NAVIGATION)


@styleguide.get("/print")
def paper() -> str:
    """A page made for paper."""
    return flask.render_template("styleguide/print.html", s=samples)
