"""The shop with a provider that loses, delays, doubles, reorders and contradicts, and at which somebody else moves money
too. In the end the truth that the provider kept is what the shop says.

    PROVIDERS=full    2,000 orders, 300 checkouts, 200 refunds and cancellations each (`make providers`); else a small run
    PROVIDERS_SEED    another plan
"""

import dataclasses
import os
import time

import pytest
import requests

import money
from chaotic_shop import FULL, SMALL, Traffic
from fakes import midtrans_fake, stripe_fake, toss_fake
from fakes.chaos import ROUGH, Chaos
from shop import Shop

SCALE = FULL if os.environ.get("PROVIDERS") == "full" else SMALL
SEED = int(os.environ.get("PROVIDERS_SEED", "1"))
# Short times, so that what takes minutes and hours at a provider comes about within a test.
PAYMENT = """provider: {name}
providerTimeout: 1s
retryDelay: 300ms
resolveInterval: 200ms
confirmationTimeout: 2s
reconcileInterval: 3s
{name}:
  baseURL: {url}
  paymentToken: "{token}"
"""


@dataclasses.dataclass
class Provider:
    name: str
    make: type
    currency: str
    price: int
    token: str
    secrets: dict
    prefix: str = ""
    fake: object = None

    def order_name(self, id):
        return self.prefix + id


PROVIDERS = [
    Provider("stripe", stripe_fake.Stripe, "USD", 1000, "pm_card_visa",
             {"SECRET_KEY": stripe_fake.KEY, "WEBHOOK_SECRET": stripe_fake.WEBHOOK_SECRET}),
    Provider("midtrans", midtrans_fake.Midtrans, "IDR", 1_000_000, "token-1",
             {"SERVER_KEY": midtrans_fake.KEY}, prefix="PAY-IDEMPOTENCY-"),
    Provider("toss", toss_fake.Toss, "KRW", 1000, "window-{orderId}", {"SECRET_KEY": toss_fake.KEY}),
]  # fmt: skip


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
def provider(request):
    provider = dataclasses.replace(request.param)
    provider.fake = provider.make(Chaos(SEED, ROUGH))
    yield provider
    provider.fake.close()


@pytest.fixture
def shop(provider, tmp_path):
    name, token = provider.name, provider.token
    payment = PAYMENT.format(name=name, url=provider.fake.url, token=token)
    secrets = {f"SAMBAL_PAYMENT_{name.upper()}_{key}": value for key, value in provider.secrets.items()}
    shop = Shop(tmp_path / "data", {"payment": payment, "notification": "timeout: 1s"}, secrets)
    provider.fake.callbacks.url = shop.url("payment", f"/api/payments/callbacks/{name}")
    yield shop.up()
    shop.end("SIGTERM")


def test_what_the_provider_moved_is_what_the_shop_says(provider, shop):
    traffic = Traffic(shop, provider, provider.currency, provider.price, SCALE, SEED)
    began = time.monotonic()
    traffic.run()
    took = time.monotonic() - began
    open, differences = settle(provider, shop)
    report(provider, traffic, took, time.monotonic() - began, open, differences)
    assert not provider.fake.crashes, provider.fake.crashes
    assert not open and not differences, "\n".join(open[:20] + differences[:40])
    nothing_that_is_refunded_can_be_shipped(provider, shop)


def settle(provider, shop):
    """Waits until nothing is open and nothing differs, as long as it may take."""
    end = time.monotonic() + SCALE.seconds
    while True:
        requests.post(shop.url("payment", "/api/reconciliations"), timeout=60)
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


def report(provider, traffic, took, all_took, open, differences):
    balances = provider.fake.truth.orders().values()
    count = lambda kind: sum(len([m for m in balance.movements if m.kind == kind]) for balance in balances)  # noqa: E731
    calls = provider.fake.callbacks
    print(
        f"\n{provider.name}: {len(traffic.placed)} orders and {SCALE.checkouts} checkouts in {took:.0f} s, all settled in "
        f"{all_took:.0f} s; {count('capture')} captures, {count('refund')} refunds, {count('reversal')} reversals, "
        f"{count('refund failed')} failed refunds, {count('chargeback')} chargebacks, "
        f"{sum(balance.moved_by_provider for balance in balances)} orders moved at the provider; "
        f"{sum(provider.fake.requests.values())} requests, {sum(provider.fake.faults.values())} faults, "
        f"{calls.delivered} callbacks, {calls.forged} forged; open {len(open)}, differences {len(differences)}"
    )
    for words in (provider.fake.requests, provider.fake.faults, calls.refused, traffic.answers):
        print("  ", words)
    for kind, number in money.kinds(open + differences):
        print(f"   {number} x {kind}")
