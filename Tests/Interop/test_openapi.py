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
from shop import SERVICES, Shop
from waiting import eventually

# Requests of the fuzzing phase for each operation; the coverage phase makes some forty more.
EXAMPLES = 6
# The gateway has five methods for each of its routes, and answers what the others do.
EXAMPLES_OF = {"gateway": 1}
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
    """Values of path and query parameters, so that not all ends in 404."""
    for number in (1, 2, 3):
        buying.stock(shop, number, 1000)
    customers = [buying.customer(shop, number, has_address=number > 2) for number in range(1, 7)]
    carts = [buying.cart(shop, customer, 1 + number % 3, 2) for number, customer in enumerate(customers)]
    for cart in carts[:5]:
        buying.check_out(shop, cart)
    orders = [shop.place() for _ in range(6)]
    eventually("the orders are paid", lambda: all(shop.status(order) == "PAID" for order in orders))
    eventually("they are to be delivered", lambda: len(ids(shop, "delivery", "/deliveries")) >= 6)
    requests.post(shop.url("payment", "/api/reconciliations"), timeout=20)
    return parameters(shop, customers, carts, orders)


def parameters(shop, customers, carts, orders):
    lists = {
        "/orders": "order", "/payments": "payment", "/api/ledger": "payment", "/api/reconciliations": "payment",
        "/deliveries": "delivery", "/orderDashboards": "dashboard", "/messages": "notification",
        "/statement": "psp", "/reservations": "product", "/stocks": "product", "/stocks/adjustments": "product",
        "/products": "product", "/checkouts": "cart", "/sagas/checkout": "cart",
    }  # fmt: skip
    known = {path: [{"id": id} for id in ids(shop, service, path)] for path, service in lists.items()}
    assert all(known.values()), known
    known |= {
        "/carts": [{"id": id, "sauceId": "1"} for id in carts],
        "/customers": [
            {"id": id, "addressId": address["id"]}
            for id in customers
            for address in requests.get(shop.url("customer", f"/customers/{id}"), timeout=5).json()["addresses"]
        ],
        "/api/payments": known["/payments"],
        "/api/payments/callbacks": [{"provider": "simulator"}],
    }
    searches = {
        "orderId": orders, "customerId": customers, "cartId": carts, "sauceId": ["1"], "branchId": ["1"],
        "status": ["PAID", "CAPTURED", "STARTED", "SENT", "COMPLETED"], "name": ["Sambal 1", "Buyer 1"],
        "isActive": ["true"], "email": ["buyer1@example.org"],
    }  # fmt: skip
    return {"paths": known, "query": searches}


def ids(shop, service, path):
    answer = requests.get(shop.url(service, path), params={"size": 12}, timeout=5).json()
    return [item["id"] for items in answer["_embedded"].values() for item in items]


@pytest.mark.parametrize("service", SERVICES)
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
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES_OF.get(service, EXAMPLES)),
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
