"""Suppilo: sales funnels on open event tables."""

__version__ = "0.1.0"
