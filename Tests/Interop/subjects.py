"""A shop in which every command can succeed, and right requests for them."""

import base64
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import requests

import buying
from shop import BUYER, PHONE
from waiting import eventually

STRIPE = "Basic " + base64.b64encode(b"sk_test_sambal:").decode()
MIDTRANS = "Basic " + base64.b64encode(b"SB-Mid-server-sambal:").decode()
ADDRESS = {"street": "Jalan Sabang 1", "city": "Jakarta", "country": "ID", "recipient": "B", "postalCode": "10110"}
NUMBERS = itertools.count(1)


class Pool:
    """Things that a command uses up: the next one comes when one has been used."""

    def __init__(self, make, count, more=lambda item: {}):
        self._lock = threading.Lock()
        with ThreadPoolExecutor(8) as threads:
            self._items = list(threads.map(lambda _: make(), range(count)))
        self._next = 0
        self._more = more

    def __call__(self):
        item = self._items[self._next % len(self._items)]
        return {"path": {"id": item}} | self._more(item)

    def used(self):
        with self._lock:
            self._next += 1

    def __getitem__(self, index):
        return self._items[index]


def steady(**subject):
    return lambda: subject


def numbered(make):
    """With a number that was never used."""
    return lambda: make(next(NUMBERS))


class Subjects:
    """By operation, what a right request has. `pools` are those that have to be told when one was used."""

    def __init__(self, shop):
        self.shop = shop
        for sauce in (1, 2, 3):
            buying.stock(shop, sauce, 1_000_000)
        self.customers = [buying.customer(shop, next(NUMBERS)) for _ in range(4)]
        self.orders = Pool(shop.place, 160)
        eventually("the orders are paid", lambda: all(shop.status(self.orders[n]) == "PAID" for n in range(160)))
        eventually("they are delivered", lambda: self.count("delivery", "/deliveries") >= 160)
        self.by_operation = self.commands() | self.reads()
        self.known = self.parameters()

    def count(self, service, path):
        return requests.get(self.shop.url(service, path), timeout=5).json()["page"]["totalElements"]

    def ids(self, service, path, size=40):
        answer = requests.get(self.shop.url(service, path), params={"size": size, "sort": "id"}, timeout=5).json()
        (items,) = answer["_embedded"].values()
        return [item["id"] for item in items]

    def made(self, service, method, path, **more):
        answer = requests.request(method, self.shop.url(service, path), timeout=20, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def payment(self, capture):
        """A payment of its own, without an order: taken at once, or reserved."""
        body = {"orderId": f"ORD-H{next(NUMBERS)}", "amount": 1000, "currency": "KRW", "capture": capture}
        key = {"Idempotency-Key": f"h-{next(NUMBERS)}"}
        return self.made("payment", "POST", "/api/payments", json=body, headers=key)["id"]

    def commands(self):
        deliveries = self.ids("delivery", "/deliveries", 160)
        authorised = Pool(lambda: self.payment("manual"), 40)
        captured = Pool(lambda: self.payment("automatic"), 20, lambda _: {"body": {"amount": 1}})
        carts = Pool(lambda: buying.cart(self.shop, self.customers[0], 1, 2), 60)
        reserved = Pool(self.reservation, 30)
        paid = {"branchId": 1, "sauceId": 1, "qty": 1, "price": 100, "currency": "KRW", "email": BUYER, "phone": PHONE}
        ordered = {
            "buyer": {"customerId": "c", "email": BUYER, "phone": PHONE, "name": "B", "language": "en"}, "address": ADDRESS,
            "branchId": 1, "currency": "KRW", "checkout": "orchestrated", "cartId": "CRT-1",
            "items": [{"sauceId": 1, "qty": 1, "price": 100, "name": "Sambal 1"}],
        }  # fmt: skip
        halves = iter(range(80, 160))
        return {
            "product POST /products": numbered(lambda n: {"body": product(1000 + n)}),
            "product PUT /products/{id}": steady(path={"id": "2"}, body=product(2)),
            "product PATCH /products/{id}": steady(path={"id": "3"}, body=product(3)),
            "product PUT /reservations/{id}": numbered(
                lambda n: {"path": {"id": f"r-{n}"}, "body": {
                    "branchId": 1, "items": [{"sauceId": 1, "qty": 1}], "expiresAfter": 60, "currency": "KRW"}}),
            "product POST /reservations/{id}/commit": reserved,
            "product POST /reservations/{id}/release": reserved,
            "product POST /stocks/adjustments": steady(
                body={"branchId": 1, "sauceId": 1, "change": 1, "reason": "count"}),
            "product DELETE /products/{id}": Pool(self.product, 3),
            "customer POST /customers": numbered(lambda n: {"body": person(n)}),
            "customer PUT /customers/{id}": steady(path={"id": self.customers[1]}, body=person(9_000_001)),
            "customer PATCH /customers/{id}": steady(path={"id": self.customers[2]}, body=person(9_000_002)),
            "customer DELETE /customers/{id}": Pool(lambda: buying.customer(self.shop, next(NUMBERS)), 3),
            "customer POST /customers/{id}/addresses": Pool(
                lambda: buying.customer(self.shop, next(NUMBERS)), 30, lambda _: {"body": ADDRESS | {"isDefault": True}}),
            "cart POST /carts": steady(
                body={"customerId": self.customers[0], "branchId": 1, "items": [{"sauceId": 1, "qty": 1}]}),
            "cart POST /carts/{id}/checkout": Pool(
                lambda: buying.cart(self.shop, self.customers[0], 1, 1), 80),
            "cart POST /carts/{id}/items": with_body(carts, {"sauceId": 2, "qty": 1}),
            "cart PUT /carts/{id}/items/{sauceId}": with_body(carts, {"qty": 2}, sauceId="1"),
            "order POST /orders": steady(body=paid | {"language": "en"}),
            "order PUT /api/orders/{id}": numbered(
                lambda n: {"path": {"id": f"ORD-P{n}"}, "body": ordered | {"orderId": f"ORD-P{n}"}}),
            "order POST /api/orders/{id}/withdrawal": numbered(
                lambda n: {"path": {"id": f"ORD-W{n}"}, "body": {
                    "reason": "R", "order": ordered | {"orderId": f"ORD-W{n}"}}}),
            "order POST /orders/{id}/cancel": with_body(Part(self.orders, 0, 40), {"reason": "R"}),
            "order POST /orders/{id}/refunds": with_body(Part(self.orders, 40, 80), {"amount": 1, "returnsStock": False}),
            "payment POST /api/payments": numbered(
                lambda n: {"body": {"orderId": f"ORD-N{n}", "amount": 5, "currency": "KRW", "capture": "automatic"}}),
            "payment POST /api/payments/cancellations": numbered(lambda n: {"body": {"orderId": f"ORD-C{n}"}}),
            "payment POST /api/payments/{id}/captures": authorised,
            "payment POST /api/payments/{id}/voids": authorised,
            "payment POST /api/payments/{id}/refunds": captured,
            "payment POST /api/ledger/adjustments": lambda: {"body": {
                "paymentId": captured[0], "amount": 1, "currency": "KRW", "reason": "R", "by": "me"}},
            "delivery POST /api/deliveries/cancellations": numbered(
                lambda n: {"body": {"orderId": f"ORD-D{n}", "reason": "R"}}),
            "delivery POST /deliveries/{id}/ship": with_body(Fixed(deliveries[80:120]), {"trackingCode": "T1"}),
            "delivery POST /deliveries/{id}/cancel": with_body(Fixed(deliveries[120:160]), {"reason": "R"}),
            "email POST /emails": steady(body={"to": BUYER, "subject": "S", "text": "T", "html": "<p>T</p>"}),
            "sms POST /sms": steady(body={"to": PHONE, "text": "T"}),
            "psp POST /charges": numbered(
                lambda n: {"body": {"action": "charge", "orderId": f"ORD-S{n}", "amount": 5, "currency": "KRW"}}),
        }  # fmt: skip

    def reservation(self):
        id = f"h-{next(NUMBERS)}"
        self.made("product", "PUT", f"/reservations/{id}", json={"branchId": 1, "items": [{"sauceId": 1, "qty": 1}]})
        return id

    def product(self):
        number = 1000 + next(NUMBERS)
        self.made("product", "POST", "/products", json=product(number))
        return str(number)

    def reads(self):
        return {
            "product GET /prices": steady(query={"branchId": b"1", "sauceIds": b"1,2"}),
        }

    def parameters(self):
        """Ids of what is there, by the path's beginning."""
        lists = {
            "/orders": "order", "/payments": "payment", "/api/ledger": "payment", "/deliveries": "delivery",
            "/orderDashboards": "dashboard", "/messages": "notification", "/statement": "psp", "/stocks": "product",
            "/stocks/adjustments": "product", "/products": "product", "/reservations": "product", "/carts": "cart",
            "/customers": "customer",
        }  # fmt: skip
        known = {path: self.ids(service, path, 3) for path, service in lists.items()}
        return known | {"/api/payments": known["/payments"]}

    def of(self, operation):
        """A function that gives a right request's parts."""
        if found := self.by_operation.get(str(operation)):
            return found
        subject = {"headers": {}}
        ids = self.known.get(operation.path.split("/{")[0], ["x"])
        if operation.names:
            subject["path"] = {name: "1" if name == "sauceId" else ids[-1] for name in operation.names}
        if operation.path.startswith("/v1/"):
            subject["headers"]["Authorization"] = STRIPE
        if operation.path.startswith("/v2/"):
            subject["headers"]["Authorization"] = MIDTRANS
        return steady(**subject)


class Part(Pool):
    """Some of another pool."""

    def __init__(self, pool, start, end):
        self._lock, self._next, self._more = threading.Lock(), 0, lambda item: {}
        self._items = pool._items[start:end]


class Fixed(Part):
    def __init__(self, items):
        self._lock, self._next, self._more = threading.Lock(), 0, lambda item: {}
        self._items = items


def with_body(pool, body, **names):
    class WithBody:
        used = staticmethod(pool.used)

        def __call__(self):
            subject = pool()
            return subject | {"path": subject["path"] | names, "body": body}

    return WithBody()


def product(number):
    return {"sauceId": number, "name": f"Sambal {number}", "price": 100, "currency": "KRW", "isActive": True, "description": "D"}


def person(number):
    return {"name": "B", "email": f"h{number}@example.org", "phone": PHONE, "language": "en"}
