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
    #: Answers from 400 on; only where they were allowed.
    refused: int = 0

    @staticmethod
    def of_gets(url: str, pids: list[int], seconds: float) -> "Load":
        return Load._run(url, pids, seconds, ["get"])

    @staticmethod
    def of_orders(base: str, pids: list[int], seconds: float) -> "Load":
        return Load._run(base + "/orders", pids, seconds, ["orders", uuid.uuid4().hex[:12]])

    @staticmethod
    def of_replays(base: str, pids: list[int], seconds: float, run: str, keys: int) -> "Load":
        """The keys are those of `run`-0 and so on; place them before."""
        return Load._run(base + "/orders", pids, seconds, ["replays", run, str(keys)])

    @staticmethod
    def of_payments(base: str, pids: list[int], seconds: float) -> "Load":
        return Load._run(base + "/api/payments", pids, seconds, ["payments", uuid.uuid4().hex[:12]])

    @staticmethod
    def of_storm(base: str, pids: list[int], run: str, keys: int, times: int, at_most: float) -> "Load":
        """Ends when every request has its answer. 409 (under way) and 503 (come again) are answers here."""
        arguments = ["storm", run, str(keys), str(times)]
        return Load._run(base + "/orders", pids, at_most, arguments, allows_refusals=True)

    @staticmethod
    def of_checkouts(base: str, pids: list[int], file: str, at_most: float) -> "Load":
        """Ends when as many answers came as the file has carts."""
        return Load._run(base, pids, at_most, ["checkouts", file], allows_refusals=True)

    @staticmethod
    def _run(
        url: str, pids: list[int], seconds: float, arguments: list[str], allows_refusals: bool = False
    ) -> "Load":
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "20s", "-s", _SCRIPT, url, "--"]
        before = sum(map(cpu_seconds, pids))
        done = subprocess.run(command + arguments, capture_output=True, text=True, timeout=seconds + 60)
        used = sum(map(cpu_seconds, pids)) - before
        results = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        if done.returncode != 0 or not results:
            raise LoadError(f"wrk failed: {done.stdout}{done.stderr}")
        result = json.loads(results[0].removeprefix("RESULT "))
        if result["broken"] or (result["refused"] and not allows_refusals):
            raise LoadError(f"{url}: {result['refused']} answers were errors, {result['broken']} connections broke")
        count = max(1, result["requests"])
        return Load(count, count / result["seconds"], result["p50"], result["p99"], used / count * 1e6, result["refused"])
