"""Files brought in through the browser."""
