"""Dashboards: pinned reports, their order, and what is not shared."""

import re

import pytest

from funnels_support.shop_lake import use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import Dashboard, ReportView
from suppilo.apps.funnels.selectors import list_pins
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db

STEPS = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"], "by": "channel"})


@pytest.fixture
def ann():
    return make_user("analyst", "ann@example.com")


@pytest.fixture
def client(ann):
    return client_for(ann)


@pytest.fixture
def board(ann):
    return services.create_dashboard(ann, "Monday")


def pin(ann, board, name="Shop", view="steps", **sharing):
    funnel = services.save_funnel(ann, name, STEPS, **sharing)
    return services.pin_funnel(ann, board, funnel, view)


def test_dashboard_is_made_named_shared_and_deleted(client, ann):
    answer = client.post("/dashboards/", {"name": " Monday "})
    board = Dashboard.objects.get()
    assert answer["Location"] == f"/dashboards/{board.pk}/"
    client.post(f"/dashboards/{board.pk}/change/", {"name": "Tuesday", "visibility": "everyone"})
    board.refresh_from_db()
    assert (board.name, board.visibility) == ("Tuesday", "everyone")
    client.post(f"/dashboards/{board.pk}/delete/")
    assert not Dashboard.objects.exists()


def test_dashboard_without_a_name_is_refused(client):
    client.post("/dashboards/", {"name": "  "})
    assert not Dashboard.objects.exists()


def test_empty_dashboard_says_what_to_do_first(client, board):
    page = client.get(f"/dashboards/{board.pk}/").content.decode()
    assert "Nothing pinned yet" in page
    assert 'href="/funnels/new/"' in page


@pytest.mark.parametrize("view", ReportView.values)
def test_every_view_can_be_pinned_and_comes_as_a_part(client, ann, board, settings, tmp_path, view):
    use_shop(settings, tmp_path)
    pinned = pin(ann, board, view=view)
    page = client.get(f"/dashboards/{board.pk}/").content.decode()
    part = f"/dashboards/{board.pk}/pins/{pinned.pk}/"
    assert f'hx-get="{part}"' in page
    answer = client.get(part).content.decode()
    assert "<html" not in answer
    assert "pin-report" in answer


def test_view_is_pinned_from_its_page_to_a_new_dashboard(client, ann):
    funnel = services.save_funnel(ann, "Shop", STEPS)
    answer = client.post(f"/funnels/{funnel.pk}/pin/", {"view": "trend", "dashboard": ""})
    board = Dashboard.objects.get()
    assert answer["Location"] == f"/dashboards/{board.pk}/"
    assert [found.view for found in list_pins(board)] == ["trend"]


def test_reports_are_moved_and_taken_off(client, ann, board):
    pins = [pin(ann, board, name) for name in "abc"]
    client.post(f"/dashboards/{board.pk}/pins/{pins[2].pk}/move/", {"place": "1"})
    assert [found.funnel.name for found in list_pins(board)] == ["c", "a", "b"]
    client.post(f"/dashboards/{board.pk}/pins/{pins[0].pk}/remove/")
    assert [found.funnel.name for found in list_pins(board)] == ["c", "b"]


def test_funnel_that_is_not_shared_stays_hidden_on_a_shared_dashboard(client, ann, board):
    hidden = pin(ann, board, "Secret plan")
    services.share_dashboard(ann, board, "everyone")
    other = client_for("viewer")
    page = other.get(f"/dashboards/{board.pk}/").content.decode()
    assert "Secret plan" not in page
    part = other.get(f"/dashboards/{board.pk}/pins/{hidden.pk}/").content.decode()
    assert "not shared" in part
    assert "Secret plan" not in part


def test_dashboard_that_is_not_shared_is_not_there(ann, board):
    pinned = pin(ann, board)
    other = client_for("marketer")
    place = f"/dashboards/{board.pk}/"
    for url in (place, f"{place}pins/{pinned.pk}/"):
        assert other.get(url).status_code == 404
    for url in ("change/", "delete/", f"pins/{pinned.pk}/move/", f"pins/{pinned.pk}/remove/"):
        assert other.post(place + url).status_code == 404


def test_shared_dashboard_is_not_others_to_change(ann, board):
    pinned = pin(ann, board)
    services.share_dashboard(ann, board, "everyone")
    other = client_for("marketer")
    page = other.get(f"/dashboards/{board.pk}/").content.decode()
    assert not re.search(r'aria-label="Take', page)
    for url in ("change/", "delete/", f"pins/{pinned.pk}/move/", f"pins/{pinned.pk}/remove/"):
        assert other.post(f"/dashboards/{board.pk}/{url}", {"name": "x"}).status_code == 403


def test_pin_of_another_dashboard_is_not_found(client, ann, board):
    elsewhere = pin(ann, services.create_dashboard(ann, "Other"))
    assert client.get(f"/dashboards/{board.pk}/pins/{elsewhere.pk}/").status_code == 404


def test_dashboard_asks_the_database_little(client, ann, board, django_assert_max_num_queries):
    for number in range(20):
        pin(ann, board, f"Funnel {number}", visibility="everyone")
    services.share_dashboard(ann, board, "everyone")
    viewer = client_for("viewer")
    viewer.get(f"/dashboards/{board.pk}/")
    with django_assert_max_num_queries(10):
        viewer.get(f"/dashboards/{board.pk}/")
