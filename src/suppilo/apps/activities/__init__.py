"""Calls, meetings, visits and tasks: what is to be done, and what was."""
