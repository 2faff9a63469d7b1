"""The bell may be heard before the relay has committed: the work is then done at once, not at the next ring."""

import threading

from office import Office

from shared.db import outbox
from shared.db.engine import unit_of_work


class TestEarlyBell:
    def test_waits_for_the_relays_commit_and_gets_the_work(self, office: Office) -> None:
        office.receives()
        claimed: list[int] = []

        def worker(ids: list[int]) -> None:
            with unit_of_work() as session:
                claimed.extend(job.id for job in outbox.claim(session, ids)[1])

        with unit_of_work() as relay:
            rings = outbox.next_rings(relay, limit=1000, batch=256)
            ids = [each for ring in rings for each in ring.ids]
            early = threading.Thread(target=worker, args=(ids,))
            early.start()
            early.join(0.3)
            assert early.is_alive(), "the worker did not wait for the relay"
        early.join(10)

        assert sorted(claimed) == sorted(ids)
