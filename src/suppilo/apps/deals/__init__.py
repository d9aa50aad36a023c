"""Deals, who and what belongs to them, and the ledger of their moves."""
