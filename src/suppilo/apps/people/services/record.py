"""Evidence is taken in."""

from __future__ import annotations

from django.utils import timezone

from suppilo.apps.people.evidence import Evidence
from suppilo.apps.people.services.clean import clean_evidence
from suppilo.apps.people.services.companies import write_groupings
from suppilo.apps.people.services.identifiers import register
from suppilo.apps.people.services.links import write_links
from suppilo.apps.people.services.partition import divide_again
from suppilo.apps.people.services.persons import refresh_persons
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.services.traits import write_traits


def record_evidence(origin: str, evidence: Evidence) -> None:
    """Take in what a batch of events says about people, in one transaction.

    The result does not depend on the order of batches. Counts of events add up, so a batch must
    come once: the caller commits its own position together with this.

    Parameters
    ----------
    origin
        Who says so: ``source:3``, ``import:7``. :func:`forget_origin` takes it back.
    """
    now = timezone.now()
    evidence = clean_evidence(evidence)
    with writing_identities() as state:
        found = register(state, origin, evidence)
        linked = write_links(found, origin, evidence)
        write_traits(found, origin, evidence)
        write_groupings(found, origin, evidence, now)
        changed = divide_again(state, linked | found.grown, now)
        refresh_persons(changed | set(found.persons.values()))
