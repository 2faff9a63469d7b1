"""What a process writes down: one line per event, ids but no people, whoever speaks."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from shared.logs import MASK, bound, configure, logger
from shared.settings import Settings


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that the process logs, as JSON; the logging of the test run itself is put back afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure(Settings(log_format="json"), "worker", stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def events(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


class TestAnEvent:
    def test_is_one_line_of_json_with_process_level_and_time(self, written: io.StringIO) -> None:
        logger("services.billing").info("bill_issued", bill_number="B1", amount_fen=140950)

        (event,) = events(written)

        assert str(event.pop("timestamp")).endswith("Z")
        assert event == {
            "event": "bill_issued",
            "bill_number": "B1",
            "amount_fen": 140950,
            "level": "info",
            "logger": "services.billing",
            "process": "worker",
        }

    def test_carries_what_is_bound_around_it_and_no_longer(self, written: io.StringIO) -> None:
        log = logger("services.review")
        with bound(application_number="HH-1", task="assess_lines"), bound(task="issue_bills"):
            log.info("inside")
        log.info("outside")

        inside, outside = events(written)

        assert (inside["application_number"], inside["task"]) == ("HH-1", "issue_bills")
        assert "task" not in outside

    @pytest.mark.parametrize("break_", ["\r\n", "\n", "\x1b[2J", "\x85", "\u2028", "\x9b1A", "\x00"])
    def test_stays_one_line_whatever_a_field_contains(self, written: io.StringIO, break_: str) -> None:
        text = f'甲方{break_}{{"event": "forged"}}'
        logger("web").warning("refused", reason=text)

        assert len(written.getvalue().splitlines()) == 1
        assert not any(ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in written.getvalue()[:-1])
        assert events(written)[0]["reason"] == text

    def test_of_a_library_goes_the_same_way(self, written: io.StringIO) -> None:
        with bound(task="produce_documents"):
            logging.getLogger("dramatiq.worker").warning("Retrying %s in %d ms", "x", 5)

        (event,) = events(written)

        assert (event["event"], event["task"], event["logger"]) == (
            "Retrying x in 5 ms",
            "produce_documents",
            "dramatiq.worker",
        )

    def test_of_gunicorn_goes_the_same_way(self, written: io.StringIO) -> None:
        logging.getLogger("gunicorn.error").info("Listening at: %s", "unix")

        assert events(written)[0]["event"] == "Listening at: unix"

    def test_of_a_warning_goes_the_same_way(self, written: io.StringIO) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("old", stacklevel=1)

        assert events(written)[0]["logger"] == "py.warnings"

    def test_of_an_exception_keeps_the_traceback_inside_its_line(self, written: io.StringIO) -> None:
        try:
            raise ValueError("手机 13800138000 无效")
        except ValueError:
            logger("web").exception("failed")

        (event,) = events(written)

        assert "ValueError" in str(event["exception"])
        assert "13800138000" not in written.getvalue()


class TestPeople:
    @pytest.mark.parametrize("number", ["13912345678", "11010519491231002X", "110105194912310021"])
    def test_are_masked_in_any_text(self, written: io.StringIO, number: str) -> None:
        logger("web").info(f"call {number}!", note=[{"deep": number}])

        assert number not in written.getvalue()
        assert MASK in written.getvalue()

    @pytest.mark.parametrize(
        "field", ["password", "callback_secret", "phone", "payer_account", "payer_name", "csrf_token"]
    )
    def test_are_masked_by_the_name_of_the_field(self, written: io.StringIO, field: str) -> None:
        logger("web").info("seen", **{field: "张三"})

        assert events(written)[0][field] == MASK

    def test_our_own_numbers_stay(self, written: io.StringIO) -> None:
        logger("web").info("seen", application_number="13912345678", payment_code="37010020260000000017")

        assert events(written)[0]["application_number"] == "13912345678"
        assert events(written)[0]["payment_code"] == "37010020260000000017"


class TestOnATerminal:
    @pytest.mark.usefixtures("written")
    def test_an_event_is_a_readable_line_that_cannot_move_the_cursor(self) -> None:
        stream = io.StringIO()
        configure(Settings(log_format="console"), "web", stream=stream)

        logger("web").info("refused\nforged", reason="\x1b[2J甲方")

        assert len(stream.getvalue().splitlines()) == 1
        assert "\x1b" not in stream.getvalue()
        assert "甲方" in stream.getvalue()
