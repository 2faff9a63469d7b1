"""The only place that knows rows and SQL; everyone above speaks in ids, domain values and frozen views."""
