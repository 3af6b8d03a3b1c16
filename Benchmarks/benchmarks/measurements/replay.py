"""POST /orders again with a key that has its answer."""
import uuid
from statistics import median

from .. import http
from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop, ShopError

KEYS = 1000


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "A repetition",
        f"`POST /orders` with {KEYS:,} keys that have their answer already, again and again: the stored answer is sent. "
        "The order service alone, `payment: off`. 64 connections; medians.")
    run = uuid.uuid4().hex[:12]
    with Shop(program, scratch, services=["order"], order={"payment": "off"}) as shop:
        order = shop.base("order")
        # The first round places them; a key that comes again before it has its answer is told to wait.
        Load.of_replays(order, [shop.pid], 1, run, KEYS)
        stored = http.get_json(order + "/orders?size=1")["page"]["totalElements"]
        if stored != KEYS:
            raise ShopError(f"{stored} orders for {KEYS} keys")
        loads = [
            Load.of_replays(order, [shop.pid], plan.json_seconds, run, KEYS) for _ in range(min(3, plan.turns))]
        after = http.get_json(order + "/orders?size=1")["page"]["totalElements"]
    section.add("CPU a repetition", f"{median(load.cpu_microseconds for load in loads):.0f} µs")
    section.add("repetitions", f"{median(load.rate for load in loads):,.0f}/s")
    p50, p99 = median(load.p50 for load in loads), median(load.p99 for load in loads)
    section.add("p50 · p99", f"{p50:.1f} · {p99:.1f} ms")
    section.add("orders more than keys", f"{after - KEYS}", "0", after == KEYS)
    return section
