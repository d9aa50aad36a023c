"""From an opened envelope to events, each with what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from suppilo.apps.capture.bots import is_bot
from suppilo.apps.capture.event import CapturedEvent, RefusedEvent
from suppilo.apps.capture.protocol.consent import is_refused
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.errors import EventRefusedError, RequestRefusedError
from suppilo.apps.capture.protocol.identifiers import find_event_id, read_event_id
from suppilo.apps.capture.protocol.limits import LARGE_EVENT, MAX_EVENT
from suppilo.apps.capture.protocol.parse import parse_json
from suppilo.apps.capture.protocol.posthog import read_posthog
from suppilo.apps.capture.protocol.routes import Family
from suppilo.apps.capture.protocol.segment import read_segment
from suppilo.apps.capture.protocol.shape import clean, is_modest, is_small, measure, prune

Reader = Callable[..., CapturedEvent]
_KEPT_OF_LARGE = 64 * 1024


@dataclass(slots=True)
class Decoded:
    """A request's events by what becomes of them; ``order`` has every id as it came."""

    events: list[CapturedEvent] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    filtered: list[str] = field(default_factory=list)
    suppressed: list[str] = field(default_factory=list)


def read_events(
    family: Family,
    raws: Iterable[Any],
    delivery: Delivery,
    *,
    is_dirty: bool = True,
    is_large: bool = True,
    is_modest: bool = False,
    is_short: bool = False,
) -> Decoded:
    """Return the events of a request; none is left out.

    Parameters
    ----------
    family
        Whose client wrote them.
    raws
        Their JSON values; they belong to the events from now on.
    is_dirty
        Whether they may hold what JSON can't (:class:`~.parse.Parsed`).
    is_large
        Whether one of them may be large: the request was.
    is_modest
        Whether all are known to be of a shape that can be kept (:func:`~.shape.is_modest`).
    is_short
        Whether none has a long key or text (:func:`~.shape.has_short_texts`).
    """
    is_clean = is_modest and not is_dirty
    is_short = is_short and not is_dirty
    reader = read_posthog if family in ("posthog", "posthog_v1") else read_segment
    found = Decoded()
    for raw in raws:
        warnings: list[str] = []
        fit = raw
        try:
            if type(raw) is not dict or not (is_clean or (is_short and is_small(raw))):
                fit = _check_shape(raw, warnings, is_dirty=is_dirty, is_large=is_large)
            event = reader(fit, delivery, warnings)
        except EventRefusedError as refusal:
            found.refused.append(_keep_refused(raw, refusal, delivery.received_us))
            continue
        _sort_event(event, found, delivery)
    return found


def reread_event(
    raw: bytes, event_id: str, received_us: int, *, anonymise: bool = True
) -> CapturedEvent | RefusedEvent:
    """Return an event from quarantine read again, as it is now.

    Times are not corrected and nothing is filtered: what the sender's clock and browser were is
    not known any more.

    Parameters
    ----------
    raw
        Its JSON, as :class:`RefusedEvent` keeps it, mended.
    event_id, received_us
        Its id and its arrival, which stay.
    """
    delivery = Delivery(received_us, anonymise=anonymise)
    value: Any = None
    try:
        value, _ = parse_json(raw)
        reader = read_posthog if _is_posthog(value) else read_segment
        warnings: list[str] = []
        return reader(_check_shape(value, warnings), delivery, warnings, event_id=event_id)
    except EventRefusedError as refusal:
        reason, detail = refusal.reason, refusal.detail
    except RequestRefusedError as refusal:
        reason, detail = refusal.code, refusal.message
    name = value.get("event") if type(value) is dict else ""
    return RefusedEvent(event_id, str(name or ""), reason, detail, raw, received_us)


def _is_posthog(value: Any) -> bool:
    return type(value) is dict and "type" not in value and "messageId" not in value


def _check_shape(
    raw: Any, warnings: list[str], *, is_dirty: bool = True, is_large: bool = True
) -> dict[str, Any]:
    """Return an event's JSON as it can be kept, with what was changed in ``warnings``."""
    if type(raw) is not dict:
        raise EventRefusedError("not_an_object", "an event must be a JSON object")
    if not is_dirty and _is_modest(raw):
        return raw
    is_long = measure(raw)
    if is_large:
        _check_size(raw, warnings)
    if not (is_long or is_dirty):
        return raw
    changed: set[str] = set()
    cleaned: dict[str, Any] = clean(raw, changed)
    warnings += sorted(changed)
    return cleaned


def _is_modest(raw: dict[str, Any]) -> bool:
    """Say whether an event is surely of a size and shape that can be kept.

    To write it as text and look at that takes a fifth of walking through its values.
    """
    try:
        return is_modest(orjson.dumps(raw))
    except orjson.JSONEncodeError:  # It is too deep for that.
        return False


def _check_size(raw: dict[str, Any], warnings: list[str]) -> None:
    size = len(_dump(raw))
    if size > MAX_EVENT:
        raise EventRefusedError("too_large", f"{size} bytes; at most {MAX_EVENT} are kept")
    if size > LARGE_EVENT:
        warnings.append("large_event")


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # It holds what clean() would take out.
        return json.dumps(value, default=lambda _: None).encode()


def _sort_event(event: CapturedEvent, found: Decoded, delivery: Delivery) -> None:
    context = event.context
    agent = context.get("userAgent")
    if delivery.drop_bots and agent and is_bot(agent):
        found.filtered.append(event.id)
    elif delivery.refuses_tracking or is_refused(context):
        found.suppressed.append(event.id)
    else:
        found.events.append(event)


def _keep_refused(raw: Any, refusal: EventRefusedError, received_us: int) -> RefusedEvent:
    kept = clean(prune(raw), set())
    fields = kept if type(kept) is dict else {}
    given = find_event_id(fields, fields.get("properties"))
    data = orjson.dumps(kept)
    if len(data) > MAX_EVENT:
        data = orjson.dumps(data[:_KEPT_OF_LARGE].decode("utf-8", "replace"))
    return RefusedEvent(
        id=read_event_id(given, [], received_us),
        name=str(fields.get("event") or fields.get("type") or "")[:255],
        reason=refusal.reason,
        detail=refusal.detail,
        raw=data,
        received_us=received_us,
    )
