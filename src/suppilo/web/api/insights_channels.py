"""The API of channels: the same question as the page's, the same JSON as the command's."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.insights.channels import report_channels
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.views.insights.channels.asked import read_asked

router = Router()


class ChannelsAsked(Schema):
    """Of which dates, and what stands apart."""

    by: Literal["", "channel", "campaign", "partner"] = ""
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    segment: int | None = Field(None, ge=1, lt=2**63, description="Only its deals and people.")


class BoundsOut(Schema):
    """The interval of a rate, 0..1."""

    lower: float
    upper: float
    level: float
    method: str


class ChannelOut(Schema):
    """What is known of one channel in one currency; amounts are texts, rates 0..1.

    ``shrunk_quality`` is the share of leads won, drawn towards what channels are usually like.
    """

    name: str
    currency: str
    impressions: int | None
    clicks: int | None
    touches: int | None
    leads: int
    customers: int
    cost: str | None
    revenue: str | None
    margin: str | None
    cpm: str | None
    rpm: str | None
    cpc: str | None
    cpl: str | None
    cac: str | None
    ctr: float | None
    touch_rate: float | None
    quality: float | None
    romi: float | None
    shrunk_quality: float | None
    shrunk_interval: BoundsOut | None
    payback_days: int | None


class ChannelsOut(Schema):
    """Channels, campaigns or partners, what costs most first."""

    channels: list[ChannelOut]


@router.get("/channels", response={200: ChannelsOut, **problems(403, 404)})
def channels(request: ApiRequest, asked: Query[ChannelsAsked]) -> dict[str, Any]:
    """Say what channels cost and bring."""
    del asked  # checked; the page's own reader reads them
    require(request.auth, Permission.SEE_ALL_DEALS)
    question = read_asked(request.GET, request.auth)
    if question.errors:
        raise HttpError(422, " ".join(question.errors.values()))
    lines = report_channels(request.auth, question.question)
    return {"channels": [line.result.to_dict() for line in lines]}
