"""Saved funnels and dashboards: who sees them, who changes them, and what is written down."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import AuditEntry, Role, Team, User
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.selectors import (
    landing_url,
    list_dashboards,
    list_funnels,
    list_pins,
    may_change,
    may_see,
)
from suppilo.apps.funnels.templates import TEMPLATES, fill_template

pytestmark = pytest.mark.django_db

SHOP = FunnelDefinition.from_dict({"steps": ["home", "purchase"], "window": "7d"})


def make_user(name, role=Role.ANALYST, *teams):
    user = User.objects.create(email=f"{name}@example.com", name=name, role=role)
    user.teams.set(teams)
    return user


@pytest.fixture
def team():
    return Team.objects.create(name="North")


@pytest.fixture
def ann(team):
    return make_user("ann", Role.ANALYST, team)


def test_funnel_is_saved_as_it_was_asked(ann):
    funnel = services.save_funnel(ann, "  Shop   funnel ", SHOP, description=" Sales ")
    funnel.refresh_from_db()
    assert (funnel.name, funnel.description) == ("Shop funnel", "Sales")
    assert funnel.read_definition() == SHOP
    assert AuditEntry.objects.get().verb == "save_funnel"


def test_private_funnel_is_its_owners_alone(ann):
    services.save_funnel(ann, "Mine", SHOP)
    assert list_funnels(ann).count() == 1
    for role in Role:
        assert not list_funnels(make_user(role, role)).exists()


def test_team_sees_what_is_shared_with_it_and_does_not_change_it(ann, team):
    funnel = services.save_funnel(ann, "Ours", SHOP, visibility="team", team=team)
    bob, eve = make_user("bob", Role.MARKETER, team), make_user("eve", Role.MARKETER)
    assert may_see(bob, funnel)
    assert not may_change(bob, funnel)
    assert list(list_funnels(bob)) == [funnel]
    assert not list_funnels(eve).exists()
    with pytest.raises(PermissionDenied):
        services.rename_funnel(bob, funnel, "Theirs", "")


def test_administrator_changes_what_is_shared_with_everyone(ann):
    admin = make_user("root", Role.ADMIN)
    funnel = services.save_funnel(ann, "Ours", SHOP, visibility="everyone")
    services.rename_funnel(admin, funnel, "Better", "")
    hidden = services.save_funnel(ann, "Mine", SHOP)
    with pytest.raises(PermissionDenied):
        services.delete_funnel(admin, hidden)


def test_dates_that_nobody_knows_are_refused(ann):
    with pytest.raises(ValidationError, match="180d"):
        services.save_funnel(ann, "Shop", SHOP, dates="180d")
    assert not list_funnels(ann).exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SALESPERSON])
def test_role_that_may_not_save_reads_only(ann, role):
    reader = make_user("reader", role)
    funnel = services.save_funnel(ann, "Ours", SHOP, visibility="everyone")
    assert list(list_funnels(reader)) == [funnel]
    for attempt in (
        lambda: services.save_funnel(reader, "Mine", SHOP),
        lambda: services.duplicate_funnel(reader, funnel),
        lambda: services.change_funnel(reader, funnel, SHOP),
        lambda: services.create_dashboard(reader, "Mine"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert AuditEntry.objects.count() == 1


def test_somebody_who_left_sees_nothing(ann):
    services.save_funnel(ann, "Ours", SHOP, visibility="everyone")
    ann.is_active = False
    assert not list_funnels(ann).exists()


def test_definition_is_changed_and_the_old_one_written_down(ann):
    funnel = services.save_funnel(ann, "Shop", SHOP)
    other = FunnelDefinition.from_dict({"steps": ["home", "cart"]})
    services.change_funnel(ann, funnel, other, dates="30d")
    funnel.refresh_from_db()
    assert funnel.read_definition() == other
    assert funnel.dates == "30d"
    assert AuditEntry.objects.first().detail["before"] == SHOP.to_dict()


def test_copy_is_private_and_ones_own(ann, team):
    funnel = services.save_funnel(ann, "Shop", SHOP, visibility="everyone")
    bob = make_user("bob", Role.ANALYST)
    copy = services.duplicate_funnel(bob, funnel)
    assert (copy.owner, copy.visibility) == (bob, Visibility.PRIVATE)
    assert copy.name == "Shop (copy)"


def test_copy_of_what_is_not_shared_is_refused(ann):
    with pytest.raises(PermissionDenied):
        services.duplicate_funnel(make_user("bob"), services.save_funnel(ann, "Mine", SHOP))


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_name_that_is_none_is_refused(ann, name):
    with pytest.raises(ValidationError):
        services.save_funnel(ann, name, SHOP)


def test_sharing_needs_a_team_of_ones_own(ann):
    funnel = services.save_funnel(ann, "Mine", SHOP)
    foreign = Team.objects.create(name="South")
    for visibility, team in (("team", None), ("team", foreign), ("world", None)):
        with pytest.raises(ValidationError):
            services.share_funnel(ann, funnel, visibility, team)
    services.share_funnel(ann, funnel, "everyone")
    funnel.refresh_from_db()
    assert funnel.visibility == "everyone"


def test_search_finds_words_of_name_and_description(ann):
    services.save_funnel(ann, "Shop", SHOP, description="Weekly review")
    services.save_funnel(ann, "Leads", SHOP)
    assert [funnel.name for funnel in list_funnels(ann, "weekly")] == ["Shop"]
    assert [funnel.name for funnel in list_funnels(ann, "LEAD")] == ["Leads"]
    assert not list_funnels(ann, "100%_").exists()


def test_pins_keep_their_order(ann):
    board = services.create_dashboard(ann, "Monday")
    funnels = [services.save_funnel(ann, name, SHOP) for name in "abc"]
    pins = [services.pin_funnel(ann, board, funnel) for funnel in funnels]
    services.move_pin(ann, pins[2], 1)
    assert [pin.funnel.name for pin in list_pins(board)] == ["c", "a", "b"]
    services.move_pin(ann, pins[2], 99)
    assert [pin.funnel.name for pin in list_pins(board)] == ["a", "b", "c"]
    services.unpin_funnel(ann, pins[0])
    assert [pin.funnel.name for pin in list_pins(board)] == ["b", "c"]
    services.delete_funnel(ann, funnels[1])
    assert [pin.funnel.name for pin in list_pins(board)] == ["c"]


def test_dashboard_is_full_some_day(ann):
    board = services.create_dashboard(ann, "Monday")
    funnel = services.save_funnel(ann, "Shop", SHOP)
    for _ in range(services.MAX_PINS):
        services.pin_funnel(ann, board, funnel)
    with pytest.raises(ValidationError, match="at most"):
        services.pin_funnel(ann, board, funnel)


def test_dashboard_of_somebody_else_is_not_changed(ann):
    board = services.create_dashboard(ann, "Monday")
    services.share_dashboard(ann, board, "everyone")
    bob = make_user("bob", Role.MARKETER)
    funnel = services.save_funnel(bob, "Shop", SHOP)
    assert list(list_dashboards(bob)) == [board]
    with pytest.raises(PermissionDenied):
        services.pin_funnel(bob, board, funnel)
    with pytest.raises(PermissionDenied):
        services.delete_dashboard(bob, board)


def test_one_begins_at_the_newest_funnel(ann):
    assert landing_url(ann) == "/funnels/new/"
    services.save_funnel(ann, "Old", SHOP)
    newest = services.save_funnel(ann, "New", SHOP)
    assert landing_url(ann) == f"/funnels/{newest.pk}/"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_template_without_events_waits_for_them(template):
    draft = fill_template(template, [])
    assert all(step.name and not step.events for step in draft.steps)


def test_template_takes_the_events_that_there_are():
    shop = fill_template(TEMPLATES[0], ["Order Completed", "addToCart", "product_view", "x|y"])
    assert [step.events for step in shop.steps] == [
        "product_view", "addToCart", "", "Order Completed",
    ]  # fmt: skip


def test_eight_levels_are_eight():
    levels = next(template for template in TEMPLATES if template.key == "levels")
    assert len(levels.steps) == 8
