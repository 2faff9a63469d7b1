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
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test
from office import Office
from simulation.review_rules.finishing import Finishing
from simulation.review_rules.holding import Holding
from watching import broken, forget_everything

from shared.db.engine import make_engine
from shared.settings import settings as configured

SEED = int(os.environ.get("REVIEW_SIMULATION_SEED", "20140916"))
EXAMPLES, STEPS = (int(each) for each in os.environ.get("REVIEW_SIMULATION", "10x30").split("x"))
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
    ReviewMachine.office = office
    ReviewMachine.eye = make_engine(configured().database_url, as_app=False, pool_size=1)
    yield ReviewMachine
    ReviewMachine.eye.dispose()
    del ReviewMachine.office, ReviewMachine.eye


class TestAnyReview:
    @pytest.mark.timeout(300 + EXAMPLES * STEPS * STEP_SECONDS)
    def test_keeps_every_rule_and_comes_to_an_end(self, machine: type[ReviewMachine]) -> None:
        run_state_machine_as_test(
            seeded(SEED)(machine),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=(Phase.generate,),  # shrinking takes minutes here; add Phase.shrink to look into a failure
                suppress_health_check=list(HealthCheck),
            ),
        )
