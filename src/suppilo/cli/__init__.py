"""The suppilo command, one module per group."""
