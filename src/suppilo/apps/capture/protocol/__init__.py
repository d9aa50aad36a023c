"""What the clients send, understood: bytes to events, without a database, a clock or a network."""
