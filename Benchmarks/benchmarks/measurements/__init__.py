"""One file a measurement; each gives rows for the report."""
