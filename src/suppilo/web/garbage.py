"""What the web process tells Python's garbage collector, once all of it is loaded."""

from __future__ import annotations

import gc

from django.urls import get_resolver

_NEW_OBJECTS = 50_000
"""So many new objects are looked through for garbage at once. Events that wait for their commit are
no garbage, and with Python's 700 they are looked through again and again."""


def settle() -> None:
    """Load the pages' modules, and never look through what is loaded for garbage again.

    The first visitor does not wait for modules, and no visitor for a look through all of them,
    which is a tenth of the work.
    """
    get_resolver().url_patterns  # noqa: B018 (a property that loads)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
