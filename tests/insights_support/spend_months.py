"""Months of spend that are known to bring leads, to the last Sunday."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import numpy as np
from django.utils import timezone

from reports_support.pipeline_world import make_pipeline
from suppilo.apps.deals.models import Deal
from suppilo.apps.people.values import search_key
from suppilo.apps.spend.models import AdSpend, SpendFile

WEEKS = 46


def fill_spend_months(owner) -> int:
    """Write 46 weeks: search brings 1.2 × spend^0.5 leads, display nothing; return the leads.

    One day of another currency stands beside them.
    """
    random = np.random.default_rng(3)
    today = timezone.localdate()
    start = today - timedelta(days=today.weekday() + 7 * WEEKS)
    file = SpendFile.objects.create(owner=owner, name="ads.csv", state="in")
    pipeline = make_pipeline()
    stages = {stage.key: stage for stage in pipeline.current.stages.all()}
    already, spends, deals = Deal.objects.count(), [], []
    for week in range(WEEKS):
        search, display = random.gamma(2, 60), random.gamma(2, 40)
        leads = max(0, round(1 + 1.2 * search**0.5 + random.normal(0, 0.7)))
        for day in range(7):
            at = start + timedelta(days=7 * week + day)
            for channel, cost in (("paid_search", search), ("display", display)):
                spends.append(_spend(file, at, channel, cost / 7, "EUR"))
            for number in range(leads // 7 + (day < leads % 7)):
                stage = stages["new" if number else "won"]
                deals.append(_deal(pipeline, stage, owner, at, already + len(deals) + 1))
    spends.append(_spend(file, start, "partner", 50, "USD"))
    AdSpend.objects.bulk_create(spends)
    Deal.objects.bulk_create(deals, batch_size=200)
    return len(deals)


def _spend(file, day, channel, cost, currency):
    return AdSpend(
        day=day, channel=channel, currency=currency, impressions=0, clicks=0, file=file,
        cost=Decimal(cost).quantize(Decimal("0.0001")),
    )  # fmt: skip


def _deal(pipeline, stage, owner, day, number):
    at = datetime.combine(day, time(12), timezone.get_current_timezone())
    return Deal(
        number=number, name="A deal", name_key=search_key("A deal"), pipeline=pipeline,
        version=pipeline.current, stage=stage, state=stage.kind, owner=owner, amount=100,
        currency="EUR", opened_at=at, entered_at=at, channel="paid_search",
        closed_at=None if stage.is_open else at + timedelta(days=9),
    )  # fmt: skip
