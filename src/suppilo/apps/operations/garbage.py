"""What the server's processes tell Python's garbage collector, once all of them is loaded."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 50_000
"""So many new objects are looked through for garbage at once. Events that wait for their commit, or
are being handed on, are no garbage, and with Python's 700 they are looked through again and again.
"""


def spare_loaded() -> None:
    """Never look through what is loaded by now for garbage again, and through the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
