"""What the simulated company's advertising cost, brought in as a file of daily figures."""

from __future__ import annotations

import csv
import io

import numpy as np

from suppilo.analytics.simulate import World
from suppilo.apps.accounts.models import User
from suppilo.apps.spend.services import bring_in, upload_spend

_HEAD = ("date", "channel", "campaign", "impressions", "clicks", "cost", "currency")


def record_spend(owner: User, world: World) -> None:
    """Bring the company's daily figures in, as its marketer would."""
    spend = world.spend
    days = np.asarray(spend.day_us).astype("datetime64[us]").astype("datetime64[D]").astype(str)
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(_HEAD)
    columns = (
        days.tolist(), spend.channel, spend.campaign, spend.impressions.tolist(),
        spend.clicks.tolist(), spend.cost.tolist(),
    )  # fmt: skip
    writer.writerows((*row, spend.currency) for row in zip(*columns, strict=True))
    found = upload_spend(owner, "advertising.csv", output.getvalue().encode())
    bring_in(owner, found.pk)
