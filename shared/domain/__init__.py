"""The office's rules, free of I/O: standard library only, no clock, no store, no log."""
