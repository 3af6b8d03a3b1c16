"""The shop with a provider that loses, delays, doubles, reorders and contradicts, and at which somebody else moves money
too. In the end the truth that the provider kept is what the shop says.

    PROVIDERS=full    2,000 orders, 300 checkouts, 200 refunds and cancellations each (`make providers`); else a small run
    PROVIDERS_ONLY    stripe, midtrans or toss, or some of them
    PROVIDERS_SEED    another plan
"""

import dataclasses
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import money
from chaotic_shop import FULL, SMALL, Traffic
from fakes import midtrans_fake, stripe_fake, toss_fake
from fakes.chaos import ROUGH, Chaos
from operator_at_work import Operator
from shop import Shop

SCALE = FULL if os.environ.get("PROVIDERS") == "full" else SMALL
SEED = int(os.environ.get("PROVIDERS_SEED", "1"))

# Short times, so that what takes minutes and hours at a provider comes about within a test.
PAYMENT = """provider: {name}
providerTimeout: 1s
retryDelay: 300ms
maximumRetryDelay: 2s
refundRetryDelay: 500ms
abandonAfter: 8s
operatorAfter: 30s
resolveInterval: 200ms
confirmationTimeout: 2s
reconcileInterval: 3s
{name}:
  baseURL: {url}
  paymentToken: "{token}"
{more}"""


@dataclasses.dataclass
class Provider:
    name: str
    make: type
    currency: str
    price: int
    token: str
    secrets: dict
    prefix: str = ""
    more: str = ""
    """Of its section in the configuration."""
    fake: object = None

    def order_name(self, id):
        return self.prefix + id


PROVIDERS = [
    Provider("stripe", stripe_fake.Stripe, "USD", 1000, "pm_card_visa",
             {"SECRET_KEY": stripe_fake.KEY, "WEBHOOK_SECRET": stripe_fake.WEBHOOK_SECRET}),
    Provider("midtrans", midtrans_fake.Midtrans, "IDR", 1_000_000, "token-1",
             {"SERVER_KEY": midtrans_fake.KEY}, prefix="PAY-IDEMPOTENCY-", more="  settlementRetry: 2s\n"),
    Provider("toss", toss_fake.Toss, "KRW", 1000, "window-{orderId}", {"SECRET_KEY": toss_fake.KEY}),
]  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Small ones at once, for they wait most of the time."""
    with ThreadPoolExecutor(1 if SCALE is FULL else len(PROVIDERS)) as pool:
        wanted = os.environ.get("PROVIDERS_ONLY", "stripe midtrans toss").split()
        yield {
            provider.name: pool.submit(run, provider, tmp_path_factory.mktemp(provider.name))
            for provider in PROVIDERS if provider.name in wanted
        }  # fmt: skip


@pytest.mark.parametrize("name", [provider.name for provider in PROVIDERS])
def test_what_the_provider_moved_is_what_the_shop_says(runs, name):
    if name not in runs:
        pytest.skip("not among PROVIDERS_ONLY")
    runs[name].result()


def run(provider, folder):
    provider.fake = provider.make(Chaos(SEED, ROUGH))
    shop = shop_with(provider, folder)
    try:
        shop.up()
        traffic = Traffic(shop, provider, provider.currency, provider.price, SCALE, SEED)
        began = time.monotonic()
        traffic.run()
        took = time.monotonic() - began
        operator = Operator(shop, provider)
        open, differences = settle(provider, shop, operator)
        report(provider, shop, traffic, operator, took, time.monotonic() - began, open, differences)
        assert not provider.fake.crashes, provider.fake.crashes
        assert not open and not differences, "\n".join(open[:20] + differences[:40])
        nothing_that_is_refunded_can_be_shipped(provider, shop)
    finally:
        shop.end("SIGTERM")
        provider.fake.close()


def shop_with(provider, folder):
    payment = PAYMENT.format(name=provider.name, url=provider.fake.url, token=provider.token, more=provider.more)
    secrets = {f"SAMBAL_PAYMENT_{provider.name.upper()}_{key}": value for key, value in provider.secrets.items()}
    shop = Shop(folder / "data", {"payment": payment, "notification": "timeout: 1s"}, secrets)
    provider.fake.callbacks.url = shop.url("payment", f"/api/payments/callbacks/{provider.name}")
    return shop


def settle(provider, shop, operator):
    """Waits until nothing is open and nothing differs, as long as it may take."""
    end = time.monotonic() + SCALE.seconds
    while True:
        requests.post(shop.url("payment", "/api/reconciliations"), timeout=60)
        operator.work()
        books = money.Books(shop)
        open, differences = books.open(), books.differences(provider.fake.truth)
        if provider.fake.is_quiet and not open and not differences or time.monotonic() > end:
            return open, differences
        time.sleep(1 if SCALE is SMALL else 5)


def nothing_that_is_refunded_can_be_shipped(provider, shop):
    books = money.Books(shop)
    for name, balance in provider.fake.truth.orders().items():
        delivery = books.deliveries.get(money.order_of(name))
        if delivery and balance.kept == 0 and delivery["status"] == "STARTED":
            url = shop.url("delivery", f"/deliveries/{delivery['id']}/ship")
            answer = requests.post(url, json={"trackingCode": "T1"}, timeout=10)
            assert not answer.ok, f"{name} was refunded whole, and was shipped: {balance}"


def report(provider, shop, traffic, operator, took, all_took, open, differences):
    balances = provider.fake.truth.orders().values()
    count = lambda kind: sum(len([m for m in balance.movements if m.kind == kind]) for balance in balances)  # noqa: E731
    calls = provider.fake.callbacks
    print(
        f"\n{provider.name}: {SCALE.orders} orders and {SCALE.checkouts} checkouts in {took:.0f} s, all settled in "
        f"{all_took:.0f} s; {count('capture')} captures, {count('refund')} refunds, {count('reversal')} reversals, "
        f"{count('refund failed')} failed refunds, {count('chargeback')} chargebacks, "
        f"{sum(balance.moved_by_provider for balance in balances)} orders moved at the provider; "
        f"{sum(provider.fake.requests.values())} requests, {sum(provider.fake.faults.values())} faults, "
        f"{calls.delivered} callbacks, {calls.forged} forged, {calls.never_told} never told; open {len(open)}, "
        f"differences {len(differences)}"
    )
    for words in (provider.fake.requests, provider.fake.faults, calls.refused, traffic.answers, operator.decided):
        print("  ", words)
    for kind, number in money.kinds(open + differences):
        print(f"   {number} x {kind}")
    for line in (open + differences)[:60:6]:
        explain(provider, shop, money.order_of(line))


def explain(provider, shop, id):
    """How it came to this, for one order."""
    payments = requests.get(shop.url("payment", "/payments/search/findByOrderId"), params={"orderId": id}, timeout=5)
    names = [id]
    print(f"   -- {id}:")
    for payment in payments.json().get("_embedded", {}).get("payments", []):
        names.append(payment.get("reference") or id)
        for attempt in payment["attempts"]:
            names.append(attempt["id"])
            shown = ("action", "amount", "state", "reason", "startedAt", "settledAt")
            print("     ", {name: attempt.get(name) for name in shown})
    for line in provider.fake.log_of(*names)[:60]:
        print("     ", line[:260])
