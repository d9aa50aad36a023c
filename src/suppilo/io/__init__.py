"""Files in and out: reading, mapping, errors by row."""
