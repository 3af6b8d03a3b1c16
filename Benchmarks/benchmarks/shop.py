"""The shop as a process, with ports and a data folder of its own."""
import time

from . import http, ports
from .server import Server

SERVICES = [
    "product", "customer", "cart", "order", "payment", "delivery", "dashboard", "gateway", "notification", "email",
    "sms", "psp",
]


class ShopError(Exception):
    pass


class Shop(Server):
    """`services`: those to serve alone; all of them where none are named. `sections`: of the configuration, by service."""

    def __init__(self, program: str, scratch: str, services: list[str] = [], **sections: dict[str, str]):
        super().__init__(scratch, "shop")
        self._program = program
        self.services = services or SERVICES
        self._alone = bool(services)
        self._ports = dict(zip(SERVICES, ports.free(len(SERVICES))))
        self._configure(sections)

    def base(self, service: str) -> str:
        return f"http://127.0.0.1:{self._ports[service]}"

    def start(self) -> float:
        """Gives the seconds from the start of the process until every service is ready."""
        words = ["serve", *self.services] if self._alone else ["up"]
        began = time.monotonic()
        self.launch([self._program, *words, "--data", self.folder + "/data", "--config", self.folder + "/config.yaml"])
        for service in self.services:
            while not http.is_ready(self.base(service)):
                if self.has_ended or time.monotonic() - began > 30:
                    raise ShopError(f"{service} does not get ready:\n{self.log}")
                time.sleep(0.001)
        return time.monotonic() - began

    def __enter__(self) -> "Shop":
        self.start()
        return self

    def _configure(self, sections: dict[str, dict[str, str]]) -> None:
        lines = ["log:", "  level: warning"]
        for service, port in self._ports.items():
            lines += [f"{service}:", f"  port: {port}"]
            lines += [f"  {key}: {value}" for key, value in sections.get(service, {}).items()]
        with open(self.folder + "/config.yaml", "w") as file:
            file.write("\n".join(lines) + "\n")
