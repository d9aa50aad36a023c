"""Quotas: what people and teams are to reach in a month or a quarter, and how far they are."""
