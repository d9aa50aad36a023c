"""Forecasts of won revenue: asked, called by hand, kept as made, and scored when time is up."""
