"""Processes that consume work: the broker, the relay that rings, and the actors."""
