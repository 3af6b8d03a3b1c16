"""Bodies through the gateway in pieces: 1 GiB both ways with flat memory, events at once, clients and upstreams that are
slow, go, or break the rules amid a body."""

import socket
import struct
import threading
import time

import pytest

from shop import Shop
from streams import GIB, PIECE, Upstream, Watch, body_bytes, drain, read_head, resident

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
# What the gateway may take for a stream: buffers of both sides, and what the allocator keeps.
FLAT = 24 << 20
BROKEN = "the other side must learn of it within a second"


def answer(length):
    """A script that sends so many bytes, with their length."""

    def script(connection, head, rest):
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % length)
        sent = 0
        while sent < length:
            connection.sendall(PIECE[: length - sent])
            sent += min(len(PIECE), length - sent)
        return sent

    return script


def chunked(pieces, end=b"0\r\n\r\n"):
    def script(connection, head, rest):
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(end)
        return "sent"

    return script


def take(connection, head, rest):
    """A script that reads the body and says how long it was."""
    count = body_bytes(connection, head, rest)
    if count is not None:
        text = b"%d" % count
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
    return count


class Site:
    """A gateway whose `/orders/**` is an upstream that does what the test says."""

    def __init__(self, folder):
        self.script = take
        self.upstream = Upstream(lambda *arguments: self.script(*arguments))
        self.shop = Shop(
            folder,
            {
                "order": f"url: http://127.0.0.1:{self.upstream.port}",
                "gateway": "timeouts: {firstByte: 10s, total: 10s}\n"
                "routes:\n"
                "  - {id: big, uri: order, predicates: ['Path=/orders/**'], filters: [RequestSize=2GB]}\n"
                "  - {id: small, uri: order, predicates: ['Path=/small/**'], filters: [RequestSize=200000B]}\n"
                "  - {id: none, uri: 'no://op', predicates: ['Path=/none/**'], filters: [SetStatus=401]}\n",
            },
        )
        self.shop.services = ["gateway"]
        self.shop.up()
        self.process = self.shop.process
        self.reset(take)

    def reset(self, script):
        self.script = script
        self.upstream.heads.clear()
        self.upstream.results.clear()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.shop.ports["gateway"]), timeout=60)
        return client

    def ask(self, target="/orders/1", version="1.1", fields=""):
        client = self.connect()
        client.sendall(f"GET {target} HTTP/{version}\r\nHost: h\r\n{fields}\r\n".encode())
        return client

    def result(self, seconds=10):
        """What the script has returned."""
        end = time.monotonic() + seconds
        while not self.upstream.results:
            assert time.monotonic() < end, "the upstream has not ended"
            time.sleep(0.005)
        return self.upstream.results[0]

    def close(self):
        self.shop.end("SIGTERM")
        self.upstream.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("streaming") / "data")
    yield site
    site.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# Long bodies


def test_an_answer_of_a_gibibyte_passes_with_flat_memory(site):
    site.reset(answer(GIB))
    with Watch(site.process) as watch:
        client = site.ask()
        head, rest = read_head(client)
        count = len(rest)
        buffer = bytearray(1 << 20)
        while count < GIB:
            more = client.recv_into(buffer)
            assert more, f"it ends after {count} bytes"
            count += more
    print(f"\nan answer of 1 GiB: {watch}")
    assert b"Content-Length: %d" % GIB in head and count == GIB
    assert watch.grown < FLAT and watch.seconds < 60


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_upload_of_a_gibibyte_passes_with_flat_memory(site, framing):
    site.reset(take)
    with Watch(site.process) as watch:
        client = site.connect()
        if framing == "length":
            client.sendall(b"POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % GIB)
            for _ in range(GIB // len(PIECE)):
                client.sendall(PIECE)
        else:
            client.sendall(b"POST /orders HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
            for _ in range(GIB // len(PIECE)):
                client.sendall(chunk)
            client.sendall(b"0\r\n\r\n")
        head, rest = read_head(client)
    print(f"\nan upload of 1 GiB, {framing}: {watch}")
    assert head.startswith(b"HTTP/1.1 200") and rest == b"%d" % GIB
    assert watch.grown < FLAT and watch.seconds < 60


def test_the_first_version_of_http_gets_chunks_without_their_frames(site):
    site.reset(chunked([PIECE] * 4))
    client = site.ask(version="1.0")
    head, rest = read_head(client)
    assert b"chunked" not in head.lower() and b"Content-Length" not in head and b"Connection: close" in head
    count, end = drain(client, rest)
    assert (count, end) == (4 * len(PIECE), "end")


# Events


def test_an_event_arrives_within_50_ms(site):
    sent = []

    def events(connection, head, rest):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(50):
            time.sleep(0.02)
            event = b"id: %d\ndata: x\n\n" % number
            sent.append(time.monotonic())
            connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
        return drain(connection)

    site.reset(events)
    client = site.ask(fields="Accept: text/event-stream\r\n")
    received, data = [], b""
    while len(received) < 50:
        data += client.recv(65536)
        while len(received) < data.count(b"data: x"):
            received.append(time.monotonic())
    delays = sorted((after - before) * 1000 for before, after in zip(sent, received))
    print(f"\nan event is on its way for {delays[25]:.2f} ms, {delays[-1]:.2f} ms at most")
    assert delays[-1] < 50
    left = time.monotonic()
    client.close()
    site.result()
    assert time.monotonic() - left < 1, BROKEN


def test_many_streams_of_events_keep_no_request_out(site):
    def script(connection, head, rest):
        if b"/events" not in head:
            return take(connection, head + b"\r\nContent-Length: 0", rest)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:\n\n")
        return drain(connection)

    site.reset(script)
    streams = [site.ask("/orders/events") for _ in range(300)]
    for stream in streams:
        assert read_head(stream)[0].startswith(b"HTTP/1.1 200")
    head, _ = read_head(site.ask())
    assert head.startswith(b"HTTP/1.1 200")
    left = time.monotonic()
    for stream in streams:
        stream.close()
    while len(site.upstream.results) < 301:
        assert time.monotonic() - left < 5, "upstreams of clients that have gone are still there"
        time.sleep(0.01)


# Slow clients


def times(site, count):
    """How long each of so many requests on one connection takes, in milliseconds."""
    found = []
    for _ in range(count):
        began = time.monotonic()
        head, _ = read_head(site.ask(fields="Connection: close\r\n"))
        found.append((time.monotonic() - began) * 1000)
        assert head.startswith(b"HTTP/1.1 200")
    return sorted(found)


def test_slow_clients_slow_only_themselves(site):
    def script(connection, head, rest):
        if b"/big" in head:
            return answer(GIB)(connection, head, rest)
        return take(connection, head + b"\r\nContent-Length: 0", rest)

    site.reset(script)
    alone = times(site, 300)
    before = resident(site.process)
    slow = [site.ask("/orders/big") for _ in range(50)]
    for client in slow:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert read_head(client)[0].startswith(b"HTTP/1.1 200")
    beside = times(site, 300)
    grown = resident(site.process) - before
    print(
        f"\np99 of other requests: {alone[296]:.2f} ms alone, {beside[296]:.2f} ms beside 50 clients that take 1 GiB "
        f"slowly; {grown / 50 / 1024:.0f} KiB for each of these"
    )
    for client in slow:
        client.close()
    assert beside[296] < max(3 * alone[296], alone[296] + 20)
    assert grown < 50 * (512 << 10)


# Who goes


@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
def test_an_upstream_that_breaks_off_is_seen_by_the_client(site, framing):
    fields = {"length": b"Content-Length: %d\r\n\r\n" % GIB, "chunks": b"Transfer-Encoding: chunked\r\n\r\n100000\r\n"}

    def script(connection, head, rest):
        connection.sendall(HEAD + fields.get(framing, b"\r\n") + PIECE * 4)
        time.sleep(0.2)
        reset(connection)

    site.reset(script)
    client = site.ask()
    head, rest = read_head(client)
    count, end = drain(client, rest)
    assert head.startswith(b"HTTP/1.1 200")
    if b"chunked" in head:
        client_saw = rest
        assert count < GIB and not client_saw.endswith(b"0\r\n\r\n")
    assert count < GIB
    # The gateway goes on.
    site.reset(answer(2))
    assert read_head(site.ask())[0].startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_an_answer_frees_the_upstream(site, how):
    site.reset(answer(GIB))
    client = site.ask()
    read_head(client)
    left = time.monotonic()
    reset(client) if how == "reset" else client.close()
    assert isinstance(site.result(), OSError)
    assert time.monotonic() - left < 1, BROKEN


@pytest.mark.parametrize("framing", ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("how", ["half", "reset"])
def test_a_client_that_leaves_an_upload_is_seen_by_the_upstream(site, framing, how):
    site.reset(take)
    client = site.connect()
    client.sendall(f"POST /orders HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n".encode())
    client.sendall(PIECE if "Length" in framing else b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    client.sendall(PIECE if "Length" in framing else b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    end = time.monotonic() + 5
    while not site.upstream.heads:
        assert time.monotonic() < end
        time.sleep(0.005)
    left = time.monotonic()
    reset(client) if how == "reset" else client.shutdown(socket.SHUT_WR)
    result = site.result()
    assert result is None or isinstance(result, OSError), f"the upstream took it for a whole body: {result}"
    assert time.monotonic() - left < 1, BROKEN


# Early answers


def upload_until_answered(site, path, size=GIB):
    """The status of the answer that comes while the body is sent, and how many bytes were."""
    client = site.connect()
    client.settimeout(20)
    client.sendall(f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n".encode())
    sent, found = 0, []

    def listen():
        head, _ = read_head(client)
        found.append(head)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while sent < size and not found:
            client.sendall(PIECE)
            sent += len(PIECE)
    except OSError:
        pass
    listener.join(20)
    return int(found[0].split()[1]), sent


@pytest.mark.parametrize("path, status", [("/none/1", 401), ("/small/1", 413), ("/elsewhere", 404)])
def test_the_gateways_own_refusal_comes_while_the_upload_runs(site, path, status):
    site.reset(take)
    answered, sent = upload_until_answered(site, path)
    assert answered == status and sent < 64 << 20
    assert not site.upstream.heads


def test_the_upstreams_refusal_comes_while_the_upload_runs(site):
    def refuse(connection, head, rest):
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        return drain(connection)[1]

    site.reset(refuse)
    answered, sent = upload_until_answered(site, "/orders/1")
    assert answered == 413 and sent < 256 << 20


def test_a_body_that_grows_too_large_is_cut_off_at_the_upstream(site):
    site.reset(take)
    client = site.connect()
    client.sendall(b"POST /small/1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        for _ in range(8):
            client.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        client.sendall(b"0\r\n\r\n")
    except OSError:
        pass
    assert read_head(client)[0].split()[1] == b"413"
    result = site.result() if site.upstream.heads else None
    assert result is None or isinstance(result, OSError), result


# Framing amid a stream: the siblings of the cases of test_framing.py

ABUSES = [
    b"zz\r\n", b"-1\r\n", b"5 \r\n", b"\r\n", b"0x5\r\nhello\r\n", b"5\nhello\r\n", b"5\r\nhelloX\r\n", b"5\r\nhello\n",
    b"5;\x00\r\nhello\r\n", b"ffffffffffffffff\r\n", b"10000000000000000\r\n", b"5\r\r\nhello", b"+5\r\nhello\r\n",
    b"0\r\nBad Trailer\r\n\r\n", b"0\r\n: x\r\n\r\n", b"0\n\n", b"1" * 300, b"5\r\nhel\r\n0\r\n\r\n" + b"y" * 600,
    b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("abuse", ABUSES)
def test_chunks_of_an_upload_that_cannot_be_read_end_it(site, abuse):
    site.reset(take)
    client = site.connect()
    client.sendall(b"POST /orders HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(4):
        client.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    try:
        client.sendall(abuse + b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
    except OSError:
        pass
    head, rest = read_head(client)
    assert head.split()[1] in (b"400", b"413"), head
    assert b"HTTP/1.1" not in rest
    result = site.result()
    assert result is None or isinstance(result, OSError), f"the upstream took it for a whole body: {result}"
    assert not any(b"smuggled" in seen for seen in site.upstream.heads)


@pytest.mark.parametrize("abuse", [b"zz\r\n", b"-1\r\n", b"5\r\nhelloXX", b"\r\n\r\n", b"ffffffffffffffffff\r\n"])
def test_chunks_of_an_answer_that_cannot_be_read_cut_it_off(site, abuse):
    site.reset(chunked([PIECE] * 4, end=abuse))
    client = site.ask()
    head, rest = read_head(client)
    data = bytearray(rest)
    try:
        while more := client.recv(1 << 20):
            data += more
    except ConnectionError:
        pass
    assert b"chunked" in head and not data.endswith(b"0\r\n\r\n")


def test_an_answer_longer_than_it_says_is_not_passed_on_beyond(site):
    def script(connection, head, rest):
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(PIECE * 2) + PIECE * 2)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")
        return drain(connection)

    site.reset(script)
    client = site.ask()
    head, rest = read_head(client)
    data = bytearray(rest)
    while len(data) < len(PIECE * 2):
        data += client.recv(1 << 20)
    site.reset(answer(5))
    client.sendall(b"GET /orders/2 HTTP/1.1\r\nHost: h\r\n\r\n")
    head, rest = read_head(client)
    assert data == PIECE * 2 and head.startswith(b"HTTP/1.1 200") and b"smuggled" not in rest


@pytest.mark.parametrize("missing", [1, 100_000])
def test_an_answer_shorter_than_it_says_is_cut_off(site, missing):
    length = len(PIECE) * 3

    def script(connection, head, rest):
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % length + (PIECE * 3)[: length - missing])

    site.reset(script)
    client = site.ask()
    head, rest = read_head(client)
    count, _ = drain(client, rest)
    assert b"Content-Length: %d" % length in head and count == length - missing


def test_a_longer_body_than_it_says_is_the_next_request_and_nothing_else(site):
    site.reset(take)
    client = site.connect()
    client.sendall(b"POST /orders/1 HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (len(PIECE) * 3))
    client.sendall(PIECE * 3 + b"garbage\r\n\r\n")
    head, rest = read_head(client)
    assert head.split()[1] == b"200" and rest.startswith(b"%d" % (len(PIECE) * 3))
    data = rest
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionError:
        pass
    assert b"HTTP/1.1 400" in data and len(site.upstream.heads) == 1


# The end


def test_a_gateway_that_stops_ends_events_and_finishes_other_answers(tmp_path):
    site = Site(tmp_path / "data")
    try:

        def script(connection, head, rest):
            if b"/events" in head:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n")
                return drain(connection)
            return answer(8 << 20)(connection, head, rest)

        site.reset(script)
        events, download = site.ask("/orders/events"), site.ask("/orders/big")
        read_head(events)
        _, rest = read_head(download)
        began = time.monotonic()
        site.process.terminate()
        drain(events)
        assert time.monotonic() - began < 5
        count = len(rest)
        while count < 8 << 20:
            more = len(download.recv(1 << 16))
            assert more, f"it was cut off after {count} bytes"
            count += more
        assert site.process.wait(30) == 0
    finally:
        site.close()
