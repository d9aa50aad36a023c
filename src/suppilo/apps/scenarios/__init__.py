"""Scenarios: what-ifs that somebody kept, to compare and to check later."""
