"""Webhooks: domain events told to other systems, signed, retried, and on record."""
