"""Buyers, sellers, and somebody at the provider, all at once, at a shop whose provider misbehaves."""

import dataclasses
import random
import time
from concurrent.futures import ThreadPoolExecutor

import requests

import buying
from shop import BUYER

# A client that gets no clear answer asks again with the same key, as docs/idempotency.md tells it to.
TRIES = 12
PATIENT = {409, 503}
# One buyer among so many cancels the order at once.
EARLY = 25


@dataclasses.dataclass
class Scale:
    orders: int
    checkouts: int
    returns: int
    """Refunds and cancellations that the shop is asked for."""
    foreign: int
    """What somebody moves at the provider."""
    seconds: int
    """How long all may take to come to an end."""


SMALL = Scale(orders=100, checkouts=15, returns=15, foreign=8, seconds=60)
FULL = Scale(orders=2000, checkouts=300, returns=200, foreign=100, seconds=600)


class Traffic:
    def __init__(self, shop, provider, currency, price, scale, seed):
        self.shop, self.provider, self.scale = shop, provider, scale
        self.currency, self.price = currency, price
        self.random = random.Random(seed)
        self.placed, self.answers = [], {}

    def run(self):
        buying.stock(self.shop, 1, 100_000, self.price)
        customer = buying.customer(self.shop, 1)
        with ThreadPoolExecutor(12) as pool:
            jobs = [pool.submit(self.place, number) for number in range(self.scale.orders)]
            jobs += [pool.submit(self.check_out, customer) for _ in range(self.scale.checkouts)]
            self.random.shuffle(jobs)
            for job in jobs:
                job.result()
            # While late answers and callbacks of the orders still come in.
            ids = self.random.sample(self.placed, min(len(self.placed), self.scale.returns + self.scale.foreign))
            list(pool.map(self.give_back, range(self.scale.returns), ids))
        self.move_at_provider(ids[self.scale.returns :])

    def place(self, number):
        order = {
            "branchId": 1, "sauceId": 1, "qty": 1 + number % 3, "price": self.price, "currency": self.currency,
            "email": BUYER,
        }  # fmt: skip
        answer = self.ask("order", "POST", "/orders", order, f"order-{number}")
        if answer is not None and answer.status_code in (201, 202, 402) and "id" in answer.json():
            id = answer.json()["id"]
            self.placed.append(id)
            # Some buyers think better of it at once, when the provider may not even have answered.
            if number % EARLY == 0:
                self.ask("order", "POST", f"/orders/{id}/cancel", None, None)

    def check_out(self, customer):
        cart = buying.cart(self.shop, customer, 1, 1)
        self.ask("cart", "POST", f"/carts/{cart}/checkout", None, f"checkout-{cart}", Prefer="respond-async")

    def give_back(self, number, id):
        """Cancelled, refunded whole or in part, before or after it was shipped; what is not possible for an order in its
        state is refused."""
        if number % 4 == 3:
            self.ship(id)
        if number % 3 == 0:
            self.ask("order", "POST", f"/orders/{id}/cancel", None, None)
        else:
            body = {"amount": self.price // 2} if number % 3 == 1 else {}
            self.ask("order", "POST", f"/orders/{id}/refunds", body, f"return-{id}")

    def ship(self, id):
        url = self.shop.url("delivery", "/deliveries/search/findByOrderId")
        found = requests.get(url, params={"orderId": id}, timeout=10).json()["_embedded"]["deliveries"]
        for delivery in found:
            body = {"trackingCode": "T1"}
            self.ask("delivery", "POST", f"/deliveries/{delivery['id']}/ship", body, f"ship-{id}")

    def move_at_provider(self, ids):
        """Refunds whole and in part, and chargebacks, without the shop."""
        for number, id in enumerate(ids):
            at_provider = self.provider.order_name(id)
            fake = self.provider.fake
            if number % 4 == 3:
                fake.call(fake.dispute, at_provider, self.random.choice([None, True, False]))
            else:
                fake.call(fake.dashboard_refund, at_provider, [1.0, 0.25, 0.5][number % 4])

    def ask(self, service, method, path, body, key, **headers):
        if key:
            headers["Idempotency-Key"] = key
        for attempt in range(TRIES):
            try:
                url = self.shop.url(service, path)
                answer = requests.request(method, url, json=body, headers=headers, timeout=20)
            except requests.RequestException:
                continue
            name = f"{service} {path.split('/')[-1]} {answer.status_code}"
            self.answers[name] = self.answers.get(name, 0) + 1
            if "/problems/outcome-unknown" in answer.text:
                time.sleep(0.5)
                continue
            if answer.status_code not in PATIENT or "Retry-After" not in answer.headers:
                return answer
            time.sleep(min(float(answer.headers["Retry-After"]), 0.5 + attempt / 4))
        return None
