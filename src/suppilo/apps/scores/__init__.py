"""Lead scores: by rules that people write, and by what was learnt from history."""
