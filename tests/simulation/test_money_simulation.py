"""Any course that money can take: banks tell it early, late, twice or wrongly, people claim, change, close and reopen.

After each step every invariant of the office holds, all money is counted a second way, and an act that was refused has
changed nothing. At the end everything is matched or named, paid and closed. The rules stand beside this file, by area.

`MONEY_SIMULATION=60x40` asks for sixty examples of forty steps, `MONEY_SIMULATION_SEED` for others than those of every
day.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from office import Office
from simulating import depth, on, run
from simulation.money_rules.beginning import STAGES
from simulation.money_rules.finishing import Finishing
from watching import broken, forget_everything

SEED = int(os.environ.get("MONEY_SIMULATION_SEED", "20140918"))
EXAMPLES, STEPS = depth("MONEY_SIMULATION", "10x30")
#: Longest that a step may take with what is checked after it, seconds.
STEP_SECONDS = 3.0


class MoneyMachine(Finishing):
    """Bills that are out, and everybody who may do something about the money."""

    @initialize(stage=st.sampled_from(STAGES))
    def begin(self, stage: str) -> None:
        """One application with its bill, perhaps already some way along: Hypothesis leaves rules out at random."""
        note(f"seed {SEED}: {stage}")
        self.set_clock(self.now)
        self.applications.append(self.office.is_billed().application_id)
        self.begin_at(stage)

    def teardown(self) -> None:
        """What can go on goes on to its end, and the audit reads everything."""
        try:
            note(f"seed {SEED}: {self.done} acts, {self.refused} refused")
            if sys.exc_info()[0] is None:  # else a step has failed, and that is what there is to read
                self.finish()
                assert broken() == {}
        finally:
            forget_everything()


@pytest.fixture
def machine(office: Office) -> Iterator[type[MoneyMachine]]:
    with on(MoneyMachine, office) as machine:
        yield machine


class TestAnyMoney:
    @pytest.mark.timeout(300 + EXAMPLES * STEPS * STEP_SECONDS)
    def test_is_counted_once_and_closed(self, machine: type[MoneyMachine]) -> None:
        run(machine, seed=SEED, examples=EXAMPLES, steps=STEPS)
