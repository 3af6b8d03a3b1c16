"""Tokens of others' libraries at the gateway: PyJWT, Authlib (joserfc) and jwcrypto sign, the gateway verifies, by every
algorithm; keys come from a file, a URL and a discovery document."""

import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import joserfc.jwk
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
import pytest
import requests

from shop import SAMBAL, free_ports
from waiting import eventually

SECRET = "a secret of at least thirty-two bytes"
KEYS = {
    "RS256": jwcrypto.jwk.JWK.generate(kty="RSA", size=2048, kid="rsa", use="sig"),
    "PS256": jwcrypto.jwk.JWK.generate(kty="RSA", size=3072, kid="pss", alg="PS256"),
    "ES256": jwcrypto.jwk.JWK.generate(kty="EC", crv="P-256", kid="ec"),
    "EdDSA": jwcrypto.jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed"),
    "HS256": jwcrypto.jwk.JWK(kty="oct", k=jwt.utils.base64url_encode(SECRET.encode()).decode()),
}
PUBLIC = [name for name in KEYS if name != "HS256"]


def key_set(names):
    return {"keys": [KEYS[name].export_public(as_dict=True) for name in names]}


def claims(algorithm, **changes):
    now = int(time.time())
    issuer = "till" if algorithm == "HS256" else "file"
    return {"iss": issuer, "sub": "ann", "aud": ["shop"], "iat": now, "exp": now + 300, "roles": ["operator"]} | changes


def header(algorithm):
    kid = KEYS[algorithm].get("kid")
    return {"alg": algorithm, "typ": "JWT"} | ({"kid": kid} if kid else {})


def by_pyjwt(algorithm, content):
    key = SECRET if algorithm == "HS256" else KEYS[algorithm].export_to_pem(private_key=True, password=None)
    return jwt.encode(content, key, algorithm=algorithm, headers=header(algorithm))


def by_authlib(algorithm, content):
    key = joserfc.jwk.import_key(KEYS[algorithm].export(as_dict=True))
    return joserfc.jwt.encode(header(algorithm), content, key, algorithms=[algorithm])


def by_jwcrypto(algorithm, content):
    token = jwcrypto.jwt.JWT(header=header(algorithm), claims=content)
    token.make_signed_token(KEYS[algorithm])
    return token.serialize()


SIGNERS = [by_pyjwt, by_authlib, by_jwcrypto]


class Server:
    """An upstream that answers with the header fields it got, and an issuer with keys."""

    def __init__(self):
        self.keys = ["ES256"]
        self.loads = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answers = {"/keys": lambda: key_set(server.keys), "/.well-known/openid-configuration": server.metadata}
                if self.path == "/keys":
                    server.loads += 1
                make = answers.get(self.path, lambda: {name.lower(): value for name, value in self.headers.items()})
                body = json.dumps(make()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self):
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(scope="module")
def gateway(server, tmp_path_factory):
    """The base URL of a gateway that trusts four issuers, and the log it writes."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "keys.json").write_text(json.dumps(key_set(PUBLIC)))
    (folder / "secret").write_text(SECRET + "\n")
    (folder / "secret").chmod(0o600)
    (port,) = free_ports(1)
    config = folder / "gateway.yaml"
    config.write_text(
        f"""
gateway:
  port: {port}
  accessLog: json
  access:
    minimumRefresh: 1s
    issuers:
      - {{issuer: file, audience: shop, keys: {folder}/keys.json}}
      - {{issuer: till, audience: shop, secretFile: {folder}/secret}}
      - {{issuer: "{server.url}", audience: shop}}
  routes:
    - {{id: operators, uri: "{server.url}", predicates: ["Path=/operators"], filters: ["RequireRole=operator"]}}
    - {{id: all, uri: "{server.url}", predicates: ["Path=/**"], filters: [RequireToken]}}
"""
    )
    log = folder / "log.txt"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [SAMBAL, "serve", "gateway", "--config", config, "--data", folder], stdout=output, stderr=output
        )
        base = f"http://127.0.0.1:{port}"

        def is_up():
            assert process.poll() is None, log.read_text()
            try:
                return requests.get(f"{base}/readyz", timeout=1).status_code == 200
            except requests.ConnectionError:
                return False

        try:
            eventually("the gateway is up", is_up)
            yield base, log
        finally:
            process.terminate()
            process.wait(timeout=20)


def ask(gateway, token, path="/who"):
    return requests.get(f"{gateway[0]}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("sign", SIGNERS)
def test_a_token_is_accepted(gateway, sign, algorithm):
    token = sign(algorithm, claims(algorithm))
    for path in ["/who", "/operators", "/who"]:
        answer = ask(gateway, token, path)
        assert answer.status_code == 200, answer.text
        seen = answer.json()
        assert seen["sambal-caller"] == "ann" and seen["sambal-caller-roles"] == "operator"
        assert "authorization" not in seen
    assert ask(gateway, sign(algorithm, claims(algorithm, roles=["seller"])), "/operators").status_code == 403


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("sign", SIGNERS)
@pytest.mark.parametrize("change", [{"exp": 1}, {"aud": "bank"}, {"iss": "nobody"}, {"nbf": 9999999999}, {"sub": ""}])
def test_a_wrong_claim_is_refused(gateway, sign, algorithm, change):
    answer = ask(gateway, sign(algorithm, claims(algorithm, **change)))
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_other_bit_of_a_signature_is_refused(gateway, algorithm):
    token = by_jwcrypto(algorithm, claims(algorithm))
    text, signature = token.rsplit(".", 1)
    octets = jwt.utils.base64url_decode(signature)
    for bit in range(0, len(octets) * 8, 37):
        other = bytearray(octets)
        other[bit // 8] ^= 1 << bit % 8
        changed = jwt.utils.base64url_encode(bytes(other)).decode()
        assert ask(gateway, f"{text}.{changed}").status_code == 401, bit


def test_a_rotated_key_is_followed_and_no_request_is_lost(gateway, server):
    def token(algorithm):
        return by_pyjwt(algorithm, claims(algorithm, iss=server.url, jti=str(time.time_ns())))

    assert ask(gateway, token("ES256")).status_code == 200
    assert ask(gateway, token("EdDSA")).status_code == 401
    before = server.loads
    server.keys = ["EdDSA"]
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(ask(gateway, token("EdDSA")).status_code)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    assert server.loads - before <= 2
    assert ask(gateway, token("ES256")).status_code == 401


def test_no_token_is_written_down(gateway):
    token = by_pyjwt("ES256", claims("ES256", exp=2))
    assert ask(gateway, token, f"/who?access_token={token}").status_code == 401
    assert ask(gateway, by_pyjwt("ES256", claims("ES256"))).status_code == 200
    eventually("the access log has the request", lambda: '"path":"/who"' in gateway[1].read_text())
    told = gateway[1].read_text() + requests.get(f"{gateway[0]}/metrics", timeout=5).text
    assert "sambal_gateway_tokens_total" in told
    assert "eyJ" not in told and SECRET not in told
