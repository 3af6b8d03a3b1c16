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
HTTPS = "127.0.0.1:8443:8443"
#: host:port of a real broker; without one, the shop of the file is only read.
BROKER = os.environ.get("SAMBAL_TEST_KAFKA")
#: What deploy/Dockerfile says by ENV.
IMAGE = dict(
    pair.split("=", 1)
    for line in (FILE.parents[1] / "Dockerfile").read_text().splitlines()
    if line.startswith("ENV ")
    for pair in line.split()[1:]
)
SECRET = "whsec_MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY="
SERVICES_SECRET = "0123456789abcdef0123456789abcdef0123"


def environment(service):
    """Of the process, and nothing of the one who tests: the image's, and the file's over it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAL_")}
    given = COMPOSE["services"][service]["environment"]
    return own | IMAGE | {name: filled(str(value)) for name, value in given.items()}


def filled(value):
    """As with the .env file that the head of compose.yaml describes."""
    if value.startswith("${SERVICES_SECRET"):
        return SERVICES_SECRET
    return SECRET if value.startswith("${PSP_SECRET") else value.replace("${DATABASE_PASSWORD:-}", "5ecret")


def test_every_service_is_there():
    of_profile = {
        profile: {name for name, service in COMPOSE["services"].items() if service["profiles"] == [profile]}
        for profile in ("embedded", "kafka", "polyglot")
    }
    assert of_profile["embedded"] == {"shop"}
    assert of_profile["kafka"] == {"kafka", *SERVICES}
    assert of_profile["polyglot"] == {"shop-polyglot", "postgres", "mariadb", "mongodb"}
    listed = subprocess.run([SAMBAL, "services"], capture_output=True, text=True, timeout=30).stdout
    ports = {line.split()[0]: line.split()[1] for line in listed.splitlines()[1:] if line.strip()}
    for service in SERVICES:
        told = COMPOSE["services"][service]
        assert told["command"] == ["serve", service]
        assert told["ports"] == [f"127.0.0.1:{ports[service]}:{ports[service]}"] + [HTTPS] * (service == "gateway")
        assert told["volumes"] == [f"{service}:{IMAGE['SAMBAL_DATA']}"]
        assert service in COMPOSE["volumes"]
    for shop in ("shop", "shop-polyglot"):
        published = {f"127.0.0.1:{port}:{port}" for port in ports.values()} | {HTTPS}
        assert set(COMPOSE["services"][shop]["ports"]) == published
    for service in set(SERVICES) - {"gateway"}:
        assert environment("order")[f"SAMBAL_{service.upper()}_URL"] == f"http://{service}:{ports[service]}"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_hardened(name):
    service = COMPOSE["services"][name]
    assert service["cap_drop"] == ["ALL"] and service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["healthcheck"]["test"][0] == "CMD"
    tag = service["image"].rpartition(":")[2]
    assert re.match(r"\d+\.\d+", tag), f"{service['image']} has no tag that says which it is"


@pytest.mark.parametrize("service", [*SERVICES, "shop", "shop-polyglot"])
def test_what_it_is_told_is_what_it_takes(service):
    checked = subprocess.run(
        [SAMBAL, "config", "check"], env=environment(service), capture_output=True, text=True, timeout=30
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"^trust: token\b", checked.stdout, re.MULTILINE) and SERVICES_SECRET not in checked.stdout
    assert ("kafka://kafka:9092" in checked.stdout) == (service in SERVICES)
    assert ("postgres:5432" in checked.stdout) == (service == "shop-polyglot")


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
            variables["SAMBAL_DATA"] = str(tmp_path / service)
            command = COMPOSE["services"][service]["command"]
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
            row = get("gateway", path).json()
            return row.get("status") == "PAID" and row.get("deliveryId") and row.get("messagesSent", 0) >= 1

        eventually("the order is at its end", is_at_its_end, 60)
        for service in set(SERVICES) - {"gateway"}:
            assert get(service, "/").status_code == 401, service
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
