"""Open event tables: one Delta table per event name."""
