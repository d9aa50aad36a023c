"""The pages of spend: what channels cost and bring, and files from upload to undo."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports_support.pipeline_world import add_deal, make_pipeline
from suppilo.apps.spend.models import AdSpend, SpendFile
from web_support.accounts import client_for

pytestmark = pytest.mark.django_db

DATES = "dates=between&from=2026-03-01&to=2026-03-31"
FILE = (
    "date,channel,campaign,impressions,clicks,cost,currency\n"
    "2026-03-02,google ads,Brand,1000,20,10.50,EUR\n"
    "2026-03-03,Facebook,Spring,2000,10,7,EUR\n"
)


@pytest.fixture
def client():
    return client_for("marketer")


def text_of(answer) -> str:
    page = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def upload(client, text=FILE):
    sent = SimpleUploadedFile("march.csv", text.encode(), "text/csv")
    answer = client.post("/spend/files/new/", {"file": sent})
    assert answer.status_code == 302
    return answer.url


def test_a_file_goes_in_and_out(client):
    url = upload(client)
    said = text_of(client.get(url))
    assert "New figures 2" in said
    assert "€17.50" in said
    said = text_of(client.post(f"{url}bring-in/", follow=True))
    assert "2 figures came in." in said
    said = text_of(client.get(f"/spend/?{DATES}"))
    assert "Paid search EUR €10.50 1,000 €10.50" in said
    client.post(f"{url}undo/")
    assert not AdSpend.objects.exists()
    assert "No figures in this time" in text_of(client.get(f"/spend/?{DATES}"))
    client.post(f"{url}remove/")
    assert not SpendFile.objects.exists()


def test_replacing_is_asked_for(client):
    client.post(f"{upload(client)}bring-in/")
    url = upload(client, FILE.replace("10.50", "20"))
    assert "Replace 1 figure" in text_of(client.get(url))
    assert "1 figure is there already" in text_of(client.post(f"{url}bring-in/", follow=True))
    client.post(f"{url}bring-in/", {"replace": "1"})
    assert AdSpend.objects.get(replaced_by=None, channel="paid_search").cost == 20
    same = upload(client, FILE.replace("10.50", "20"))
    assert "nothing has changed" in text_of(client.post(f"{same}bring-in/", follow=True))


def test_how_a_file_is_read_can_be_said(client):
    url = upload(client, "Tag;Kosten;Views;Klicks\n02.03.2026;12,50;10;1\n")
    assert "Say below which columns these are: day, clicks, cost." in text_of(client.get(url))
    said = {"day": "Tag", "cost": "Kosten", "clicks": "Klicks", "all_channel": "display",
            "all_currency": "EUR", "dayfirst": "yes"}  # fmt: skip
    assert client.post(url, said).url == url
    assert "€12.50" in text_of(client.get(url))


def test_wrong_rows_are_told_and_keep_the_file_out(client):
    url = upload(client, FILE.replace("google ads", "<b>Radio</b>"))
    said = text_of(client.get(url))
    assert "Row 2: “<b>Radio</b>” is no channel that we know" in said
    assert "Mend the rows that are wrong first." in text_of(
        client.post(f"{url}bring-in/", follow=True)
    )


def test_channels_show_what_they_cost_and_bring(client):
    client.post(f"{upload(client)}bring-in/")
    pipeline = make_pipeline()
    add_deal(pipeline, (0, "new"), (3, "won"), channel="paid_search", amount=100, cost=40)
    add_deal(pipeline, (1, "new"), channel="paid_search", amount=100)
    answer = client.get(f"/spend/?{DATES}")
    said = text_of(answer)
    # CPM, RPM, CTR and CPC; then leads, CPL, customers, CAC; then ROMI.
    assert "€10.50 €100 20 2.00 % €0.53 2 €5.25 50.0 % only 2" in said
    assert "1 €10.50 €100 471 %" in said
    links = {unescape(url) for url in re.findall(r'href="(/deals/[^"]*)"', answer.content.decode())}
    (leads,) = {url for url in links if "channel" in url and "state" not in url}
    assert client.get(leads).context["count"] == 2


def test_a_cost_opens_its_days(client):
    client.post(f"{upload(client)}bring-in/")
    said = text_of(client.get(f"/spend/rows/?{DATES}&channel=paid_search&currency=EUR"))
    assert "Brand 1,000 20 €10.50 march.csv" in said
    assert "Spring" not in said


def test_who_only_looks_sees_no_files(client):
    url = upload(client)
    client.post(f"{url}bring-in/")
    analyst = client_for("analyst")
    said = text_of(analyst.get(f"/spend/?{DATES}"))
    assert "Paid search" in said
    assert "march.csv" not in said
    assert analyst.get(url).status_code == 403
    assert client_for("salesperson").get("/spend/").status_code == 403


def test_what_is_not_there_is_not_found(client):
    assert client.get("/spend/files/99/").status_code == 404
    assert client.post("/spend/files/99/undo/").status_code == 404
    empty = client.post("/spend/files/new/", {"file": SimpleUploadedFile("x.csv", b"\xff\xfe")})
    assert "no UTF-8 text" in text_of(empty)


def test_more_rows_ask_no_more_queries(client):
    def queries(path):
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        return len(found)

    client.post(f"{upload(client)}bring-in/")
    paths = [f"/spend/?{DATES}", f"/spend/rows/?{DATES}"]
    before = [queries(path) for path in paths]
    more = "".join(f"2026-03-{n:02},display,C{n},10,1,1,EUR\n" for n in range(1, 30))
    client.post(f"{upload(client, FILE.splitlines()[0] + chr(10) + more)}bring-in/")
    assert AdSpend.objects.count() == 31
    assert [queries(path) for path in paths] == before
