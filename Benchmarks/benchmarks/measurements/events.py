"""Events from an outbox through the log into a consumer, and a consumer with many of them behind it."""
import json
import os
import sqlite3
import time

from .. import http
from ..plan import Plan
from ..report import Section
from ..shop import Shop, ShopError
from ..usage import cpu_seconds, peak_megabytes

#: host:port of a broker for the Kafka rows.
_BROKER = "SAMBAL_BENCH_KAFKA"
# Left in the environment, every shop that is measured would take it for one of its settings.
_broker = os.environ.pop(_BROKER, None)
_TYPE = "sambal.delivery.DeliveryStarted.v1"


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "Events",
        f"{plan.events:,} events that wait in the outbox of a service, from its start until the log has them all; then "
        "the dashboard, from its start until it has handled them all, a row each. Each service alone in its process, "
        "whose CPU it is.")
    _add(section, program, scratch, plan.events, "embedded")
    if _broker:
        _add(section, program, scratch, plan.events, f"kafka://{_broker}")
    else:
        section.add("Kafka", f"not measured: {_BROKER} names no broker")
    return section


def _add(section: Section, program: str, scratch: str, count: int, engine: str) -> None:
    name = engine.partition(":")[0]
    # A topic of an earlier run would be read too.
    settings = {"SAMBAL_EVENTS": engine, "SAMBAL_KAFKA_PREFIX": f"bench-{os.getpid()}-{time.time_ns()}"}
    os.environ.update(settings if name == "kafka" else {"SAMBAL_EVENTS": engine})
    try:
        shop = Shop(program, scratch, services=["delivery"])
        shop.start()
        shop.stop()
        _fill(shop.folder + "/data/delivery.db", count)
        seconds, cpu, _ = _run(shop, "delivery", "sambal_events_relayed_total", count)
        section.add(f"{name}: outbox → log", f"{count / seconds:,.0f}/s")
        section.add(f"{name}: CPU an event, outbox → log", f"{cpu / count * 1e6:.0f} µs")
        seconds, cpu, memory = _run(shop, "dashboard", f'sambal_events_handled_total{{type="{_TYPE}"}}', count)
        section.add(f"{name}: log → inbox and rows", f"{count / seconds:,.0f}/s")
        section.add(f"{name}: CPU an event, log → inbox and rows", f"{cpu / count * 1e6:.0f} µs")
        section.add(f"{name}: peak memory while it catches up", f"{memory:.0f} MB")
    finally:
        for variable in settings:
            os.environ.pop(variable, None)


def _run(shop: Shop, service: str, metric: str, count: int) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak megabytes from the start of the service until the metric has come to `count`."""
    shop.services = [service]
    began = time.monotonic()
    shop.start()
    try:
        while http.metrics(shop.base(service)).get(metric, 0) < count:
            if shop.has_ended or time.monotonic() - began > 600:
                raise ShopError(f"{service} does not get through its events:\n{shop.log}")
            time.sleep(0.05)
        return time.monotonic() - began, cpu_seconds(shop.pid), peak_megabytes(shop.pid)
    finally:
        shop.stop()


def _fill(path: str, count: int) -> None:
    """As the service would have left them: a DeliveryStarted of an order each."""
    now = int(time.time() * 1000)
    columns = "id, version, document, eventId, source, type, subject, time, sequence"
    with sqlite3.connect(path) as database:
        database.executemany(
            f"INSERT INTO outbox ({columns}) VALUES (?, 1, ?, ?, '/delivery', '{_TYPE}', ?, {now}, 1)",
            ((f"{(now << 20) + number:016x}-00000000", _data(number).encode(), f"bench-{number}", f"ORD-{number:010}")
             for number in range(count)))
    database.close()


def _data(number: int) -> str:
    return json.dumps(
        {"deliveryId": f"DLV-{number:010}", "orderId": f"ORD-{number:010}", "startedAt": "2026-01-31T08:15:30.250Z"},
        separators=(",", ":"))
