"""What Schemathesis is told about the shop: values that exist, and rules that the documents follow beside the standard's."""

import base64
import json
import os
import zlib

import schemathesis
from hypothesis import strategies

# Any operation may answer these; the documents tell of them by `default`.
GENERAL = {400, 404, 405, 408, 412, 413, 415, 421, 431, 503}
PRECONDITIONS = [("If-Match", '"1"'), ("If-Match", '"0"'), ("If-None-Match", "*"), ("If-None-Match", '"1"')]
KNOWN = json.loads(os.environ["KNOWN_PARAMETERS"])

schemathesis.openapi.format("iso-4217", strategies.sampled_from(["KRW", "USD", "IDR"]))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Most paths lead to something that exists: else there would be hardly an answer but 404."""
    path = context.operation.path.replace("{rest}", "{id}")
    values = KNOWN["paths"].get(path.split("/{")[0], [])
    names = {name: "id" if name == "rest" else name for name in path_parameters or {}}
    return chosen(
        path_parameters, [{name: value[key] for name, key in names.items() if key in value} for value in values]
    )


@schemathesis.hook
def map_query(context, query):
    for name, values in KNOWN["query"].items():
        if query and name in query:
            query = chosen(query, [{name: value} for value in values])
    return query


@schemathesis.hook
def map_body(context, body):
    """Most bodies can be accepted, whatever else is in them."""
    if not isinstance(body, dict):
        return body
    return chosen(body, KNOWN["bodies"].get(context.operation.label, []))


@schemathesis.hook
def map_headers(context, headers):
    """Keys that can be accepted; some were used before, with the same or with other content."""
    if headers and "Idempotency-Key" in headers:
        return chosen(headers, [{"Idempotency-Key": f"key-{number}"} for number in range(500)])
    return headers


@schemathesis.hook
def before_call(context, case, kwargs):
    """A provider's key for its interface; and some requests say which version they mean."""
    for prefix, (user, password) in KNOWN["credentials"].items():
        if case.path.startswith(prefix):
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            case.headers["Authorization"] = f"Basic {token}"
    number = digest((case.path, case.path_parameters, case.body))
    if number % 4 == 0:
        name, value = PRECONDITIONS[number // 4 % len(PRECONDITIONS)]
        case.headers[name] = value


def chosen(parameters, values):
    """With one of the values in three of four cases; the same for the same parameters, so that a run can be repeated."""
    number = digest(sorted(parameters.items(), key=str) if parameters else None)
    if parameters is None or not values or number % 4 == 0:
        return parameters
    return {**parameters, **values[number // 4 % len(values)]}


def digest(value):
    return zlib.crc32(repr(value).encode("utf-8", "surrogatepass"))


@schemathesis.check
def documented_by_its_status(context, response, case):
    """`default` is for general errors only: what an operation answers of its own is told with its status."""
    if response.request.method != case.operation.method.upper():
        return
    documented = case.operation.definition.raw["responses"]
    if str(response.status_code) not in documented and response.status_code not in GENERAL:
        raise AssertionError(f"{response.status_code} is not among the documented {', '.join(sorted(documented))}")


@schemathesis.check
def bad_input_is_named(context, response, case):
    """A 400 of problem details names each field, unless the body as a whole cannot be read."""
    if response.status_code != 400 or "problem+json" not in response.headers.get("content-type", [""])[0]:
        return
    problem = response.json()
    fields = [error["field"] for error in problem.get("errors", [])]
    if not fields and not str(problem.get("detail")).startswith("The body is not valid JSON"):
        raise AssertionError(f"the problem names no field: {problem}")
