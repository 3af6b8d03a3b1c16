"""A database's server, and Kafka's, behind a wire that is torn, slow, or carries nonsense: no end, no wrong answer, nothing
that was promised is lost, and all goes on by itself when the wire is well."""

import pathlib
import shutil
import subprocess
import threading
import time
import urllib.parse

import pytest
import requests

from kafka_mock import KafkaMock
from money import all_of
from shop import SERVICES, Shop
from torn_wire import Wire
from waiting import eventually

SERVERS = pathlib.Path(__file__).parents[2] / "scripts" / "servers"
ORDER = {"branchId": 1, "sauceId": 1, "qty": 1, "currency": "KRW", "email": "a@example.org"}
FAULTS = ["cut", "garbage", "slow", "silent", "refuse"]
FAULT_SECONDS = {"silent": 12}  # Longer than a statement may take.
OTHERWISE = 3


@pytest.fixture(scope="module", params=["postgres", "mariadb", "mongodb"])
def server(request, tmp_path_factory):
    """The URL of a server of its own."""
    folder = tmp_path_factory.mktemp("server", numbered=True)
    # A server's own user has to reach its data.
    for parent in [folder, *folder.parents]:
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    place = folder / request.param
    started = subprocess.run([SERVERS, "start", request.param, place], capture_output=True, text=True, timeout=240)
    if started.returncode != 0:
        pytest.fail(f"{request.param} does not start: {started.stderr[-2000:]}")
    yield started.stdout.strip().splitlines()[-1]
    subprocess.run([SERVERS, "stop", request.param, place], capture_output=True, timeout=60)
    shutil.rmtree(folder, ignore_errors=True)


def through(wire, url):
    parts = urllib.parse.urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    # Members of a replica set would be asked for by their own addresses.
    query = "directConnection=true" if parts.scheme == "mongodb" else parts.query
    return parts._replace(netloc=f"{user}@127.0.0.1:{wire.port}".lstrip("@"), query=query).geturl()


class Buyer:
    """Orders and looks its orders up, whatever comes; notes what it was promised, and what it was told wrongly."""

    def __init__(self, shop):
        self.shop, self.promised, self.wrong, self.statuses = shop, {}, [], {}

    def buy(self, price):
        answer = self.ask("POST", "/orders", json=ORDER | {"price": price})
        if answer is not None and answer.status_code in (201, 202):
            self.promised[answer.json()["id"]] = price

    def look(self, id):
        answer = self.ask("GET", f"/orders/{id}")
        if answer is not None and answer.status_code == 200 and answer.json()["amount"] != self.promised[id]:
            self.wrong.append(answer.text)
        if answer is not None and answer.status_code == 404:
            self.wrong.append(f"{id} is not there: {answer.text}")

    def ask(self, method, path, **more):
        try:
            answer = requests.request(method, self.shop.url("order", path), timeout=40, **more)
        except requests.RequestException as error:
            self.wrong.append(repr(error))
            return None
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code not in (200, 201, 202, 402, 404, 503, 504):
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self.wrong.append(f"{method} {path}: 503 without Retry-After: {answer.text}")
        return answer


def test_a_database_behind_a_torn_wire(tmp_path, server):
    address = urllib.parse.urlsplit(server)
    wire = Wire(address.hostname, address.port)
    database = through(wire, server)
    sections = {name: f"database: '{database}'" for name in ("order", "payment")}
    sections["psp"] = "confirmation: answer"
    shop = Shop(tmp_path / "data", sections).up()
    try:
        buyer = Buyer(shop)
        for price in range(1, 4):
            buyer.buy(price)
        assert len(buyer.promised) == 3, buyer.wrong
        for fault in FAULTS:
            suffer(shop, wire, fault, buyer)
        paid(shop, buyer)
    finally:
        wire.mode = "pass"
        shop.end("SIGTERM")
        wire.close()


def test_kafka_behind_a_torn_wire(tmp_path):
    """A broker that died would have lost its log, which is another test's subject: then it begins anew."""
    for attempt in range(3):
        kafka = KafkaMock([f"sambal.{name}" for name in SERVICES])
        try:
            return behind_a_torn_wire(kafka, tmp_path / f"data-{attempt}")
        except (Exception, pytest.fail.Exception):
            if not kafka.has_died:
                raise
            print("\nlibrdkafka's mock has died; the test begins anew")
        finally:
            kafka.close()
    pytest.fail("librdkafka's mock has died three times")


def behind_a_torn_wire(kafka, data):
    def moved(answer, port):
        """Brokers tell where they are."""
        here = b"127.0.0.1"
        return answer.replace(here + kafka.port.to_bytes(4, "big"), here + port.to_bytes(4, "big"))

    wire = Wire("127.0.0.1", kafka.port, moved)
    shop = Shop(data, {"psp": "confirmation: answer"}, {"SAMBAL_EVENTS": f"kafka://127.0.0.1:{wire.port}"}).up()
    try:
        buyer = Buyer(shop)
        for price in range(1, 4):
            buyer.buy(price)
        for fault in FAULTS:
            suffer(shop, wire, fault, buyer)
        paid(shop, buyer)
        eventually("and is to be delivered, once", lambda: delivered(shop, buyer), 90)
    finally:
        wire.mode = "pass"
        shop.end("SIGTERM")
        wire.close()


def delivered(shop, buyer):
    orders = [delivery["orderId"] for delivery in all_of(shop, "delivery", "/deliveries")]
    assert len(orders) == len(set(orders))
    return set(buyer.promised) <= set(orders)


def suffer(shop, wire, fault, buyer):
    """The fault for a while, with four buyers, and the end of it."""
    wire.mode, buyer.statuses = fault, {}
    end = time.monotonic() + FAULT_SECONDS.get(fault, OTHERWISE)

    def go(number):
        while time.monotonic() < end:
            buyer.buy(1000 + number)
            buyer.look(next(iter(buyer.promised)))
            time.sleep(0.02)

    buyers = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in buyers:
        thread.start()
    while time.monotonic() < end:
        assert shop.process.poll() is None, f"the shop has ended with {fault}: {log(shop)}"
        assert requests.get(shop.url("order", "/livez"), timeout=2).ok
        time.sleep(0.3)
    wire.mode = "pass"
    started = time.monotonic()
    for thread in buyers:
        thread.join(60)
    assert shop.process.poll() is None, f"the shop has ended with {fault}: {log(shop)}"
    eventually(f"orders are taken again after {fault}", lambda: ordered(shop), 60)
    print(f"\n{fault}: {buyer.statuses}, well again after {time.monotonic() - started:.1f} s")
    assert not buyer.wrong, (fault, buyer.wrong[:3])


def ordered(shop):
    try:
        return requests.post(shop.url("order", "/orders"), json=ORDER | {"price": 7}, timeout=40).status_code == 201
    except requests.RequestException:
        return False


def paid(shop, buyer):
    def is_paid(id):
        return shop.status(id) in ("PAID", "SHIPPED", "DELIVERED")

    eventually("all that was promised is paid", lambda: all(is_paid(id) for id in buyer.promised), 90)
    charges = all_of(shop, "psp", "/statement")
    captured = [
        charge["orderId"] for charge in charges if charge["action"] == "charge" and charge["status"] == "captured"
    ]
    assert len(captured) == len(set(captured)), "an order was charged twice"
    assert set(buyer.promised) <= set(captured)


def log(shop):
    return shop.log.read_text()[-3000:]
