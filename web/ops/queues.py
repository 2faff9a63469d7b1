"""How much lies in the broker's queues; the only place where the web speaks to Redis.

The rows of the outbox are the truth and the broker only rings bells, so a broker that does not answer
is a line on the page, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import redis

TIMEOUT_S = 1.0
#: How dramatiq names its keys; XQ holds messages that it gave up.
PREFIX = "dramatiq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One queue in the broker."""

    queue: str
    ready: int
    delayed: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The broker as it was found; `problem` is set where it did not answer."""

    version: str = ""
    depths: tuple[Depth, ...] = ()
    problem: str = ""


def look(url: str, queues: Iterable[str]) -> Broker:
    """Ask the broker at `url` for its version and the depth of these queues, in one round trip."""
    names = sorted(set(queues))
    try:
        with redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.info("server")
            for name in names:
                pipeline.llen(f"{PREFIX}:{name}")
                pipeline.llen(f"{PREFIX}:{name}.DQ")
                pipeline.zcard(f"{PREFIX}:{name}.XQ")
            server, *lengths = pipeline.execute()
    except (redis.RedisError, OSError, ValueError) as problem:
        return Broker(problem=type(problem).__name__)
    return Broker(
        version=str(server.get("valkey_version") or server.get("redis_version") or ""),
        depths=tuple(
            Depth(queue=name, ready=lengths[3 * at], delayed=lengths[3 * at + 1], dead=lengths[3 * at + 2])
            for at, name in enumerate(names)
        ),
    )
