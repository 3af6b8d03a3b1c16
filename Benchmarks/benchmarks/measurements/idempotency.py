"""What it costs to honour the Idempotency-Key of POST /orders."""
from statistics import median

from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop

AIM_PERCENT = 15


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "What idempotency costs",
        "`POST /orders` with an `Idempotency-Key` of its own each, sent to two shops that run side by side: one honours "
        "the key, one has `order: idempotency: off`. The same load goes to one after the other, "
        f"{plan.pairs} pairs of {plan.pair_seconds:g} s, in alternating order. Ratios are of the CPU an order takes "
        "within a pair: median, and from the lowest to the highest. 64 connections.")
    _add(section, "accepted only", program, scratch, plan, services=["order"], payment="off")
    _add(section, "as it is", program, scratch, plan, services=[], payment="synchronous")
    return section


def _add(
    section: Section, what: str, program: str, scratch: str, plan: Plan, services: list[str], payment: str
) -> None:
    orders = {"payment": payment}
    with (
        Shop(program, scratch, services=services, order={**orders, "idempotency": "on"}) as on,
        Shop(program, scratch, services=services, order={**orders, "idempotency": "off"}) as off,
    ):
        for shop in [on, off]:
            _load(shop, plan.pair_seconds)
        pairs = []
        for turn in range(plan.pairs):
            first, second = (on, off) if turn % 2 == 0 else (off, on)
            loads = {shop: _load(shop, plan.pair_seconds) for shop in [first, second]}
            pairs.append((loads[on], loads[off]))
    costs = [(kept.cpu_microseconds / free.cpu_microseconds - 1) * 100 for kept, free in pairs]
    cost = median(costs)
    section.add(
        f"{what}: more CPU an order", f"{cost:+.1f} % ({min(costs):+.1f} … {max(costs):+.1f} %)", f"< {AIM_PERCENT} %",
        cost < AIM_PERCENT)
    with_key, without = (median(pair[side].cpu_microseconds for pair in pairs) for side in [0, 1])
    section.add(f"{what}: CPU an order, on · off", f"{with_key:.0f} · {without:.0f} µs")
    with_key, without = (median(pair[side].rate for pair in pairs) for side in [0, 1])
    section.add(f"{what}: orders, on · off", f"{with_key:,.0f} · {without:,.0f}/s")


def _load(shop: Shop, seconds: float) -> Load:
    return Load.of_orders(shop.base("order"), [shop.pid], seconds)
