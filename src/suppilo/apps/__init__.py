"""What the server knows: one Django app for each noun, with its models, services and selectors."""
