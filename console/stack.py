"""Everything that Yidan needs on one machine: engines, schema and city, web, workers, relay and sandbox bank.

`with Stack(settings).up() as stack:` gives a running office; leaving the block ends it in order. What is configured by
URL is used as it is, what is not is brought along under var/.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from console.children import Children, ChildSpec, Engine
from shared import settings as settings_module
from shared.domain.errors import Unavailable
from shared.engines.postgres import EmbeddedPostgres
from shared.engines.valkey import EmbeddedValkey
from shared.logs import configure
from shared.settings import ROOT, Settings

LOOPBACK = "127.0.0.1"
WEB_PORT, SANDBANK_PORT = 8000, 8010
PORTS_TRIED = 20  # 8000 … 8019, then whatever the system gives
CONSUMERS_READY = "ready for action"  # as dramatiq logs it when a worker listens
# Longer than the 15 s in which gunicorn and dramatiq finish what they have in hand.
STOP_SECONDS = 20.0

Prepare = Callable[[Settings], None]
Plan = Callable[["Stack"], Sequence[ChildSpec]]


class Stack:
    """One running Yidan. `web_url`, `sandbank_url` and `settings` are final once it is up."""

    def __init__(
        self,
        settings: Settings,
        *,
        prepare: Prepare | None = None,
        plan: Plan | None = None,
        echo: bool = False,
    ) -> None:
        """`prepare` makes schema and city (the tenant's pack); `plan` lists the processes; `echo` shows their logs."""
        self.settings = settings
        self.web_url = self.sandbank_url = ""
        self._prepare = prepare or _prepare_city
        self._plan = plan or processes
        self._echo = echo
        self._children: Children | None = None

    @contextmanager
    def up(self) -> Iterator[Self]:
        """Start everything, or raise Unavailable with the reason; end everything, whatever happens inside.

        For its duration the environment names the running engines and addresses, for this process and its children.
        SIGTERM becomes an orderly exit (143). Call it from the main thread.
        """
        # The signals outermost: whoever is impatient must not cut the end short.
        with _orderly_exit(), ExitStack() as closing:
            self.settings.var_dir.mkdir(parents=True, exist_ok=True)
            # Children run in the checkout, whatever folder this was started from.
            absolute = {name: getattr(self.settings, name).absolute() for name in ("var_dir", "packs_dir")}
            self.settings = self.settings.model_copy(update=absolute)
            self.settings = self._settle_addresses(self.settings)
            self.settings, engines = self._start_engines(self.settings, closing)
            closing.enter_context(_environment(self._exports()))
            self._prepare(self.settings)
            self._children = Children(
                self._plan(self),
                log_dir=self.settings.var_dir / "log",
                folder=ROOT,
                engines=engines,
                echo=self._echo,
            )
            # Before the start, so that a start that is interrupted is ended as well.
            closing.callback(self._children.stop)
            self._children.start()
            yield self

    def run_forever(self, announce: Callable[[Self], None] | None = None) -> int:
        """What `yidan up` does: start, `announce`, and stay until Ctrl-C or SIGTERM; gives the exit code."""
        configure(self.settings, "stack")
        try:
            with self.up():
                return self._stay(announce or _announce)
        except Unavailable as reason:
            print(f"yidan up: {reason}", file=sys.stderr)
            return 1

    def _stay(self, announce: Callable[[Self], None]) -> int:
        """Return 0 when somebody asks for the end; raises Unavailable when the end comes by itself."""
        try:
            announce(self)
            if self._children is not None:
                self._children.wait()
        except (KeyboardInterrupt, SystemExit):
            print("正在结束……", flush=True)
            return 0
        raise Unavailable("the processes are no longer kept, see var/log/")

    def pids(self) -> dict[str, int]:
        """Process ids of the children by name, as they are now."""
        return self._children.pids() if self._children else {}

    def _settle_addresses(self, settings: Settings) -> Settings:
        web_port = free_port(urlsplit(settings.public_url).port or WEB_PORT)
        bank_port = free_port(urlsplit(settings.sandbank_url).port or SANDBANK_PORT, taken=(web_port,))
        self.web_url = f"http://{LOOPBACK}:{web_port}"
        self.sandbank_url = f"http://{LOOPBACK}:{bank_port}"
        found: dict[str, object] = {}
        # A public address that somebody chose stays; the default one follows the port.
        if urlsplit(settings.public_url).hostname in {LOOPBACK, "localhost"}:
            found["public_url"] = self.web_url
        if urlsplit(settings.sandbank_url).hostname in {LOOPBACK, "localhost"}:
            found["sandbank_url"] = self.sandbank_url
        if not settings.callback_keys.get_secret_value():
            found["callback_keys"] = SecretStr(callback_keys(settings.var_dir))
        return settings.model_copy(update=found)

    def _start_engines(self, settings: Settings, closing: ExitStack) -> tuple[Settings, list[Engine]]:
        found: dict[str, object] = {}
        engines: list[Engine] = []
        if not settings.database_url:
            database = closing.enter_context(EmbeddedPostgres(settings.var_dir))
            found["database_url"] = database.url
            engines.append(database)
        if not settings.redis_url:
            broker = closing.enter_context(EmbeddedValkey(settings.var_dir))
            found["redis_url"] = broker.url
            engines.append(broker)
        return settings.model_copy(update=found), engines

    def _exports(self) -> dict[str, str]:
        settings = self.settings
        return {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "VAR_DIR": str(settings.var_dir),
            "PACKS_DIR": str(settings.packs_dir),
            "TENANT": settings.tenant,
            "PUBLIC_URL": settings.public_url,
            "SANDBANK_URL": settings.sandbank_url,
            "MERCHANT_URL": self.web_url,
            "CALLBACK_KEYS": settings.callback_keys.get_secret_value(),
            "DEMO": str(settings.demo),
            "SECURE_COOKIES": str(settings.secure_cookies),
            # Threads that each keep an arena of their own cost every process tens of megabytes that nobody uses.
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": "65536",
            "MALLOC_TRIM_THRESHOLD_": "65536",
            "LOG_FORMAT": "console" if self._echo and sys.stdout.isatty() else settings.log_format,
            **_compiled_once(),
        }


def processes(stack: Stack) -> list[ChildSpec]:
    """The processes of an office, in the order of their start; the web comes last, and so is the first to stop."""

    def python(*arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", *arguments)

    return [
        ChildSpec(
            name="documents",
            argv=python("console.consumers", "documents"),
            ready_text=CONSUMERS_READY,
            stop_seconds=STOP_SECONDS,
        ),
        ChildSpec(
            name="worker",
            argv=python("console.consumers", "cases"),
            ready_text=CONSUMERS_READY,
            stop_seconds=STOP_SECONDS,
        ),
        ChildSpec(name="relay", argv=python("workers.relay"), stop_seconds=STOP_SECONDS),
        ChildSpec(name="clock", argv=python("workers.clock"), stop_seconds=STOP_SECONDS),
        ChildSpec(
            name="sandbank",
            argv=python("gunicorn", "-c", "python:sandbank.gunicorn_conf", "sandbank.app:create_app()"),
            # The bank binds by its own address; a public one in front of it does not change where it listens.
            env={"SANDBANK_URL": stack.sandbank_url},
            ready_url=f"{stack.sandbank_url}/healthz",
            stop_seconds=STOP_SECONDS,
        ),
        ChildSpec(
            name="web",
            argv=python("gunicorn", "-c", "python:console.web_server", "web.app:create_app()"),
            env={"PORT": str(urlsplit(stack.web_url).port)},
            ready_url=f"{stack.web_url}/healthz",
            stop_seconds=STOP_SECONDS,
        ),
    ]


def _compiled_once() -> dict[str, str]:
    """Where a shell forbids bytecode between the sources, the processes keep theirs under var/.

    A process that compiles everything at its start takes three times as long for it and stays a few MB larger.
    """
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(ROOT / "var" / "bytecode")}


def free_port(preferred: int, *, taken: Sequence[int] = ()) -> int:
    """`preferred` or the next port that nobody listens on; any free one when a whole row is taken."""
    for port in range(preferred, preferred + PORTS_TRIED):
        if port not in taken and _can_bind(port):
            return port
    with socket.socket() as any_port:
        any_port.bind((LOOPBACK, 0))
        return int(any_port.getsockname()[1])


def callback_keys(var_dir: Path) -> str:
    """The keys between the sandbox bank and this office, made at the first start in var/ with mode 0600."""
    path = var_dir / "callback_keys"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    text = f"k1:{secrets.token_hex(32)}"
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    return text


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn binds
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _announce(stack: Stack) -> None:
    """Say where everything is and, in a demonstration, who may log in."""
    print(f"一单        {stack.settings.public_url}\n沙箱银行    {stack.settings.sandbank_url}")
    if stack.settings.demo:
        from services.setting_up import DEMO_PASSWORD, OFFICE

        print(f"演示登录    口令均为 {DEMO_PASSWORD}")
        for person in OFFICE:
            print(f"            {person.login:<12}{person.display_name}")
        print("            zj-officer  住建局经办；其他单位以单位代码代替 zj，复核为 zj-checker")
    print("Ctrl-C 结束", flush=True)


def _prepare_city(settings: Settings) -> None:
    from console.setup_city import prepare

    prepare(settings)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Name the running stack in the environment, read anew by whoever asks for the settings; put back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    settings_module.settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        settings_module.settings.cache_clear()


@contextmanager
def _orderly_exit() -> Iterator[None]:
    """Turn SIGTERM and a closed terminal into SystemExit, so that everything is ended on the way out.

    Once asked, further requests are ignored: each step of the end has its own patience, and a second Ctrl-C (some
    senders signal the process and its group) must not leave half of it running.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    before = {each: signal.signal(each, leave) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
