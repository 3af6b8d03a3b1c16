"""What Schemathesis is told about the shop: values that exist, and rules that the documents follow beside the standard's."""

import base64
import json
import os
import zlib

import schemathesis
from hypothesis import strategies

# Any operation may answer these; the documents tell of them by `default`.
GENERAL = {400, 404, 405, 408, 413, 431, 503}
PRECONDITIONS = [("If-Match", '"1"'), ("If-Match", '"0"'), ("If-None-Match", "*"), ("If-None-Match", '"1"')]
KNOWN = json.loads(os.environ["KNOWN_PARAMETERS"])

schemathesis.openapi.format("iso-4217", strategies.sampled_from(["KRW", "USD", "IDR"]))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every other path leads to something that exists: else there would be hardly an answer but 404."""
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


def chosen(parameters, values):
    """The same for the same parameters, so that a run can be repeated."""
    if not parameters or not values:
        return parameters
    number = zlib.crc32(repr(sorted(parameters.items(), key=str)).encode("utf-8", "surrogatepass"))
    return {**parameters, **values[number // 2 % len(values)]} if number % 2 else parameters


@schemathesis.hook
def map_headers(context, headers):
    """Keys that were used before, with the same and with other content."""
    if headers and "Idempotency-Key" in headers:
        return chosen(headers, [{"Idempotency-Key": key} for key in ("one", "two", "three")])
    return headers


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most requests to a provider's interface carry its key; some others say which version they mean."""
    number = zlib.crc32(repr((case.path, case.path_parameters, case.body)).encode("utf-8", "surrogatepass"))
    for prefix, (user, password) in KNOWN["credentials"].items():
        if case.path.startswith(prefix) and number % 4:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            case.headers["Authorization"] = f"Basic {token}"
    if number % 3 == 0:
        name, value = PRECONDITIONS[number // 3 % len(PRECONDITIONS)]
        case.headers[name] = value


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
    if not fields and problem.get("detail") != "The body is not valid JSON":
        raise AssertionError(f"the problem names no field: {problem}")
