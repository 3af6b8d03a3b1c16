"""An order accepted durably, and nothing else: payment is not asked."""
from statistics import median

from .. import http
from ..disk import Disk
from ..load import Load
from ..plan import Plan
from ..report import Section
from ..shop import Shop

AIM_MICROSECONDS = 100
AIM_RATE = 8000
COMMITS = "sambal_storage_commits_total"
TRANSACTIONS = "sambal_storage_transactions_total"


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "An order durably accepted",
        "`POST /orders` with an `Idempotency-Key` of its own each, `order: payment: off`, the order service alone: "
        "order, outbox row and idempotency record in one commit, flushed before the answer. CPU includes that the "
        "relay brings each event to the log. 64 connections; medians. Commits are the order database's; the log has "
        "commits of its own; flushes are the disk's.")
    loads = []
    with Shop(program, scratch, services=["order"], order={"payment": "off"}) as shop:
        order = shop.base("order")
        disk = Disk(shop.folder)
        before, flushes = http.metrics(order), disk.flushes()
        for _ in range(min(3, plan.turns)):
            loads.append(Load.of_orders(order, [shop.pid], plan.orders_seconds))
        after = http.metrics(order)
        flushed = None if flushes is None else disk.flushes() - flushes
        accepted = http.get_json(order + "/orders?size=1")["page"]["totalElements"]
    add_orders(section, loads, AIM_MICROSECONDS, AIM_RATE)
    answered = sum(load.requests for load in loads)
    section.add("orders answered · found stored", f"{answered:,} · {accepted:,}", "no fewer", accepted >= answered)
    commits = after[COMMITS] - before[COMMITS]
    section.add("transactions in a commit", f"{(after[TRANSACTIONS] - before[TRANSACTIONS]) / max(1, commits):.1f}")
    section.add("commits", f"{commits:,.0f}")
    if flushed is None:
        section.add("flushes of the disk", "not counted: no block device behind the data folder")
    else:
        section.add(f"flushes of the disk ({disk.name})", f"{flushed:,}", "no fewer than commits", flushed >= commits)
    return section


def add_orders(section: Section, loads: list[Load], cpu_aim: float | None, rate_aim: float | None) -> None:
    cpu, rate = median(load.cpu_microseconds for load in loads), median(load.rate for load in loads)
    section.add(
        "CPU an order", f"{cpu:.0f} µs", f"≤ {cpu_aim} µs" if cpu_aim else "", cpu <= cpu_aim if cpu_aim else None)
    section.add(
        "orders", f"{rate:,.0f}/s", f"≥ {rate_aim:,}/s" if rate_aim else "", rate >= rate_aim if rate_aim else None)
    p50, p99 = median(load.p50 for load in loads), median(load.p99 for load in loads)
    section.add("p50 · p99", f"{p50:.1f} · {p99:.1f} ms")
