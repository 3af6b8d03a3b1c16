"""A shop in which every command can succeed, and right requests for them."""

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor

import requests

import buying
from shop import BUYER, PHONE
from waiting import eventually

STRIPE = "Basic " + base64.b64encode(b"sk_test_sambal:").decode()
MIDTRANS = "Basic " + base64.b64encode(b"SB-Mid-server-sambal:").decode()
ADDRESS = {"street": "Jalan Sabang 1", "city": "Jakarta", "country": "ID", "recipient": "B", "postalCode": "10110"}
INTENT = {"amount": "1000", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}
NUMBERS = itertools.count(1)


class Pool:
    """Things that a command uses up: the next one comes when one has been used."""

    def __init__(self, items, more=lambda item: {}):
        self.items, self._more, self._next = items, more, 0

    def __call__(self):
        item = self.items[self._next % len(self.items)]
        return {"path": {"id": item}} | self._more(item)

    def used(self):
        self._next += 1


def pool(make, count, more=lambda item: {}):
    with ThreadPoolExecutor(8) as threads:
        return Pool(list(threads.map(lambda _: make(), range(count))), more)


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
        self.orders = pool(shop.place, 160)
        eventually("the orders are paid", lambda: all(shop.status(self.orders.items[n]) == "PAID" for n in range(160)))
        eventually("they are delivered", lambda: self.count("delivery", "/deliveries") >= 160)
        self.by_operation = self.commands()
        self.known = self.parameters()
        order = self.orders.items[0].encode()
        self.queries = {
            "isActive": b"true", "name": b"Sambal 1", "sauceId": b"1", "branchId": b"1", "email": b"buyer1@example.org",
            "customerId": self.customers[0].encode(), "cartId": b"CRT-1", "status": b"PAID",
            "orderId": order, "reference": b"ch-1", "channel": b"EMAIL", "paymentId": self.known["/payments"][0].encode(),
            "idempotencyKey": b"PAY-IDEMPOTENCY-" + order, "fulfilmentStatus": b"NEW", "paymentStatus": b"PAID",
            "id": order, "all": b"true", "sauceIds": b"1,2", "from": b"0", "to": b"9000000000000",
            "days": b"30",
        }  # fmt: skip

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
        address = {"id": self.customers[3], "addressId": self.address(self.customers[3])}
        deliveries = self.ids("delivery", "/deliveries", 160)
        authorised = pool(lambda: self.payment("manual"), 40)
        captured = Pool(
            [self.made("payment", "GET", f"/api/payments/orders/{id}")["id"] for id in self.orders.items[80:90]],
            lambda _: {"body": {"amount": 1}},
        )
        carts = pool(lambda: buying.cart(self.shop, self.customers[0], 1, 2), 60)
        reserved = pool(self.reservation, 30)
        paid = {"branchId": 1, "sauceId": 1, "qty": 1, "price": 100, "currency": "KRW", "email": BUYER, "phone": PHONE}
        ordered = {
            "buyer": {"customerId": "c", "email": BUYER, "phone": PHONE, "name": "B", "language": "en"}, "address": ADDRESS,
            "branchId": 1, "currency": "KRW", "checkout": "orchestrated", "cartId": "CRT-1",
            "items": [{"sauceId": 1, "qty": 1, "price": 100, "name": "Sambal 1"}],
        }  # fmt: skip
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
            "product DELETE /products/{id}": pool(self.product, 3),
            "customer POST /customers": numbered(lambda n: {"body": person(n)}),
            "customer PUT /customers/{id}": steady(path={"id": self.customers[1]}, body=person(9_000_001)),
            "customer PATCH /customers/{id}": steady(path={"id": self.customers[2]}, body=person(9_000_002)),
            "customer DELETE /customers/{id}": pool(lambda: buying.customer(self.shop, next(NUMBERS)), 3),
            "customer POST /customers/{id}/addresses": pool(
                lambda: buying.customer(self.shop, next(NUMBERS)), 30, lambda _: {"body": ADDRESS | {"isDefault": True}}),
            "customer GET /customers/{id}/addresses/{addressId}": steady(path=address),
            "customer PUT /customers/{id}/addresses/{addressId}/default": steady(path=address),
            "customer DELETE /customers/{id}/addresses/{addressId}": pool(
                self.customer_at_home, 3, lambda item: {"path": {"id": item[0], "addressId": item[1]}}),
            "cart POST /carts": steady(
                body={"customerId": self.customers[0], "branchId": 1, "items": [{"sauceId": 1, "qty": 1}]}),
            "cart POST /carts/{id}/checkout": pool(
                lambda: buying.cart(self.shop, self.customers[0], 1, 1), 80),
            "cart POST /carts/{id}/items": with_body(carts, {"sauceId": 2, "qty": 1}),
            "cart PUT /carts/{id}/items/{sauceId}": with_body(carts, {"qty": 2}, sauceId="1"),
            "order POST /orders": steady(body=paid | {"language": "en"}),
            "order PUT /api/orders/{id}": numbered(
                lambda n: {"path": {"id": f"ORD-P{n}"}, "body": ordered | {"orderId": f"ORD-P{n}"}}),
            "order POST /api/orders/{id}/withdrawal": numbered(
                lambda n: {"path": {"id": f"ORD-W{n}"}, "body": {
                    "failure": "OUT_OF_STOCK", "reason": "R", "order": ordered | {"orderId": f"ORD-W{n}"}}}),
            "order POST /orders/{id}/cancel": with_body(Pool(self.orders.items[:40]), {"reason": "R"}),
            "order POST /orders/{id}/refunds": with_body(Pool(self.orders.items[40:80]), {"amount": 1, "returnsStock": False}),
            "payment POST /api/payments": numbered(
                lambda n: {"body": {"orderId": f"ORD-N{n}", "amount": 5, "currency": "KRW", "capture": "automatic"}}),
            "payment POST /api/payments/cancellations": numbered(lambda n: {"body": {"orderId": f"ORD-C{n}"}}),
            "payment POST /api/payments/{id}/captures": authorised,
            "payment POST /api/payments/{id}/voids": pool(lambda: self.payment("manual"), 40),
            "payment GET /api/reconciliations/{id}": steady(
                path={"id": self.made("payment", "POST", "/api/reconciliations")["id"]}),
            "payment GET /api/payments/orders/{orderId}": steady(path={"orderId": self.orders.items[0]}),
            "payment GET /api/differences/search/findByState": steady(query={"state": b"OPEN"}),
            "payment POST /api/payments/callbacks/{provider}": steady(path={"provider": "simulator"}),
            "payment POST /api/payments/{id}/refunds": captured,
            "payment POST /api/ledger/adjustments": lambda: {"body": {
                "paymentId": captured.items[0], "amount": 1, "currency": "USD", "reason": "R", "by": "me"}},
            "delivery POST /api/deliveries/cancellations": numbered(
                lambda n: {"body": {"orderId": f"ORD-D{n}", "reason": "R"}}),
            "delivery POST /deliveries/{id}/ship": with_body(Pool(deliveries[80:110]), {"trackingCode": "T1"}),
            "delivery POST /deliveries/{id}/cancel": with_body(Pool(deliveries[110:140]), {"reason": "R"}),
            "delivery POST /deliveries/{id}/deliver": Pool([self.shipped(id) for id in deliveries[140:160]]),
            "dashboard GET /dashboard/{rest}": steady(path={"rest": "app.js"}),
            "email POST /emails": steady(body={"to": BUYER, "subject": "S", "text": "T", "html": "<p>T</p>"}),
            "sms POST /sms": steady(body={"to": PHONE, "text": "T"}),
        } | self.at_the_provider()  # fmt: skip

    def at_the_provider(self):
        charges = [line["id"] for line in self.lines() if line["action"] == "charge"]
        intent = self.stripe("payment_intents", INTENT)
        refund = self.stripe("refunds", {"payment_intent": intent, "amount": "1"})

        def reserve():
            return self.stripe("payment_intents", INTENT | {"capture_method": "manual"})

        settled = pool(self.midtrans, 10, midtrans)
        return {
            "psp POST /charges": numbered(
                lambda n: {"body": {"action": "charge", "orderId": f"ORD-S{n}", "amount": 5, "currency": "KRW"}}),
            "psp POST /v1/payment_intents": steady(**stripe(), form=INTENT),
            "psp GET /v1/payment_intents/search": steady(
                **stripe(), query={"query": b"metadata['idempotency_key']:'a'"}),
            "psp GET /v1/payment_intents/{id}": steady(**stripe(), path={"id": intent}),
            "psp POST /v1/payment_intents/{id}/capture": pool(reserve, 10, stripe),
            "psp POST /v1/payment_intents/{id}/cancel": pool(reserve, 10, stripe),
            "psp POST /v1/refunds": steady(**stripe(), form={"payment_intent": intent, "amount": "1"}),
            "psp GET /v1/refunds/{id}": steady(**stripe(), path={"id": refund}),
            "psp POST /v2/charge": numbered(lambda n: midtrans() | {"body": card(n)}),
            "psp POST /v2/{id}/refund": settled,
            "psp POST /v2/{id}/refund/online/direct": settled,
            "psp GET /v2/{id}/status": settled,
            "psp POST /admin/charges/{id}/dispute": Pool(charges[100:110], lambda _: {"body": {"stage": "opened"}}),
            "psp POST /admin/charges/{id}/refund": Pool(charges[110:140], lambda _: {"body": {"amount": 1}}),
            "psp PATCH /admin/faults": steady(body={"refusals": 0.5}),
        }  # fmt: skip

    def lines(self):
        answer = requests.get(self.shop.url("psp", "/statement"), params={"size": 1000}, timeout=5)
        return answer.json()["_embedded"]["charges"]

    def stripe(self, what, form):
        return self.made("psp", "POST", f"/v1/{what}", data=form, headers={"Authorization": STRIPE})["id"]

    def midtrans(self):
        number = next(NUMBERS)
        self.made("psp", "POST", "/v2/charge", json=card(number), headers={"Authorization": MIDTRANS})
        return f"h-{number}"

    def address(self, customer):
        return self.made("customer", "GET", f"/customers/{customer}")["addresses"][0]["id"]

    def customer_at_home(self):
        id = buying.customer(self.shop, next(NUMBERS))
        return id, self.address(id)

    def shipped(self, delivery):
        self.made("delivery", "POST", f"/deliveries/{delivery}/ship", json={"trackingCode": "T"})
        return delivery

    def reservation(self):
        id = f"h-{next(NUMBERS)}"
        self.made("product", "PUT", f"/reservations/{id}", json={"branchId": 1, "items": [{"sauceId": 1, "qty": 1}]})
        return id

    def product(self):
        number = 1000 + next(NUMBERS)
        self.made("product", "POST", "/products", json=product(number))
        return str(number)

    def parameters(self):
        """Ids of what is there, by how the path begins."""
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
        query = {name: self.queries[name] for name in operation.queries if name in self.queries}
        subject = {"headers": {}, "query": query}
        ids = self.known.get(operation.path.split("/{")[0], ["x"])
        if operation.names:
            subject["path"] = {name: "1" if name == "sauceId" else ids[0] for name in operation.names}
        if operation.path.startswith("/v1/"):
            subject["headers"]["Authorization"] = STRIPE
        if operation.path.startswith("/v2/"):
            subject["headers"]["Authorization"] = MIDTRANS
        return steady(**subject)


def with_body(some, body, **names):
    class WithBody:
        used = staticmethod(some.used)

        def __call__(self):
            subject = some()
            return subject | {"path": subject["path"] | names, "body": body}

    return WithBody()


def product(number):
    return {
        "sauceId": number,
        "name": f"Sambal {number}",
        "price": 100,
        "currency": "KRW",
        "isActive": True,
        "description": "D",
    }


def person(number):
    return {"name": "B", "email": f"h{number}@example.org", "phone": PHONE, "language": "en"}


def stripe(_=None):
    return {"headers": {"Authorization": STRIPE}}


def midtrans(_=None):
    return {"headers": {"Authorization": MIDTRANS}}


def card(number):
    details = {"order_id": f"h-{number}", "gross_amount": 1000}
    return {"payment_type": "credit_card", "transaction_details": details, "credit_card": {"token_id": "card-token"}}
