"""Whom a deal's papers are for."""

from __future__ import annotations

from suppilo.apps.deals.models import Deal
from suppilo.apps.quotes.models import Quote

_NAMES = ("customer_name", "customer_details", "contact_name", "contact_email")


def find_customer(deal: Deal) -> dict[str, str]:
    """Return what a new paper says of its customer.

    It is what the deal's last quote said, else what is known of its company and of its main
    participant.
    """
    last = Quote.objects.filter(deal=deal).order_by("-id").first()
    if last is not None:
        return {name: getattr(last, name) for name in _NAMES}
    main = deal.participants.select_related("contact__person").order_by("-is_main", "id").first()
    person = main.contact.person if main is not None else None
    name = deal.company.name if deal.company is not None else str(person or deal.name)
    return {
        "customer_name": name[:200],
        "contact_name": (person.name if person is not None else "")[:200],
        "contact_email": (person.email if person is not None else "")[:254],
    }
