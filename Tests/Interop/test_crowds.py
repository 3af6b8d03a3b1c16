"""Crowds of clients that hold on to a server, at few and at many descriptors: others still get answers, and all is well
when they have gone."""

import resource
import threading
import time

import pytest
import requests

from crowd import Crowd
from shop import Shop
from waiting import eventually

# Of the listeners: docs/reference/limits.md.
HEADER_SECONDS, ANSWER_SECONDS = 10, 30
IDLE = 4000


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """The crowd's own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 1000:
        pytest.skip(f"a crowd of {IDLE} needs more than the {hard} descriptors that this system allows")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(params=[256, 1024, 20_000])
def shop(request, tmp_path):
    shop = Shop(tmp_path / "data", {"psp": "confirmation: answer"})
    shop.descriptors = request.param
    shop.up()
    yield shop
    shop.end("SIGTERM")


class Probe:
    """Asks for an order over and over, and keeps how long the answers took."""

    def __init__(self, shop, service="order"):
        self.seconds, self.faults, self.is_over = [], [], threading.Event()
        self.url = shop.url(service, f"/orders/{shop.place()}")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.is_set():
            start = time.monotonic()
            try:
                answer = requests.get(self.url, timeout=15)
                if answer.status_code != 200:
                    self.faults.append((answer.status_code, answer.text))
            except requests.RequestException as error:
                self.faults.append(repr(error))
            self.seconds.append(time.monotonic() - start)
            self.is_over.wait(0.05)

    def end(self):
        self.is_over.set()
        self.thread.join(20)
        assert not self.faults, self.faults[:5]
        return max(self.seconds)


def pauses(shop):
    text = requests.get(shop.url("gateway", "/metrics"), timeout=5).text
    return sum(
        float(line.split()[-1]) for line in text.splitlines() if line.startswith("sambal_http_accept_pauses_total")
    )


def test_others_are_answered_beside_crowds(shop):
    probe = Probe(shop)
    idle = Crowd(shop.ports["gateway"], IDLE)
    slow = Crowd(shop.ports["gateway"], 200, b"GET /orders HTTP/1.1\r\nHost: h\r\nX: ")
    assert len(idle) == IDLE
    end = time.monotonic() + HEADER_SECONDS + 3
    rounds = 0
    while time.monotonic() < end:
        slow.send(b"a")
        for_resets = Crowd(shop.ports["order"], 20, b"GET /orders?size=100 HTTP/1.1\r\nHost: h\r\n\r\n")
        for_resets.leave(resets=True)
        rounds += 1
        time.sleep(0.3)
    longest, silent = probe.end(), idle.ended() + slow.ended()
    # Slow heads are given up at their time, however steadily a byte comes: as many as were accepted.
    assert silent > 0
    assert longest < 2, "others have waited"
    assert shop.process.poll() is None
    idle.leave()
    slow.leave()
    eventually("the gateway answers", lambda: answers(shop.url("gateway", "/livez")), 15)
    assert shop.status(shop.place()) in ("PAID", "PLACED", "PAYMENT_PENDING")
    paused = pauses(shop)
    print(f"\n{shop.descriptors} descriptors: {rounds * 20} resets, {silent} connections were closed for their silence, "
          f"longest answer {longest * 1000:.0f} ms, {paused:.0f} times connections began to wait")  # fmt: skip
    assert (shop.descriptors <= 1024) == ("connections wait" in shop.log.read_text()) == (paused > 0)


def answers(url):
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


@pytest.mark.parametrize("shop", [1024], indirect=True)
def test_who_does_not_read_is_left(shop):
    """Megabytes of answers each, of which nothing is taken: metrics, since only few lists are made at a time."""
    probe = Probe(shop)
    head = b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"
    crowd = Crowd(shop.ports["order"], 12, head * 1000, receive_buffer=4096)
    eventually("those that do not read are closed", lambda: crowd.ended() == len(crowd), ANSWER_SECONDS + 15)
    longest = probe.end()
    crowd.leave()
    print(f"\n12 that do not read: longest answer of others {longest * 1000:.0f} ms")
    assert longest < 2
    assert shop.process.poll() is None
    assert answers(shop.url("order", "/readyz"))


@pytest.mark.parametrize("shop", [1024], indirect=True)
def test_orders_whose_clients_went_away_are_whole(shop):
    """A reset amid the handler: the order is there as a whole or not at all, and is paid as others are."""
    body = b'{"branchId":1,"sauceId":1,"qty":1,"price":100,"currency":"KRW","email":"a@example.org"}'
    head = b"POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    for _ in range(10):
        Crowd(shop.ports["order"], 30, head + body).leave(resets=True)

    def listed(service, path, name):
        return requests.get(shop.url(service, path), params={"size": 1000}, timeout=5).json()["_embedded"][name]

    def settled():
        """The last of them are still placed when their clients have gone."""
        orders = listed("order", "/orders", "orders")
        charged = [charge["orderId"] for charge in listed("psp", "/statement", "charges") if charge["status"] == "captured"]
        return (
            orders
            and all(order["status"] == "PAID" for order in orders)
            and sorted(charged) == sorted(order["id"] for order in orders)
            and orders
        )

    orders = eventually("every order is paid, and charged once", settled, 30)
    print(f"\n{len(orders)} of 300 orders came about")
