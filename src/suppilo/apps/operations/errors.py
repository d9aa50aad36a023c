"""What keeps the server from being run, in words for the person who runs it."""


class OperationError(Exception):
    """Something about the folder, the database or a backup is wrong; the message has a remedy."""
