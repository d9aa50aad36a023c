"""What is known of a request besides its events."""

from __future__ import annotations

from dataclasses import dataclass

from suppilo.apps.capture.protocol.moments import MAX_FUTURE_US


@dataclass(slots=True)
class Delivery:
    """How, when and from where events came.

    Attributes
    ----------
    received_us
        When the request arrived: microseconds since 1970 UTC.
    is_browser
        Whether the route is one that only browsers use.
    skew_us
        By how much the sender's clock is ahead; 0 where times must not be corrected.
    max_future_us
        By how much an event may be dated after its arrival, in microseconds.
    sent_at
        When the client says that it sent the request.
    address
        The sender's address; shortened where ``anonymise`` says so.
    anonymise, drop_bots
        The source's wishes: shorten addresses, set bots' events aside.
    refuses_tracking
        Whether the browser says so (``Sec-GPC``) and the source heeds it.
    library
        The client's library where the events don't name it.
    anonymous_id
        The device's id where the events don't name it (RudderStack's header).
    """

    received_us: int
    is_browser: bool = False
    skew_us: int = 0
    sent_at: str | None = None
    address: str | None = None
    user_agent: str = ""
    anonymise: bool = True
    drop_bots: bool = True
    refuses_tracking: bool = False
    library: str = ""
    anonymous_id: str | None = None
    max_future_us: int = MAX_FUTURE_US
