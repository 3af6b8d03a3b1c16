"""POST /api/payments, with the provider's simulator behind it."""
from statistics import median

from .. import http
from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "A payment begun",
        "`POST /api/payments`, each with the key of its order: attempt durable, provider asked, answer stored. Payment "
        "and the provider's simulator in one process, whose CPU it is; the callbacks are taken beside it. 64 "
        "connections; medians.")
    loads = []
    with Shop(program, scratch, services=["payment", "psp"]) as shop:
        payment = shop.base("payment")
        for _ in range(min(3, plan.turns)):
            loads.append(Load.of_payments(payment, [shop.pid], plan.orders_seconds))
        stored = http.get_json(payment + "/payments?size=1")["page"]["totalElements"]
    answered = sum(load.requests for load in loads)
    section.add("CPU a payment, with the simulator's", f"{median(load.cpu_microseconds for load in loads):.0f} µs")
    section.add("payments", f"{median(load.rate for load in loads):,.0f}/s")
    p50, p99 = median(load.p50 for load in loads), median(load.p99 for load in loads)
    section.add("p50 · p99", f"{p50:.1f} · {p99:.1f} ms")
    section.add("payments answered · found stored", f"{answered:,} · {stored:,}", "no fewer", stored >= answered)
    return section
