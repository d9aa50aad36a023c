"""Saved funnels, and dashboards of them."""
