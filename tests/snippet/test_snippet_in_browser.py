"""The snippet in a real browser, on a real site, against a server that can fail."""

import shutil

import pytest

from snippet_support.recording import STRICT, Answer, Site, serve_site

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site():
    with serve_site() as site:
        yield site


@pytest.fixture
def context(browser):
    context = browser.new_context()
    context.complaints = []
    context.on("weberror", lambda error: context.complaints.append(str(error.error)))
    yield context
    context.close()
    assert context.complaints == []


@pytest.fixture
def page(context):
    return context.new_page()


def visit(page, site, path="/"):
    page.goto(site.origin + path)
    page.wait_for_function("window.suppilo && suppilo.version")
    return page


def stored_events(page):
    return page.evaluate(
        "Object.keys(localStorage).filter(key => key.startsWith('suppilo.wk_test.')).length"
    )


def test_a_page_view_tells_page_session_and_library(page, site):
    visit(page, site, "/beans?utm_source=news&utm_campaign=May&gclid=g1#top")
    site.wait_for("page")
    (event,) = site.events
    context = event["context"]
    assert context["page"] == {
        "url": f"{site.origin}/beans?utm_source=news&utm_campaign=May&gclid=g1",
        "path": "/beans",
        "title": "/beans",
        "referrer": "",
    }
    assert context["campaign"] == {"source": "news", "name": "May", "gclid": "g1"}
    assert context["library"] == {"name": "suppilo.js", "version": "1.0.0"}
    assert context["locale"]
    assert len(context["sessionId"]) == len(event["anonymousId"]) == 32
    assert "userId" not in event


def test_requests_need_no_preflight_and_carry_the_key_in_the_body(page, site):
    visit(page, site)
    site.wait_for("page")
    assert [request["type"] for request in site.requests] == ["text/plain;charset=UTF-8"]
    assert site.requests[0]["path"] == "/api/v1/events"


def test_device_session_and_campaign_last_over_pages(page, site):
    visit(page, site, "/?utm_source=news")
    visit(page, site, "/beans")
    site.wait_for("page", "page")
    first, second = site.events
    assert first["anonymousId"] == second["anonymousId"]
    assert first["context"]["sessionId"] == second["context"]["sessionId"]
    assert second["context"]["campaign"] == {"source": "news"}


def test_half_an_hour_of_rest_begins_a_new_session(page, site):
    visit(page, site, "/?utm_source=news")
    site.wait_for("page")
    page.evaluate(
        "() => { const state = JSON.parse(localStorage['suppilo.wk_test']);"
        " state.t -= 30 * 60 * 1000 + 1;"
        " localStorage['suppilo.wk_test'] = JSON.stringify(state); suppilo.track('Back') }"
    )
    site.wait_for("page", "Back")
    first, second = site.events
    assert first["context"]["sessionId"] != second["context"]["sessionId"]
    assert first["anonymousId"] == second["anonymousId"]
    assert "campaign" not in second["context"]


def test_commands_before_the_script_are_not_lost(page, site):
    site.scripts["/early.js"] = "(window.suppilo = window.suppilo || []).push(['track', 'Early'])"
    site.pages["/"] = {"head": '<script src="/early.js"></script>'}
    visit(page, site)
    page.evaluate("suppilo.push(['track', 'Late', {n: 1}])")
    site.wait_for("page", "Early", "Late")


def test_single_page_applications_are_followed(page, site):
    visit(page, site, "/")
    page.evaluate("history.pushState({}, '', '/beans'); document.title = 'Beans'")
    site.wait_for("page", "page")
    page.evaluate("history.replaceState({}, '', '/beans?sort=price')")
    site.wait_for("page", "page", "page")
    page.evaluate("history.replaceState({}, '', '/beans?sort=price'); history.back()")
    site.wait_for("page", "page", "page", "page")
    views = [event["context"]["page"] for event in site.events]
    assert [view["path"] for view in views] == ["/", "/beans", "/beans", "/"]
    assert views[1]["title"] == "Beans"
    assert views[1]["referrer"] == f"{site.origin}/"


def test_views_in_quick_succession_are_each_counted(page, site):
    visit(page, site)
    page.evaluate(
        "for (const path of ['/a', '/b', '/c']) history.pushState({}, '', path);"
        "suppilo.track('There')"
    )
    site.wait_for("page", "page", "page", "page", "There")
    paths = [event["context"]["page"]["path"] for event in site.events]
    assert paths == ["/", "/a", "/b", "/c", "/c"]


def test_marked_elements_are_counted_when_clicked(page, site):
    site.pages["/"] = {
        "body": '<button data-suppilo-event="Product Added" data-suppilo-product-id="007"'
        ' data-suppilo-price="9.5"><b id="inside">Buy</b></button><button id="plain">No</button>'
    }
    visit(page, site)
    page.click("#plain")
    page.click("#inside")
    site.wait_for("page", "Product Added")
    assert site.events[1]["properties"] == {"product_id": "007", "price": 9.5}


def test_forms_tell_marked_fields_only(page, site):
    site.pages["/"] = {
        "body": '<form data-suppilo-form="Lead Submitted" data-suppilo-place="footer"'
        ' action="/thanks"><input name="email" value="a@b.example">'
        '<input name="size" value="40" data-suppilo-field="company_size">'
        '<input type="password" name="secret" value="s3" data-suppilo-field>'
        '<input type="checkbox" name="terms" checked data-suppilo-field>'
        # Fields that stand in the way of the form's own methods.
        '<input name="getAttribute"><input name="querySelectorAll"><input name="attributes">'
        "<button id=send>Send</button></form>"
    }
    visit(page, site)
    page.evaluate("document.getElementById('send').click()")
    page.wait_for_url("**/thanks**")
    site.wait_for("page", "Lead Submitted", "page")
    assert site.events[1]["properties"] == {"place": "footer", "company_size": "40", "terms": True}


def test_a_user_becomes_known_and_another_gets_a_session_of_their_own(page, site):
    visit(page, site)
    page.evaluate("suppilo.identify('ann', {plan: 'gold'}); suppilo.track('One')")
    page.evaluate("suppilo.identify('bob'); suppilo.track('Two')")
    site.wait_for("page", "identify", "One", "identify", "Two")
    anonymous, ann, one, bob, two = site.events
    assert ann["traits"] == {"plan": "gold"}
    assert ann["userId"] == one["userId"] == "ann"
    assert bob["userId"] == two["userId"] == "bob"
    sessions = [event["context"]["sessionId"] for event in site.events]
    assert sessions[0] == sessions[1] == sessions[2] != sessions[3] == sessions[4]
    assert anonymous["anonymousId"] == ann["anonymousId"]


def test_reset_forgets_the_user_and_the_device(page, site):
    visit(page, site)
    page.evaluate("suppilo.identify('ann'); suppilo.reset(); suppilo.track('After')")
    site.wait_for("page", "identify", "After")
    _, before, after = site.events
    assert "userId" not in after
    assert before["anonymousId"] != after["anonymousId"]
    assert before["context"]["sessionId"] != after["context"]["sessionId"]


def test_groups_aliases_and_named_pages(page, site):
    visit(page, site)
    page.evaluate(
        "suppilo.group('acme', {employees: 40}); suppilo.alias('ann');"
        "suppilo.page('Prices', {variant: 'b'})"
    )
    site.wait_for("page", "group", "alias", "page")
    first, group, alias, named = site.events
    assert (group["groupId"], group["traits"]) == ("acme", {"employees": 40})
    assert (alias["userId"], alias["previousId"]) == ("ann", first["anonymousId"])
    assert (named["name"], named["properties"]) == ("Prices", {"variant": "b"})


@pytest.mark.parametrize(
    "answer", [Answer(503), Answer(500), Answer(0), Answer(0, stores=True), Answer(429)]
)
def test_failures_are_tried_again_and_nothing_counts_twice(page, site, answer):
    site.answers = [answer, answer]
    visit(page, site)
    site.wait_for("page")
    site.wait(lambda: stored_events(page) == 0)
    assert len(site.requests) >= 3


def test_retry_after_is_waited_for(page, site):
    site.answers = [Answer(503, {"Retry-After": "3"})]
    visit(page, site)
    site.wait(lambda: len(site.requests) == 1)
    page.wait_for_timeout(2000)
    assert len(site.requests) == 1
    site.wait_for("page")


def test_a_batch_that_cannot_be_taken_is_halved_and_only_its_cause_given_up(page, site):
    site.answers = [Answer(413), Answer(200), Answer(400)]
    site.scripts["/early.js"] = (
        "suppilo = []; for (let n = 0; n < 3; n++) suppilo.push(['track', 'E' + n])"
    )
    site.pages["/"] = {"head": '<script src="/early.js"></script>', "attributes": "data-manual"}
    visit(page, site)
    site.wait(lambda: stored_events(page) == 0)
    assert len(site.events) == 2


def test_a_wrong_key_keeps_events_for_later(page, site):
    site.always = Answer(401)
    visit(page, site)
    site.wait(lambda: len(site.requests) == 1)
    page.evaluate("suppilo.track('More')")
    page.wait_for_timeout(600)
    assert len(site.requests) == 1
    assert stored_events(page) == 2
    site.always = None
    visit(page, site, "/next")
    site.wait_for("page", "More", "page")


def test_what_happens_offline_arrives_when_the_line_is_back(context, page, site):
    visit(page, site)
    site.wait_for("page")
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 150; n++) suppilo.track('Offline ' + n)")
    page.wait_for_timeout(800)
    assert len(site.events) == 1
    context.set_offline(False)
    site.wait(lambda: len(site.events) == 151)
    site.wait(lambda: stored_events(page) == 0)


def test_the_queue_is_bounded_and_keeps_the_newest(context, page, site):
    visit(page, site)
    site.wait_for("page")
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 1100; n++) suppilo.track('E' + n)")
    page.wait_for_timeout(1200)
    assert stored_events(page) == 1000
    context.set_offline(False)
    site.wait(lambda: len(site.events) == 1001, 20)
    assert site.names()[-1] == "E1099"


def test_leaving_loses_nothing(page, site):
    visit(page, site)
    site.wait_for("page")
    page.evaluate("suppilo.track('Last', {text: 'x'}); location.href = 'about:blank'")
    site.wait_for("page", "Last", seconds=5)


def test_closing_a_tab_sends_its_last_page(context, site):
    page = context.new_page()
    visit(page, site)
    page.close(run_before_unload=True)
    site.wait_for("page", seconds=5)


def test_a_long_farewell_goes_in_pieces(page, site):
    visit(page, site)
    site.wait_for("page")
    page.evaluate(
        "() => { const text = 'x'.repeat(10000);"
        " for (let n = 0; n < 12; n++) suppilo.track('Big ' + n, {text});"
        " location.href = '/next' }"
    )
    page.wait_for_url("**/next")
    site.wait(lambda: len(site.events) == 14)
    assert max(request["bytes"] for request in site.requests) < 64_000


def test_two_tabs_lose_nothing_and_seldom_send_the_same(context, site):
    pages = [visit(context.new_page(), site) for _ in range(2)]
    site.wait_for("page", "page")
    context.set_offline(True)
    for number, page in enumerate(pages):
        page.evaluate(f"for (let n = 0; n < 60; n++) suppilo.track('T{number} ' + n)")
    context.set_offline(False)
    site.wait(lambda: len(site.events) == 122, 20)
    site.wait(lambda: stored_events(pages[0]) == 0)
    # A tab sees a moment late what another removed; the same ids make that harmless.
    assert len(site.received) <= 122 + 60
    devices = {event["anonymousId"] for event in site.events}
    assert len(devices) == 1


def test_an_orphaned_tabs_events_are_sent_by_the_next_page(context, site):
    page = visit(context.new_page(), site)
    site.wait_for("page")
    context.set_offline(True)
    page.evaluate("suppilo.track('Orphan')")
    page.close()
    context.set_offline(False)
    visit(context.new_page(), site, "/later")
    site.wait_for("page", "Orphan", "page")


def test_strict_content_security_policy_is_no_hindrance(browser, context, page):
    with serve_site() as capture, serve_site(Site(capture=capture.origin, policy=STRICT)) as site:
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        visit(page, site)
        page.evaluate("suppilo.track('Strict')")
        capture.wait_for("page", "Strict")
        assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


@pytest.mark.parametrize(
    ("wish", "signal"),
    [
        ("dnt", "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})"),
        ("gpc", "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"),
    ],
)
def test_who_does_not_want_it_is_not_tracked_where_the_site_respects_it(
    context, site, wish, signal
):
    context.add_init_script(signal)
    site.pages["/"] = {"attributes": 'data-respect="dnt gpc"'}
    page = visit(context.new_page(), site)
    page.evaluate("suppilo.track('No'); suppilo.identify('ann'); suppilo.push(['track', 'No'])")
    page.wait_for_timeout(600)
    assert site.requests == []
    assert page.evaluate("localStorage.length") == 0
    site.pages["/"] = {"attributes": f'data-respect="{"dnt" if wish == "gpc" else "gpc"}"'}
    visit(page, site)
    site.wait_for("page")


def test_cookieless_mode_leaves_nothing_behind(context, site):
    site.pages["/"] = site.pages["/next"] = {"attributes": "data-cookieless"}
    page = visit(context.new_page(), site)
    page.evaluate("suppilo.track('One')")
    site.wait_for("page", "One")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert context.cookies() == []
    first, second = site.events
    assert first["anonymousId"] == second["anonymousId"]
    visit(page, site, "/next")
    site.wait_for("page", "One", "page")
    assert site.events[2]["anonymousId"] != first["anonymousId"]


def test_forbidden_storage_is_no_hindrance(context, site):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    )
    page = visit(context.new_page(), site)
    page.evaluate("suppilo.track('One')")
    site.wait_for("page", "One")


def test_full_storage_is_no_hindrance(context, site):
    page = visit(context.new_page(), site)
    site.wait_for("page")
    page.evaluate(
        "() => { for (let size = 1 << 22; size; size >>= 1) for (;;)"
        " try { localStorage['x' + Math.random()] = 'x'.repeat(size) } catch { break } }"
    )
    page.evaluate("suppilo.track('One', {text: 'x'.repeat(5000)})")
    site.wait_for("page", "One")


HOSTILE = """
Object.prototype.toJSON = function () { return "hostile" };
Array.prototype.toJSON = function () { return "hostile" };
Object.prototype.a = Object.prototype.u = Object.prototype.s = "hostile";
Object.prototype.userId = Object.prototype.anonymousId = Object.prototype.method = "hostile";
Object.prototype.integrity = Object.prototype.body = Object.prototype.campaign = "hostile";
Object.defineProperty(Object.prototype, "context", {set() { throw new Error("hostile") }});
"""
LATER = """
const wait = setInterval(() => {
  if (!window.suppilo || !suppilo.version) return;
  clearInterval(wait);
  const { track } = suppilo;
  window.fetch = () => { throw new Error("hostile") };
  JSON.stringify = () => "hostile";
  Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error("hostile") };
  Element.prototype.getAttribute = () => "hostile";
  Object.keys = () => ["hostile"];
  window.setTimeout = () => { throw new Error("hostile") };
  try { suppilo.track = () => 1 } catch {}
  suppilo.track("Sent", {list: [1, {x: 2}], ["__proto__"]: {polluted: 1},
    when: new Date(0), big: 2n ** 70n, bad: () => 1, nan: NaN,
    get broken() { throw new Error("hostile") }});
}, 10);
"""


def test_a_hostile_page_neither_changes_nor_stops_events(page, site):
    site.scripts |= {"/hostile.js": HOSTILE, "/later.js": LATER}
    site.pages["/"] = {
        "head": '<script src="/hostile.js"></script><script src="/later.js"></script>'
    }
    page.goto(site.origin)
    site.wait_for("page", "Sent")
    view, sent = site.events
    assert "hostile" not in str(view) + str(sent)
    assert sent["properties"] == {
        "list": [1, {"x": 2}], "__proto__": {"polluted": 1}, "when": "1970-01-01T00:00:00.000Z",
        "big": str(2**70), "nan": None,
    }  # fmt: skip


def test_strange_arguments_never_throw_into_the_page(page, site):
    visit(page, site)
    page.evaluate(
        """() => {
        const loop = {}; loop.loop = loop; loop.also = loop; loop.third = loop;
        for (const value of [undefined, null, 0, '', 'x', [], {}, loop, window, document.body,
                             Symbol('s'), () => 1, NaN, '\\ud800', 10n])
          for (const name of ['track', 'page', 'identify', 'group', 'alias', 'push'])
            { suppilo[name](value); suppilo[name]('x', value); suppilo.push([name, value, value]) }
        }"""
    )
    page.evaluate("suppilo.track('Alive')")
    site.wait(lambda: "Alive" in site.names())


def test_elements_named_like_our_globals_do_no_harm(page, site):
    site.pages["/"] = {
        "body": '<form id="suppilo" name="suppilo"><input name="version" value="1"></form>'
        '<img name="currentScript">'
    }
    page.goto(site.origin)
    site.wait_for("page")


def test_two_script_tags_count_once(page, site):
    site.pages["/"] = {
        "body": f'<script src="{site.origin}/suppilo.js" data-key="wk_test"></script>'
    }
    visit(page, site)
    page.wait_for_timeout(600)
    assert site.names() == ["page"]


def test_a_page_from_the_back_cache_is_seen_again(page, site):
    visit(page, site)
    site.wait_for("page")
    page.dispatch_event("body", "noop")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    site.wait_for("page", "page")
