"""Events from websites and clients: received once, kept, handed on."""
