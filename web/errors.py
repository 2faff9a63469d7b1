"""Error pages: what happened, that the input is kept, a reference number, whom to call.

Which family an error belongs to decides its status; the text comes from the error, in Chinese, and is
translated here. API paths get the same facts as JSON, htmx requests as a fragment.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

import flask
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from shared.domain.errors import Conflict, FeeOfficeError, Invalid, NotAllowed, NotFound, Problem, Refused, Unavailable
from web.naming import said, said_problem

log = logging.getLogger(__name__)

# Other programs talk to these paths, so they are answered in JSON whatever they accept.
JSON_PATHS = ("/api/", "/channel/")
RETRY_AFTER_S = 2

# The order matters: the first family that fits decides.
STATUS_OF_FAMILY: tuple[tuple[type[FeeOfficeError], int], ...] = (
    (Invalid, 422),
    (NotFound, 404),
    (Conflict, 409),
    (NotAllowed, 403),
    (Refused, 400),
    (Unavailable, 503),
)

TITLES = {
    400: lazy_gettext("这次请求没有被接受"),
    401: lazy_gettext("请先登录"),
    403: lazy_gettext("您没有办理这一项的权限"),
    404: lazy_gettext("没有找到这个页面或办件"),
    405: lazy_gettext("这个地址不接受这样的操作"),
    409: lazy_gettext("这一项刚刚被别人改过"),
    413: lazy_gettext("上传的内容太大"),
    415: lazy_gettext("不接受这种格式的内容"),
    422: lazy_gettext("有几处需要修改"),
    429: lazy_gettext("尝试得太频繁"),
    500: lazy_gettext("系统出错了"),
    503: lazy_gettext("暂时无法办理"),
}

ADVICE = {
    400: lazy_gettext("请返回上一页检查后重试。"),
    401: lazy_gettext("登录后会回到您要去的页面。"),
    403: lazy_gettext("如果这是您的职责，请联系本单位的系统管理员开通。"),
    404: lazy_gettext("请核对地址或编号；也可能这一项不属于您的账号。"),
    405: lazy_gettext("请从页面上的按钮或链接进入。"),
    409: lazy_gettext("请刷新页面，看过最新内容后再决定；您填写的内容还在上一页。"),
    413: lazy_gettext("单个文件不超过 20 MB，一次提交合计不超过 60 MB；可以分几次上传。"),
    415: lazy_gettext("请按页面写明的格式提交。"),
    422: lazy_gettext("已填写的内容仍然保留，改好后再提交一次。"),
    429: lazy_gettext("请稍等一分钟再试。"),
    500: lazy_gettext("已经记下这次错误。您填写的内容没有丢失，可返回上一页重试；仍不行请把编号告诉我们。"),
    503: lazy_gettext("系统的一部分正在恢复。您填写的内容没有丢失，请稍后再提交一次，不会重复办理。"),
}


@dataclass(frozen=True, slots=True)
class ErrorView:
    """One error as its page shows it."""

    status: int
    title: str
    message: str
    advice: str
    reference: str
    problems: tuple[Problem, ...] = ()
    # What was typed into the form that could not be taken, to send it once more; and whether files were among it.
    typed: tuple[tuple[str, str], ...] = ()
    had_files: bool = False


def install(app: flask.Flask) -> None:
    """Answer every error with the page of its family."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(FeeOfficeError, _family)
    app.register_error_handler(Exception, _unforeseen)


def reference() -> str:
    """The number under which this request stands in the log; short enough to read out on the phone."""
    if "reference" not in flask.g:
        alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
        flask.g.reference = "".join(secrets.choice(alphabet) for _ in range(8))
    return str(flask.g.reference)


def answer(status: int, *, message: str = "", problems: tuple[Problem, ...] = ()) -> flask.Response:
    """The response for an error of this status, in the form the sender can read."""
    view = ErrorView(
        status=status,
        title=str(TITLES.get(status, TITLES[500 if status >= 500 else 400])),
        message=said(message),
        advice=str(ADVICE.get(status, ADVICE[500 if status >= 500 else 400])),
        reference=reference(),
        problems=tuple(said_problem(each) for each in problems),
        typed=_typed() if status == 503 else (),
        had_files=status == 503 and flask.request.mimetype == "multipart/form-data",
    )
    if status >= 500:
        # The frame of the page may not ask the store that has just failed.
        flask.g.setdefault("account", None)
        flask.g.setdefault("login_session", None)
    response = flask.make_response(_body(view), status)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _typed() -> tuple[tuple[str, str], ...]:
    """What the form held that could not be taken, without secrets; a page that was only read has nothing."""
    if flask.request.method != "POST" or flask.request.path.startswith(JSON_PATHS):
        return ()
    return tuple(
        (name, value)
        for name, value in flask.request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    )


def _body(view: ErrorView) -> flask.Response | str:
    if flask.request.path.startswith(JSON_PATHS):
        problems = [{"field": each.field, "problem": each.problem} for each in view.problems]
        return flask.jsonify(
            error=view.message or f"{view.title}{gettext('：')}{view.advice}",
            problems=problems,
            reference=view.reference,
        )
    if flask.request.headers.get("HX-Request"):
        return flask.render_template("fragments/error.html", error=view)
    return flask.render_template("pages/error.html", error=view)


def _stale_form(_error: CSRFError) -> flask.Response:
    return answer(400, message=gettext("这个页面打开得太久，或者是在登录之前打开的。请刷新后再提交一次。"))


def _http(error: HTTPException) -> flask.Response:
    if error.response is not None or (error.code is not None and error.code < 400):
        return flask.make_response(error.get_response())
    return answer(error.code or 500)


def _family(error: FeeOfficeError) -> flask.Response:
    for family, status in STATUS_OF_FAMILY:
        if isinstance(error, family):
            if isinstance(error, Invalid):
                return answer(status, problems=error.problems)
            return answer(status, message=str(error))
    return _unforeseen(error)


def _unforeseen(error: Exception) -> flask.Response:
    log.error("request failed, reference %s", reference(), exc_info=error)
    return answer(500)
