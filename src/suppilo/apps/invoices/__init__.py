"""Invoices and what was paid of them, as records; an export for accounting."""
