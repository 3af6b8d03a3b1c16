"""Where the figures come from: one line."""
import os
import platform
import subprocess


def description(root: str) -> str:
    parts = [
        f"{_processor()}, {os.cpu_count()} cores",
        f"{_memory_gigabytes():.0f} GB",
        f"Linux {platform.release()}",
        _first_line(["swift", "--version"]).partition("(")[0].strip() or "Swift unknown",
        f"commit {_commit(root)}",
        f"load {os.getloadavg()[0]:.1f} before the start",
    ]
    return " · ".join(parts)


def _processor() -> str:
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _commit(root: str) -> str:
    commit = _first_line(["git", "-C", root, "rev-parse", "--short", "HEAD"])
    changed = _first_line(["git", "-C", root, "status", "--porcelain", "--", "Sources", "Package.swift"])
    return (commit or "unknown") + (" with changes" if changed else "")


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        return lines[0] if lines else ""
    except (OSError, subprocess.TimeoutExpired):
        return ""
