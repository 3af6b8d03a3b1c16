"""The program as a container runs it: first process, data folder by the environment, logs that a collector parses."""

import json
import os
import subprocess

import pytest

from shop import SAMBAL, Shop
from waiting import eventually

#: A process that is the first one of its own space, as each container's is.
ALONE = ["unshare", "--pid", "--fork", "--kill-child"]
CAN_BE_ALONE = subprocess.run([*ALONE, "true"], capture_output=True, timeout=10).returncode == 0
first_process = pytest.mark.skipif(not CAN_BE_ALONE, reason="process namespaces cannot be made here")


#: As the image has it: MongoDB's library names counters in shared memory by the process's number.
IMAGE = {"SAMBAL_LOG_FORMAT": "json", "MONGOC_DISABLE_SHM": "1"}


def run(*words, data=None, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAL_")}
    environment |= {"MONGOC_DISABLE_SHM": "1"} | variables
    if data:
        environment["SAMBAL_DATA"] = str(data)
    return subprocess.run([SAMBAL, *words], env=environment, capture_output=True, text=True, timeout=60)


def records(text):
    """Each line must be a JSON object with what a collector looks for."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "service", "message"} <= set(line) for line in lines)
    return lines


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path, {}, {"SAMBAL_LOG_FORMAT": "json", "SAMBAL_DATA": str(tmp_path)})
    yield shop
    if shop.process:
        shop.process.kill()
        shop.process.wait()


def test_health_says_who_lives_and_the_status_tells(shop):
    assert run("health", data=shop.data).returncode == 3
    shop.up()
    health = run("health", data=shop.data)
    assert health.returncode == 0 and "order lives" in health.stdout.splitlines(), health
    assert len(health.stdout.splitlines()) == 12
    ready = run("health", "--ready", "order", "payment", data=shop.data)
    assert (ready.returncode, ready.stdout) == (0, "order is ready\npayment is ready\n")
    assert run("stop", "order", data=shop.data).returncode == 0
    # Who is stopped on purpose is not sick, unless he is asked for.
    assert run("health", data=shop.data).returncode == 0
    stopped = run("health", "order", data=shop.data)
    assert (stopped.returncode, stopped.stdout) == (1, "order is stopped\n")
    assert run("health", "nobody", data=shop.data).returncode == 2


def test_every_line_of_the_output_is_json(shop, tmp_path):
    output = tmp_path / "output.txt"
    with open(output, "wb") as file:
        process = subprocess.Popen(
            [SAMBAL, "up", "--config", shop.data / "config.yaml"], env=shop.environment, stdout=file, stderr=file
        )
    try:
        eventually("the shop is up", lambda: run("health", "--ready", data=shop.data).returncode == 0, 30)
        process.terminate()
        assert process.wait(timeout=40) == 0
    finally:
        process.kill()
        process.wait()
    lines = records(output.read_text())
    ready = {line["service"] for line in lines if line["message"] == "the service is ready"}
    assert len(ready) == 12 and lines[-1]["message"] == "stopping"


@pytest.mark.parametrize(
    ("words", "variables", "status", "said"),
    [
        (["up"], {"SAMBAL_DATA": "/proc/nowhere/data"}, 1, "the data folder /proc/nowhere/data cannot be created"),
        (["up"], {"SAMBAL_DATA": "/etc/hostname"}, 1, "is not a folder"),
        (["serve", "order"], {"SAMBAL_ORDER_PORT": "soon"}, 2, "order.port must be a whole number"),
        (["migrate"], {"SAMBAL_DATA": "/proc/nowhere/data"}, 1, "cannot be created"),
    ],
)
def test_why_it_does_not_start_is_one_sentence_in_the_format_of_the_log(words, variables, status, said, tmp_path):
    variables = {"SAMBAL_DATA": str(tmp_path)} | variables
    failed = run(*words, SAMBAL_LOG_FORMAT="json", **variables)
    assert failed.returncode == status and failed.stdout == ""
    assert [line["level"] for line in records(failed.stderr)] == ["error"]
    assert said in failed.stderr
    as_text = run(*words, SAMBAL_LOG_FORMAT="text", **variables)
    assert as_text.returncode == status and as_text.stderr.startswith("sambal: ") and said in as_text.stderr
    assert "Error Domain" not in as_text.stderr and "CocoaError" not in as_text.stderr


@first_process
def test_two_containers_share_a_data_folder(tmp_path):
    """Both processes have the number 1."""
    ports = Shop(tmp_path / "ports", {}).ports
    environment = os.environ | IMAGE | {"SAMBAL_DATA": str(tmp_path / "data")}
    environment |= {f"SAMBAL_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    running = []
    try:
        for service in ("product", "customer"):
            with open(tmp_path / f"{service}.txt", "wb") as log:
                running.append(
                    subprocess.Popen([*ALONE, SAMBAL, "serve", service], env=environment, stdout=log, stderr=log)
                )
        both = "product is ready\ncustomer is ready\n".splitlines()

        def ready():
            asked = run("health", "--ready", data=tmp_path / "data")
            return asked.returncode == 0 and sorted(asked.stdout.splitlines()) == sorted(both)

        eventually("both are there", ready, 30)
        assert len(list((tmp_path / "data/run").glob("*.sock"))) == 2
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


@first_process
def test_the_first_process_of_a_container_ends_gracefully(tmp_path):
    environment = os.environ | IMAGE | {"SAMBAL_DATA": str(tmp_path)}
    environment["SAMBAL_PRODUCT_PORT"] = str(Shop(tmp_path / "ports", {}).ports["product"])
    with open(tmp_path / "log.txt", "wb") as log:
        outer = subprocess.Popen([*ALONE, SAMBAL, "serve", "product"], env=environment, stdout=log, stderr=log)
    try:
        eventually("it is ready", lambda: run("health", "--ready", data=tmp_path).returncode == 0, 30)
        with open(f"/proc/{outer.pid}/task/{outer.pid}/children") as file:
            first = int(file.read().split()[0])
        os.kill(first, 15)
        assert outer.wait(timeout=30) == 0
    finally:
        outer.kill()
        outer.wait()
    assert records((tmp_path / "log.txt").read_text())[-1]["message"] == "stopping"
    assert not list((tmp_path / "run").glob("*.sock"))


def test_migrate_makes_the_schema_and_a_service_goes_on_with_it(shop):
    for _ in range(2):
        done = run("migrate", "order", "product", data=shop.data, SAMBAL_LOG_FORMAT="text")
        assert done.returncode == 0, done.stderr
        assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["order", "product"]
    assert (shop.data / "order.db").exists() and not (shop.data / "payment.db").exists()
    refused = run("migrate", "gateway", data=shop.data)
    assert refused.returncode == 2 and "gateway has no database" in refused.stderr
    shop.up()
    # Beside services that run, as a rollout has it.
    beside = run("migrate", data=shop.data, SAMBAL_LOG_FORMAT="json")
    assert beside.returncode == 0 and len(records(beside.stderr)) == 9
    assert run("health", data=shop.data).returncode == 0


def test_a_mounted_directory_of_yaml_files_is_the_configuration(tmp_path):
    (tmp_path / "10-shop.yaml").write_text("order:\n  port: 19084\n")
    (tmp_path / "20-this-cluster.yaml").write_text("order:\n  port: 29084\n")
    (tmp_path / "secrets.psp").write_text("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n")
    checked = run("config", "check", SAMBAL_CONFIG_DIR=str(tmp_path))
    assert checked.returncode == 0, checked.stderr
    assert "29084" in checked.stdout and "19084" not in checked.stdout
    assert "20-this-cluster.yaml:2" in checked.stdout and "c2VjcmV0" not in checked.stdout
