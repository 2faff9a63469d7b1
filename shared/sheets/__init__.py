"""Tables as files: CSV and XLSX, written row by row as they come, so that length costs no memory."""
