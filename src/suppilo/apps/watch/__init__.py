"""Watch: figures that are looked at every day, and the breaks that were found in them."""
