"""Who is who: identifiers of devices and users, and the moments at which they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.log import NAMES, OWN, SECOND, SERVER, Drawn, Log
from suppilo.analytics.simulate.moments import Moments
from suppilo.analytics.simulate.world import Links

SHARED = 40
"""How many people's second device is a colleague's first one."""
FIRST_USER = 10_001
NEVER_US = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Identities:
    """The identifiers of everybody.

    Attributes
    ----------
    known_at_us
        From when on events of a person (row) on a device (column) carry the user's id.
    device
        The identifier of each person's first and second device; -1 where there is none.
    user
        The identifier of each known person; -1 for the others.
    colleague
        For a person who uses somebody else's device: whose; -1 for the others.
    """

    labels: tuple[str, ...]
    is_known: NDArray[np.bool_]
    owner: Int32
    known_at_us: Int64
    device: Int32
    user: Int32
    colleague: Int32

    def of_events(self, drawn: Drawn) -> Int32:
        """Return the identifier that each event comes with."""
        known_at_us = self.known_at_us[drawn.person, np.maximum(drawn.slot, OWN)]
        is_known = (drawn.slot == SERVER) | (drawn.at_us >= known_at_us)
        device = self.device[drawn.person, np.maximum(drawn.slot, OWN)]
        return np.where(is_known, self.user[drawn.person], device)


def identify(
    random: Generator, people: int, known: Moments, logins: Moments, log: Log
) -> Identities:
    """Give everybody identifiers, and record when devices become known.

    ``known`` has each person once who becomes known, ``logins`` each who has a second device.
    """
    log.add("identify", known.person, known.at_us)
    log.add("identify", logins.person, logins.at_us, slot=SECOND)
    known_at_us = np.full((people, 2), NEVER_US, np.int64)
    known_at_us[known.person, OWN] = known.at_us
    known_at_us[logins.person, SECOND] = logins.at_us
    colleague = _share_devices(random, known_at_us, logins.person)
    shared = np.flatnonzero(colleague >= 0)
    # Nothing anonymous comes from a shared device in the name of the second who uses it.
    known_at_us[shared, SECOND] = 0
    own = np.setdiff1d(logins.person, shared).astype(np.int32)
    device = np.full((people, 2), -1, np.int32)
    device[:, OWN] = np.arange(people)
    device[own, SECOND] = people + np.arange(len(own))
    device[shared, SECOND] = device[colleague[shared], OWN]
    user = np.full(people, -1, np.int32)
    user[known.person] = people + len(own) + np.arange(len(known))
    anonymous = draw_ids(random, people + len(own))
    users = (f"user-{FIRST_USER + number}" for number in range(len(known)))
    owner = np.concatenate([np.arange(people, dtype=np.int32), own, known.person])
    is_known = np.arange(len(owner)) >= people + len(own)
    return Identities((*anonymous, *users), is_known, owner, known_at_us, device, user, colleague)


def find_links(identities: Identities, drawn: Drawn) -> Links:
    """Return the links that the ``identify`` events make."""
    rows = np.flatnonzero(drawn.name == NAMES.index("identify"))
    person, slot = drawn.person[rows], drawn.slot[rows]
    return Links(
        source=identities.device[person, slot],
        target=identities.user[person],
        at_us=drawn.at_us[rows],
        row=rows,
        is_shared=(slot == SECOND) & (identities.colleague[person] >= 0),
    )


def _share_devices(random: Generator, known_at_us: Int64, logins: Int32) -> Int32:
    """Draw who uses a colleague's device instead of an own second one.

    The colleague was known before, so the device is the colleague's.
    """
    colleague = np.full(len(known_at_us), -1, np.int32)
    guests = random.choice(logins, min(SHARED, len(logins) // 10), replace=False)
    single = np.flatnonzero(known_at_us[:, OWN] < NEVER_US)
    single = np.setdiff1d(single, logins)
    hosts = single[np.argsort(known_at_us[single, OWN])]
    for guest in guests.tolist():
        earlier = int(np.searchsorted(known_at_us[hosts, OWN], known_at_us[guest, OWN]))
        if earlier:
            colleague[guest] = hosts[random.integers(earlier)]
    return colleague


def draw_ids(random: Generator, count: int) -> tuple[str, ...]:
    """Draw ids as browsers make them: 32 hexadecimal digits."""
    digits = random.bytes(16 * count).hex()
    return tuple(digits[at : at + 32] for at in range(0, len(digits), 32))
