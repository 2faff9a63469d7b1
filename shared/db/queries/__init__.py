"""What pages read: frozen views, filtered to whoever looks; nothing here writes."""
