"""Where a request ends: what the gateway takes for requests is what others take for them. Raw cases go through it to a
recorder and to nginx, and through nginx to it."""

import re
import socket
import threading

import pytest

import framing_corpus
from nginx import Nginx
from shop import Shop

CORPUS = list(dict.fromkeys(framing_corpus.cases()))
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")


class Recorder:
    """Answers every request with 200, and keeps its method and target. It reads lengths only, as the gateway sends them."""

    def __init__(self):
        self._seen, self._lock = [], threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        data = b""
        with client:
            while True:
                head, found, rest = data.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                size = int(length[1]) if length else 0
                if found and len(rest) >= size:
                    words = head.split(b"\r\n")[0].decode("latin-1").split(" ")
                    with self._lock:
                        self._seen.append((words[0], words[1]))
                    data = rest[size:]
                    client.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (b"" if words[0] == "HEAD" else b"ok")
                    )
                    continue
                try:
                    more = client.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                data += more

    def take(self):
        with self._lock:
            seen, self._seen = self._seen, []
        return seen

    def close(self):
        self._listener.close()


def send(port, case):
    """The statuses of all answers, until the other side closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        data = b""
        try:
            client.sendall(case + framing_corpus.NEXT)
            client.settimeout(0.7)
            while more := client.recv(65536):
                data += more
        except OSError:
            pass
    return [int(status) for status in STATUS.findall(data)]


@pytest.fixture(scope="module")
def recorder():
    recorder = Recorder()
    yield recorder
    recorder.close()


def gateway_to(port, folder):
    """A gateway whose orders are there."""
    shop = Shop(folder, {"order": f"url: http://127.0.0.1:{port}"})
    shop.services = ["gateway"]
    return shop.up()


@pytest.fixture(scope="module")
def gateway(recorder, tmp_path_factory):
    shop = gateway_to(recorder.port, tmp_path_factory.mktemp("gateway") / "data")
    recorder.take()
    yield shop
    shop.end("SIGTERM")


@pytest.fixture(scope="module")
def nginx(gateway, tmp_path_factory):
    nginx = Nginx(tmp_path_factory.mktemp("nginx") / "nginx", gateway.ports["gateway"])
    yield nginx
    nginx.stop()


def test_what_is_smuggled_is_not_passed_on(gateway, recorder):
    faults, passed = [], 0
    for case in CORPUS:
        statuses = send(gateway.ports["gateway"], case)
        seen = recorder.take()
        passed += len(seen)
        # The gateway's own page is at its root.
        own = case.startswith(b"GET / ") and statuses[:1] == [200]
        if statuses.count(200) - own != len(seen):
            faults.append(f"{case[:120]}: answers {statuses}, passed on {seen}")
        if any("smuggled" in target for _, target in seen) and not is_pipelined(case):
            faults.append(f"{case[:120]}: {seen}")
    print(f"\n{len(CORPUS)} raw cases, {passed} requests passed on")
    assert len(CORPUS) >= 250
    assert not faults, "\n".join(faults[:20])


def is_pipelined(case):
    """Whether the second request of a case is one: the first has no body. An underscore makes another field's name."""
    head = case.partition(b"\r\n\r\n")[0]
    lengths = re.findall(rb"(?i)\r\ncontent-length: *(\d+)", head)
    ends_before = not lengths or int(lengths[0]) == 0 or head.endswith(b"Length: 5") or b"_Encoding" in head
    return ends_before and not re.search(rb"(?i)\r\ntransfer-encoding", head)


def test_nginx_behind_sees_what_the_gateway_passes_on(gateway, recorder, nginx, tmp_path):
    behind = gateway_to(nginx.end, tmp_path / "data")
    try:
        nginx.take(nginx.end, 1)
        faults = []
        for case in CORPUS:
            statuses = send(behind.ports["gateway"], case)
            seen = nginx.take(nginx.end, statuses.count(200))
            send(gateway.ports["gateway"], case)
            recorded = recorder.take()
            if seen != recorded:
                faults.append(f"{case[:120]}: nginx saw {seen}, a recorder {recorded}")
        assert not faults, "\n".join(faults[:20])
    finally:
        behind.end("SIGTERM")


def test_the_gateway_sees_what_nginx_in_front_passes_on(nginx, recorder):
    faults, passed = [], 0
    for case in CORPUS:
        statuses = send(nginx.front, case)
        recorded = recorder.take()
        own = [("GET", "/")] if case.startswith(b"GET / ") and statuses[:1] == [200] else []
        seen = nginx.take(nginx.front, max(statuses.count(200), len(recorded + own)))
        passed += len(recorded)
        if seen != own + recorded:
            faults.append(f"{case[:120]}: nginx passed {seen}, behind the gateway came {recorded}")
    print(f"\n{passed} requests passed on")
    assert not faults, "\n".join(faults[:20])
