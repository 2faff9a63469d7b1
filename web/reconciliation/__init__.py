"""Reconciliation: banks' files looked at and imported, and money in suspense claimed and confirmed."""
