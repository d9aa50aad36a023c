"""A home full of a simulated company's data, to look around in."""
