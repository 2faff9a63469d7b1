"""Notices to whoever is logged in, the office's people and applicants alike."""
