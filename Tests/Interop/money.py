"""What the shop says of each order's money, beside what its provider really moved."""

import re
from collections import Counter, defaultdict

import requests

PAGE = 1000
OPEN_ORDERS = {"PAYMENT_PENDING", "PLACED", "CANCELLING"}
OPEN_ATTEMPTS = {"REQUESTED", "ACCEPTED", "UNKNOWN"}
ENDED_SAGAS = {"COMPLETED", "COMPENSATED"}
SAGAS = {"order": ["cancellation", "refund"], "cart": ["checkout"]}
# Orders of which nothing may be kept.
GIVEN_UP = {"CANCELLED", "PAYMENT_FAILED", "REFUNDED"}


def all_of(shop, service, path):
    found, page = [], 0
    while True:
        answer = requests.get(shop.url(service, path), params={"size": PAGE, "page": page, "sort": "id"}, timeout=60)
        assert answer.ok, answer.text
        body = answer.json()
        (items,) = body["_embedded"].values()
        found += items
        page += 1
        if page >= body["page"]["totalPages"]:
            return found


def order_of(name):
    """The shop's order in whatever it called it at the provider."""
    found = re.search(r"ORD-[0-9A-Z]+", name)
    return found.group() if found else name


class Books:
    """Everything that the shop says, read at once."""

    def __init__(self, shop):
        self.orders = {order["id"]: order for order in all_of(shop, "order", "/orders")}
        self.payments = {payment["orderId"]: payment for payment in all_of(shop, "payment", "/payments")}
        self.deliveries = {delivery["orderId"]: delivery for delivery in all_of(shop, "delivery", "/deliveries")}
        self.sagas = [
            saga | {"name": name}
            for service, names in SAGAS.items() for name in names for saga in all_of(shop, service, f"/sagas/{name}")
        ]  # fmt: skip
        self.receivable = defaultdict(int)
        total = 0
        for entry in all_of(shop, "payment", "/api/ledger"):
            total += entry["amount"]
            if entry["account"] == "PROVIDER_RECEIVABLE":
                self.receivable[entry["orderId"]] += entry["amount"]
        self.is_balanced = total == 0

    def open(self):
        """What is still under way, as words."""
        found = [f"order {id} is {order['status']}" for id, order in self.orders.items() if is_open(order)]
        for payment in self.payments.values():
            states = [attempt["state"] for attempt in payment["attempts"] if attempt["state"] in OPEN_ATTEMPTS]
            if payment["status"] == "PENDING" or states:
                found.append(f"payment of {payment['orderId']} is {payment['status']} {states}")
        found += [
            f"saga {saga['name']} {saga['id']} of {saga['state'].get('orderId')} is {saga['status']} at {saga['step']}: "
            f"{saga.get('lastFailure')}"
            for saga in self.sagas if saga["status"] not in ENDED_SAGAS
        ]  # fmt: skip
        return found

    def differences(self, truth):
        """Between what was moved and what is said of it, as words."""
        moved = {order_of(name): balance for name, balance in truth.orders().items()}
        found = [] if self.is_balanced else ["the ledger does not sum to zero"]
        for id in sorted(moved.keys() | self.payments.keys() | self.orders.keys()):
            found += [f"{id}: {words}" for words in self.compare(id, moved.get(id))]
        return found

    def compare(self, id, balance):
        payment, order = self.payments.get(id), self.orders.get(id)
        captured, kept = (balance.captured, balance.kept) if balance else (0, 0)
        if balance and balance.charges_kept > 1:
            yield f"paid {balance.charges_kept} times: {balance}"
        booked = self.receivable.get(id, 0)
        said = kept_of(payment) if payment else 0
        if said != kept or (payment["capturedAmount"] if payment else 0) != captured:
            yield f"the payment says {summary(payment)}, moved was {balance}"
        if booked != kept:
            yield f"the ledger says {booked}, kept are {kept}: {balance}"
        if order is None:
            if kept:
                yield f"there is no such order, and {kept} of it are kept: {balance}"
            return
        if not fits(order, kept):
            states = [order[name] for name in ("status", "paymentStatus") if name in order]
            yield f"is {' and '.join(states)}, and {kept} of {order['amount']} are kept: {balance}"


def fits(order, kept):
    """Whether an order in this state may keep so much. A disputed one is in the hands of the banks."""
    status, amount = order.get("paymentStatus", order["status"]), order["amount"]
    if status == "DISPUTED":
        return True
    if order["status"] in GIVEN_UP or status in GIVEN_UP | {"FAILED"}:
        return kept == 0
    if status == "PARTIALLY_REFUNDED":
        return 0 < kept < amount
    return kept == amount if status in ("PAID", "SHIPPED", "DELIVERED") else True


def is_open(order):
    return order["status"] in OPEN_ORDERS or order.get("paymentStatus") in ("REQUIRES_PAYMENT", "PENDING")


def disputed_of(payment):
    """What banks have taken back and not given back again."""
    return sum(dispute["amount"] for dispute in payment.get("disputes", []) if dispute["isWithdrawn"])


def kept_of(payment):
    return payment["capturedAmount"] - payment["refundedAmount"] - disputed_of(payment)


def summary(payment):
    if payment is None:
        return "nothing"
    shown = {name: payment[name] for name in ("status", "capturedAmount", "refundedAmount")}
    return shown | ({"disputedAmount": disputed_of(payment)} if payment.get("disputes") else {})


def kinds(words):
    """How many of each kind: ids and amounts aside."""
    return Counter(re.sub(r"(ORD|CRT|REF|CHK|PAY)-[0-9A-Z]+(-\d+)?|\d+\*?", "…", line) for line in words).most_common(12)
