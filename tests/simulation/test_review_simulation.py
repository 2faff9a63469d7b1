"""Any course a case can take through review: people act in any order, rightly or wrongly, while days pass.

After each step every invariant of the office holds, and an act that was refused has changed nothing. At the end
whatever was left open is brought to its end, and the audit reads the whole trail. A failure prints its steps. The rules
stand beside this file, by area.

`REVIEW_SIMULATION=60x40` asks for sixty examples of forty steps, `REVIEW_SIMULATION_SEED` for others than those of
every day.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import note
from office import Office
from simulating import depth, on, run
from simulation.review_rules.finishing import Finishing
from simulation.review_rules.holding import Holding
from watching import broken, forget_everything

SEED = int(os.environ.get("REVIEW_SIMULATION_SEED", "20140916"))
EXAMPLES, STEPS = depth("REVIEW_SIMULATION", "10x30")
#: Longest that a step may take with what is checked after it, seconds.
STEP_SECONDS = 3.0


class ReviewMachine(Finishing, Holding):
    """Applications under review, and everybody who may do something about them."""

    def teardown(self) -> None:
        """What can go on goes on to its end, and the audit reads everything."""
        try:
            note(f"seed {SEED}: {self.done} acts, {self.refused} refused")
            if sys.exc_info()[0] is None:  # else a step has failed, and that is what there is to read
                self.finish()
                assert broken() == {}
        finally:
            self.forget_changes()
            forget_everything()


@pytest.fixture
def machine(office: Office) -> Iterator[type[ReviewMachine]]:
    with on(ReviewMachine, office) as machine:
        yield machine


class TestAnyReview:
    @pytest.mark.timeout(300 + EXAMPLES * STEPS * STEP_SECONDS)
    def test_keeps_every_rule_and_comes_to_an_end(self, machine: type[ReviewMachine]) -> None:
        run(machine, seed=SEED, examples=EXAMPLES, steps=STEPS)
