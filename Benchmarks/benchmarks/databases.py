"""Database servers for a measurement, by scripts/servers, and what they use of the machine."""
import os
import subprocess

from .usage import cpu_seconds

_SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scripts/servers")


class DatabaseServer:
    """`kind`: postgres, mariadb or mongodb. Its data folder goes with it."""

    def __init__(self, kind: str, scratch: str):
        self.kind = kind
        self.folder = os.path.join(scratch, "server-" + kind)
        self.url = ""
        # Servers run as users of their own.
        os.chmod(scratch, 0o755)

    def __enter__(self) -> "DatabaseServer":
        done = subprocess.run([_SCRIPT, "start", self.kind, self.folder], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{self.kind} does not start: {done.stderr}")
        self.url = done.stdout.strip()
        return self

    def __exit__(self, *_) -> None:
        subprocess.run([_SCRIPT, "stop", self.kind, self.folder], capture_output=True, timeout=60)

    @property
    def pids(self) -> list[int]:
        """PostgreSQL has a process for each connection."""
        with open(os.path.join(self.folder, "pid")) as file:
            parent = int(file.read())
        children = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
        return [parent, *map(int, children)]

    def cpu_seconds(self) -> float:
        total = 0.0
        for pid in self.pids:
            try:
                total += cpu_seconds(pid)
            except FileNotFoundError:
                pass  # A connection's process that ended meanwhile.
        return total
