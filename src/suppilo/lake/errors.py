"""What can go wrong with a lake, said to the person who asked."""

from __future__ import annotations


class LakeError(Exception):
    """A lake can't be read or written; the message says which, where and what to do."""


class NotALakeError(LakeError):
    """The folder is not a lake, or one that a newer Suppilo made. Nothing was written to it."""


class WhereError(ValueError):
    """A condition that can't be used; the message shows the text with a caret under the place.

    Parameters
    ----------
    reason
        What is wrong and what to write instead.
    text
        The whole condition.
    place
        Where in ``text`` it is, counted from 0; None where no single place is to blame.
    """

    def __init__(self, reason: str, text: str, place: int | None = None) -> None:
        self.reason, self.text, self.place = reason, text, place
        super().__init__(reason if place is None else f"{reason}\n{_point(text, place)}")


def _point(text: str, place: int, width: int = 100) -> str:
    """Return the line of ``text`` around ``place`` with a caret under it."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[start : len(text) if end < 0 else end].replace("\t", " ")
    column = place - start
    cut = max(0, column - width // 2)
    return f"  {line[cut : cut + width]}\n  {' ' * (column - cut)}^"
