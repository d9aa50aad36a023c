"""How a request, or one event of it, is refused."""

from __future__ import annotations


class RequestRefusedError(Exception):
    """The whole request can't be used.

    Parameters
    ----------
    status
        The HTTP status: 400 for what can't be decoded, 401 for the key, 413 for too much.
    code
        A short name of the reason, for programs.
    message
        What was wrong, and what to do, for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class EventRefusedError(Exception):
    """One event can't be stored; the others of its request can."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def undecodable(code: str, message: str) -> RequestRefusedError:
    """Return the refusal of a body that can't be read (400)."""
    return RequestRefusedError(400, code, message)


def too_large(limit: int) -> RequestRefusedError:
    """Return the refusal of a body over a limit in bytes (413)."""
    return RequestRefusedError(
        413, "too_large", f"the body is larger than {limit} bytes; send fewer events at a time"
    )
