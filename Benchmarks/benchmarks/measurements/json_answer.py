"""A JSON answer with no storage behind it, in turns with nginx."""
from statistics import median

from .. import http
from ..load import Load
from ..nginx import NGINX
from ..plan import Plan
from ..report import Section
from ..shop import Shop

AIM_MICROSECONDS = 10


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "JSON answer without storage",
        "`GET /` of one service, 64 connections, encoded anew for each request; nginx (one worker) answers the same "
        "bytes from memory. In turns; medians.")
    with Shop(program, scratch, services=["order"]) as shop:
        url = shop.base("order") + "/"
        with NGINX(scratch, http.get(url)) as nginx:
            ours, theirs = [], []
            for _ in range(plan.turns):
                ours.append(Load.of_gets(url, [shop.pid], plan.json_seconds))
                theirs.append(Load.of_gets(nginx.base + "/", nginx.pids, plan.json_seconds))
    cpu, its = median(load.cpu_microseconds for load in ours), median(load.cpu_microseconds for load in theirs)
    section.add("CPU a request", f"{cpu:.1f} µs", f"≤ {AIM_MICROSECONDS} µs", cpu <= AIM_MICROSECONDS)
    _add_rate(section, "", ours)
    section.add("nginx: CPU a request", f"{its:.1f} µs")
    _add_rate(section, "nginx: ", theirs)
    ratios = median(our.cpu_microseconds / its.cpu_microseconds for our, its in zip(ours, theirs))
    section.add("ratio of CPU to nginx, in pairs", f"{ratios:.2f}")
    return section


def _add_rate(section: Section, whose: str, loads: list[Load]) -> None:
    p50, p99 = median(load.p50 for load in loads), median(load.p99 for load in loads)
    section.add(whose + "requests", f"{median(load.rate for load in loads):,.0f}/s")
    section.add(whose + "p50 · p99", f"{p50:.2f} · {p99:.2f} ms")
