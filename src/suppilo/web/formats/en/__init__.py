"""English: the month as a word, so that nobody mistakes it for the day."""
