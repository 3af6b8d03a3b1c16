"""Requests that no client of good will sends: for every field of every operation of an OpenAPI document, values of wrong
types and sizes, and what breaks readers and printers."""

import json
import urllib.parse
import uuid

# As they stand in a JSON text, so that there is also what `json.dumps` would never write.
JSON_VALUES = [
    b"null", b"true", b"[]", b"{}", b'""', b'" "', b'"x"', b"-1", b"0", b"-0", b"1.5", b"0.1", b"1e3", b"1e400",
    b"-1e400",
    b"1e-400", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"9007199254740993",
    b"9" * 120, b"9" * 200, b'"10"', b'" 10"', b'"1e5"', b'"NaN"', b'"true"', b'"\\u0000"', b'"a\\u0000b"',
    b'"\\ud800"',
    b'"\\u001b[31m\\u202e"', b'"\\r\\nBcc: x@example.org"', b'"\xff\xfe"', b'"\x01"', b'"\x00"', b'"\xed\xa0\x80"',
    b'"' + b"A" * 300 + b'"', b'"' + b"\xc3\xa9" * 20_000 + b'"', b'"' + b"A" * 70_000 + b'"',
    b'"' + b"e\xcc\x81" * 9000 + b'"',
    b'"\'; DROP TABLE orders; --"', b'"<script>alert(1)</script>"', b'"../../etc/passwd"', b'"=1+1"', b'"%00"',
    b'"{orderId}"',
    b'"0000-01-01T00:00:00+23:59"', b"[" * 31 + b"]" * 31, b"[" * 40_000 + b"]" * 40_000, b'{"a":' * 40_000,
    b"[" + b"1," * 9000 + b"1]", b"[" + b"{}," * 25_000 + b"{}]", b"[null]", b'{"$ref":"#"}', b"tru", b"[1,]", b"'a'",
]  # fmt: skip
# In paths and queries they are percent-encoded.
TEXTS = [
    b"", b" ", b"-1", b"0", b"1.5", b"1e400", b"NaN", b"9223372036854775807", b"9223372036854775808", b"9" * 200,
    b"null",
    b"true", b"id,asc", b"id,asc,desc", b"nothing,desc", b"*", b"%", b"%00", b"\x00", b"a\x00b", b"\n", b"\x1b[31m",
    b"\xff",
    b"\xed\xa0\x80", b"\xc3\xa9" * 100, b"e\xcc\x81" * 200, b"A" * 300, b"A" * 3000, b"' OR 1=1 --",
    b"<script>alert(1)</script>",
    b"..", b"../..", b"a/b", b"a;b", b"a\\b", b"\xf0\x9f\x8c\xb6", b"0000-01-01T00:00:00+23:59",
    b"9999-12-31T23:59:59-23:59",
    b"2026-01-01T00:00:00Z", b"=1+1", b"{}", b"[]", b'"', b"a,b", b"&", b"#",
]  # fmt: skip
# Of a few fields that every operation has, though no document names them.
COMMON_HEADERS = ["If-Match", "If-None-Match", "traceparent", "Content-Type", "Accept", "Prefer", "X-Request-Id"]


class Request:
    def __init__(self, operation, subject, what=None):
        self.operation, self.subject, self.what = operation, subject, what
        self.path = dict(subject.get("path", {}))
        self.query = list(subject.get("query", {}).items())
        self.headers = {"Host": "localhost"} | subject.get("headers", {})
        self.body = subject.get("body")
        if self.body is not None:
            self.body = json.dumps(self.body).encode()
            self.headers.setdefault("Content-Type", "application/json")
        elif "form" in subject:
            self.fill(subject["form"])
        if "Idempotency-Key" in operation.headers:
            self.headers["Idempotency-Key"] = str(uuid.uuid4())

    def fill(self, form):
        self.body = urllib.parse.urlencode(form).encode()
        self.headers["Content-Type"] = "application/x-www-form-urlencoded"

    @property
    def target(self):
        path = self.operation.path
        for name, value in self.path.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        query = "&".join(
            f"{urllib.parse.quote(name)}={urllib.parse.quote(value, safe='')}" for name, value in self.query
        )
        return path + ("?" + query if query else "")

    def __str__(self):
        return f"{self.operation} with {self.what}"


class Operation:
    def __init__(self, service, method, path, document, schemas):
        self.service, self.method, self.path = service, method.upper(), path
        places = {"path": [], "query": [], "header": []}
        for parameter in document.get("parameters", []):
            places[parameter["in"]].append(parameter["name"])
        self.names, self.queries, self.headers = places["path"], places["query"], places["header"]
        content = document.get("requestBody", {}).get("content", {})
        self.schema = resolved(next(iter(content.values()))["schema"], schemas) if content else None

    def __str__(self):
        return f"{self.service} {self.method} {self.path}"

    def variants(self, subject):
        """Right but for one field, one after the other; `subject` gives right values that are still usable."""
        for name in self.names:
            for value in TEXTS:
                yield self.changed(
                    subject, f"{name} = {shown(value)}", lambda request: request.path.update({name: value})
                )
        for name in self.queries:
            for value in TEXTS:
                yield self.changed(
                    subject, f"?{name}={shown(value)}", lambda request: set_query(request, name, [value])
                )
            yield self.changed(subject, f"?{name} twice", lambda request: set_query(request, name, [b"1", b"2"]))
        for name in dict.fromkeys(self.headers + COMMON_HEADERS):
            for value in TEXTS:
                value = value.replace(b"\n", b"\t")  # A line's end would begin another field.
                yield self.changed(
                    subject, f"{name}: {shown(value)}", lambda request: request.headers.update({name: value})
                )
        if form := subject().get("form"):
            for name in form:
                for value in TEXTS:
                    yield self.changed(
                        subject, f"{name}={shown(value)}", lambda request: request.fill(form | {name: value})
                    )
        elif self.method in ("POST", "PUT", "PATCH"):
            yield from self.bodies(subject)

    def bodies(self, subject):
        for value in JSON_VALUES + [b"", b"{", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}"]:
            yield self.changed(subject, f"the body {shown(value)}", lambda request: set_body(request, value))
        for path in fields(self.schema, subject().get("body")):
            for value in JSON_VALUES:
                yield self.changed(
                    subject, f"{'.'.join(map(str, path))} = {shown(value)}",
                    lambda request: set_body(request, replaced(request.subject.get("body"), path, value)),
                )  # fmt: skip
            yield self.changed(
                subject, f"{'.'.join(map(str, path))} twice",
                lambda request: set_body(request, doubled(request.subject.get("body"), path)),
            )  # fmt: skip

    def changed(self, subject, what, change):
        request = Request(self, subject(), what)
        change(request)
        return request


def set_query(request, name, values):
    request.query = [item for item in request.query if item[0] != name] + [(name, value) for value in values]


def set_body(request, body):
    request.body = body
    request.headers.setdefault("Content-Type", "application/json")


def operations(service, document):
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(service, method, path, operation, schemas)


def resolved(schema, schemas, depth=0):
    while "$ref" in schema:
        schema = schemas[schema["$ref"].split("/")[-1]]
    if depth > 6:
        return {}
    properties = {name: resolved(value, schemas, depth + 1) for name, value in schema.get("properties", {}).items()}
    items = {"items": resolved(schema["items"], schemas, depth + 1)} if "items" in schema else {}
    return schema | {"properties": properties} | items


def fields(schema, body, path=()):
    """Paths to the members that the document names, and those that the right body has."""
    if len(path) > 5:
        return
    properties = (schema or {}).get("properties", {})
    if isinstance(body, dict) or properties:
        body = body if isinstance(body, dict) else {}
        for name in dict.fromkeys([*properties, *body]):
            yield (*path, name)
            yield from fields(properties.get(name), body.get(name), (*path, name))
    elif isinstance(body, list) and body:
        yield (*path, 0)
        yield from fields((schema or {}).get("items"), body[0], (*path, 0))


PLACE = "9cd0d2e8-here"


def replaced(body, path, value):
    """The JSON text of `body` with `value`, which need not be JSON, at `path`."""
    return json.dumps(placed(body, path, PLACE)).encode().replace(json.dumps(PLACE).encode(), value)


def doubled(body, path):
    """With the member there twice."""
    value = json.dumps(PLACE).encode()
    text = json.dumps(placed(body, path, PLACE)).encode()
    if not isinstance(path[-1], str):
        return text
    return text.replace(value, b"1," + json.dumps(path[-1]).encode() + b": 2")


def placed(body, path, value):
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        items = list(body) if isinstance(body, list) and body else [None]
        return [placed(items[0], rest, value), *items[1:]]
    body = dict(body) if isinstance(body, dict) else {}
    body[first] = placed(body.get(first), rest, value)
    return body


def shown(value):
    text = repr(value)[2:-1]
    return text if len(text) < 60 else f"{text[:40]}… ({len(value)} bytes)"
