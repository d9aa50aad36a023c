"""Segments: people, companies or deals that a rule names, kept up to date."""
