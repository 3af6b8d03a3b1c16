"""Small requests, for readiness, counts and metrics; the load itself is wrk's."""
import json
import urllib.error
import urllib.request


def get(url: str, timeout: float = 10) -> bytes:
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


def send(url: str, body: bytes, headers: dict[str, str] = {}, method: str = "POST", timeout: float = 30) -> int:
    """JSON; gives the status of the answer."""
    headers = {"Content-Type": "application/json", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=timeout) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def get_json(url: str) -> dict:
    return json.loads(get(url))


def is_ready(base: str) -> bool:
    try:
        get(base + "/readyz", timeout=2)
        return True
    except (OSError, urllib.error.URLError):
        return False


def metrics(base: str) -> dict[str, float]:
    """The samples of /metrics, each by its name with its labels as they stand there."""
    samples = {}
    for line in get(base + "/metrics").decode().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
    return samples
