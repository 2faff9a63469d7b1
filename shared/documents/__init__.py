"""Frozen views in, sealed PDF files out; the only place that imports WeasyPrint and pyHanko."""
