"""The pages, and the API: they parse, call one service or selector, and render."""
