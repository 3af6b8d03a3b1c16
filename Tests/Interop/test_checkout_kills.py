"""A checkout that cart leads, while cart, or all those whom it asks, are killed at each call: before it is made, and after
it was answered but before cart hears of it. All ends as if nothing had happened."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import books
import buying
from proxy import Proxy, Trap
from split_shop import SplitShop
from waiting import eventually

PEERS = ["product", "customer", "order", "payment"]
QTY, PRICE, PIECES = 2, 5000, 10

RESERVE = ("product", "PUT", "/reservations/[^/]+")
ADDRESS = ("customer", "GET", "/customers/[^/]+/delivery-details")
CREATE = ("order", "PUT", "/api/orders/[^/]+")
PAY = ("payment", "POST", "/api/payments")
SELL = ("product", "POST", "/reservations/[^/]+/commit")
RELEASE = ("product", "POST", "/reservations/[^/]+/release")
WITHDRAW = ("order", "POST", "/api/orders/[^/]+/withdrawal")


@dataclasses.dataclass
class Story:
    name: str
    calls: list
    """Where it is interrupted."""
    failure: str | None = None
    """Why the checkout comes to nothing."""


STORIES = [
    Story("paid", [RESERVE, ADDRESS, CREATE, PAY, SELL]),
    Story("no-address", [RELEASE], "NO_ADDRESS"),
    Story("declined", [WITHDRAW, RELEASE], "PAYMENT_DECLINED"),
    Story("stock-lost", [SELL, WITHDRAW, RELEASE], "OUT_OF_STOCK"),
]
CASES = [
    pytest.param(story, call, moment, id=f"{story.name}-{call[1]} {call[2].replace('[^/]+', '*')}-{moment}")
    for story in STORIES for call in story.calls for moment in ("before", "after")
]  # fmt: skip


class Shop(SplitShop):
    """Cart alone, the others together, and proxies between."""

    def __init__(self, data):
        self.proxies = {}
        # A product whose next reservation expires at once, and which others buy up before it is sold.
        self.scarce = None
        self.number = 0
        sections = {
            "product": "expiryInterval: 50ms",
            "cart": "saga:\n  callTimeout: 500ms\n  interval: 100ms\n  breaker:\n    openDuration: 500ms",
            "payment": "providerTimeout: 1s\nretryDelay: 300ms\nresolveInterval: 200ms\nconfirmationTimeout: 2s",
            "notification": "timeout: 1s",
        }
        super().__init__(data, sections, {"cart": ["cart"], "others": self.others("cart")}, Shop.behind_proxies)

    def behind_proxies(self):
        self.proxies = {peer: Proxy(self.ports[peer], self.interfere) for peer in PEERS}
        return {"cart": {peer: proxy.url for peer, proxy in self.proxies.items()}}

    def interfere(self, method, path, body):
        if self.scarce and path.endswith("/commit"):
            sauce_id, self.scarce = self.scarce, None
            eventually("the reservation has expired", lambda: books.pieces(self, sauce_id) == (PIECES, 0), 10)
            buying.adjust(self, sauce_id, -PIECES)
        elif self.scarce and method == "PUT" and path.startswith("/reservations/"):
            body = json.dumps(json.loads(body) | {"expiresAfter": 1}).encode()
        return body

    def kill_at(self, call, moment, victim):
        peer, method, path = call
        trap = Trap(method, path, moment, lambda: self.kill(victim))
        for name, proxy in self.proxies.items():
            proxy.trap = trap if name == peer else None
        return trap

    def end(self):
        super().end()
        for proxy in self.proxies.values():
            proxy.close()


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """One for each victim: they wait most of the time, and so they do it together."""
    shops = {victim: Shop(tmp_path_factory.mktemp(victim) / "data") for victim in ("cart", "others")}
    try:
        for shop in shops.values():
            shop.up()
        yield shops
    finally:
        for shop in shops.values():
            shop.end()


@pytest.mark.parametrize("story, call, moment", CASES)
def test_a_kill_at_any_call_changes_nothing(shops, story, call, moment):
    with ThreadPoolExecutor() as pool:
        runs = {victim: pool.submit(run, shop, story, call, moment, victim) for victim, shop in shops.items()}
    failures = {victim: failure for victim, done in runs.items() if (failure := done.exception())}
    assert not failures, "\n".join(f"{victim} was killed: {failure}" for victim, failure in failures.items())


def run(shop, story, call, moment, victim):
    shop.number += 1
    number = shop.number
    buying.stock(shop, number, PIECES, PRICE)
    customer = buying.customer(shop, number, has_address=story.failure != "NO_ADDRESS")
    cart = buying.cart(shop, customer, number, QTY)
    if story.failure == "PAYMENT_DECLINED":
        requests.patch(shop.url("psp", "/admin/faults"), json={"refusals": "1 time"}, timeout=5).raise_for_status()
    shop.scarce = number if story.failure == "OUT_OF_STOCK" else None
    trap = shop.kill_at(call, moment, victim)
    try:
        answer = buying.check_out(shop, cart, Prefer="respond-async")
        assert answer.status_code == 202, answer.text
    except requests.ConnectionError:
        pass  # Cart was killed while it answered; what it began stands.
    trap.wait()
    shop.start(victim)
    judge(shop, story, cart, number)


def judge(shop, story, cart, number):
    saga = eventually("the saga ends", lambda: ended(shop, cart), 40)
    order_id = saga["id"]
    checkout = books.checkout(shop, cart)
    has_failed = story.failure is not None
    assert saga["status"] == ("COMPENSATED" if has_failed else "COMPLETED"), saga
    assert (checkout["status"], checkout.get("failure")) == ("FAILED" if has_failed else "COMPLETED", story.failure)
    assert books.get(shop, "cart", f"/carts/{cart}")["status"] == ("OPEN" if has_failed else "ORDERED")
    left = {None: PIECES - QTY, "OUT_OF_STOCK": 0}.get(story.failure, PIECES)
    assert books.pieces(shop, number) == (left, 0)
    order_ends = {None: "PAID", "PAYMENT_DECLINED": "PAYMENT_FAILED", "OUT_OF_STOCK": "CANCELLED"}
    eventually("the order ends", lambda: books.status(shop, order_id) == order_ends.get(story.failure), 10)
    assert books.captures(shop, order_id) == ([QTY * PRICE] if story.failure in (None, "OUT_OF_STOCK") else [])
    assert books.kept(shop, order_id) == (0 if has_failed else QTY * PRICE)
    books.reconcile(shop)
    if not has_failed:
        eventually("all is told", lambda: books.are_sent(shop, order_id), 20)
        assert books.mails(shop, order_id) == ["paid-buyer", "paid-seller"]
    elif story.failure != "OUT_OF_STOCK":
        assert "paid-buyer" not in books.mails(shop, order_id)


def ended(shop, cart):
    saga = books.get(shop, "cart", f"/sagas/checkout/{books.checkout(shop, cart)['id']}")
    return saga if saga["status"] in ("COMPLETED", "COMPENSATED") else None
