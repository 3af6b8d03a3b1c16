"""Each service's OpenAPI document and what the service does, compared by Schemathesis: requests that are derived from
the document, right ones and wrong ones. The document has to tell what comes back, and bad input has to be told by name.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import requests

import buying
from shop import BUYER, PHONE, SERVICES, Shop
from waiting import eventually

# Requests of the fuzzing phase for each operation; the coverage phase makes some forty more.
EXAMPLES = 10
# What comes from outside is read leniently ("10" is a number, what is too much is ignored), and rules on values are told
# by answers, not by the document: so neither must all that fits it be accepted, nor all else be refused.
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "documented_by_its_status",
    "bad_input_is_named",
]  # fmt: skip
HOOKS = pathlib.Path(__file__).parent
CREDENTIALS = {"/v1/": ("sk_test_sambal", ""), "/v2/": ("SB-Mid-server-sambal", "")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(
        tmp_path_factory.mktemp("openapi") / "data",
        # What a document cannot make wait: a request of a fault, or of a checkout whose payment stays open.
        {"psp": "lostReplyDelay: 100ms\nconfirmation: answer", "cart": "wait: 200ms"},
    ).up()
    yield shop
    shop.end("SIGTERM")


@pytest.fixture(scope="module")
def known(shop):
    """Values of parameters and bodies, so that not all ends in 404 and 400."""
    for number in (1, 2, 3):
        buying.stock(shop, number, 1000)
    customers = [buying.customer(shop, number, has_address=number > 2) for number in range(1, 7)]
    carts = [buying.cart(shop, customer, 1, 2) for customer in customers * 2]
    for cart in carts[:5]:
        buying.check_out(shop, cart)
    orders = [shop.place() for _ in range(10)]
    eventually("the orders are paid", lambda: all(shop.status(order) == "PAID" for order in orders))
    eventually("they are to be delivered", lambda: len(ids(shop, "delivery", "/deliveries")) >= len(orders))
    done = {
        "/cancel": requests.post(shop.url("order", f"/orders/{orders[0]}/cancel"), timeout=20),
        "/refunds": requests.post(
            shop.url("order", f"/orders/{orders[1]}/refunds"), headers={"Idempotency-Key": "refund"}, timeout=20
        ),
        "/ship": requests.post(
            shop.url("delivery", f"/deliveries/{ids(shop, 'delivery', '/deliveries')[2]}/ship"), timeout=20
        ),
        "/reconciliations": requests.post(shop.url("payment", "/api/reconciliations"), timeout=20),
        "/payment_intents": requests.post(
            shop.url("psp", "/v1/payment_intents"), auth=CREDENTIALS["/v1/"], timeout=20,
            data={"amount": 1000, "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"},
        ),
        "/charge": requests.post(
            shop.url("psp", "/v2/charge"), auth=CREDENTIALS["/v2/"], timeout=20,
            json={
                "payment_type": "gopay", "transaction_details": {"order_id": "midtrans-1", "gross_amount": 1000},
            },
        ),
    }  # fmt: skip
    assert all(answer.ok for answer in done.values()), {path: answer.text for path, answer in done.items()}
    return parameters(shop, customers, carts, orders, done["/payment_intents"].json()["id"])


def parameters(shop, customers, carts, orders, intent):
    lists = {
        "/orders": "order", "/payments": "payment", "/api/ledger": "payment", "/api/reconciliations": "payment",
        "/deliveries": "delivery", "/orderDashboards": "dashboard", "/messages": "notification",
        "/statement": "psp", "/reservations": "product", "/stocks": "product", "/stocks/adjustments": "product",
        "/products": "product", "/checkouts": "cart", "/sagas/checkout": "cart", "/sagas/cancellation": "order",
        "/sagas/refund": "order",
    }  # fmt: skip
    paths = {path: [{"id": id} for id in ids(shop, service, path)] for path, service in lists.items()}
    assert all(paths.values()), paths
    paths |= {
        "/carts": [{"id": id, "sauceId": "1"} for id in carts],
        "/customers": [
            {"id": id, "addressId": address["id"]}
            for id in customers
            for address in requests.get(shop.url("customer", f"/customers/{id}"), timeout=5).json()["addresses"]
        ],
        "/api/payments": paths["/payments"],
        "/api/payments/callbacks": [{"provider": "simulator"}],
        "/v1/payment_intents": [{"id": intent}],
        "/v2": [{"id": "midtrans-1"}],
    }
    charges = requests.get(shop.url("psp", "/statement"), timeout=5).json()["_embedded"]["charges"]
    query = {
        "orderId": orders, "customerId": customers, "cartId": carts, "sauceId": ["1"], "branchId": ["1"],
        "status": ["PAID", "CAPTURED", "STARTED", "SENT", "COMPLETED"], "name": ["Sambal 1", "Buyer 1"],
        "isActive": ["true"], "state": ["OPEN"], "email": ["buyer1@example.org"],
        "idempotencyKey": [charge["idempotencyKey"] for charge in charges],
        "page": ["0"], "size": ["5"], "sort": ["id,desc"],
    }  # fmt: skip
    return {"paths": paths, "query": query, "bodies": bodies(paths["/payments"])}


def bodies(payments):
    """Members that can be accepted, by operation."""
    order = {"branchId": 1, "sauceId": 1, "qty": 1, "price": 100, "currency": "KRW", "email": BUYER, "phone": PHONE}
    return {
        "POST /orders": [order | {"language": "en"}],
        "POST /orders/{id}/refunds": [{"amount": 1, "returnsStock": False}],
        "POST /api/payments/{id}/refunds": [{"amount": 1}],
        "POST /api/ledger/adjustments": [
            {"paymentId": payment["id"], "amount": 1, "currency": "KRW", "reason": "R", "by": "me"}
            for payment in payments
        ],
        "POST /carts/{id}/items": [{"sauceId": 1, "qty": 1}],
        "PUT /carts/{id}/items/{sauceId}": [{"qty": 3}],
        "POST /products": [
            {"sauceId": id, "name": f"Sambal {id}", "price": 100, "currency": "KRW", "isActive": True}
            for id in range(50, 90)
        ],
        "POST /stocks/adjustments": [{"branchId": 1, "sauceId": 1, "change": 1, "reason": "count"}],
        "PUT /reservations/{id}": [{"branchId": 1, "items": [{"sauceId": 1, "qty": 2}], "expiresAfter": 60}],
        "POST /api/payments": [{"orderId": f"ORD-{number}", "amount": 5, "currency": "KRW"} for number in range(40)],
        "POST /api/payments/cancellations": [{"orderId": f"ORD-{number}"} for number in range(40)],
        "POST /api/deliveries/cancellations": [{"orderId": f"ORD-{number}", "reason": "R"} for number in range(40)],
        "POST /deliveries/{id}/cancel": [{"reason": "R"}],
        "POST /emails": [{"to": BUYER, "subject": "S", "text": "T", "html": "<p>T</p>"}],
        "POST /sms": [{"to": PHONE, "text": "T"}],
    }


def ids(shop, service, path):
    answer = requests.get(shop.url(service, path), params={"size": 12}, timeout=5).json()
    return [item["id"] for items in answer["_embedded"].values() for item in items]


# The gateway's document is made of the others': test_shop_document.py.
@pytest.mark.parametrize("service", [service for service in SERVICES if service != "gateway"])
def test_the_document_says_what_comes_back(shop, known, service, tmp_path):
    # Faults are set at the end, and taken back: with them, other operations do what no document tells.
    faults = ["--include-path", "/admin/faults"]
    runs = [["--exclude-path", "/admin/faults"], faults] if service == "psp" else [[]]
    try:
        for run in runs:
            compare(shop, known, service, tmp_path, run)
    finally:
        requests.delete(shop.url("psp", "/admin/faults"), timeout=5)


def compare(shop, known, service, folder, arguments):
    known = known | {"credentials": CREDENTIALS if service == "psp" else {}}
    result = subprocess.run(
        [
            pathlib.Path(sys.executable).parent / "st", "run", shop.url(service, "/openapi.json"),
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES),
            "--generation-deterministic", "--checks", ",".join(CHECKS), "--continue-on-failure",
            "--request-timeout", "20", "--warnings", "off", "--no-color", *arguments,
        ],
        cwd=folder, capture_output=True, text=True, timeout=120,
        env=os.environ | {
            "PYTHONPATH": str(HOOKS), "SCHEMATHESIS_HOOKS": "openapi_hooks", "KNOWN_PARAMETERS": json.dumps(known),
        },
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-12000:] + result.stderr[-4000:]
    assert "passed" in result.stdout, result.stdout
