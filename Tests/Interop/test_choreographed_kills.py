"""Checkouts that nobody leads, while cart, product, customer, order and payment are killed one after the other, again and
again: each checkout ends, whole or with nothing kept."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

import books
import buying
from split_shop import SplitShop
from waiting import eventually

SEED = 20261121
ALONE = ["cart", "product", "customer", "order", "payment"]
CHECKOUTS, BUYERS = 30, 10
QTY, PRICE, PIECES = 2, 5000, 100
# Those without an address, and those who want more than there is.
NOWHERE, GREEDY = {4, 13, 22}, {8, 17, 26}


def test_kills_at_any_time_lose_and_double_nothing(tmp_path):
    chance = random.Random(SEED)
    sections = {
        "cart": "checkout: choreographed\nwait: 1s",
        "payment": "providerTimeout: 1s\nretryDelay: 300ms\nresolveInterval: 200ms\nconfirmationTimeout: 2s",
        "psp": "faults:\n  refusals: 0.1\n  callbackDeliveries: 2",
        "notification": "timeout: 1s",
    }
    groups = {name: [name] for name in ALONE} | {"others": SplitShop.others(*ALONE)}
    shop = SplitShop(tmp_path / "data", sections, groups).up()
    try:
        buying.stock(shop, 1, PIECES, PRICE)
        carts = {number: cart_of(shop, number) for number in range(CHECKOUTS)}
        kills = check_out_amid_kills(shop, carts, chance)
        assert set(kills) == set(ALONE), kills
        judge(shop, carts)
    finally:
        shop.end()


def cart_of(shop, number):
    customer = buying.customer(shop, number, has_address=number not in NOWHERE)
    return buying.cart(shop, customer, 1, PIECES + 1 if number in GREEDY else QTY)


def check_out_amid_kills(shop, carts, chance):
    """Each victim at least twice, and as long as buyers are at it; who was killed, in order."""
    begun = threading.Event()

    def buy(numbers):
        for number in numbers:
            begun.set()
            until_answered(shop, carts[number])

    kills = []
    with ThreadPoolExecutor() as pool:
        buyers = [pool.submit(buy, range(first, CHECKOUTS, BUYERS)) for first in range(BUYERS)]
        begun.wait()
        while len(kills) < 2 * len(ALONE) or not all(buyer.done() for buyer in buyers):
            assert len(kills) < 30 * len(ALONE), "the buyers do not come to an end"
            for victim in chance.sample(ALONE, len(ALONE)):
                # The moment is what this is about; nothing is waited for.
                time.sleep(chance.uniform(0, 0.4))
                shop.kill(victim)
                shop.start(victim)
                kills.append(victim)
        for buyer in buyers:
            buyer.result()
    return kills


def until_answered(shop, cart):
    """As a careful client does it: the same key again, until the answer says that the checkout was taken."""
    end, last = time.monotonic() + 60, None
    while time.monotonic() < end:
        try:
            answer = buying.check_out(shop, cart, **{"Idempotency-Key": f"checkout-{cart}"})
        except requests.RequestException as error:
            last = repr(error)
            time.sleep(0.1)
            continue
        last = answer.text
        if "/problems/outcome-unknown" in answer.text:
            time.sleep(0.1)
            continue
        if answer.status_code in (201, 202, 402, 422) or "/problems/" in answer.json().get("type", ""):
            return
        assert answer.status_code in (409, 503), answer.text
        time.sleep(0.1)
    raise AssertionError(f"the checkout of {cart} was never taken: {last}")


def judge(shop, carts):
    checkouts = eventually("all checkouts end", lambda: ended(shop, len(carts)), 60)
    assert sorted(checkout["cartId"] for checkout in checkouts) == sorted(carts.values())
    of_cart = {checkout["cartId"]: checkout for checkout in checkouts}
    paid = [checkout["id"] for checkout in checkouts if checkout["status"] == "COMPLETED"]
    assert len(paid) > CHECKOUTS / 2
    for number, cart in carts.items():
        checkout = of_cart[cart]
        is_paid = checkout["status"] == "COMPLETED"
        failures = {"NO_ADDRESS"} if number in NOWHERE else {"OUT_OF_STOCK"} if number in GREEDY else {
            None, "PAYMENT_DECLINED",
        }  # fmt: skip
        assert checkout.get("failure") in failures, checkout
        order_id = checkout["id"]
        ends = {None: "PAID", "PAYMENT_DECLINED": "PAYMENT_FAILED"}.get(checkout.get("failure"))
        eventually("the order ends", lambda: books.status(shop, order_id) == ends, 20)
        assert books.get(shop, "cart", f"/carts/{cart}")["status"] == ("ORDERED" if is_paid else "OPEN")
        assert books.captures(shop, order_id) == ([QTY * PRICE] if is_paid else [])
    eventually("the stock is settled", lambda: books.pieces(shop, 1) == (PIECES - QTY * len(paid), 0), 20)
    assert {order["id"] for order in books.listed(shop, "order", "/orders") if order["status"] == "PAID"} == set(paid)
    books.reconcile(shop)
    for order_id in paid:
        eventually("all is told", lambda: books.are_sent(shop, order_id), 30)
        assert books.mails(shop, order_id) == ["paid-buyer", "paid-seller"]


def ended(shop, count):
    checkouts = books.listed(shop, "cart", "/checkouts")
    has_ended = len(checkouts) == count and all(checkout["status"] != "RUNNING" for checkout in checkouts)
    return checkouts if has_ended else None
