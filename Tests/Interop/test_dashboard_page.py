"""The dashboard's web page, as people use it: live, hostile texts, languages, themes, by keyboard, on a phone."""

import json
import pathlib
import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import Tab, browser
from shop import Shop
from waiting import eventually

FILES = pathlib.Path(__file__).parents[2] / "Sources/Pages/DashboardPage/files"
LANGUAGES = {"en": "Orders", "id": "Pesanan", "ko": "주문"}
BIDI = "\u202egnp.exe\u2066\u200f"
HOSTILE = [
    "<img src=x onerror=\"document.title='taken'\">",
    "<script>document.title='taken'</script>",
    "<svg onload=\"document.title='taken'\"></svg>",
    "</td></tr></table><iframe src=javascript:alert(1)>",
    "\"><a href=javascript:alert(1)>link</a>",
    "' onmouseover='alert(1)",
    "<style>body{display:none}</style>",
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "&lt;b&gt;&#60;b&#62;",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "]]><!--<img src=x onerror=alert(1)>-->",
    BIDI,
    "\u0000\u0007\ufeff\u200b",
    "__proto__",
    "constructor",
    "x" * 500,
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("page") / "data", {}).up()
    yield shop
    shop.end("SIGTERM")


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture
def new_tab(chromium, shop):
    """Makes a tab; `clean` of each is checked at the end unless its test takes that away."""
    made = []

    def make(is_clean=True, **options):
        context = chromium.new_context(**({"locale": "en-US", "reduced_motion": "reduce"} | options))
        tab = Tab(context, shop.url("dashboard"))
        made.append((context, tab, is_clean))
        return tab

    yield make
    for context, tab, is_clean in made:
        context.close()
        if is_clean:
            assert tab.errors == []
            assert [url for url in tab.requests if not url.startswith(tab.base)] == []


@pytest.fixture(scope="module")
def delivered(shop):
    """An order that is through."""
    order = shop.place()
    eventually("the order is delivered to the dashboard", lambda: dashboard(shop, order).get("isPaid"), 30)
    return order


def dashboard(shop, order):
    answer = requests.get(shop.url("dashboard", f"/orderDashboards/{order}"), timeout=5)
    return answer.json() if answer.ok else {}


def test_a_browser_gets_the_page_and_a_program_the_index(shop, new_tab):
    tab = new_tab()
    tab.page.goto(shop.url("dashboard", "/"))
    assert tab.page.url == shop.url("dashboard", "/dashboard/")
    expect(tab.page.locator("h1")).to_have_text("Overview")
    for accept in ["*/*", "application/json, */*;q=0.5"]:
        answer = requests.get(shop.url("dashboard", "/"), headers={"Accept": accept}, timeout=5)
        assert answer.headers["Content-Type"] == "application/hal+json" and answer.json()["name"] == "dashboard"


def test_the_program_has_the_files_of_this_version(shop):
    for file in FILES.iterdir():
        answer = requests.get(shop.url("dashboard", f"/dashboard/{file.name}"), timeout=5)
        assert answer.content == file.read_bytes(), f"{file.name} is another one: run make build"


def test_an_order_and_its_steps_appear_without_a_reload(shop, new_tab):
    tab = new_tab()
    page = tab.open("?view=orders")
    page.evaluate("window.isSame = true")
    order = shop.place()
    row = page.locator(f'[data-order="{order}"]')
    expect(row).to_be_visible(timeout=10_000)
    expect(row.locator('[data-label="Status"]')).to_have_text("Paid", timeout=15_000)
    expect(row.locator('[data-label="Amount"]')).to_have_text("$12,345.66")
    assert page.evaluate("window.isSame")


def test_the_gateway_leads_to_the_page_too(shop, delivered, new_tab):
    tab = new_tab()
    tab.base = shop.url("gateway")
    page = tab.open("?view=orders")
    expect(page.locator(f'[data-order="{delivered}"]')).to_be_visible()


def test_totals_follow_without_a_reload(shop, delivered, new_tab):
    tab = new_tab()
    page = tab.open()
    rows = requests.get(shop.url("dashboard", "/orderDashboards?size=1"), timeout=5).json()
    count = rows["page"]["totalElements"]
    expect(page.locator('[data-figure="orders"] dd')).to_have_text(str(count), timeout=10_000)
    shop.place(currency="IDR", price=15_000_00)
    expect(page.locator('[data-figure="orders"] dd')).to_have_text(str(count + 1), timeout=10_000)
    expect(page.locator('[data-currency="IDR"]')).to_contain_text("IDR 30,000", timeout=15_000)


def test_the_story_of_one_order(delivered, new_tab):
    tab = new_tab()
    page = tab.open("?view=orders")
    page.locator(f'[data-order="{delivered}"] a').click()
    expect(page.locator("h1")).to_contain_text(delivered)
    for event in ["OrderPlaced", "PaymentApproved", "OrderPaid", "DeliveryStarted"]:
        expect(page.locator(f'[data-event="{event}"]')).to_have_count(1, timeout=15_000)
    expect(page.locator('[data-step="PAID"]')).to_have_class("done")
    expect(page.locator('[data-key="items"] tbody tr')).to_have_count(1)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Orders")


def test_search_and_filter_are_in_the_address(shop, delivered, new_tab):
    tab = new_tab()
    page = tab.open("?view=orders")
    page.locator("#find").fill(delivered)
    page.locator("#find").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert f"find={delivered}" in page.url
    page.locator("#find").fill("ORD-none")
    page.locator("#find").press("Enter")
    expect(page.locator('[data-key="empty"]')).to_contain_text("ORD-none")
    # A filter takes the search's place, and the address alone leads to the same rows.
    page.get_by_role("link", name="Cancelled", exact=True).click()
    expect(page.locator('[data-key="empty"]')).to_have_text(re.compile("No order has this status"))
    assert "status=CANCELLED" in page.url and "find" not in page.url
    page.reload()
    expect(page.locator('.chips a[aria-current="true"]')).to_have_text("Cancelled")
    tab.open("?view=orders&sort=amount,asc")
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Amount")
    tab.open("?order=..")
    expect(page.locator('[data-key="empty"]')).to_contain_text("knows no order")


def test_what_strangers_write_is_text(shop, new_tab):
    """Names of goods and reasons of cancellations, by HTTP through the shop."""
    names = HOSTILE[:8]
    items = [{"sauceId": 1, "qty": 1, "price": 100, "name": name} for name in names]
    answer = requests.post(shop.url("order", "/orders"), json={"branchId": 1, "items": items}, timeout=20)
    assert answer.status_code == 201, answer.text
    order = answer.json()["id"]
    # Letters from right to left; characters that reorder others are refused.
    reason = HOSTILE[0] + " \u05d0\u05d1\u200f"
    assert requests.post(shop.url("order", f"/orders/{order}/cancel"), json={"reason": reason}, timeout=20).ok
    eventually("the reason is known", lambda: dashboard(shop, order).get("failureReason") == reason, 30)
    tab = new_tab()
    page = tab.open(f"?order={order}")
    assert tab.words_of('[data-key="items"] tbody bdi') == [" ".join(name.split()) for name in names]
    assert reason in page.locator('[data-key="details"]').text_content()
    assert_nothing_ran(page)


def test_no_text_of_an_answer_becomes_markup(shop, delivered, new_tab):
    """Every text member of a row is hostile."""
    row = requests.get(shop.url("dashboard", f"/orderDashboards/{delivered}"), timeout=5).json()
    names = "orderId cartId customerId status paymentStatus fulfilmentStatus failureReason paymentId deliveryId trackingCode"
    rows = []
    for text in HOSTILE:
        texts = dict.fromkeys(names.split(), text)
        rows.append(row | texts)
    items = [{"sauceId": 1, "name": name, "qty": 1, "price": 100} for name in HOSTILE]
    events = [{"type": name, "at": "2026-01-02T03:04:05Z", "traceId": name} for name in HOSTILE]
    days = {"from": "2026-01-01", "to": "2026-01-02", "days": [{"day": text, "orders": 1} for text in HOSTILE]}
    money = [{"currency": text, "captured": 100, "refunded": 0} for text in HOSTILE]
    figures = {"orders": 1, "paid": 1, "delivered": 0, "statuses": dict.fromkeys(HOSTILE, 1), "currencies": money} | days
    tab = new_tab()
    page = tab.page
    shown = []

    def answer(route):
        pages = {"number": 0, "size": 20, "totalElements": len(shown), "totalPages": 1}
        body = {"_embedded": {"orderDashboards": shown}, "page": pages}
        if "/figures" in route.request.url:
            body = figures
        if "/proof" in route.request.url:
            kinds = [{"orderId": text, "kind": text, "here": 1, "currency": text} for text in HOSTILE]
            body = {"openDifferences": len(kinds), "differences": kinds, "unavailable": None}
        if route.request.url.endswith("/story"):
            body = {"id": "any", "items": items, "history": events}
        route.fulfill(content_type="application/hal+json", body=json.dumps(body))

    page.route(re.compile("/orderDashboards[?/]"), answer)
    shown[:] = rows
    for query in ["?view=orders", ""]:
        tab.open(query)
        assert_nothing_ran(page)
    tab.open("?view=orders")
    expect(page.locator("tbody tr")).to_have_count(len(HOSTILE))
    assert page.locator("tbody th a").evaluate_all("(links) => links.map((link) => link.textContent)") == HOSTILE
    tab.open("?order=any")
    texts = "(list) => list.map((element) => element.textContent)"
    for text, row in zip(HOSTILE, rows):
        shown[:] = [row]
        # Asked at once, as when a reader comes back to the tab.
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        eventually("the row is shown", lambda: text in page.locator('[data-key="details"] bdi').evaluate_all(texts), 10)
        assert page.locator('[data-key="items"] tbody bdi').evaluate_all(texts) == HOSTILE
        assert_nothing_ran(page)


def assert_nothing_ran(page):
    assert "taken" not in page.title()
    assert page.locator("main :is(img, script, iframe, style, object, form form, math, template)").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).filter("
        "({name, value}) => name.startsWith('on') || name === 'style' || /^\\s*javascript:/i.test(value)"
        " && (name === 'href' || name === 'src')).length"
    ) == 0


def test_the_policy_forbids_scripts_in_the_text_and_of_others(shop, new_tab):
    policy = requests.get(shop.url("dashboard", "/dashboard/"), timeout=5).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    tab = new_tab(is_clean=False)
    page = tab.open()
    page.evaluate(
        "const script = document.createElement('script'); script.textContent = \"window.ran = true\";"
        " document.body.append(script)"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in error for error in tab.errors)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_chosen_and_kept(delivered, language, new_tab):
    tab = new_tab()
    page = tab.open("?view=orders")
    page.locator("#language").select_option(language)
    expect(page.locator("h1")).to_have_text(LANGUAGES[language])
    page.reload()
    expect(page.locator("h1")).to_have_text(LANGUAGES[language])
    assert page.locator("html").get_attribute("lang") == language


def test_the_browser_s_language_is_the_first_choice(new_tab):
    page = new_tab(locale="ko-KR").open()
    expect(page.locator("h1")).to_have_text("개요")


def test_the_dictionaries_have_the_same_words(new_tab):
    page = new_tab().open()
    words = page.evaluate(
        "Promise.all(['en', 'id', 'ko'].map(async (l) => (await import(`./words-${l}.js`)).default))"
    )
    english, *others = [leaves(dictionary) for dictionary in words]
    assert len(english) > 100
    for other in others:
        assert other == english
    used = set()
    for file in FILES.glob("*.js"):
        used |= set(re.findall(r"\bsay\('([\w-]+)'", file.read_text()))
    used |= set(re.findall(r'data-word="([\w-]+)"', (FILES / "index.html").read_text()))
    assert used - {key.split(".")[0] for key in english} == set()


def leaves(words, path=""):
    """Each word's name, with what stands in braces in it."""
    found = {}
    for key, value in words.items():
        if isinstance(value, dict) and "other" not in value:
            found |= leaves(value, f"{path}{key}.")
        else:
            texts = list(value.values()) if isinstance(value, dict) else [value]
            assert all(texts), f"{path}{key} is empty"
            found[path + key] = sorted(set(re.findall(r"\{(\w+)\}", " ".join(texts))))
    return found


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_nothing_and_nothing_is_too_wide(delivered, scheme, width, new_tab):
    tab = new_tab(color_scheme=scheme, viewport={"width": width, "height": 800})
    for query in ["", "?view=orders", f"?order={delivered}"]:
        page = tab.open(query)
        page.locator(".figures, table.orders, .steps").first.wait_for(timeout=5_000)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], query
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, query


def test_a_theme_is_chosen_and_kept(new_tab):
    page = new_tab(color_scheme="light").open()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").select_option("dark")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_everything_is_reached_by_keyboard(delivered, new_tab):
    tab = new_tab()
    page = tab.open()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator('[data-view="orders"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    page.locator("#find").focus()
    page.keyboard.type(delivered)
    # The page is drawn anew each second, under the reader's hands.
    page.wait_for_timeout(1_500)
    expect(page.locator("#find")).to_be_focused()
    expect(page.locator("#find")).to_have_value(delivered)
    page.keyboard.press("Enter")
    page.locator(f'[data-order="{delivered}"] a').focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(delivered)
    expect(page.locator("h1")).to_be_focused()


def test_a_dashboard_that_is_behind_is_said(shop, new_tab):
    metrics = requests.get(shop.url("dashboard", "/metrics"), timeout=5).text
    lag = re.compile(r"^(sambal_consumer_lag_events(?:\{[^}]*\})?) \S+$", re.MULTILINE)
    assert lag.search(metrics)
    tab = new_tab()
    tab.page.route("**/metrics", lambda route: route.fulfill(body=lag.sub(r"\1 12", metrics)))
    page = tab.open()
    expect(page.locator("#live")).to_contain_text("12 events behind", timeout=7_000)


def test_a_dashboard_that_is_dead_is_said(shop, delivered, new_tab):
    tab = new_tab(is_clean=False)
    page = tab.open("?view=orders")
    shop.end("SIGKILL")
    expect(page.locator("#live")).to_have_attribute("data-state", "lost", timeout=10_000)
    expect(page.locator("#live")).to_contain_text("does not answer")
    expect(page.locator("main .notice")).to_contain_text("what was known before")
    expect(page.locator("#news")).to_contain_text("lost")
    expect(page.locator(f'[data-order="{delivered}"]')).to_be_visible()
    shop.up()
    page.locator("[data-again]").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=10_000)
    expect(page.locator("#news")).to_contain_text("answers again")
    expect(page.locator("main .notice")).to_have_count(0)


def test_the_proof_names_the_order_that_the_provider_charged_behind_the_books(shop, delivered, new_tab):
    def compare():
        assert requests.post(shop.url("payment", "/api/reconciliations"), timeout=20).ok

    tab = new_tab()
    page = tab.open()
    compare()
    expect(page.locator('[data-proof="good"]')).to_be_visible(timeout=30_000)
    charge = {"action": "charge", "orderId": "ORD-BEHIND", "amount": 5, "currency": "KRW"}
    key = {"Idempotency-Key": "behind-1"}
    assert requests.post(shop.url("psp", "/charges"), json=charge, headers=key, timeout=5).ok

    def found():
        compare()
        path = "/api/differences/search/findByState?state=OPEN"
        differences = requests.get(shop.url("payment", path), timeout=5).json()["_embedded"]["differences"]
        return [line["orderId"] for line in differences] == ["ORD-BEHIND"]

    eventually("the reconciliation finds it", found, 60)
    expect(page.locator('[data-difference="ORD-BEHIND"]')).to_be_visible(timeout=30_000)
    expect(page.locator('[data-proof="bad"]')).to_contain_text("1 open difference")
    expect(page.locator("main > .proof")).to_have_count(1)
    assert Axe().run(page).response["violations"] == []
    expect(page.locator('[data-proof="good"]')).to_have_count(0)


def test_a_proof_that_cannot_be_had_is_not_green(delivered, new_tab):
    tab = new_tab()
    page = tab.page
    answer = {"differences": [], "unavailable": "the payment service could not be asked: <b>refused</b>"}
    page.route("**/orderDashboards/proof", lambda route: route.fulfill(json=answer))
    tab.open()
    expect(page.locator('[data-proof="unknown"]')).to_contain_text("Not known")
    expect(page.locator('[data-key="proof"]')).to_contain_text("<b>refused</b>")
    expect(page.locator('[data-proof="good"]')).to_have_count(0)
    # The rest works.
    expect(page.locator('[data-figure="orders"]')).to_be_visible()


def test_typed_text_stays_while_the_page_is_drawn_anew(shop, delivered, new_tab):
    """Focused or not: the list changes and the clock ticks meanwhile."""
    tab = new_tab()
    page = tab.open("?view=orders")
    find = page.locator("#find")
    for leave in [False, True]:
        find.fill("ORD-half typ")
        if leave:
            page.locator("h1").focus()
        order = shop.place()
        expect(page.locator(f'[data-order="{order}"]')).to_be_visible(timeout=10_000)
        # Each second something is drawn.
        before = page.locator("#live").inner_text()
        expect(page.locator("#live")).not_to_have_text(before, timeout=10_000)
        assert find.input_value() == "ORD-half typ"
    # What the address says takes its place.
    tab.open("?view=orders&find=ORD-none")
    find.fill("other")
    page.locator("a.clear").click()
    expect(find).to_have_value("")


def test_a_copy_button_works_without_a_clipboard(delivered, new_tab):
    """As on a page that came by plain HTTP from another machine."""
    tab = new_tab()
    tab.page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', {get: () => undefined})")
    page = tab.open(f"?order={delivered}")
    assert page.evaluate("navigator.clipboard === undefined")
    button = page.locator(f'[data-copy="{delivered}"]')
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#news")).to_have_text("Copied.")
    expect(button).to_be_focused()
    tab.open("?view=orders")
    page.locator("#find").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("#find")).to_have_value(delivered)


@pytest.mark.parametrize("status, answer_after", [(429, "20"), (503, "20")])
def test_a_server_that_asks_to_wait_is_left_alone(delivered, status, answer_after, new_tab):
    tab = new_tab(is_clean=False)
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        problem = {"title": "Busy", "status": status, "detail": "Too many requests"}
        headers = {"Retry-After": answer_after}
        route.fulfill(status=status, headers=headers, content_type="application/problem+json", body=json.dumps(problem))

    page = tab.open("?view=orders")
    page.route(re.compile("/orderDashboards"), refuse)
    expect(page.locator("#live")).to_have_attribute("data-state", "lost", timeout=10_000)
    expect(page.locator("#live")).to_contain_text("asks to wait")
    assert int(re.search(r"(\d+) second", page.locator("#live").inner_text())[1]) > 15
    # A tab that is looked at again does not ask sooner either.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(4_000)
    assert len(asked) == 1
    page.unroute(re.compile("/orderDashboards"))
    page.locator("[data-again]").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=10_000)


def test_a_slow_server_is_asked_less(delivered, new_tab):
    tab = new_tab()
    page = tab.page
    asked = []

    def slow(route):
        asked.append(page.evaluate("performance.now()") if not asked else 0)
        page.wait_for_timeout(600)
        route.continue_()

    page.route(re.compile("/orderDashboards[?]"), slow)
    tab.open("?view=orders")
    page.wait_for_timeout(5_000)
    assert len(asked) == 1


def test_the_document_says_how_often_the_page_asks():
    """The figures in the document are those of the program."""
    feed = (FILES / "feed.js").read_text()
    document = (FILES.parents[3] / "docs/dashboard.md").read_text()
    pause = int(re.search(r"pause = ([\d_]+)\) \{", feed)[1].replace("_", "")) // 1000
    longest = int(re.search(r"longestPause = ([\d_]+)", feed)[1].replace("_", "")) // 1000
    assert f"every {pause} seconds" in document and f"at most {longest} seconds" in document
