"""A provider fails for some seconds, with errors that Stripe and Toss keep for their keys. The shop's orders go through again
as soon as it is well, and what the incident left open comes to an end as well."""

import dataclasses
import time

import pytest
import requests

import money
from fakes.chaos import CALM, Chaos, Odds
from operator_at_work import Operator
from test_providers import PROVIDERS, shop_with
from waiting import eventually

INCIDENT = 5
# At this rate orders come, before, during and after it.
ORDERS_A_SECOND = 10
AFTERWARDS = 10


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_an_incident_does_not_outlast_itself(provider, tmp_path):
    provider = dataclasses.replace(provider, fake=provider.make(Chaos(1, CALM)))
    shop = shop_with(provider, tmp_path)
    operator = Operator(shop, provider)
    try:
        shop.up()
        assert paid(shop, provider, 2) == 2 * ORDERS_A_SECOND
        provider.fake.chaos.odds = Odds(error_before=1, query_error=1)
        during = paid(shop, provider, INCIDENT)
        provider.fake.chaos.odds = CALM
        after = paid(shop, provider, AFTERWARDS)
        print(f"\n{provider.name}: of {ORDERS_A_SECOND} orders a second {during} were paid in {INCIDENT} s of errors, {after} in "
              f"the {AFTERWARDS} s after it")  # fmt: skip
        # A circuit breaker may have to try first; no more than that.
        assert after >= 0.6 * AFTERWARDS * ORDERS_A_SECOND
        eventually("nothing is left of it", lambda: nothing_is_left(shop, provider, operator), 90)
    finally:
        shop.end("SIGTERM")
        provider.fake.close()


def paid(shop, provider, seconds):
    """How many of the orders that come in so many seconds were paid at once."""
    count, began = 0, time.monotonic()
    for number in range(seconds * ORDERS_A_SECOND):
        time.sleep(max(0, began + number / ORDERS_A_SECOND - time.monotonic()))
        order = {"branchId": 1, "sauceId": 1, "qty": 1, "price": provider.price, "currency": provider.currency}
        answer = requests.post(shop.url("order", "/orders"), json=order, timeout=20)
        count += answer.status_code == 201 and shop.status(answer.json()["id"]) in ("PAID", "PLACED")
    return count


def nothing_is_left(shop, provider, operator):
    operator.work()
    books = money.Books(shop)
    return not books.open() and not books.differences(provider.fake.truth)
