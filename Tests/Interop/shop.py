"""The whole shop as a real process, `sambal up`, on free ports and with a data folder of its own."""

import os
import pathlib
import resource
import socket
import subprocess

import requests

from waiting import eventually

SAMBAL = pathlib.Path(os.environ.get("SAMBAL", ".build/release/sambal")).resolve()
SERVICES = [
    "product", "customer", "cart", "order", "payment", "delivery", "dashboard", "gateway", "notification", "email",
    "sms", "psp",
]  # fmt: skip
SELLER = "seller@example.com"
BUYER = "buyer@example.org"
PHONE = "+628123456789"


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Shop:
    """`sections` is YAML without indentation for services by name, beside their ports; `secrets` are variables of the
    environment."""

    def __init__(self, data, sections, secrets={}):
        self.data = data
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        self.sections = sections
        self.environment = os.environ | secrets
        data.mkdir(parents=True, exist_ok=True)
        self.write(data / "config.yaml")
        self.process = None
        # Which of them run, if not all.
        self.services = SERVICES
        self.log = data / "log.txt"
        # How many descriptors the shop may have open, if fewer than the system allows.
        self.descriptors = None
        # A control group to be in.
        self.group = None

    def write(self, path, more={}):
        """`more` is YAML as the sections are, for this file alone."""
        yaml = ""
        for service in SERVICES:
            text = self.sections.get(service, "") + "\n" + more.get(service, "")
            lines = [f"port: {self.ports[service]}"] + text.splitlines()
            yaml += f"{service}:\n" + "".join(f"  {line}\n" for line in lines if line)
        path.write_text(yaml)

    def url(self, service, path=""):
        return f"http://127.0.0.1:{self.ports[service]}{path}"

    def up(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [SAMBAL, *self.command(), "--data", self.data, "--config", self.data / "config.yaml"],
                stdout=subprocess.DEVNULL, stderr=log, env=self.environment, preexec_fn=self.limit,
            )  # fmt: skip
        eventually("the shop is up", self.is_up, 30)
        return self

    def command(self):
        return ["up"] if self.services == SERVICES else ["serve", *self.services]

    def limit(self):
        """In the new process, before the program runs."""
        if self.group:
            self.group.take(os.getpid())
        if self.descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the shop has ended:\n{self.log.read_text()[-4000:]}")
        try:
            return all(requests.get(self.url(name, "/readyz"), timeout=1).ok for name in self.services)
        except requests.RequestException:
            return False

    def end(self, signal_name):
        """SIGTERM or SIGKILL, and waits for the end."""
        if self.process and self.process.poll() is None:
            self.process.kill() if signal_name == "SIGKILL" else self.process.terminate()
            self.process.wait(timeout=40)

    def place(self, **more):
        """A new order's id."""
        order = {"branchId": 1, "sauceId": 1, "qty": 2, "price": 617_283, "currency": "USD", "email": BUYER} | more
        answer = requests.post(self.url("order", "/orders"), json=order, timeout=20)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def status(self, order_id):
        return requests.get(self.url("order", f"/orders/{order_id}"), timeout=5).json()["status"]

    def messages(self, **fields):
        """The messages that have these values."""
        answer = requests.get(self.url("notification", "/messages"), params={"size": 1000}, timeout=5)
        found = answer.json()["_embedded"]["messages"]
        return [message for message in found if all(message[name] == value for name, value in fields.items())]

    def all_sent(self, count):
        """Waits until so many messages are sent."""
        eventually(f"{count} messages are sent", lambda: len(self.messages(status="SENT")) >= count, 90)
        messages = self.messages()
        assert len(messages) == count, messages
        return messages
