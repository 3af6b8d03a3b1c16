"""deploy/compose/compose.yaml: what it tells each service is what the service takes, and it makes a whole shop."""

import os
import pathlib
import re
import subprocess
import uuid

import pytest
import requests
import yaml

from shop import SAMBAL, SERVICES, free_ports
from waiting import eventually

FILE = pathlib.Path(__file__).parents[2] / "deploy/compose/compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
#: host:port of a real broker; without one, the shop of the file is only read.
BROKER = os.environ.get("SAMBAL_TEST_KAFKA")
SECRET = "whsec_MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY="


def environment(service):
    """Of the process, and nothing of the one who tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAL_")}
    given = COMPOSE["services"][service]["environment"]
    return own | {name: SECRET if str(value).startswith("${PSP_SECRET") else str(value) for name, value in given.items()}


def test_every_service_is_there():
    assert set(COMPOSE["services"]) == {"kafka", *SERVICES}
    listed = subprocess.run([SAMBAL, "services"], capture_output=True, text=True, timeout=30).stdout
    ports = {line.split()[0]: line.split()[1] for line in listed.splitlines()[1:] if line.strip()}
    for service in SERVICES:
        told = COMPOSE["services"][service]
        assert told["command"][:2] == ["serve", service]
        assert told["ports"] == [f"127.0.0.1:{ports[service]}:{ports[service]}"]
        assert told["volumes"][0].split(":") == [service, told["command"][3]]
        assert service in COMPOSE["volumes"]
    for service in set(SERVICES) - {"gateway"}:
        assert environment("order")[f"SAMBAL_{service.upper()}_URL"] == f"http://{service}:{ports[service]}"


@pytest.mark.parametrize("service", SERVICES)
def test_what_it_is_told_is_what_it_takes(service):
    checked = subprocess.run(
        [SAMBAL, "config", "check"], env=environment(service), capture_output=True, text=True, timeout=30
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "kafka://kafka:9092" in checked.stdout


@pytest.mark.skipif(BROKER is None, reason="SAMBAL_TEST_KAFKA names no broker")
def test_it_is_a_whole_shop(tmp_path):
    """The processes of the file, with 127.0.0.1 and free ports in place of the containers' network."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
    prefix = f"compose-{uuid.uuid4()}"

    def here(value):
        value = value.replace("kafka://kafka:9092", f"kafka://{BROKER}").replace("0.0.0.0", "127.0.0.1")
        return re.sub(r"^http://(\w+):\d+$", lambda match: f"http://127.0.0.1:{ports[match[1]]}", value)

    running = []
    try:
        for service in SERVICES:
            variables = {name: here(value) for name, value in environment(service).items()}
            variables |= {f"SAMBAL_{service.upper()}_PORT": str(ports[service]), "SAMBAL_KAFKA_PREFIX": prefix}
            command = COMPOSE["services"][service]["command"][:-1] + [str(tmp_path / service)]
            with open(tmp_path / f"{service}.txt", "wb") as log:
                running.append(subprocess.Popen([SAMBAL, *command], env=variables, stdout=log, stderr=log))

        def get(service, path):
            return requests.get(f"http://127.0.0.1:{ports[service]}{path}", timeout=5)

        for service in SERVICES:
            eventually(f"{service} is ready", lambda: is_ok(lambda: get(service, "/readyz")), 60)
        order = {"branchId": 1, "sauceId": 1, "qty": 10, "price": 10000}
        placed = requests.post(f"http://127.0.0.1:{ports['gateway']}/orders", json=order, timeout=20)
        assert placed.status_code == 201, placed.text
        path = f"/orderDashboards/{placed.json()['id']}"

        def is_at_its_end():
            row = get("dashboard", path).json()
            return row.get("status") == "PAID" and row.get("deliveryId") and row.get("messagesSent", 0) >= 1

        eventually("the order is at its end", is_at_its_end, 60)
        assert len(list((tmp_path / "email" / "outbox").glob("*.eml"))) == 1
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=40)


def is_ok(get):
    try:
        return get().ok
    except requests.RequestException:
        return False
