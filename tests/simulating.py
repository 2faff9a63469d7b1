"""How a state machine is run on an office: seeded, on the real engines, as deep as the environment asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from office import Office

from shared.db.engine import make_engine
from shared.settings import settings as configured

_Machine = TypeVar("_Machine", bound=RuleBasedStateMachine)


def depth(name: str, default: str) -> tuple[int, int]:
    """Examples and steps, as `NAME=60x40` in the environment asks for them."""
    examples, steps = os.environ.get(name, default).split("x")
    return int(examples), int(steps)


@contextmanager
def on(machine: type[_Machine], office: Office) -> Iterator[type[_Machine]]:
    """The machine with its `office`, and its `eye`: the owner's view of the database, whom no wall binds."""
    parts: Any = machine
    parts.office = office
    parts.eye = make_engine(configured().database_url, as_app=False, pool_size=1)
    yield machine
    parts.eye.dispose()
    del parts.office, parts.eye


def run(machine: type[RuleBasedStateMachine], *, seed: int, examples: int, steps: int) -> None:
    """Run it; a failure prints its steps."""
    run_state_machine_as_test(
        seeded(seed)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # shrinking takes minutes here; add Phase.shrink to look into a failure
            suppress_health_check=list(HealthCheck),
        ),
    )
