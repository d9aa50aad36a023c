"""What quotes and invoices have in common: our own details, numbers, sums, the drawn page."""
