"""A matter's clock as its officers see and move it, and the longer promises that wait for a second person."""
