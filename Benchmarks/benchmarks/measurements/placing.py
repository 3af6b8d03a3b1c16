"""POST /orders as it is: accepted, its payment begun, answered."""
from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop
from .acceptance import add_orders


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "`POST /orders` as it is",
        "All services in one process; the order is accepted, payment is asked and answers, the order is answered. The "
        "rest of every saga goes on beside it. The CPU is that of all services. 64 connections; medians.")
    loads = []
    for _ in range(min(3, plan.turns)):
        with Shop(program, scratch) as shop:
            loads.append(Load.of_orders(shop.base("order"), [shop.pid], plan.orders_seconds))
    add_orders(section, loads, None, None)
    return section
