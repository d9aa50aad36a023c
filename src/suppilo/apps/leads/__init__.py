"""Leads: people whom marketing finds, qualifies and hands over to sales."""
