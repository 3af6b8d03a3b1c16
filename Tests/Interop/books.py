"""What has to be true of a shop after checkouts, however they went."""

import subprocess

import requests

from shop import SAMBAL
from waiting import eventually


def get(shop, service, path, **parameters):
    answer = requests.get(shop.url(service, path), params={"size": 1000} | parameters, timeout=5)
    return answer.json() if answer.status_code != 404 else None


def listed(shop, service, path, **parameters):
    (items,) = get(shop, service, path, **parameters)["_embedded"].values()
    return items


def pieces(shop, sauce_id):
    """On hand, and of them reserved."""
    stock = get(shop, "product", f"/stocks/1-{sauce_id}")
    return stock["onHand"], stock["reserved"]


def checkout(shop, cart_id):
    """The only one of that cart."""
    (checkout,) = listed(shop, "cart", "/checkouts/search/findByCartId", cartId=cart_id)
    return checkout


def captures(shop, order_id):
    """What the provider took for an order, charge by charge."""
    lines = listed(shop, "psp", "/statement/search/findByOrderId", orderId=order_id)
    return [line["captured"] for line in lines if line["captured"] > 0]


def kept(shop, order_id):
    """What the provider took for an order and did not give back."""
    lines = listed(shop, "psp", "/statement/search/findByOrderId", orderId=order_id)
    return sum(line["captured"] - line["refunded"] for line in lines)


def status(shop, order_id):
    """`None` where there is no such order."""
    order = get(shop, "order", f"/orders/{order_id}")
    return order and order["status"]


def are_sent(shop, order_id):
    """Whether all that there is to tell about an order has been handed over, and there is some."""
    messages = shop.messages(orderId=order_id)
    return messages and all(message["status"] == "SENT" for message in messages)


def mails(shop, order_id):
    """What was mailed about an order to whom, one by one."""
    paths = (shop.data / "outbox").glob(f"MSG-{order_id}-*-email.eml")
    return sorted(path.name.removeprefix(f"MSG-{order_id}-").removesuffix("-email.eml") for path in paths)


def reconcile(shop):
    """`sambal reconcile`; it may find the circuit to the provider still open."""

    def agrees():
        result = subprocess.run(
            [SAMBAL, "reconcile", "--payment", shop.url("payment")], capture_output=True, text=True, timeout=30
        )
        assert result.returncode != 1, result.stdout
        return result.returncode == 0

    eventually("payments, ledger and statement agree", agrees, 15)
