"""The pages and the API of watched figures: what they show, what they change, how they refuse."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.urls import reverse

from insights_support.watch_world import NOW, write_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels.services import save_funnel
from suppilo.apps.jobs.models import Job
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Follow, LeftOutDay
from suppilo.apps.watch.run import look_at_figures
from suppilo.apps.watch.services import watch_figure, watch_what_matters
from suppilo.lake import Lake
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db
VISITS = NewFigure(FigureKind.EVENTS, event="visit")


@pytest.fixture
def shop(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    write_shop(Lake.create(settings.SUPPILO.lake))
    owner = make_user("owner")
    return SimpleNamespace(owner=owner, client=client_for(owner))


@pytest.fixture
def fell(shop):
    shop.figure = watch_figure(shop.owner, VISITS)
    look_at_figures(NOW)
    return shop


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_page_advises_and_its_button_watches_what_matters(shop):
    assert "Nothing is watched yet" in text_of(shop.client.get("/watch/"))
    page = text_of(shop.client.post("/watch/what-matters/", follow=True))
    assert "2 figures are watched from now on" in page
    assert "Not read yet" in page
    assert Job.objects.filter(kind="watch_figures").count() == 1


def test_the_list_says_what_changed_with_a_picture_of_each_figure(fell):
    page = text_of(fell.client.get("/watch/"))
    assert "1 change waits to be looked at." in page
    assert "visit fell by 50 % on 16 Mar 2026: 25.8 a day, 51.2 a day before." in page
    assert "this may be of the season" in page
    assert "Fell, −50 % since 16 Mar" in page
    assert page.count("chart-spark") == 1
    assert "fewer than one alert a year" in page


def test_the_figures_page_shows_days_band_break_and_parts(fell):
    page = text_of(fell.client.get(f"/watch/{fell.figure.pk}/"))
    assert page.count("chart-watched") == 3
    assert f'id="alert-{Alert.objects.get().pk}"' in page
    assert "c-break" in page
    assert '<th scope="row">ads</th>' in page
    assert "Wed 25 Mar 2026" in page
    assert "Mail me no more" in page


def test_what_is_as_usual_or_too_short_is_said(fell):
    search = watch_figure(fell.owner, replace(VISITS, by="channel", value="search"))
    late = watch_figure(fell.owner, replace(VISITS, by="channel", value="none"))
    look_at_figures(NOW)
    assert "As usual: nothing has changed lately." in text_of(
        fell.client.get(f"/watch/{search.pk}/")
    )
    assert "Too little history: 0 of 28 days" in text_of(fell.client.get(f"/watch/{late.pk}/"))


def test_a_count_leads_to_the_newest_funnel_that_ends_with_its_event(shop):
    whole = watch_figure(shop.owner, NewFigure(FigureKind.EVENTS, event="purchase"))
    of_ads = watch_figure(
        shop.owner, NewFigure(FigureKind.EVENTS, event="purchase", by="channel", value="ads")
    )
    look_at_figures(NOW)
    assert {alert.figure_id for alert in Alert.objects.all()} == {whole.pk, of_ads.pk}
    assert "Explain the change" not in text_of(shop.client.get(f"/watch/{whole.pk}/"))
    stranger = make_user("analyst")
    steps = FunnelDefinition.from_dict({"steps": ["visit", "purchase"]})
    funnel = save_funnel(shop.owner, "Shop", steps)
    save_funnel(shop.owner, "Back", FunnelDefinition.from_dict({"steps": ["purchase", "visit"]}))
    save_funnel(shop.owner, "One", FunnelDefinition.from_dict({"steps": ["purchase"]}))
    link = f"/insights/change/?of={funnel.pk}&amp;dates=between&amp;from=2026-03-16"
    page = text_of(shop.client.get(f"/watch/{whole.pk}/"))
    assert link in page
    assert text_of(shop.client.get("/watch/")).count(link) == 1
    assert "Explain the change" not in text_of(shop.client.get(f"/watch/{of_ads.pk}/"))
    hers = text_of(client_for(stranger).get(f"/watch/{whole.pk}/"))
    assert "Explain the change" not in hers


def test_a_conversion_leads_to_the_page_that_explains_it(fell):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "purchase"]})
    funnel = save_funnel(fell.owner, "Shop", definition)
    figure = watch_figure(fell.owner, NewFigure(FigureKind.FUNNEL, funnel_id=funnel.pk))
    look_at_figures(NOW)
    Alert.objects.update(figure=figure)
    page = text_of(fell.client.get(f"/watch/{figure.pk}/"))
    assert f"/insights/change/?of={funnel.pk}&amp;dates=between&amp;from=2026-03-16" in page
    assert "converted within 1 day" in page


def test_days_are_exported_exactly(fell):
    answer = fell.client.get(f"/watch/{fell.figure.pk}/csv/")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0] == "day,value,of,expected,lower,upper"
    assert rows[-1].startswith("2026-03-25,24.0,1,")


def test_an_alert_is_seen_with_a_note_and_opened_again(fell):
    alert = Alert.objects.get()
    page = text_of(fell.client.post(
        f"/watch/alerts/{alert.pk}/acknowledge/",
        {"note": "Ads are <paused>", "from": "figure"}, follow=True,
    ))  # fmt: skip
    assert "Ads are &lt;paused&gt;" in page
    assert "All as usual" in text_of(fell.client.get("/watch/"))
    fell.client.post(f"/watch/alerts/{alert.pk}/reopen/")
    assert "1 change waits" in text_of(fell.client.get("/watch/"))


def test_the_form_adds_a_figure_and_says_what_is_wrong(shop):
    page = text_of(shop.client.get("/watch/add/"))
    assert "What an event&#x27;s amounts add up to" in page
    wrong = shop.client.post("/watch/add/", {"kind": "events", "event": "vist"})
    assert wrong.status_code == 422
    assert "There is no event “vist”." in wrong.content.decode()
    fields = {"kind": "sum", "event": "purchase", "amount": "amount", "by": "channel",
              "value": "ads", "funnel": "1", "stage": "1:a"}  # fmt: skip
    done = shop.client.post("/watch/add/", fields)
    figure = Figure.objects.get()
    assert done.headers["Location"] == reverse("watched", args=[figure.pk])
    assert str(figure) == "amount · purchase · ads"


def test_days_are_left_out_and_counted_again(fell):
    fell.client.post("/watch/days/", {"day": "2026-03-17", "reason": "Storm"})
    assert str(LeftOutDay.objects.get()) == "2026-03-17"
    assert "17 Mar 2026 · Storm" in text_of(fell.client.get("/watch/"))
    fell.client.post("/watch/days/back/", {"day": "2026-03-17"})
    assert not LeftOutDay.objects.exists()
    page = fell.client.post("/watch/days/", {"day": "tomorrow"}, follow=True)
    assert "Choose a day." in text_of(page)


def test_followers_come_and_go_and_a_figure_is_removed(fell):
    viewer = make_user("viewer")
    client = client_for(viewer)
    client.post(f"/watch/{fell.figure.pk}/follow/", {"on": "1"})
    assert Follow.objects.filter(user=viewer).exists()
    client.post(f"/watch/{fell.figure.pk}/follow/", {"on": "0"})
    assert not Follow.objects.filter(user=viewer).exists()
    assert client.post(f"/watch/{fell.figure.pk}/remove/").status_code == 403
    assert "Stop watching" not in text_of(client.get(f"/watch/{fell.figure.pk}/"))
    fell.client.post(f"/watch/{fell.figure.pk}/remove/")
    assert not Figure.objects.exists()


def test_the_list_asks_the_database_the_same_number_of_times_for_many(
    shop, django_assert_max_num_queries
):
    watch_what_matters(shop.owner)
    for channel in ("ads", "search"):
        watch_figure(shop.owner, replace(VISITS, by="channel", value=channel))
    look_at_figures(NOW)
    assert Alert.objects.count() >= 2
    with django_assert_max_num_queries(16):
        shop.client.get("/watch/")


def test_the_api_lists_adds_reads_and_removes_figures(fell):
    (listed,) = fell.client.get("/api/watch/figures").json()
    assert (listed["name"], listed["open_alerts"], listed["verdict"]) == ("visit", 1, "ready")
    days = fell.client.get(f"/api/watch/figures/{listed['id']}").json()
    assert len(days["values"]) == len(days["lower"]) == 400
    body = {"kind": "events", "event": "visit", "by": "channel", "value": "ads"}
    made = fell.client.post("/api/watch/figures", body, content_type="application/json")
    assert (made.status_code, made.json()["name"]) == (201, "visit · ads")
    path = f"/api/watch/figures/{made.json()['id']}"
    follow = fell.client.put(f"{path}/follow", {"is_on": False}, content_type="application/json")
    assert follow.status_code == 204
    assert fell.client.delete(path).status_code == 204
    assert fell.client.get(path).status_code == 404
    wrong = fell.client.post(
        "/api/watch/figures", body | {"event": "vist"}, content_type="application/json"
    )
    assert (wrong.status_code, "vist" in wrong.content.decode()) == (422, True)


def test_the_api_lists_and_acknowledges_alerts(fell):
    (alert,) = fell.client.get("/api/watch/alerts?open=true").json()
    assert alert["sentence"].startswith("visit fell by 50 %")
    assert alert["finding"]["change"] == "level"
    assert alert["underneath"][0]["by"] == "channel"
    path = f"/api/watch/alerts/{alert['id']}"
    seen = fell.client.post(f"{path}/acknowledge", {"note": "Ads"}, content_type="application/json")
    assert seen.json()["note"] == "Ads"
    assert fell.client.get("/api/watch/alerts?open=true").json() == []
    assert fell.client.post(f"{path}/reopen").json()["acknowledged_at"] is None
    viewer = client_for(make_user("viewer"))
    assert viewer.post(f"{path}/reopen").status_code == 403
