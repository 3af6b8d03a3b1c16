"""The document of the whole shop at the gateway: valid by the standard's own schema, and true of what the gateway does."""

import json
import subprocess

import pytest
import requests
import schemathesis

from shop import SAMBAL, Shop
from waiting import eventually

GATEWAY = """
access: {apiKeys: true}
routes:
  - {id: sagas, uri: cart, predicates: ["Path=/sagas/**"], filters: ["RequireRole=operator"]}
  - {id: money, uri: payment, predicates: ["Path=/back/**"], filters: [StripPrefix=1, RequireToken]}
  - {id: orders, uri: order, predicates: ["Path=/orders/**"]}
  - {id: payments, uri: payment, predicates: ["Path=/payments/**", "Method=GET"]}
  - {id: products, uri: product, predicates: ["Path=/products/**,/stocks/**"]}
  - {id: rest, uri: "http://127.0.0.1:DELIVERY", predicates: ["Path=/deliveries/**"]}
  - {id: customers, uri: customer, predicates: ["Path=/customers/**"]}
  - {id: carts, uri: cart, predicates: ["Path=/carts/**,/checkouts/**"]}
  - {id: dashboards, uri: dashboard, predicates: ["Path=/orderDashboards/**"]}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("shop-document") / "data", {})
    shop.sections["gateway"] = GATEWAY.replace("DELIVERY", str(shop.ports["delivery"]))
    shop.write(shop.data / "config.yaml")
    shop.up()
    yield shop
    shop.end("SIGTERM")


@pytest.fixture(scope="module")
def document(shop):
    return requests.get(shop.url("gateway", "/openapi.json"), timeout=20).json()


def apikey(shop, *words):
    command = [SAMBAL, "apikey", *words, "--data", shop.data]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def operations(document):
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]  # fmt: skip


def test_the_document_is_valid_openapi(document):
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    broken = [result.err() for result in schema.get_all_operations() if not hasattr(result, "ok")]
    assert not broken, broken
    assert "x-sambal-incomplete" not in document, document["x-sambal-incomplete"]
    found = json.dumps(document)
    for kind, items in document["components"].items():
        for name in items:
            assert kind == "securitySchemes" or f"#/components/{kind}/{name}" in found, f"{name} is used by nobody"


def test_it_has_each_operation_that_a_route_leads_to_and_no_other(shop, document):
    def paths(service):
        return requests.get(shop.url(service, "/openapi.json"), timeout=5).json()["paths"]

    def expected(service, *prefixes, methods=None):
        return {
            (path, method)
            for path, item in paths(service).items()
            for method in item
            if path.startswith(prefixes) and (methods is None or method in methods)
        }  # fmt: skip

    wanted = expected("order", "/orders") | expected("delivery", "/deliveries") | expected("customer", "/customers")
    wanted |= expected("product", "/products", "/stocks") | expected("cart", "/carts", "/checkouts", "/sagas")
    wanted |= expected("payment", "/payments", methods={"get"}) | expected("dashboard", "/orderDashboards")
    wanted |= {("/back" + path, method) for path, method in expected("payment", "/") if "/profile/" not in path}
    seen = {(path, method) for path, method, _ in operations(document) if not path.startswith("/profile/")}
    assert seen == wanted
    assert len(seen) > 60


def test_each_collection_answers_and_its_profile_link_leads_somewhere(shop, document):
    followed = set()
    for path, method, operation in operations(document):
        if method != "get" or "{" in path or operation.get("security") or path.startswith("/profile/"):
            continue
        answer = requests.get(shop.url("gateway", path), timeout=10)
        if answer.status_code == 400:
            continue  # A search without what it searches for.
        assert answer.status_code == 200, (path, answer.text)
        link = answer.json().get("_links", {}).get("profile") if "json" in answer.headers["Content-Type"] else None
        if link:
            assert link["href"].startswith(shop.url("gateway")), link
            profile = requests.get(link["href"], timeout=10)
            assert profile.status_code == 200 and profile.headers["Content-Type"] == "application/schema+json", link
            followed.add(link["href"].removeprefix(shop.url("gateway")))
    listed = requests.get(shop.url("gateway", "/profile"), timeout=10).json()["_links"]
    hrefs = {link["href"] for name, link in listed.items() if name != "self"}
    assert len(followed) > 6 and followed <= hrefs and followed <= document["paths"].keys(), (followed, hrefs)
    assert all(requests.get(shop.url("gateway", href), timeout=10).ok for href in hrefs)


def test_an_operation_asks_for_a_key_where_the_document_says_so(shop, document):
    keys = {
        role: json.loads(apikey(shop, "create", "tester", "--roles", role, "--format", "json"))[0]["key"]
        for role in ("operator", "guest")
    }

    def status(path, role=None):
        return requests.get(
            shop.url("gateway", path), headers={"X-API-Key": keys[role]} if role else {}, timeout=10
        ).status_code

    eventually("the keys are taken over", lambda: status("/sagas/checkout", "operator") == 200)
    closed = [path for path, method, operation in operations(document) if method == "get" and "security" in operation]
    assert len(closed) > 10
    for path in closed:
        security = document["paths"][path]["get"]["security"]
        filled = path.replace("{", "").replace("}", "")
        assert status(filled) == 401, path
        assert status(filled, "operator") not in (401, 403), path
        needs_role = security == [{"apiKey": ["operator"]}]
        assert needs_role or security == [{"apiKey": []}]
        # Behind a route that asks for no role, the service itself keeps from guests what is for operators.
        assert status(filled, "guest") in ((403,) if needs_role else (200, 400, 403, 404)), path
    assert status("/back/payments", "guest") == 200 and status("/back/api/ledger", "guest") == 403
    assert document["components"]["securitySchemes"]["apiKey"] == {
        "type": "apiKey", "in": "header", "name": "X-API-Key"
    }  # fmt: skip


def test_a_gateway_alone_says_which_services_are_away(shop, tmp_path):
    alone = Shop(tmp_path / "data", {"gateway": "routes: [{path: /orders/**, service: order}]"})
    alone.services = ["gateway"]
    alone.up()
    try:
        answer = requests.get(alone.url("gateway", "/openapi.json"), timeout=20)
        assert answer.status_code == 200
        assert answer.json()["x-sambal-incomplete"] == ["order does not answer"]
        schemathesis.openapi.from_dict(answer.json()).validate()
    finally:
        alone.end("SIGTERM")
