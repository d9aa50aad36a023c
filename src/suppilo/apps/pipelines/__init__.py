"""Pipelines as data: versions, stages, and the gates between them."""
