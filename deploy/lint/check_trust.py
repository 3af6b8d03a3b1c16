"""Checks that no port of a service answers strangers, wherever it is deployed: that services ask for tokens and share a secret.

    check_trust.py FOLDER RENDERED      FOLDER is deploy; RENDERED has embedded.yaml and cluster.yaml
"""

import pathlib
import sys

import yaml

SECRET = "${SERVICES_SECRET:?"


def compose(path):
    for name, service in yaml.safe_load(path.read_text())["services"].items():
        if service["image"].startswith("sambal:"):
            environment = service["environment"]
            if environment.get("SAMBAL_TRUST") != "token":
                yield f"{name} does not set SAMBAL_TRUST: token"
            if not str(environment.get("SAMBAL_SECRETS_SERVICES")).startswith(SECRET):
                yield f"{name} does not require SERVICES_SECRET"


def kubernetes(path, requires_secret):
    objects = [one for one in yaml.safe_load_all(path.read_text()) if one]
    for one in objects:
        if one["kind"] == "ConfigMap" and yaml.safe_load(one["data"]["10-shop.yaml"]).get("trust") != "token":
            yield "10-shop.yaml does not set trust: token"
        if requires_secret and one["kind"] in ("Deployment", "Job"):
            volumes = one["spec"]["template"]["spec"]["volumes"]
            sources = [source.get("secret") for volume in volumes for source in volume.get("projected", {}).get("sources", [])]
            keys = {item["key"] for secret in sources if secret and not secret.get("optional") for item in secret.get("items", [])}
            if "secrets.services" not in keys:
                yield f"{one['metadata']['name']} starts without the key secrets.services"


def main(folder, rendered):
    wrong = [] if "SAMBAL_TRUST=token" in (folder / "Dockerfile").read_text() else ["the image does not set SAMBAL_TRUST=token"]
    wrong += compose(folder / "compose/compose.yaml")
    wrong += (f"embedded: {line}" for line in kubernetes(rendered / "embedded.yaml", False))
    wrong += (f"cluster: {line}" for line in kubernetes(rendered / "cluster.yaml", True))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
