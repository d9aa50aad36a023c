"""Deals that somebody should look at: why, what mends it, and the daily mail about them."""
