"""Who is who: persons as a pure function of what was said about identifiers.

The links are taken in one fixed order, those made by hand first and then by time, and each joins
the two groups that it touches unless a rule forbids it. Nothing depends on the order in which the
links arrived, so a late event changes the past exactly as if it had come in time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from suppilo.apps.people.blocked import is_blocked
from suppilo.apps.people.evidence import Link


@dataclass(frozen=True, slots=True)
class Partition:
    """Identifiers divided into persons.

    Attributes
    ----------
    roots
        The root of each identifier that a link names. The root stands for the person.
    joins
        The links that made two groups one, in the order in which they did.
    """

    roots: Mapping[str, str]
    joins: tuple[Link, ...]


def resolve(links: Iterable[Link], known: Collection[str]) -> Partition:
    """Divide identifiers into persons.

    Parameters
    ----------
    links
        What was said, in any order; what people switched off is left out.
    known
        The identifiers that name a user rather than a device.

    Notes
    -----
    A link joins its two groups unless both hold a known identifier (people at work may join those
    as well). An alias whose ``source`` is known is void, and so is a link with a blocked
    identifier. A group's root is its known identifier; of two that people joined, the target's;
    the smallest text where none is known.

    Examples
    --------
    >>> from suppilo.apps.people.evidence import Link
    >>> first = Link("phone", "anna", 10, "e1", "identify")
    >>> later = Link("phone", "bert", 20, "e2", "identify")
    >>> dict(resolve([later, first], {"anna", "bert"}).roots)
    {'anna': 'anna', 'bert': 'bert', 'phone': 'anna'}
    """
    groups = _Groups(known)
    joins = [link for link in sorted(links, key=_order) if groups.add(link)]
    return Partition(groups.roots(), tuple(joins))


def _order(link: Link) -> tuple[bool, int, str, str, str, str]:
    by_rule = link.kind != "manual"
    return (by_rule, link.at_us, link.event_id, link.source, link.target, link.kind)


class _Groups:
    """Union-find whose sets remember their smallest text and their known identifier."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._parent: dict[str, str] = {}
        self._size: dict[str, int] = {}
        self._smallest: dict[str, str] = {}
        self._owner: dict[str, str | None] = {}

    def add(self, link: Link) -> bool:
        """Take a link in; return whether it joined two groups."""
        source, target = self._find(link.source), self._find(link.target)
        if source == target or self._is_void(link):
            return False
        if link.kind != "manual" and self._owner[source] and self._owner[target]:
            return False
        self._union(source, target)
        return True

    def roots(self) -> dict[str, str]:
        """Return each identifier's root, in the order of the texts."""
        tops = ((text, self._find(text)) for text in sorted(self._parent))
        return {text: self._owner[top] or self._smallest[top] for text, top in tops}

    def _is_void(self, link: Link) -> bool:
        if link.kind == "alias" and link.source in self._known:
            return True
        return is_blocked(link.source) or is_blocked(link.target)

    def _find(self, text: str) -> str:
        parent = self._parent
        if text not in parent:
            self._start(text)
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    def _start(self, text: str) -> None:
        self._parent[text] = self._smallest[text] = text
        self._size[text] = 1
        self._owner[text] = text if text in self._known and not is_blocked(text) else None

    def _union(self, source: str, target: str) -> None:
        owner = self._owner[target] or self._owner[source]
        large, small = target, source
        if self._size[large] < self._size[small]:
            large, small = small, large
        self._parent[small] = large
        self._size[large] += self._size[small]
        self._smallest[large] = min(self._smallest[large], self._smallest[small])
        self._owner[large] = owner
