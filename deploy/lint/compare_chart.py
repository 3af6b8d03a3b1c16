"""Compares what the Helm chart renders with what the Kustomize overlays do: the objects must be the same.

    compare_chart.py CHART FOLDER       FOLDER has embedded.yaml and cluster.yaml, as `kubectl kustomize` renders them
"""

import pathlib
import sys

import yaml
from helm_python import Chart, lint


def objects(text):
    found = [document for document in yaml.safe_load_all(text) if document]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def rendered(chart, **values):
    files = chart.render(values, name="shop", namespace=values.pop("namespace", "sambal"))
    return objects("\n".join(files.values()))


def differences(expected, actual):
    for key in sorted(expected.keys() | actual.keys()):
        if expected.get(key) != actual.get(key):
            yield f"{key[0]} {key[1]} is not the same"


def main(folder, rendering):
    wrong = []
    report = lint(folder, strict=True)
    wrong += [message["error"] for message in report["messages"] if message["severity"] > 1] + report["errors"]
    with Chart.load(folder) as chart:
        for layout in ("embedded", "cluster"):
            expected = objects((rendering / f"{layout}.yaml").read_text())
            # Helm makes the namespace, if it is told to.
            del expected["Namespace", "sambal"]
            wrong += differences(expected, rendered(chart, layout=layout))

            image = "registry.example.com/sambal@sha256:" + "0" * 64
            settings = {"log": {"level": "debug"}}
            told = rendered(chart, layout=layout, image=image, configuration=settings, namespace="shop")
            images = [
                container["image"]
                for one in told.values()
                for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
            ]
            if not images or set(images) != {image}:
                wrong.append(f"{layout}: the value image is not in every pod: {images}")
            if yaml.safe_load(told["ConfigMap", "sambal"]["data"]["50-values.yaml"]) != settings:
                wrong.append(f"{layout}: the value configuration is not in the ConfigMap")
            if {one["metadata"]["namespace"] for one in told.values()} != {"shop"}:
                wrong.append(f"{layout}: not every object is in the release's namespace")
            print(f"chart: {layout}: {len(expected)} objects")
    for line in wrong:
        print(f"chart: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
