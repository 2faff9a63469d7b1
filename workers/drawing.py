"""What `dramatiq workers.drawing` loads: the actor of documents alone, four megabytes less in a process that draws."""

from workers.actors import documents
from workers.broker import broker

__all__ = ["broker", "documents"]
