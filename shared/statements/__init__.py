"""What banks and channels send: a file is recognised, read whole or refused whole, and given as lines of one shape.

Nothing here knows a database or a bill. `reading` is the door; the formats behind it are on `docs/statements.md`.
"""
