"""A full disk, and little memory: what cannot be done is told, nothing that was promised is lost, and it goes on by
itself."""

import os
import pathlib
import re
import subprocess
import time

import pytest
import requests

from crowd import Crowd
from shop import SERVICES, Shop
from waiting import eventually

MEBIBYTE = 1 << 20
ORDER = {"branchId": 1, "sauceId": 1, "qty": 1, "price": 100, "currency": "KRW", "email": "a@example.org"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 64 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip(f"a disk that can be filled needs mount: {mount.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(path):
    """Until not a byte more fits."""
    with open(path, "wb", buffering=0) as file:
        for size in (MEBIBYTE, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def test_a_full_disk_is_told_and_survived(tmp_path, small_disk):
    shop = Shop(small_disk / "data", {"psp": "confirmation: answer"})
    shop.log = tmp_path / "log.txt"
    shop.up()
    try:
        placed = [shop.place() for _ in range(20)]
        fill(small_disk / "filling")
        refused, accepted = [], []
        end = time.monotonic() + 5
        while time.monotonic() < end:
            answer = requests.post(shop.url("order", "/orders"), json=ORDER, timeout=35)
            (accepted if answer.status_code in (201, 202) else refused).append(answer)
            assert requests.get(shop.url("order", f"/orders/{placed[0]}"), timeout=5).status_code == 200
        assert refused, "the disk is full, and orders were still taken"
        wrong = [answer.text for answer in refused if answer.status_code != 503 or "Retry-After" not in answer.headers]
        assert not wrong, wrong[:3]
        assert all(requests.get(shop.url(name, "/livez"), timeout=5).ok for name in SERVICES)
        assert "full" in requests.get(shop.url("order", "/readyz"), timeout=5).text
        assert re.search(
            r'sambal_storage_failures_total{[^}]*reason="full"[^}]*} [1-9]',
            requests.get(shop.url("order", "/metrics"), timeout=5).text,
        )
        said = shop.log.read_text()
        (small_disk / "filling").unlink()

        def taken():
            answer = requests.post(shop.url("order", "/orders"), json=ORDER, timeout=35)
            return answer if answer.status_code == 201 else None

        start = time.monotonic()
        placed += [eventually("orders are taken again", taken, 30).json()["id"]]
        print(f"\n{len(refused)} refused, {len(accepted)} taken while the disk was full; again after "
              f"{time.monotonic() - start:.1f} s")  # fmt: skip
        placed += [answer.json()["id"] for answer in accepted]
        eventually("all that was promised is paid", lambda: all(shop.status(id) == "PAID" for id in placed), 60)
        eventually("and is to be delivered", lambda: delivered(shop, placed), 60)
        assert "full" in said, f"the log does not say that the disk is full:\n{said[-2000:]}"
        assert len(said) < MEBIBYTE, "the log repeats itself"
    finally:
        shop.end("SIGTERM")


def delivered(shop, orders):
    answer = requests.get(shop.url("delivery", "/deliveries"), params={"size": 1000}, timeout=5)
    return set(orders) <= {delivery["orderId"] for delivery in answer.json()["_embedded"]["deliveries"]}


class MemoryGroup:
    """A control group of either version, with a limit on memory."""

    def __init__(self, name, limit):
        self.is_new = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        self.folder = pathlib.Path("/sys/fs/cgroup" if self.is_new else "/sys/fs/cgroup/memory") / name
        self.folder.mkdir()
        (self.folder / ("memory.max" if self.is_new else "memory.limit_in_bytes")).write_text(str(limit))

    def take(self, process):
        (self.folder / "cgroup.procs").write_text(str(process))

    def kills(self):
        events = (self.folder / ("memory.events" if self.is_new else "memory.oom_control")).read_text()
        return sum(int(line.split()[1]) for line in events.splitlines() if line.startswith("oom_kill "))

    def remove(self):
        self.folder.rmdir()


@pytest.fixture
def little_memory():
    try:
        group = MemoryGroup(f"sambal-{os.getpid()}", 384 * MEBIBYTE)
    except OSError as error:
        pytest.skip(f"a limit on memory needs control groups that can be written: {error}")
    yield group
    eventually("the group is empty", lambda: not (group.folder / "cgroup.procs").read_text(), 20)
    group.remove()


def test_little_memory_is_enough_whatever_comes(tmp_path, little_memory):
    shop = Shop(tmp_path / "data", {"psp": "confirmation: answer"})
    shop.group = little_memory
    shop.up()
    try:
        before = resident(shop)
        # Bodies that do not end: together they may have 128 MiB, and no more.
        head = b"POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        crowd = Crowd(shop.ports["order"], 400, head)
        for _ in range(32):
            crowd.send(b"x" * 31_000)
            time.sleep(0.02)
        assert requests.get(shop.url("order", "/livez"), timeout=5).ok
        stalled = resident(shop)
        crowd.leave(resets=True)
        large = {"a": "x" * 900_000}
        for _ in range(100):
            assert requests.post(shop.url("order", "/orders"), json=ORDER | large, timeout=10).status_code in (
                201,
                400,
                503,
            )
        for number in range(100):
            product = {"sauceId": number + 10, "name": "S", "description": "x" * 60_000, "price": 1, "currency": "KRW"}
            requests.put(shop.url("product", f"/products/{number + 10}"), json=product, timeout=10)
        for _ in range(30):
            assert requests.get(shop.url("product", "/products?size=1000"), timeout=10).status_code in (200, 400, 503)
        after = resident(shop)
        print(
            f"\nresident: {before >> 20} MiB before, {stalled >> 20} MiB with 400 stalled bodies, {after >> 20} MiB then"
        )
        assert shop.process.poll() is None
        assert little_memory.kills() == 0
        assert shop.status(shop.place()) in ("PAID", "PAYMENT_PENDING", "PLACED")
        assert all(requests.get(shop.url(name, "/livez"), timeout=5).ok for name in SERVICES)
    finally:
        shop.end("SIGTERM")


def resident(shop):
    for line in open(f"/proc/{shop.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
