"""The JSON API for programs: a bearer token instead of a cookie, exact decimals as strings, OpenAPI at /api/docs/."""
