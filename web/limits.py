"""How often one address may try a log-in or a public look-up; views put the limit they need on themselves."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

LOG_IN = "10 per minute; 60 per hour"
LOOK_UP = "30 per minute"

# Counts live in the process by default; RATELIMIT_STORAGE_URI points several processes to one store.
limiter = Limiter(key_func=get_remote_address)
