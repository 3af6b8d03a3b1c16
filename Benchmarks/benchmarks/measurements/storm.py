"""Many clients that send the same keys again and again, while the provider loses answers."""
import time
import uuid

from .. import http
from ..load import CONNECTIONS, Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop, ShopError

KEYS = 1000
LOST = 0.1
#: Impatient: nothing waits for the provider's own time-outs longer than it must.
SECTIONS = {
    "order": {"settleAfter": "6s", "settleInterval": "200ms"},
    "payment": {
        "providerTimeout": "1s", "retryDelay": "300ms", "resolveInterval": "100ms", "confirmationTimeout": "5s"},
    "psp": {"lostReplyDelay": "1500ms"},
}


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "A storm",
        f"{CONNECTIONS} clients send {KEYS:,} keys {plan.storm_times} times each, in one random order; the provider "
        f"loses {LOST:.0%} of its answers after it has charged. All services in one process. A key that is being worked "
        "on is answered with 409, one whose order was not placed with 503; both are counted. Afterwards every key is "
        "asked for until it has its order.")
    run = uuid.uuid4().hex[:12]
    with Shop(program, scratch, **SECTIONS) as shop:
        order, psp = shop.base("order"), shop.base("psp")
        if http.send(psp + "/admin/faults", b'{"lostReplies": %g}' % LOST, method="PATCH") != 200:
            raise ShopError("the simulator does not take its faults")
        load = Load.of_storm(order, [shop.pid], run, KEYS, plan.storm_times, at_most=300)
        _settle(order, run)
        paid = _paid(order)
        stored = http.get_json(order + "/orders?size=1")["page"]["totalElements"]
        charges = http.get_json(psp + "/statement?size=1")["page"]["totalElements"]
    section.add("requests answered", f"{load.rate:,.0f}/s")
    section.add("answered with 409 or 503", f"{load.refused:,} of {load.requests:,}")
    section.add("p50 · p99", f"{load.p50:.1f} · {load.p99:.1f} ms")
    counts = (stored, paid, charges)
    section.add(
        "orders · paid · charges", " · ".join(f"{count:,}" for count in counts), f"{KEYS:,} each",
        counts == (KEYS,) * 3)
    return section


def _settle(order: str, run: str) -> None:
    """Asks for each key until it has an order."""
    for key in range(KEYS):
        # As the load wrote it: another body would be another request.
        body = b'{"branchId":1,"sauceId":1,"qty":%d,"price":10000}' % (key + 1)
        end = time.monotonic() + 60
        while (status := http.send(order + "/orders", body, {"Idempotency-Key": f'"{run}-{key}"'})) not in (201, 202):
            if status not in (409, 503) or time.monotonic() > end:
                raise ShopError(f"key {key} is answered with {status}")
            time.sleep(0.1)


def _paid(order: str) -> int:
    end = time.monotonic() + 60
    while True:
        address = order + "/orders/search/findByStatus?status=PAID&size=1"
        paid = http.get_json(address)["page"]["totalElements"]
        if paid >= KEYS or time.monotonic() > end:
            return paid
        time.sleep(0.1)
