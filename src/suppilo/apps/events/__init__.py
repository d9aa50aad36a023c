"""Events as the server sees them: the lake, what waits to be flushed, and who is who."""
