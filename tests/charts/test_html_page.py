import re
from html.parser import HTMLParser

import pytest

from charts.chart_reports import (
    HOSTILE_NAMES,
    crm_report,
    empty_report,
    hostile_report,
    long_report,
    make_report,
    make_times,
    shop_report,
)
from suppilo.charts import words
from suppilo.charts.html import TEMPLATES, render_fragment, render_html
from suppilo.charts.i18n import use_language

REPORTS = [crm_report, shop_report, empty_report, hostile_report, long_report]
VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "path", "line"}


class Page(HTMLParser):
    """Reads a page strictly: tags must nest, and every tag, attribute and text is kept."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.ids = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def read(report, **options):
    return Page(render_html(report, **options))


@pytest.mark.parametrize("make", REPORTS)
def test_page_is_well_formed(make):
    page = read(make(), times=make_times())
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("make", REPORTS)
def test_page_runs_and_fetches_nothing(make):
    text = render_html(make(), times=make_times())
    page = Page(text)
    assert not {"script", "iframe", "img", "link", "object", "form", "base"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "href", "xlink:href", "action", "srcdoc"}, value
    assert not re.findall(r"url\((?!#)", text)
    assert "@import" not in text
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_hostile_names_stay_text():
    report = hostile_report()
    text = render_html(report, title="</title><script>alert(2)</script>")
    page = Page(text)
    assert "<script" not in text
    assert "<img" not in text
    assert '</details>"' not in text.replace("&", "")
    shown = page.text
    for name in HOSTILE_NAMES:
        assert " ".join(words.clean(name).split()) in shown
    assert "{{ 7*7 }}" in shown
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_each_figure_of_the_report_appears():
    report, shown = shop_report(), read(shop_report(), times=make_times()).text
    for step in report.steps:
        for figure in (step.count, step.drop_off, step.open):
            assert words.number(figure) in shown
        for seconds in (step.median_seconds, step.mean_seconds, step.p25_seconds, step.p75_seconds):
            assert words.duration(seconds) in shown
        assert words.rate(step.conversion_rate) in shown
        if step is not report.steps[0]:
            assert words.rate_range(step.lower, step.upper) in shown
            assert words.rate_range(step.step_lower, step.step_upper) in shown
    for bucket in report.buckets:
        for figure in (bucket.start, bucket.converted, bucket.dropped, bucket.open):
            assert (figure if isinstance(figure, str) else words.number(figure)) in shown
    for value in report.breakdown.values:
        assert words.name_of(value.value) in shown
        for step in value.steps:
            assert words.number(step.count) in shown
    for found in report.correlations:
        assert words.odds(found.odds_ratio) in shown
        assert words.p_value(found.p_value) in shown
    for part in ("37 left by an exclusion", "131 rows could not be used", "no time", "no path"):
        assert part in shown


def test_key_figures_stand_on_top():
    shown = read(shop_report(), times=make_times()).text
    assert "1 : 200 0.50 %" in shown
    assert "Time to convert, median 1.7 d View product → Pay" in shown
    assert "Biggest loss: View product → Add to cart. 43,990 of 90,400 (48.7 %)" in shown
    assert "1,210 more still may." in shown


def test_slowest_step_stands_in_where_the_whole_time_is_not_known():
    assert "Slowest step, median 1.7 d Begin checkout → Pay" in read(shop_report()).text
    assert "Time to convert, median 14.7 d lead → won" in read(crm_report()).text


def test_every_chart_has_a_table():
    page = read(shop_report(), times=make_times())
    assert page.tags.count("svg") == 4, "two charts, each for wide and for narrow screens"
    for name in ("Steps as a table", "Trend as a table", "Times as a table"):
        assert name in page.text


def test_definition_stands_in_words_and_as_json():
    import json

    page = read(shop_report())
    assert "each within 14 d of the first" in page.text
    start = page.text.index('{ "steps"')
    found, _end = json.JSONDecoder().raw_decode(page.text[start:])
    assert found == shop_report().definition.to_dict()


def test_json_of_hostile_names_reads_back_exactly():
    import json

    page = read(hostile_report())
    text = next(text for text in page.texts if text.startswith('{\n  "steps"'))
    assert json.loads(text) == hostile_report().definition.to_dict()


def test_long_funnels_lie_down():
    assert 'class="funnel rows"' in render_html(long_report())
    assert 'class="funnel"' in render_html(shop_report())


def test_many_values_are_cut_and_counted():
    from charts.chart_reports import make_steps
    from suppilo.analytics.funnel.report import Breakdown, BreakdownValue

    values = tuple(BreakdownValue(i, make_steps(("A", "B"), (2, 1))) for i in range(230))
    report = make_report(("A", "B"), (9, 1), {"by": "x"}, breakdown=Breakdown("x", values, 0, 0))
    assert "30 smaller values are left out here" in read(report).text


def test_nobody_entered_is_explained():
    shown = read(empty_report()).text
    assert "Nobody entered. None of 0 paths did the first step." in shown
    assert "nobody came this far" in shown


def test_fragment_is_the_page_without_its_frame():
    text = render_fragment(shop_report(), title="Shop")
    Page(text)
    assert "<html" not in text
    assert "<h1><bdi>Shop</bdi></h1>" in text


def test_page_names_its_language():
    with use_language("lv"):
        assert '<html lang="lv">' in render_html(crm_report())


def test_same_report_is_the_same_page():
    first = render_html(shop_report(), times=make_times())
    assert first == render_html(shop_report(), times=make_times())


def _luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(scheme):
    part = (TEMPLATES / "tokens.css").read_text("utf-8").split("@media")[scheme]
    colors = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6});", part))
    colors = {
        k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in colors.items()
    }
    pairs = [(ink, on) for ink in ("ink", "ink-2", "ink-3") for on in ("paper", "ground", "warn-2")]
    pairs += [("bad", "paper"), ("bad", "bad-2"), ("brand-ink", "paper")]
    for ink, on in pairs:
        assert _contrast(colors[ink], colors[on]) >= 4.5, (ink, on)
    for bar in ("top", "middle", "bottom", "brand"):
        assert _contrast(colors[bar], colors["paper"]) >= 3, bar
