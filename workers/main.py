"""What `dramatiq workers.main` loads: every actor, and the queue of every unit."""

from services.sitting import sitting
from shared.tasks import department_queue
from workers.actors import channels, clocks, documents, lines, money, notices
from workers.broker import broker

__all__ = ["broker", "channels", "clocks", "documents", "lines", "money", "notices"]

# Units are data: their queues are declared from the city's rows, so a new department needs no code.
with sitting() as office:
    for unit in office.city.units:
        broker.declare_queue(department_queue(unit))
