"""移交: a unit passes a task to another unit, on a page of its own."""
