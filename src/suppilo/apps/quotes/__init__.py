"""Quotes: made of a deal's line items, sent as a link, accepted or not."""
