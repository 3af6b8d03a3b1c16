"""The simulator as a real process on free ports, and a receiver of its callbacks."""

import queue
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from shop import SAMBAL, free_ports

STRIPE_KEY = "sk_test_interop"
STRIPE_WEBHOOK_SECRET = "whsec_interop"
MIDTRANS_KEY = "SB-Mid-server-interop"


class Receiver:
    """Takes callbacks at /stripe and /midtrans; each is (path, headers, body)."""

    def __init__(self):
        self.received = {"/stripe": queue.Queue(), "/midtrans": queue.Queue()}
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received[self.path].put((dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def wait(self, path, matches, seconds=10):
        """The first callback that matches; others are dropped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                headers, body = self.received[path].get(timeout=left)
            except queue.Empty:
                break
            if matches(headers, body):
                return headers, body
        raise AssertionError(f"no such callback came to {path} within {seconds} s")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def psp(receiver, tmp_path_factory):
    """The simulator's base URL."""
    data = tmp_path_factory.mktemp("psp")
    (port,) = free_ports(1)
    config = data / "config.yaml"
    config.write_text(
        f"""
psp:
  port: {port}
  stripe:
    secretKey: {STRIPE_KEY}
    webhookSecret: {STRIPE_WEBHOOK_SECRET}
    webhookURL: {receiver.url("/stripe")}
  midtrans:
    serverKey: {MIDTRANS_KEY}
    notificationURL: {receiver.url("/midtrans")}
"""
    )
    log = open(data / "log.txt", "wb")
    process = subprocess.Popen(
        [SAMBAL, "serve", "psp", "--data", data, "--config", config], stdout=log, stderr=log
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, base, data / "log.txt")
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def wait_until_ready(process, base, log):
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{base}/readyz", timeout=1).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the simulator does not start:\n{log.read_text()}")


@pytest.fixture
def faults(psp):
    """Sets faults; ends them after the test."""

    def change(**values):
        answer = requests.patch(f"{psp}/admin/faults", json=values, timeout=5)
        assert answer.status_code == 200, answer.text

    yield change
    requests.delete(f"{psp}/admin/faults", timeout=5)


@pytest.fixture
def statement(psp):
    """What the simulator's book says of an order."""

    def lines(order_id):
        answer = requests.get(
            f"{psp}/statement/search/findByOrderId", params={"orderId": order_id, "size": 100}, timeout=5
        )
        return answer.json()["_embedded"]["charges"]

    return lines
