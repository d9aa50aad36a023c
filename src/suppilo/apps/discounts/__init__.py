"""Discounts: who is asked for leave, what was given, and what it cost."""
