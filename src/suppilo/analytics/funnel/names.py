"""Does the source know the names in a question? A typing error must not read as "nobody"."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from suppilo.analytics.events import EventSource
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.spec import DefinitionError

_LISTED = 12


def check_names(source: EventSource, definition: FunnelDefinition) -> None:
    """Check that each event and property that a funnel names exists in the source.

    Conditions check their own properties. Whoever asks on behalf of a person calls this; a
    saved funnel may well name an event that has not happened yet.

    Raises
    ------
    DefinitionError
        Naming the step and the nearest known name.
    """
    events = source.event_names()
    selectors = [(f"step {n}", step.events) for n, step in enumerate(definition.steps, 1)]
    selectors += [(f"exclusion {n}", x.events) for n, x in enumerate(definition.exclude, 1)]
    for place, names in selectors:
        for name in names or ():
            if name not in events:
                raise DefinitionError(
                    f"{place}: no event is called {name!r}; {name_hint(name, events)}"
                )
    asked = [("hold", name) for name in definition.hold]
    asked += [("by", definition.by)] if definition.by is not None else []
    # To know all names, a source reads what the newest events say: only where one is asked for.
    properties = source.property_names() if asked else ()
    for key, name in asked:
        if name not in properties:
            raise DefinitionError(
                f'"{key}": no event has a property {name!r}; {name_hint(name, properties)}'
            )


def name_hint(name: str, known: Sequence[str]) -> str:
    """Return what was meant by a name that is not known, or which names there are."""
    near = get_close_matches(name, known, 1, 0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(known[:_LISTED]) or "none"
    return f"there are {listed}" + (" and more" if len(known) > _LISTED else "")
