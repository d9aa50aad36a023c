"""Calls of programs that must not be done twice, with the answers that they got."""
