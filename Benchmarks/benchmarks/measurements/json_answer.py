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
    section.add("requests", f"{median(load.rate for load in ours):,.0f}/s")
    section.add("p50 · p99", f"{median(load.p50 for load in ours):.2f} · {median(load.p99 for load in ours):.2f} ms")
    section.add("nginx: CPU a request", f"{its:.1f} µs")
    section.add("nginx: requests", f"{median(load.rate for load in theirs):,.0f}/s")
    ratios = median(our.cpu_microseconds / its.cpu_microseconds for our, its in zip(ours, theirs))
    section.add("ratio of CPU to nginx, in pairs", f"{ratios:.2f}")
    return section
