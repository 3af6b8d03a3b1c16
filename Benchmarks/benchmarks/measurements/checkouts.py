"""Checkout sagas: stock reserved, address found, order placed, paid at the provider, stock sold, and told."""
import json
import os
import time
import urllib.request
from dataclasses import dataclass
from statistics import median

from .. import http
from ..load import CONNECTIONS, Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop, ShopError
from ..usage import cpu_seconds

AIM_RATE = 500
PRODUCTS = 20
STYLES = ["orchestrated", "choreographed"]


@dataclass(frozen=True)
class _Run:
    rate: float
    whole_rate: float
    cpu_microseconds: float
    p50: float
    p99: float
    incomplete: int


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "Checkouts",
        f"{plan.checkouts:,} carts of one of {PRODUCTS} products, checked out over {CONNECTIONS} connections; each answer "
        "comes when its order is paid and its stock is sold. All services and the provider in one process. 'To the mails' "
        "counts until seller and buyer of each have their mail, and with the CPU of all that. The two styles in turns; "
        "medians.")
    runs: dict[str, list[_Run]] = {style: [] for style in STYLES}
    for _ in range(min(3, plan.turns)):
        for style in STYLES:
            runs[style].append(_run(program, scratch, plan.checkouts, style))
    for style in STYLES:
        rate = median(run.rate for run in runs[style])
        section.add(f"{style}", f"{rate:,.0f}/s", f"≥ {AIM_RATE:,}/s", rate >= AIM_RATE)
        section.add(f"{style}: to the mails", f"{median(run.whole_rate for run in runs[style]):,.0f}/s")
        section.add(f"{style}: CPU a checkout", f"{median(run.cpu_microseconds for run in runs[style]):,.0f} µs")
        latencies = (median(run.p50 for run in runs[style]), median(run.p99 for run in runs[style]))
        section.add(f"{style}: p50 · p99", f"{latencies[0]:.0f} · {latencies[1]:.0f} ms")
        incomplete = sum(run.incomplete for run in runs[style])
        total = plan.checkouts * len(runs[style])
        section.add(f"{style}: not completed", f"{incomplete} of {total:,}", "0", incomplete == 0)
    return section


def _run(program: str, scratch: str, count: int, style: str) -> _Run:
    with Shop(program, scratch, cart={"checkout": style, "wait": "20s"}) as shop:
        carts = _prepare(shop, count)
        cart, notification = shop.base("cart"), shop.base("notification")
        cpu, began = cpu_seconds(shop.pid), time.monotonic()
        load = Load.of_checkouts(cart, [shop.pid], carts, at_most=240)
        ended = time.monotonic()
        while _total(notification + "/messages/search/findByStatus?status=SENT") < 2 * count:
            if time.monotonic() - ended > 120:
                raise ShopError("the mails do not come")
            time.sleep(0.05)
        whole, used = time.monotonic() - began, cpu_seconds(shop.pid) - cpu
        completed = _total(cart + "/checkouts/search/findByStatus?status=COMPLETED")
        return _Run(count / (ended - began), count / whole, used / count * 1e6, load.p50, load.p99, count - completed)


def _prepare(shop: Shop, count: int) -> str:
    """The file that names the carts."""
    product, customer, cart = shop.base("product"), shop.base("customer"), shop.base("cart")
    for sauce in range(1, PRODUCTS + 1):
        _ask("PUT", f"{product}/products/{sauce}", {"name": f"Sambal {sauce}", "price": 5000})
        _ask("POST", product + "/stocks/adjustments",
             {"branchId": 1, "sauceId": sauce, "change": count, "reason": "delivery of goods"})
    buyer = _ask("POST", customer + "/customers", {"name": "Buyer", "email": "buyer@example.com"})["id"]
    _ask("POST", f"{customer}/customers/{buyer}/addresses",
         {"street": "Jalan Sabang 1", "city": "Jakarta", "country": "ID"})
    path = os.path.join(shop.folder, "carts")
    with open(path, "w") as file:
        for number in range(count):
            items = [{"sauceId": 1 + number % PRODUCTS, "qty": 1}]
            file.write(_ask("POST", cart + "/carts", {"customerId": buyer, "branchId": 1, "items": items})["id"] + "\n")
    return path


def _ask(method: str, url: str, body: dict) -> dict:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _total(url: str) -> int:
    return http.get_json(url + "&size=1")["page"]["totalElements"]
