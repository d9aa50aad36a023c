"""Why a deal was not changed; each message can be shown to whoever tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User
    from suppilo.apps.deals.gates import Finding
    from suppilo.apps.deals.models import Deal


class DealError(Exception):
    """Something about a deal was refused; ``message`` says what, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class GateClosedError(DealError):
    """The deal doesn't meet what a stage asks for. ``findings`` are those that are not met."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        missing = " ".join(finding.text for finding in self.findings)
        super().__init__(_("The deal can't move yet. %s") % missing)


class GatesClosedError(GateClosedError):
    """Some of many deals don't meet what is asked for up to where they are to stand.

    ``closed`` is what each of them lacks, by its place among those given.
    """

    def __init__(self, closed: Mapping[int, Sequence[Finding]]) -> None:
        super().__init__([finding for found in closed.values() for finding in found])
        self.closed = {place: tuple(found) for place, found in closed.items()}


class MoveRefusedError(DealError):
    """The move is not one that the pipeline knows: a stage skipped, a reason missing."""


class DealChangedError(DealError):
    """Somebody changed the deal since it was looked at; it was left as they made it."""

    def __init__(self, deal: Deal, by: User | None, at: datetime) -> None:
        self.deal, self.by, self.at = deal, by, at
        who = str(by) if by else _("The server")
        super().__init__(
            _("%(who)s changed “%(deal)s” in the meantime. Look at it again, then repeat it.")
            % {"who": who, "deal": deal.name}
        )
