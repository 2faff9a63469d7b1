"""Four ways to get from submitted applications to their bills; each module is what its sender process runs.

All of them do the same work per line and per bill, through the same services, on the same database.
"""
