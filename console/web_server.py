"""How the web is served: `gunicorn -c python:console.web_server 'web.app:create_app()'`.

Threads, because a request mostly waits for the database; two processes, so that one long Python step stops nobody.
WEB_HOST, PORT, WEB_PROCESSES and WEB_THREADS change the address and the size.
"""

from __future__ import annotations

import os

from shared.logs import configure
from shared.settings import settings

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Longer than a statement may take (a minute), so that the database gives up first and the page can say so.
timeout = 90
graceful_timeout = 15
control_socket_disable = True
# Loaded once and shared: the processes start sooner and hold most of their memory together. Nothing that must not
# cross a fork exists yet, because the database's engine is made at the first request.
preload_app = True
# Behind a proxy on this machine the forwarded address is believed, from anywhere else it is not.
forwarded_allow_ips = "127.0.0.1,::1"


def on_starting(_server: object) -> None:
    """Gunicorn has just set up its own logging; from here on it speaks through ours, its workers too."""
    configure(settings(), "web")
