"""One message in, one call, nothing out."""
