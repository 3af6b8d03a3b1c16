"""Upstreams and clients that pass bodies on in pieces, byte for byte, on sockets that block."""

import os
import pathlib
import re
import socket
import threading
import time

GIB = 1 << 30
PIECE = b"0123456789abcdef" * 4096


class Upstream:
    """Runs `script(connection, head, rest)` for each connection's first request, in a thread of its own."""

    def __init__(self, script):
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.heads = []
        # How each connection has ended, by what the script returned.
        self.results = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(120)
            try:
                head, rest = read_head(connection)
                if not head:
                    return
                self.heads.append(head)
                self.results.append(self._script(connection, head, rest))
            except OSError as error:
                self.results.append(error)

    def close(self):
        self._listener.close()


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b"", data
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def drain(connection, rest=b""):
    """All that comes until the end, as a count, and how it ends: `end` or `reset`."""
    count = len(rest)
    buffer = bytearray(1 << 20)
    try:
        while more := connection.recv_into(buffer):
            count += more
    except ConnectionError:
        return count, "reset"
    return count, "end"


def body_bytes(connection, head, rest):
    """How many bytes the body of a request has, by its length or its chunks; `None` if it is cut off."""
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length:
        left = int(length[1]) - len(rest)
        buffer = bytearray(1 << 20)
        while left > 0:
            more = connection.recv_into(buffer, min(left, len(buffer)))
            if not more:
                return None
            left -= more
        return int(length[1])
    reader = connection.makefile("rb")
    source = Joined(rest, reader)
    count = 0
    while True:
        line = source.readline()
        if not line.endswith(b"\r\n"):
            return None
        size = int(line, 16)
        data = source.read(size + 2)
        if len(data) < size + 2:
            return None
        if size == 0:
            return count
        count += size


class Joined:
    """Bytes that were read already, and then those of a file."""

    def __init__(self, begun, file):
        self.begun, self.file = begun, file

    def read(self, count):
        data, self.begun = self.begun[:count], self.begun[count:]
        return data + self.file.read(count - len(data)) if len(data) < count else data

    def readline(self):
        line, end, rest = self.begun.partition(b"\n")
        if end:
            self.begun = rest
            return line + end
        self.begun = b""
        return line + self.file.readline(1000)


def resident(process):
    """Bytes of memory that a process has now."""
    pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """The most memory that a process has while something runs."""

    def __init__(self, process):
        self.process, self.before, self.peak = process, resident(process), 0
        self._ends = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._look, daemon=True).start()
        self.began = time.monotonic()
        return self

    def _look(self):
        while not self._ends.wait(0.02):
            self.peak = max(self.peak, resident(self.process))

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.began
        self._ends.set()

    @property
    def grown(self):
        return max(0, self.peak - self.before)

    def __str__(self):
        return (
            f"{self.before / 2**20:.0f} MiB before, {self.peak / 2**20:.0f} MiB at most, "
            f"{self.seconds:.1f} s"
        )
