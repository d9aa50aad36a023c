"""Loading the pages before the first of them is asked for."""

from __future__ import annotations

from django.urls import get_resolver

from suppilo.apps.operations.garbage import spare_loaded


def settle() -> None:
    """Load the pages' modules, and never look through what is loaded for garbage again.

    The first visitor does not wait for modules, and no visitor for a look through all of them,
    which is a tenth of the work.
    """
    get_resolver().url_patterns  # noqa: B018 (a property that loads)
    spare_loaded()
