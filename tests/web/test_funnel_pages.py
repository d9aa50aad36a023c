"""The pages of funnels: what they show, to whom, what they refuse, and how fast."""

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from funnels_support.shop_lake import HOSTILE, START, use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import AuditEntry, Team
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db

PLAIN = "s1=visit&s2=cart&s3=pay&window=7d"
SHOP = f"{PLAIN}&wait=2"
"""With the patience of who reads without script: a busy machine may take more than a second."""
STEPS = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"], "window": "7d"})
HTMX = {"HX-Request": "true"}


@pytest.fixture
def shop(settings, tmp_path):
    use_shop(settings, tmp_path)


@pytest.fixture
def ann():
    return make_user("analyst", "ann@example.com")


@pytest.fixture
def client(ann):
    return client_for(ann)


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def links_of(answer, part: str) -> list[str]:
    found = re.findall(r'href="([^"]*)"', answer.content.decode())
    return [unescape(url) for url in found if part in url]


def test_report_shows_its_figures(client, shop):
    said = text_of(client.get(f"/funnels/new/?{SHOP}"))
    for figure in ("40", "20", "8", "1 : 5", "20.0 %", "Biggest loss: visit → cart"):
        assert figure in said
    assert "Each path counts at a step" in said


def test_page_without_script_shows_the_same_report(client, shop):
    assert "Overall conversion" in text_of(client.get(f"/funnels/new/?{SHOP}"))


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("steps", "Overall conversion"), ("trend", "Conversion rate by date of entry"),
        ("times", "Kaplan–Meier"), ("breakdown", "Split by what?"),
        ("correlations", "odds ratio"), ("table", "Middle half"),
        ("compare", "a beginning and an end"), ("rubbish", "Overall conversion"),
    ],
)  # fmt: skip
def test_every_view_shows_something(client, shop, view, said):
    assert said in text_of(client.get(f"/funnels/new/?{SHOP}&view={view}"))


def test_times_are_told_apart_by_the_values_of_the_breakdown(client, shop):
    answer = client.get(f"/funnels/new/?{SHOP}&view=times&by=channel&by_value=first")
    assert "no more differently long than chance would explain (log-rank test" in text_of(answer)
    rows = answer.context["value_rows"]
    assert sum(row.times.converted for row in rows) == 6  # visitors 0 and 20 have no channel
    assert client.get(rows[0].url).context["total"] == rows[0].times.converted


def test_breakdown_adds_up_in_words(client, shop):
    said = text_of(client.get(f"/funnels/new/?{SHOP}&by=channel&view=breakdown"))
    assert "Entered: 40 = 36 under the values − 0 counted twice + 4 without a value" in said
    assert "E-mail" in said


def test_periods_are_compared(client, shop):
    url = f"/funnels/new/?{SHOP}&view=compare&from=2026-03-16&to=2026-03-30&mix=channel"
    said = text_of(client.get(url))
    assert "2026-03-02 – 2026-03-15" in said
    assert "by the mix of channel" in said


def test_a_comparison_without_dates_offers_some(client, shop):
    page = client.get(f"/funnels/new/?{SHOP}&view=compare")
    links = page.context["date_links"]
    assert [name for name, _query in links] == ["Last 30 days", "Last 90 days", "Last 12 months"]
    assert f"/funnels/new/?{links[0][1]}" in unescape(page.content.decode())
    chosen = client.get(f"/funnels/new/?{links[0][1]}")
    assert "a beginning and an end" not in chosen.content.decode()


def test_segments_are_compared(client, shop):
    asked = f"{SHOP}&view=compare&vs=segments&a=channel='email'&b=channel='direct'"
    assert "Difference, B less A" in text_of(client.get(f"/funnels/new/?{asked}"))


def test_times_between_any_two_steps(client, shop):
    said = text_of(client.get(f"/funnels/new/?{SHOP}&view=times&t=2-3"))
    assert "Median 2 h" in said


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("s1=visit&s2=carrt&wait=2", "e-s2", "did you mean 'cart'"),
        ("s1=visit&s2=cart&s2.where=prise>3&wait=2", "e-s2-where", "price"),
        ("s1=visit&window=soon", "e-window", "not a duration"),
        ("s1=visit&by=chanel&wait=2", "e-by", "channel"),
        ("s1=visit&s2=cart&s2.within=x", "e-s2-within", "not a duration"),
        ("s1=visit&x1=cart&x1.before=9", "e-x1-before", "but the steps are"),
        (f"{SHOP}&view=compare&vs=segments&a=prise=1", "e-a", "price"),
    ],
)
def test_mistake_stands_at_its_field(client, shop, query, field, said):
    page = client.get(f"/funnels/new/?{query}").content.decode()
    place = re.search(rf'id="{field}"[^>]*>([^<]*)<', page)
    assert said in unescape(place[1])


def test_changed_form_gets_the_report_alone_and_a_short_address(client, shop):
    answer = client.get(f"/funnels/new/?{PLAIN}&by=&s3.name=&order=&view=", headers=HTMX)
    assert answer["HX-Push-Url"] == "/funnels/new/?s1=visit&s2=cart&s3=pay&window=7d"
    page = answer.content.decode()
    assert page.lstrip().startswith('<section id="report"')
    assert "<html" not in page
    assert 'id="e-window"' in page


def test_button_changes_the_whole_form(client, shop):
    answer = client.get(f"/funnels/new/?{PLAIN}&do=up:3", headers=HTMX)
    assert answer["HX-Retarget"] == "#funnel"
    assert answer["HX-Push-Url"] == "/funnels/new/?s1=visit&s2=pay&s3=cart&window=7d"


def test_button_works_without_script(client, shop):
    answer = client.get(f"/funnels/new/?{SHOP}&do=remove:2")
    assert answer["Location"] == "/funnels/new/?s1=visit&s2=pay&window=7d"


def test_rows_of_conditions_become_text_in_the_address(client, shop):
    rows = "&s2.p1=price&s2.o1=more&s2.v1=10&s2.p2=channel&s2.o2=is&s2.v2=email"
    answer = client.get(f"/funnels/new/?{PLAIN}{rows}", headers=HTMX)
    where = parse_qs(urlsplit(answer["HX-Push-Url"]).query)["s2.where"]
    assert where == ["price > 10 and channel = 'email'"]


def test_template_begins_with_what_there_is(client, shop):
    answer = client.get("/funnels/new/?template=shop")
    assert "s2=cart" in answer["Location"]
    assert client.get(answer["Location"]).status_code == 200


def test_empty_builder_offers_templates(client, shop):
    said = text_of(client.get("/funnels/new/"))
    assert "The eight levels" in said


def test_without_events_the_page_says_where_to_begin(client, settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    said = text_of(client.get("/funnels/new/"))
    assert "No events yet" in said
    assert "suppilo demo" in said


def test_start_page_leads_to_the_newest_funnel(client, ann):
    assert client.get("/")["Location"] == "/funnels/new/"
    saved = services.save_funnel(ann, "Shop", STEPS)
    assert client.get("/")["Location"] == f"/funnels/{saved.pk}/"


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("step=1", 40), ("step=2", 20), ("step=1&outcome=dropped", 18),
        ("step=1&outcome=open", 2), ("step=3", 8), ("step=1&outcome=converted", 8),
        ("step=1&bucket=2026-03-02&every=day", 2), ("step=1&value=email&by=channel", 12),
        ("step=1&none=1&by=channel", 4),
    ],
)  # fmt: skip
def test_figure_opens_its_people(client, shop, cell, count):
    answer = client.get(f"/funnels/people/?{SHOP}&{cell}")
    assert f"{count} people" in text_of(answer)


@pytest.mark.parametrize(
    ("view", "links"),
    [("steps", 6), ("trend", 20), ("breakdown", 6), ("table", 30), ("times", 9),
     ("correlations", 8)],
)  # fmt: skip
def test_every_figures_link_opens_as_many_people_as_it_says(client, shop, view, links):
    asked = "by=channel&every=week" if view == "table" else "by=channel"
    page = client.get(f"/funnels/new/?{SHOP}&{asked}&view={view}").content.decode()
    link = r'<a href="(/funnels/people/[^"]+)">(?:of )?([\d,]+)(?: lost| open)?</a>'
    found = set(re.findall(link, page))
    assert len(found) >= links
    for url, figure in found:
        people = text_of(client.get(unescape(url)))
        assert re.search(rf"\b{figure} (people|person)\b", people), url


def test_people_come_by_pages(client, shop):
    url = "/funnels/people/?s1=visit"
    assert "1–40 of 40" not in text_of(client.get(url))
    assert client.get(f"{url}&page=99").status_code == 200
    assert client.get(f"{url}&page=-1e9").status_code == 200


@pytest.mark.parametrize(
    "cell",
    ["step=9", "outcome=rich", "bucket=never&every=day", "step=1&since=2", "outcome=waiting",
     "step=2&since=1&bucket=2026-03-02&every=day", "event=nothing", "event=cart",
     "prop=channel&is=never", "step=2&since=1&value=email&by=channel&by_value=all"],
)  # fmt: skip
def test_figure_that_is_none_is_not_found(client, shop, cell):
    assert client.get(f"/funnels/people/?{SHOP}&{cell}").status_code == 404


def test_viewer_sees_figures_but_not_people(shop):
    viewer = client_for("viewer")
    answer = viewer.get(f"/funnels/new/?{SHOP}")
    assert not links_of(answer, "/funnels/people/")
    for view in ("table", "times", "correlations"):
        other = viewer.get(f"/funnels/new/?{SHOP}&every=week&view={view}")
        assert not links_of(other, "/funnels/people/")
    assert "Save funnel" not in text_of(answer)
    assert viewer.get(f"/funnels/people/?{SHOP}").status_code == 403
    assert viewer.get(f"/funnels/people/csv/?{SHOP}").status_code == 403


def test_salesperson_sees_people_but_takes_none_away(shop):
    seller = client_for("salesperson")
    assert seller.get(f"/funnels/people/?{SHOP}").status_code == 200
    assert seller.get(f"/funnels/people/xlsx/?{SHOP}").status_code == 403


def test_people_are_exported_whole_and_defused(client, shop):
    answer = client.get(f"/funnels/people/csv/?{SHOP}&step=2")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) == 21
    logged = AuditEntry.objects.get(verb="export_people")
    assert (logged.detail["kind"], logged.detail["chosen"]) == ("csv", 20)
    hostile = client.get("/funnels/people/csv/?s1=*&s1.name=%3D1%2B1").content.decode()
    assert "'=" not in hostile.split("\n")[1]
    file = io.BytesIO(client.get(f"/funnels/people/xlsx/?{SHOP}&step=3").content)
    rows = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert len(rows) == 9
    assert rows[0][:4] == ["person", "path", "steps", "outcome"]


@pytest.mark.parametrize(
    ("kind", "start"),
    [("csv", b"part,key"), ("xlsx", b"PK"), ("png", b"\x89PNG"), ("svg", b"<svg"), ("json", b"{")],
)
def test_report_is_exported(client, shop, kind, start):
    answer = client.get(f"/funnels/export/{kind}/?{SHOP}&by=channel")
    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert f"funnel.{kind}" in answer["Content-Disposition"]


@pytest.mark.parametrize("view", ["trend", "times", "breakdown"])
def test_picture_is_that_of_the_view(client, shop, view):
    steps = client.get(f"/funnels/export/svg/?{SHOP}&by=channel").content
    other = client.get(f"/funnels/export/svg/?{SHOP}&by=channel&view={view}").content
    assert b"<svg" in other
    assert other != steps


def test_json_export_is_the_report(client, shop):
    found = json.loads(client.get(f"/funnels/export/json/?{SHOP}").content)
    assert [step["count"] for step in found["steps"]] == [40, 20, 8]


def test_exports_of_the_trend_hold_the_dates_that_the_page_shows(client, shop):
    asked = f"{SHOP}&by=channel&view=trend"
    found = json.loads(client.get(f"/funnels/export/json/?{asked}").content)
    assert found["buckets"]
    assert found["definition"]["every"]
    assert client.get(f"/funnels/export/xlsx/?{asked}").status_code == 200
    rows = read_csv(client.get(f"/funnels/export/csv/?{asked}"))
    shown = {row["key"] for row in rows if row["part"] == "bucket"}
    assert shown == {bucket["start"] for bucket in found["buckets"]}
    entered = [int(r["count"]) for r in rows if r["part"] == "bucket" and r["step"] == "1"]
    assert sum(entered) == found["steps"][0]["count"]
    assert any(row["part"] == "breakdown" for row in rows)


def test_exports_hold_the_comparison_that_the_address_asks_for(client, shop):
    asked = f"{SHOP}&view=compare&from=2026-03-16&to=2026-03-30&mix=channel"
    found = json.loads(client.get(f"/funnels/export/json/?{asked}").content)
    last = found["comparison"]["steps"][-1]
    sides = [last[side]["conversion_rate"] for side in ("a", "b")]
    assert last["overall"]["difference"] == pytest.approx(sides[1] - sides[0])
    assert last["b"]["count"] == found["steps"][-1]["count"]
    mix = found["comparison"]["mix"]
    assert mix["mix"] + mix["rate"] == pytest.approx(mix["difference"])
    file = io.BytesIO(client.get(f"/funnels/export/xlsx/?{asked}").content)
    book = CalamineWorkbook.from_filelike(file)
    rows = book.get_sheet_by_name("Comparison").to_python()
    assert rows[0][1].startswith("2026-03-02 – 2026-03-15")
    assert [row[4] for row in rows[1:]] == [step["count"] for step in found["steps"]]
    assert book.get_sheet_by_name("Mix").to_python()[0][0] == "channel"


def read_csv(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_csv_of_a_comparison_holds_both_sides_and_the_mix(client, shop):
    asked = f"{SHOP}&view=compare&from=2026-03-16&to=2026-03-30&mix=channel"
    rows = read_csv(client.get(f"/funnels/export/csv/?{asked}"))
    found = json.loads(client.get(f"/funnels/export/json/?{asked}").content)["comparison"]
    steps = [row for row in rows if row["part"] == "step"]
    for side in ("a", "b"):
        counts = [int(row[f"{side}_count"]) for row in steps]
        assert counts == [step[side]["count"] for step in found["steps"]]
    assert steps[0]["side_a"].startswith("2026-03-02 – 2026-03-15")
    last = found["steps"][-1]["overall"]
    assert float(steps[-1]["overall_difference"]) == pytest.approx(last["difference"])
    mix = [row for row in rows if row["part"] == "mix"]
    assert sum(float(row["by_mix"]) for row in mix) == pytest.approx(found["mix"]["mix"])
    assert float(rows[-1]["by_rate"]) == pytest.approx(found["mix"]["rate"])
    assert HOSTILE in [row["key"] for row in mix]


def test_times_are_in_every_file_of_figures(client, shop):
    asked = f"{SHOP}&view=times&by=channel"
    found = json.loads(client.get(f"/funnels/export/json/?{asked}").content)
    rows = read_csv(client.get(f"/funnels/export/csv/?{asked}"))
    count = {row["part"]: row["count"] for row in rows if not row["part"].startswith("value")}
    assert (count["converted"], count["waiting"]) == ("8", "32")
    bars = [int(row["count"]) for row in rows if row["part"] == "histogram"]
    assert bars == [bar[2] for bar in found["times"]["histogram"]]
    curve = [(float(row["seconds"]), float(row["share"])) for row in rows if row["part"] == "curve"]
    assert curve == [tuple(point[:2]) for point in found["times"]["curve"]]
    values = [row["key"] for row in rows if row["part"] == "value, converted"]
    assert values == [one["value"] for one in found["times_by"]["values"]]
    file = io.BytesIO(client.get(f"/funnels/export/xlsx/?{asked}").content)
    book = CalamineWorkbook.from_filelike(file)
    times = book.get_sheet_by_name("Times").to_python()
    assert [row[3] for row in times[1:3]] == [8, 32]
    assert sum(row[3] for row in times[3:] if row[3]) == 8
    assert len(book.get_sheet_by_name("Converted by then").to_python()) == len(curve) + 1
    by = book.get_sheet_by_name("Times by value").to_python()
    assert sum(row[1] for row in by[1 : len(values) + 1]) == sum(
        one["converted"] for one in found["times_by"]["values"]
    )


def test_csv_of_correlations_holds_all_of_them(client, shop):
    asked = f"{SHOP}&view=correlations"
    rows = read_csv(client.get(f"/funnels/export/csv/?{asked}"))
    found = json.loads(client.get(f"/funnels/export/json/?{asked}").content)["correlations"]
    assert [(row["kind"], row["name"], int(row["with_total"])) for row in rows] == [
        (one["kind"], one["name"], one["with_total"]) for one in found
    ]
    assert rows


def test_comparing_periods_without_dates_says_so_once(client, shop):
    asked = f"{SHOP}&view=compare"
    said = text_of(client.get(f"/funnels/new/?{asked}"))
    assert said.count("choose dates of entry with a beginning and an end") == 1
    assert client.get(f"/funnels/export/xlsx/?{asked}").status_code == 400


def test_export_of_a_mistake_says_so(client, shop):
    assert client.get("/funnels/export/csv/?s1=nothing").status_code == 400
    assert client.get(f"/funnels/export/exe/?{SHOP}").status_code == 404


def test_names_are_suggested(client, shop):
    def ask(**query):
        return client.get("/funnels/suggest/", query).json()["names"]

    assert ask(what="events", q="ca")[:1] == ["cart"]
    assert ask(what="properties") == ["channel", "price"]
    assert "email" in ask(what="values", property="channel", q="em")
    assert ask(what="values", property="nothing") == []


def test_whoever_may_not_see_people_is_not_told_who_they_are_by_a_property(client, shop):
    viewer = client_for("viewer")
    asked = {"what": "values", "property": "visitor_id"}
    assert viewer.get("/funnels/suggest/", asked).json()["names"] == []
    split = f"/funnels/new/?{SHOP}&view=breakdown&by=visitor_id"
    assert "you may not see people" in text_of(viewer.get(split))
    assert viewer.get(f"/funnels/export/csv/?{SHOP}&by=visitor_id").status_code == 400
    assert "you may not see people" not in text_of(client.get(split))
    assert "you may not see people" not in text_of(viewer.get(f"/funnels/new/?{SHOP}&by=channel"))


def test_correlations_tell_whoever_may_not_see_people_no_addresses(client, shop, settings):
    guests = [(f"guest-{n}", START, "visit", f"{'ab'[n % 2]}@example.com") for n in range(40)]
    names = ("path", "at", "event")
    events = pa.table({name: [row[place] for row in guests] for place, name in enumerate(names)})
    emails = pa.table({"email": [row[3] for row in guests]})
    Lake.create(settings.SUPPILO.lake).write(events, "guests", emails)
    asked, viewer = f"{SHOP}&view=correlations", make_user("viewer")
    definition = {"definition": STEPS.to_dict(), "correlations": True}
    for url in (f"/funnels/new/?{asked}", f"/funnels/export/csv/?{asked}"):
        assert "a@example.com" in client.get(url).content.decode()
        assert "a@example.com" not in client_for(viewer).get(url).content.decode()
    assert "a@example.com" not in api(viewer, "post", "/ask", definition).content.decode()


def test_foreign_words_are_only_ever_text(client, shop, ann):
    from urllib.parse import urlencode

    event = '"' + HOSTILE.replace('"', '""') + '"'
    asked = urlencode({"s1": "visit", "s2": event, "s2.name": HOSTILE, "by": "channel"})
    saved = services.save_funnel(ann, HOSTILE, STEPS, description=HOSTILE)
    for url in (
        f"/funnels/new/?{asked}", f"/funnels/new/?{asked}&view=breakdown",
        f"/funnels/new/?{asked}&view=trend", f"/funnels/new/?{asked}&view=table",
        f"/funnels/new/?{asked}&view=correlations", f"/funnels/people/?{asked}&step=1",
        f"/funnels/{saved.pk}/", "/funnels/", f"/funnels/{saved.pk}/settings/",
    ):  # fmt: skip
        page = client.get(url).content.decode()
        assert "<img" not in page, url


def test_funnel_is_saved_from_its_address(client, shop, ann):
    answer = client.post("/funnels/save/", {"query": SHOP + "&dates=30d", "name": "Shop"})
    saved = SavedFunnel.objects.get()
    assert answer["Location"] == f"/funnels/{saved.pk}/"
    assert (saved.owner, saved.dates) == (ann, "30d")
    assert [step.name for step in saved.read_definition().steps] == ["visit", "cart", "pay"]


def test_mistake_is_not_saved(client, shop):
    client.post("/funnels/save/", {"query": "s1=visit&window=soon", "name": "Shop"})
    client.post("/funnels/save/", {"query": SHOP, "name": "  "})
    assert not SavedFunnel.objects.exists()


def test_saved_funnel_is_tried_and_changed(client, shop, ann):
    saved = services.save_funnel(ann, "Shop", STEPS)
    assert "changed" not in text_of(client.get(f"/funnels/{saved.pk}/"))
    tried = client.get(f"/funnels/{saved.pk}/?s1=visit&s2=pay")
    assert "Save changes" in text_of(tried)
    client.post(f"/funnels/{saved.pk}/change/", {"query": "s1=visit&s2=pay"})
    saved.refresh_from_db()
    assert len(saved.read_definition().steps) == 2
    assert AuditEntry.objects.filter(verb="change_funnel").exists()


def test_address_of_a_saved_view_stays_short(client, shop, ann):
    saved = services.save_funnel(ann, "Shop", STEPS)
    answer = client.get(f"/funnels/{saved.pk}/?{PLAIN}&view=trend", headers=HTMX)
    assert answer["HX-Push-Url"] == f"/funnels/{saved.pk}/?view=trend"


def test_funnel_that_is_not_shared_is_not_there(shop, ann):
    saved = services.save_funnel(ann, "Mine", STEPS)
    other = client_for("marketer")
    for url in ("", "settings/"):
        assert other.get(f"/funnels/{saved.pk}/{url}").status_code == 404
    for url in ("change/", "settings/", "duplicate/", "delete/", "pin/"):
        assert other.post(f"/funnels/{saved.pk}/{url}", {"query": SHOP}).status_code == 404
    assert "Mine" not in text_of(other.get("/funnels/"))


def test_funnel_of_somebody_else_is_seen_and_not_changed(shop, ann):
    saved = services.save_funnel(ann, "Ours", STEPS, visibility="everyone")
    other = client_for("marketer")
    assert other.get(f"/funnels/{saved.pk}/").status_code == 200
    for url in ("change/", "settings/", "delete/"):
        answer = other.post(f"/funnels/{saved.pk}/{url}", {"query": SHOP, "name": "x"})
        assert answer.status_code == 403
    assert other.get(f"/funnels/{saved.pk}/settings/").status_code == 403
    assert other.post(f"/funnels/{saved.pk}/duplicate/").status_code == 302


def test_sharing_is_set_and_refused(client, ann):
    saved = services.save_funnel(ann, "Mine", STEPS)
    team = Team.objects.create(name="North")
    url = f"/funnels/{saved.pk}/settings/"
    client.post(url, {"name": "New", "visibility": "team", "team": team.pk})
    saved.refresh_from_db()
    assert (saved.name, saved.visibility) == ("Mine", "private")
    ann.teams.add(team)
    client.post(url, {"name": "New", "visibility": "team", "team": team.pk})
    saved.refresh_from_db()
    assert (saved.name, saved.visibility, saved.team) == ("New", "team", team)


def test_reading_a_report_asks_the_database_little(client, shop, django_assert_max_num_queries):
    client.get(f"/funnels/new/?{SHOP}")
    with django_assert_max_num_queries(12):
        client.get(f"/funnels/new/?{SHOP}&by=channel")


def test_list_asks_the_database_little(client, ann, django_assert_max_num_queries):
    for number in range(30):
        services.save_funnel(ann, f"Funnel {number}", STEPS, visibility="everyone")
    client.get("/funnels/")
    with django_assert_max_num_queries(8):
        assert text_of(client.get("/funnels/")).count("Funnel ") >= 30


@pytest.mark.parametrize(
    "query",
    [
        "s1=" + "x" * 30_000, "s999=a", "&".join(f"s{n}=visit" for n in range(1, 200)),
        "s1=visit&s1.where=" + "(" * 5000, "s1=visit&from=0000-00-00", "s1=visit&tz=../../etc",
        "s1=visit&as_of=9999-12-31T23:59:59-12:00", "s1=visit&by=' or 1=1 --", "do=move:1:1:1",
        "s1=visit&t=9-9&view=times", "s1=visit&hold=%22", "s1=visit&by=channel&by_value=step:99",
        "view=compare&s1=visit&from=0001-01-01&to=0001-01-02", "s1=visit&every=century",
        "s1=visit&dates=between", "s1=*&order=strict", "s1=visit&view=times",
    ],
    ids=range(17),
)  # fmt: skip
def test_rubbish_in_the_address_is_answered(client, shop, query):
    assert client.get(f"/funnels/new/?{query}").status_code in (200, 302)
    assert client.get(f"/funnels/people/?{query}").status_code in (200, 404)


def test_funnel_of_many_steps_is_counted(client, shop):
    asked = "&".join(f"s{number}=visit" for number in range(1, 51))
    assert client.get(f"/funnels/new/?{asked}&by=channel&by_value=all").status_code == 200


def api(user, method, path, data=None):
    options = {"headers": bearer(user)}
    if data is not None:
        options |= {"data": json.dumps(data), "content_type": "application/json"}
    return getattr(Client(), method)(f"/api/funnels{path}", **options)


def test_api_asks_and_keeps_funnels(shop, ann):
    definition = STEPS.to_dict()
    asked = api(ann, "post", "/ask", {"definition": definition, "correlations": True})
    assert [step["count"] for step in asked.json()["steps"]] == [40, 20, 8]
    assert "correlations" in asked.json()
    made = api(ann, "post", "", {"name": "Shop", "definition": definition})
    assert made.status_code == 201
    number = made.json()["id"]
    assert api(ann, "get", f"/{number}").json()["definition"] == definition
    changed = {"name": "New", "definition": definition, "visibility": "everyone"}
    assert api(ann, "put", f"/{number}", changed).json()["name"] == "New"
    assert [found["id"] for found in api(ann, "get", "?q=new").json()["funnels"]] == [number]
    assert api(make_user("marketer"), "put", f"/{number}", changed).status_code == 403
    assert api(ann, "delete", f"/{number}").status_code == 204
    assert api(ann, "get", f"/{number}").status_code == 404


@pytest.mark.parametrize(
    "definition",
    [{}, {"steps": []}, {"steps": ["nothing"]}, {"steps": ["visit"], "windw": "7d"},
     {"steps": [{"event": "visit", "where": "1; drop table"}]}],
)  # fmt: skip
def test_api_says_what_is_wrong_with_a_funnel(shop, ann, definition):
    answer = api(ann, "post", "/ask", {"definition": definition})
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_api_hides_what_is_not_shared(ann):
    saved = services.save_funnel(ann, "Mine", STEPS)
    other = make_user("marketer")
    assert api(other, "get", f"/{saved.pk}").status_code == 404
    assert api(other, "delete", f"/{saved.pk}").status_code == 404
    assert api(other, "get", "").json()["funnels"] == []
