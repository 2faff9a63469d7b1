"""The database and the broker that Yidan brings along: PostgreSQL and Valkey out of Python wheels.

Each engine is one module with `start() -> url` and `stop()`; with DATABASE_URL and REDIS_URL set, nothing here runs.
"""
