"""Load by wrk, and what it cost the server."""
import json
import os
import subprocess
import uuid
from dataclasses import dataclass

from .usage import cpu_seconds

_SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "load.lua")
CONNECTIONS = 64


class LoadError(Exception):
    pass


@dataclass(frozen=True)
class Load:
    """What one run showed. Latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    cpu_microseconds: float

    @staticmethod
    def of_gets(url: str, pids: list[int], seconds: float) -> "Load":
        return Load._run(url, pids, seconds, ["get"])

    @staticmethod
    def of_orders(base: str, pids: list[int], seconds: float) -> "Load":
        return Load._run(base + "/orders", pids, seconds, ["orders", uuid.uuid4().hex[:12]])

    @staticmethod
    def _run(url: str, pids: list[int], seconds: float, arguments: list[str]) -> "Load":
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "20s", "-s", _SCRIPT, url, "--"]
        before = sum(map(cpu_seconds, pids))
        done = subprocess.run(command + arguments, capture_output=True, text=True, timeout=seconds + 60)
        used = sum(map(cpu_seconds, pids)) - before
        results = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        if done.returncode != 0 or not results:
            raise LoadError(f"wrk failed: {done.stdout}{done.stderr}")
        result = json.loads(results[0].removeprefix("RESULT "))
        if result["refused"] or result["broken"]:
            raise LoadError(f"{url}: {result['refused']} answers were errors, {result['broken']} connections broke")
        count = max(1, result["requests"])
        return Load(count, count / result["seconds"], result["p50"], result["p99"], used / count * 1e6)
