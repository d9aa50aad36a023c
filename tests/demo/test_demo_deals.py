"""The demonstration's pipeline: deals of the simulated leads, with all that belongs to them."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.db.models import Count, F, Q

from suppilo.analytics.simulate import draw_deals
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Approval, Deal, Participant, StageChange
from suppilo.apps.demo.deals import now_of
from suppilo.apps.demo.load import SEED, draw_company, load_company
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.quotas.models import Quota
from suppilo.apps.salesbook.models import Entry
from suppilo.lake import Lake

pytestmark = pytest.mark.django_db
PEOPLE = 4_000


@pytest.fixture
def loaded(tmp_path):
    """Return the simulated company that was loaded, and its event tables."""
    owner = User.objects.create(email="o@example.com", name="O", role=Role.OWNER)
    lake = Lake.create(tmp_path / "lake")
    load_company(owner, lake, date(2026, 10, 1), lambda *_: None, PEOPLE, "let me in please")
    return draw_company(PEOPLE), lake


def test_every_lead_is_a_deal_whose_moves_are_events_once(loaded):
    world, lake = loaded
    deals = draw_deals(np.random.default_rng([SEED, len(world.events)]), world)
    assert Deal.objects.count() == len(deals) > 100
    states = dict(Deal.objects.order_by().values_list("state").annotate(n=Count("pk")))
    assert states["won"] == int((deals.won_us >= 0).sum()) > 0
    assert states["lost"] == int((deals.lost_us >= 0).sum()) > 0
    assert states["open"] == int(deals.is_open.sum()) > 0
    backward = StageChange.objects.filter(kind="back").count()
    assert backward == int((deals.returned_us >= 0).sum())
    # The moves are events as well, each once.
    rows = {event.name: event.rows for event in lake.events() if event.name.startswith("deal_")}
    assert rows["deal_created"] == Deal.objects.count()
    assert rows["deal_stage_entered"] == StageChange.objects.count()
    assert (rows["deal_won"], rows["deal_lost"]) == (states["won"], states["lost"])
    assert not DomainEvent.objects.filter(name__startswith="deal_").exists()


def test_deals_have_their_people_items_activities_and_owners(loaded):
    world, _lake = loaded
    mains = Participant.objects.filter(is_main=True).select_related("contact")
    assert mains.count() == Deal.objects.count()
    assert {one.contact.value for one in mains} <= set(world.identifiers)
    assert Participant.objects.filter(is_main=False).exists()
    assert Deal.objects.filter(company=None).exists()
    assert Deal.objects.exclude(channel="").count() > Deal.objects.count() / 2
    check_next_steps(world)
    check_amounts()
    check_activities(world)
    check_sellers()


def check_next_steps(world):
    still = Deal.objects.filter(state="open")
    late = still.filter(next_step_at__lt=now_of(world)).count()
    missing = still.filter(next_step="").count()
    assert 0 < late < still.count() / 2
    assert 0 < missing < still.count() / 2


def check_amounts():
    deal = Deal.objects.filter(discount__gt=0).first()
    item = deal.items.get()
    total = (item.quantity * item.unit_price * (1 - item.discount)).quantize(Decimal("0.01"))
    assert abs(deal.amount - total) <= Decimal("0.01")
    assert deal.cost is not None


def check_activities(world):
    end = now_of(world)
    assert not Activity.objects.filter(done_at__gt=end).exists()
    assert (
        not Activity.objects.filter(done_at__lt=F("deal__opened_at"))
        .exclude(outcome="not_reached")
        .exists()
    )
    planned = Activity.objects.filter(done_at=None).count()
    assert planned == Deal.objects.filter(state="open", next_step_at__isnull=False).count()


def check_sellers():
    sellers = User.objects.filter(role=Role.SALESPERSON).annotate(
        n=Count("deals"), of=Count("teams", distinct=True)
    )
    assert [user.of for user in sellers] == [1, 1, 1, 1]
    assert all(user.n > 0 for user in sellers)
    assert User.objects.filter(Q(role=Role.HEAD_OF_SALES)).get().check_password("let me in please")


def test_the_head_of_sales_finds_a_sales_book_quotas_and_requests(loaded):
    assert Entry.objects.count() > 5
    # Four salespeople and two teams, for the month and for the quarter.
    assert Quota.objects.count() == 12
    of_teams = Quota.objects.filter(user=None, span="month")
    of_people = Quota.objects.filter(team=None, span="month")
    assert sum(one.target for one in of_teams) == sum(one.target for one in of_people) > 0
    asked = Approval.objects.select_related("deal")
    assert 0 < asked.count() <= 3
    for one in asked:
        assert (one.state, one.asked_by) == ("asked", one.deal.owner)
        assert one.rate > Decimal("0.1")
