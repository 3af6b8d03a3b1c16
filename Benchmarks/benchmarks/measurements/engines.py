"""The same services on each database engine."""
from dataclasses import replace
from statistics import median

from .. import http
from ..databases import DatabaseServer
from ..load import Load
from ..pgbench import PgBench
from ..plan import Plan
from ..report import Section
from ..shop import SERVICES, Shop
from . import sagas

AIM_EMBEDDED = 8000
AIM_SHARE = 0.75
_SERVERS = ["postgres", "mariadb", "mongodb"]
#: Services that keep nothing.
_STATELESS = {"gateway", "email", "sms"}


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "Database engines",
        "An order durably accepted, as above, with the order service's database on each engine; then whole sagas with "
        "every service's. Servers are those of the distribution with their own settings, on the same machine, and share "
        "its cores; their CPU is not in the service's, which has 8 connections to PostgreSQL and MariaDB. Beside "
        "PostgreSQL, pgbench does three inserts of the same sizes in a serializable transaction, prepared, for as many "
        "clients as the service has, in turns with it. Medians.")
    # There are five of them: less time for each.
    plan = replace(
        plan, turns=min(5, plan.turns), orders_seconds=plan.orders_seconds / 3, sagas_seconds=plan.sagas_seconds / 2)
    for engine in ["sqlite", "lmdb"]:
        _accept(section, engine, program, scratch, plan, None)
    for kind in _SERVERS:
        with DatabaseServer(kind, scratch) as server:
            _accept(section, kind, program, scratch, plan, server)
            _sagas(section, kind, program, scratch, plan, server.url)
    return section


def _accept(
    section: Section, engine: str, program: str, scratch: str, plan: Plan, server: DatabaseServer | None
) -> None:
    loads, yardstick, used = [], [], 0.0
    bench = PgBench(server.url, scratch) if server and server.kind == "postgres" else None
    settings = {"payment": "off"}
    if server:
        # Apart from what the sagas keep: the orders that were only accepted would be paid there.
        settings["database"] = f"'{server.url}{'&' if '?' in server.url else '?'}schema=accepted'"
    elif engine == "lmdb":
        settings["database"] = f"lmdb:{scratch}/lmdb"
    with Shop(program, scratch, services=["order"], order=settings) as shop:
        order = shop.base("order")
        for _ in range(plan.turns):
            before = server.cpu_seconds() if server else 0
            loads.append(Load.of_orders(order, [shop.pid], plan.orders_seconds))
            used += server.cpu_seconds() - before if server else 0
            if bench:
                yardstick.append(bench.rate(plan.orders_seconds))
        accepted = http.get_json(order + "/orders?size=1")["page"]["totalElements"]
    rate, answered = median(load.rate for load in loads), sum(load.requests for load in loads)
    cpu = median(load.cpu_microseconds for load in loads)
    name = engine.replace("sqlite", "SQLite").replace("lmdb", "LMDB")
    if not server:
        section.add(f"{name}: orders", f"{rate:,.0f}/s", f"≥ {AIM_EMBEDDED:,}/s", rate >= AIM_EMBEDDED)
        section.add(f"{name}: CPU an order", f"{cpu:.0f} µs")
    else:
        section.add(f"{name}: orders", f"{rate:,.0f}/s")
        section.add(f"{name}: CPU an order, service · server", f"{cpu:.0f} · {used / answered * 1e6:.0f} µs")
    if yardstick:
        # Turn by turn: the cores' speed drifts meanwhile.
        share = median(load.rate / other for load, other in zip(loads, yardstick))
        section.add(f"{name}: pgbench", f"{median(yardstick):,.0f}/s")
        section.add(
            f"{name}: of pgbench's rate, in pairs", f"{share * 100:.0f} %", f"≥ {AIM_SHARE * 100:.0f} %", share >= AIM_SHARE)
    section.add(f"{name}: answered · found stored", f"{answered:,} · {accepted:,}", "no fewer", accepted >= answered)


def _sagas(section: Section, name: str, program: str, scratch: str, plan: Plan, url: str) -> None:
    databases = {service: {"database": f"'{url}'"} for service in SERVICES if service not in _STATELESS}
    run = sagas.run(program, scratch, plan, databases)
    section.add(f"{name}: whole sagas, every service's database there", f"{run.rate:,.0f}/s")
    section.add(f"{name}: sagas not whole", f"{run.incomplete} of {run.orders:,}", "0", run.incomplete == 0)
