"""Events whose properties are of other types from event to event."""

from __future__ import annotations

from random import Random

from store_support.store_events import event
from suppilo.apps.capture.event import CapturedEvent

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


def draw_event(dice: Random, number: int) -> CapturedEvent:
    """Return an event with some properties, of types that change from event to event."""
    values = (1, 2.5, "three", True, 2**60, [1, {"a": 2}], {"b": {"c": {"d": {"e": 1}}}}, None, 7)
    names = dice.sample(["x", "y", "z", "source", "title"], dice.randint(0, 3))
    page = {"url": f"https://shop.example/{number % 3}?utm_source=news", "title": "A thing"}
    return event(
        f"e{number}",
        name=dice.choice(["Seen", "Paid", "Left"]),
        user_id=dice.choice([None, "u1"]),
        anonymous_id=f"device-{dice.randint(0, 5)}",
        session_id=dice.choice([None, "s1"]),
        at_us=1_763_000_000_000_000 + dice.randint(0, 20) * 1_000_000,
        properties={name: dice.choice(values) for name in names},
        context=dice.choice([{}, {"page": page, "userAgent": AGENT, "locale": "lv"}]),
    )
