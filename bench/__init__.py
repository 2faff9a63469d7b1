"""The measurements, and the peers they are run against; `python -m bench` runs them all and writes the figures."""
