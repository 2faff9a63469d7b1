"""One logging set-up for every process: a line of JSON per event in production, a readable line on a terminal.

Events name ids (application number, task, bill), never people: what looks like a secret, a phone or an identity number
is masked on its way out, and control characters cannot start a second line or move a terminal's cursor.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.settings import Settings

MASK = "[已隐去]"
SECRET_FIELD = re.compile(
    r"password|secret|token|cookie|authorization|phone|mobile|id_number|citizen|account|payer_name"
)
# A citizen's identity number (18 places) or a mobile phone (11 places), not a part of a longer number.
PERSONAL_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])")
# Numbers that Yidan itself gives out; they may have a phone's length and must stay readable.
OUR_NUMBERS = frozenset(
    {"application_number", "bill_number", "payment_code", "receipt_number", "outbox_ids", "timestamp"}
)

# C0 and C1 controls, DEL, and the separators that some readers take for a line's end.
CONTROLS = {code: f"\\u{code:04x}" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
NOISY_LIBRARIES = ("weasyprint", "fontTools", "pyhanko", "pyhanko_certvalidator", "asyncio", "alembic.runtime.plugins")


def configure(settings: Settings, process_name: str, *, stream: TextIO | None = None) -> None:
    """Send this process's events, structlog's and the standard library's alike, to standard error.

    May be called again (a forked worker does): the last call wins.
    """
    target = stream or sys.stderr
    on_terminal = bool(getattr(target, "isatty", bool)())
    as_json = settings.log_format == "json" or (settings.log_format != "console" and not on_terminal)

    def name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process_name)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_people,
    ]
    render: list[Processor] = (
        [_as_json_line] if as_json else [_spell_out_controls, structlog.dev.ConsoleRenderer(colors=on_terminal)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in NOISY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Gunicorn gives its loggers handlers of their own; without them they speak through ours.
    for name in ("gunicorn.error", "gunicorn.access"):
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True
    logging.captureWarnings(capture=True)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = logger(__name__)`, then `log.info("bill_issued", bill_number=…)`."""
    made: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return made


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Every event inside carries `fields`, such as application_number and task; nests, and ends with the block."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def mask_people(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what could name a person or open a door; our own numbers stay."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if name.startswith("_") or name in OUR_NUMBERS:
        return value
    if SECRET_FIELD.search(name):
        return MASK
    if isinstance(value, str):
        return PERSONAL_NUMBER.sub(MASK, value)
    if isinstance(value, dict):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(name, inner) for inner in value]
    return value


def _as_json_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    line = _TO_JSON(logger, method, event)
    # JSON itself escapes only C0; no other control stands outside a string, so escaping them keeps the value.
    return str(line).translate(CONTROLS)


_TO_JSON = structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)


def _spell_out_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make controls visible on a terminal, line ends of a traceback excepted."""
    kept = {code: text for code, text in CONTROLS.items() if code != ord("\n")}
    return {
        name: value.translate(kept if name in {"exception", "stack"} else CONTROLS) if isinstance(value, str) else value
        for name, value in event.items()
    }
