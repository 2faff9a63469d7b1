"""The operators' pages: how deep and late background work is, what died, and what runs underneath."""
