"""How the bank is served: `gunicorn -c python:sandbank.gunicorn_conf 'sandbank.app:create_app()'`.

One process with threads, on this machine only; the address is that of SANDBANK_URL.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

# Loopback whatever the public name is: a sandbox that takes made-up money is for this machine.
bind = f"127.0.0.1:{urlsplit(os.environ.get('SANDBANK_URL', '')).port or 8010}"
workers = 1
threads = 8
worker_class = "gthread"
# Above the merchant's time-out, so that the courier can finish its report when told to stop.
graceful_timeout = 15
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Carry at once what an earlier process left behind, before anybody asks for a page."""
    worker.wsgi.extensions["sandbank"].courier.ensure_running()
