"""deploy/kubernetes: what the ConfigMap and the Secret of docs/deployment.md say is what every service takes."""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

from shop import SAMBAL, SERVICES

ROOT = pathlib.Path(__file__).parents[2]
OVERLAYS = ROOT / "deploy/kubernetes/overlays"
SECRET = "whsec_MDEyMzQ1Njc4OUFCQ0RFRkdISUpLTE1OT1BRUlNUVVY="


def documented_secret():
    """The file that docs/deployment.md has its reader write, with a secret in it."""
    text = (ROOT / "docs/deployment.md").read_text()
    return re.search(r"cat > 90-secrets.yaml << 'END'\n(.*?)\nEND\n", text, re.DOTALL)[1].replace("whsec_…", SECRET)


@pytest.mark.parametrize("overlay", ["embedded", "cluster"])
def test_what_the_mounted_files_say_is_what_the_program_takes(overlay, tmp_path):
    (tmp_path / "10-shop.yaml").write_text((OVERLAYS / overlay / "10-shop.yaml").read_text())
    if overlay == "cluster":
        (tmp_path / "90-secrets.yaml").write_text(documented_secret())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMBAL_")}
    checked = subprocess.run(
        [SAMBAL, "config", "check"], env=environment | {"SAMBAL_CONFIG_DIR": str(tmp_path)}, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    in_force = yaml.safe_load(checked.stdout)
    if overlay == "cluster":
        assert in_force["events"] == "kafka://kafka:9092"
        stored = {name for name in SERVICES if str(in_force[name].get("database", "")).startswith("postgres:")}
        assert stored == set(SERVICES) - {"gateway", "email", "sms"}
        assert all(in_force[name]["url"] == f"http://{name}:8080" for name in SERVICES if name != "gateway")
    else:
        assert in_force["events"] == "embedded"


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_its_deployment_on_its_port(service):
    objects = list(yaml.safe_load_all((OVERLAYS / "cluster/services" / f"{service}.yaml").read_text()))
    kinds = {one["kind"]: one for one in objects}
    listed = subprocess.run([SAMBAL, "services"], capture_output=True, text=True, timeout=30).stdout
    port = next(int(line.split()[1]) for line in listed.splitlines() if line.split()[:1] == [service])
    [container] = kinds["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", service]
    tls = service == "gateway"
    assert container["ports"] == [{"name": "http", "containerPort": port}] + [
        {"name": "https", "containerPort": 8443} for _ in range(tls)
    ]
    assert kinds["Service"]["spec"]["ports"] == [{"name": "http", "port": 8080, "targetPort": "http"}] + [
        {"name": "https", "port": 8443, "targetPort": "https"} for _ in range(tls)
    ]
    # A simulator of another's system is one; what the shop is made of may lose a node.
    assert ("PodDisruptionBudget" in kinds) == (service != "psp")
    assert kinds["Deployment"]["spec"].get("replicas", 2) == (1 if service == "psp" else 2)
    names = {one["metadata"]["name"] for one in objects}
    assert names == {service}
