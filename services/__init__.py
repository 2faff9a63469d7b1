"""Use cases: one module per verb of the office, each function one transaction's worth of intent.

They neither commit nor send, know neither Flask nor dramatiq, and meet in the outbox, not in each other's imports.
"""
