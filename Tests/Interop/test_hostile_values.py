"""Every operation of every service, each of its fields with hostile values, in states in which it can succeed.

No answer is a server's error but a 503 that says when to come again; none takes longer than a second; the process goes on
and gives its memory back. HOSTILE=full sends all; without it every field gets every fourth value, another quarter for each
field.
"""

import http.client
import os
import time
from collections import Counter

import pytest
import requests

from hostile_values import Request, operations
from shop import SERVICES, Shop
from subjects import Subjects
from waiting import eventually

IS_FULL = os.environ.get("HOSTILE") == "full"
SLOW = 1.0
# In the shop as it is prepared nothing is set aside, stands or differs, so that their commands have nothing to do.
WITHOUT_SUCCESS = (
    "/dead-letters/{id}", "/sagas/", "/tasks/{id}", "/api/differences/{id}", "/checkouts/{id}", "/rebuild",
    # The bodies are signed; the fuzzer makes genuine ones.
    "/api/payments/callbacks/{provider}",
)  # fmt: skip
# It waits for the end of its work for some seconds, and says 202 if that has not come.
WAITING = "payment POST /api/reconciliations"
# The gateway's operations are those of the services behind it; the simulator has some for one state of one payment.
UNPREPARED = ("gateway", "psp")


class Client:
    """One connection, kept as long as the server keeps it."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def send(self, request):
        """Status, headers, and seconds; a connection that was closed between two requests is opened again."""
        for is_last in (False, True):
            is_new = self.connection is None
            if is_new:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            start = time.monotonic()
            try:
                self.write(request)
                answer = self.connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.close()
                if is_new or is_last:
                    raise
                continue
            if answer.will_close:
                self.close()
            return answer.status, answer.headers, time.monotonic() - start

    def write(self, request):
        connection = self.connection
        connection.putrequest(request.operation.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            # Python's own check would refuse some of the values.
            connection._buffer.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders()
        if request.body:
            try:
                connection.send(request.body)
            except OSError:
                pass  # It was refused before it was all sent: the answer says why.

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(
        tmp_path_factory.mktemp("hostile") / "data",
        {"psp": "lostReplyDelay: 100ms\nconfirmation: answer", "cart": "wait: 200ms"},
    ).up()
    yield shop
    shop.end("SIGTERM")


@pytest.fixture(scope="module")
def subjects(shop):
    return Subjects(shop)


def memory(shop):
    for line in open(f"/proc/{shop.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024


def described(shop, service):
    found = list(operations(service, requests.get(shop.url(service, "/openapi.json"), timeout=5).json()))
    # Set last: with faults, the provider's own answers are errors.
    return sorted(found, key=lambda operation: operation.path == "/admin/faults")


# The gateway's operations are those of the services behind it.
@pytest.mark.parametrize("service", [service for service in SERVICES if service != "gateway"])
def test_hostile_values_get_answers(shop, subjects, service):
    client = Client(shop.ports[service])
    faults, statuses, slowest, fruitless = [], Counter(), (0, ""), []
    for operation in described(shop, service):
        subject = subjects.of(operation)
        status, _, _ = client.send(Request(operation, subject(), "right values"))
        if not 200 <= status < 400 and not operation.path.startswith(WITHOUT_SUCCESS):
            fruitless.append(f"{operation}: {status}")
        for request in chosen(operation, subject):
            status, headers, seconds = answer(client, request)
            statuses[status] += 1
            slowest = max(slowest, (seconds, str(request)))
            if status >= 500 and (status != 503 or "Retry-After" not in headers):
                faults.append(f"{request}: {status}")
            if seconds > SLOW and str(operation) != WAITING:
                faults.append(f"{request}: {seconds:.2f} s")
            if 200 <= status < 300 and hasattr(subject, "used"):
                subject.used()
            if operation.path == "/admin/faults" and 200 <= status < 300:
                requests.delete(shop.url("psp", "/admin/faults"), timeout=5)
        assert shop.process.poll() is None, f"the shop has ended in {operation}"
    client.close()
    print(f"\n{service}: {sum(statuses.values())} requests, {dict(sorted(statuses.items()))}")
    print(f"{service}: slowest {slowest[0] * 1000:.0f} ms: {slowest[1]}")
    assert not faults, "\n".join(faults[:40])
    assert service in UNPREPARED or not fruitless, "these cannot succeed as prepared:\n" + "\n".join(fruitless)


def chosen(operation, subject):
    """All, or another quarter for each operation; of one that waits, few."""
    step = 32 if str(operation) == WAITING else 1 if IS_FULL else 4
    return (
        item
        for number, item in enumerate(operation.variants(subject))
        if number % step == sum(str(operation).encode()) % step
    )


def answer(client, request):
    """What took too long is asked again: on a machine with other work, one answer may be late, and not two."""
    found = client.send(request)
    return (
        found
        if found[2] <= SLOW or str(request.operation) == WAITING
        else min(found, client.send(request), key=lambda answer: answer[2])
    )


def test_memory_is_given_back(shop, subjects):
    """The databases' caches are as full by now as they get. The same again, and 200 bodies of a megabyte, leave nothing."""
    before = memory(shop)
    for service in ("order", "cart", "product"):
        client = Client(shop.ports[service])
        for operation in described(shop, service):
            for request in chosen(operation, subjects.of(operation)):
                client.send(request)
        client.close()
    client = Client(shop.ports["order"])
    operation = next(item for item in described(shop, "order") if str(item) == "order POST /orders")
    for _ in range(200):
        request = Request(operation, {}, "a megabyte")
        request.body = b'{"a":"' + b"x" * 1_000_000 + b'"}'
        request.headers["Content-Type"] = "application/json"
        assert client.send(request)[0] == 400
    client.close()
    peak = memory(shop)
    eventually(f"{peak >> 20} MiB go back to {before >> 20} MiB", lambda: memory(shop) <= before * 1.2, 30)
    print(f"\nresident: {before >> 20} MiB before, {peak >> 20} MiB then, {memory(shop) >> 20} MiB now")
    assert all(requests.get(shop.url(name, "/livez"), timeout=5).ok for name in SERVICES)
