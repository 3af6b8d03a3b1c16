"""Whole sagas: placed, paid, delivery started, notified, on the dashboard."""
import time
from dataclasses import dataclass
from statistics import median

from .. import http
from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop
from ..usage import cpu_seconds, resident_megabytes

AIM_RATE = 1000
_LAST_STEPS = ["OrderPaid", "DeliveryStarted", "NotificationSent"]
_HANDLED = "sambal_events_handled_total{"


@dataclass(frozen=True)
class Run:
    orders: int
    rate: float
    cpu_microseconds: float
    behind_seconds: float
    resident_megabytes: float
    incomplete: int


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "Whole sagas",
        f"Orders placed at the full rate for {plan.sagas_seconds:g} s over 64 connections, then the wait until the "
        "dashboard has each as PAID, with its delivery started and its customer notified. Counted from the first "
        "request to the last saga's end; then every row of the dashboard is looked at. Medians.")
    runs = [run(program, scratch, plan) for _ in range(min(3, plan.turns))]
    rate = median(run.rate for run in runs)
    section.add("sagas", f"{rate:,.0f}/s", f"≥ {AIM_RATE:,}/s", rate >= AIM_RATE)
    section.add("CPU a saga, all services", f"{median(run.cpu_microseconds for run in runs):,.0f} µs")
    section.add("last saga's end after the last order", f"{median(run.behind_seconds for run in runs):.2f} s")
    section.add("memory at the end", f"{median(run.resident_megabytes for run in runs):.0f} MB")
    incomplete = sum(run.incomplete for run in runs)
    total = sum(run.orders for run in runs)
    section.add("sagas not whole on the dashboard", f"{incomplete} of {total:,}", "0", incomplete == 0)
    return section


def run(program: str, scratch: str, plan: Plan, sections: dict[str, dict[str, str]] = {}) -> Run:
    with Shop(program, scratch, **sections) as shop:
        cpu, began = cpu_seconds(shop.pid), time.monotonic()
        Load.of_orders(shop.base("order"), [shop.pid], plan.sagas_seconds)
        placed = time.monotonic()
        # Requests that wrk left behind end too; from here on there is no new one.
        time.sleep(0.2)
        orders = http.get_json(shop.base("order") + "/orders?size=1")["page"]["totalElements"]
        while not _are_done(shop, orders):
            if time.monotonic() - placed > 120:
                break
            time.sleep(0.02)
        ended = time.monotonic()
        used = cpu_seconds(shop.pid) - cpu
        return Run(
            orders, orders / (ended - began), used / orders * 1e6, ended - placed, resident_megabytes(shop.pid),
            orders - _whole(shop))


def _are_done(shop: Shop, orders: int) -> bool:
    samples = http.metrics(shop.base("dashboard"))
    return all(
        sum(value for name, value in samples.items() if name.startswith(_HANDLED) and f".{step}." in name) >= orders
        for step in _LAST_STEPS)


def _whole(shop: Shop) -> int:
    count, page = 0, 0
    while True:
        answer = http.get_json(f"{shop.base('dashboard')}/orderDashboards?size=1000&page={page}")
        for row in answer["_embedded"]["orderDashboards"]:
            count += row["status"] == "PAID" and row.get("deliveryStatus") == "STARTED" and row["messagesSent"] > 0
        page += 1
        if page >= answer["page"]["totalPages"]:
            return count
