"""Log-ins: who is asking, and who may. `access` is what every desk uses; the pages are in `routes`."""
