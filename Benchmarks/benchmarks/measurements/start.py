"""From the start of the process to all services ready, and what it holds when idle."""
import time
from statistics import median

from ..plan import Plan
from ..report import Section
from ..shop import Shop
from ..usage import resident_megabytes

AIM_MILLISECONDS = 300
AIM_MEGABYTES = 80


def measure(program: str, scratch: str, plan: Plan) -> Section:
    section = Section(
        "Start and memory",
        f"All services in one process on an empty data folder, from exec until each `/readyz` answers 200; resident "
        f"memory two seconds later. Medians of {plan.starts}.")
    seconds, megabytes = [], []
    for _ in range(plan.starts):
        shop = Shop(program, scratch)
        try:
            seconds.append(shop.start())
            time.sleep(2)
            megabytes.append(resident_megabytes(shop.pid))
        finally:
            shop.stop()
    start, memory = median(seconds) * 1000, median(megabytes)
    section.add("start to ready", f"{start:.0f} ms", f"≤ {AIM_MILLISECONDS} ms", start <= AIM_MILLISECONDS)
    section.add("resident, idle", f"{memory:.0f} MB", f"≤ {AIM_MEGABYTES} MB", memory <= AIM_MEGABYTES)
    return section
