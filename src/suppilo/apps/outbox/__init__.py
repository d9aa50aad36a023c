"""What happened in the domain, as events: written with the deed, handed on to capture."""
