"""TLS at the gateway, with clients of others: curl, OpenSSL's s_client, Python's ssl, httpx and requests."""

import errno
import concurrent.futures
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import threading
import time

import httpx
import pytest
import requests
import trustme

from shop import SAMBAL, Shop, free_ports
from waiting import eventually

LARGE = 10 << 20


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers with what it got; /large with 10 MiB."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/orders/large":
            content = bytes(LARGE)
        else:
            said = {"method": self.command, "path": self.path, "headers": dict(self.headers), "size": len(body)}
            content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class Gateway:
    """A gateway with a certificate of an authority of its own, before one upstream."""

    def __init__(self, folder, upstream, more=""):
        self.folder = folder
        folder.mkdir(parents=True)
        self.authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.trust = folder / "authority.pem"
        self.authority.cert_pem.write_to_path(self.trust)
        self.certificate, self.key = folder / "server.crt", folder / "server.key"
        self.renew()
        (self.port,) = free_ports(1)
        yaml = f"tls:\n  certificate: {self.certificate}\n  key: {self.key}\n  port: {self.port}\n" + more
        self.shop = Shop(folder / "data", {"order": f"url: http://127.0.0.1:{upstream}", "gateway": yaml})
        self.shop.services = ["gateway"]
        self.plain = self.shop.ports["gateway"]

    def pair(self):
        issued = self.authority.issue_cert("localhost", "127.0.0.1", key_type=trustme.KeyType.ECDSA)
        return b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()

    def renew(self):
        self.write(*self.pair())

    def write(self, certificate, key):
        """As certbot does: a new file takes the old one's place."""
        for path, content, mode in ((self.key, key, 0o600), (self.certificate, certificate, 0o644)):
            draft = path.with_suffix(".draft")
            draft.write_bytes(content)
            draft.chmod(mode)
            os.replace(draft, path)

    def context(self):
        return ssl.create_default_context(cafile=self.trust)

    def url(self, path="/orders/1"):
        return f"https://localhost:{self.port}{path}"

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context().wrap_socket(raw, server_hostname="localhost")

    def serial(self):
        with self.connect() as client:
            return client.getpeercert()["serialNumber"]

    def serves(self):
        answer = requests.get(self.url(), verify=str(self.trust), timeout=10)
        assert answer.status_code == 200, answer.text
        return answer

    def log(self):
        return self.shop.log.read_text()


@pytest.fixture(scope="module")
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def gateway(upstream, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("tls") / "gateway", upstream, "  hsts: 365d\n")
    gateway.shop.up()
    yield gateway
    gateway.shop.end("SIGTERM")


def curl(gateway, *arguments):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", gateway.trust, *arguments],
        capture_output=True, text=True,
    )  # fmt: skip


def s_client(gateway, *arguments):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{gateway.port}", "-CAfile", gateway.trust, *arguments],
        input=b"", capture_output=True, timeout=20,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


def test_curl_is_answered_and_the_upstream_hears_of_https(gateway):
    done = curl(gateway, "--include", gateway.url())
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition("\r\n\r\n") if "\r\n\r\n" in done.stdout else done.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200")
    assert "strict-transport-security: max-age=31536000" in head.lower()
    seen = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
    assert seen["x-forwarded-proto"] == "https"
    assert seen["x-forwarded-port"] == str(gateway.port)
    assert "proto=https" in seen["forwarded"]


def test_httpx_and_requests_use_one_connection_for_many_requests(gateway):
    with httpx.Client(verify=gateway.context()) as client:
        for number in range(200):
            body = bytes(number * 1000)
            answer = client.post(gateway.url(f"/orders/{number}"), content=body)
            assert answer.json()["size"] == len(body)
            assert answer.http_version == "HTTP/1.1"
    with requests.Session() as session:
        # Else a variable of the environment names other authorities.
        session.trust_env = False
        session.verify = str(gateway.trust)
        for number in range(50):
            assert session.put(gateway.url(f"/orders/{number}"), data=b"x" * number, timeout=10).json()["size"] == number


@pytest.mark.parametrize("version, is_spoken", [("tls1", False), ("tls1_1", False), ("tls1_2", True), ("tls1_3", True)])
def test_versions(gateway, version, is_spoken):
    said = s_client(gateway, f"-{version}", "-cipher", "ALL:@SECLEVEL=0", "-alpn", "h2,http/1.1")
    assert ("ALPN protocol: http/1.1" in said) == is_spoken, said
    assert ("Verify return code: 0 (ok)" in said and "Cipher is (NONE)" not in said) == is_spoken, said


@pytest.mark.parametrize(
    "cipher, is_taken",
    [
        ("ECDHE-ECDSA-AES256-GCM-SHA384", True), ("ECDHE-ECDSA-CHACHA20-POLY1305", True), ("AES128-GCM-SHA256", False),
        ("ECDHE-ECDSA-AES128-SHA", False), ("ECDHE-ECDSA-AES256-SHA384", False), ("ADH-AES128-SHA256", False),
        ("NULL-SHA256", False), ("DHE-RSA-AES128-GCM-SHA256", False),
    ],
)  # fmt: skip
def test_ciphers_have_forward_secrecy_and_authenticate(gateway, cipher, is_taken):
    said = s_client(gateway, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert (f"Cipher is {cipher}" in said) == is_taken, said


@pytest.mark.parametrize("cipher", ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"])
@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384"])
def test_1_3_in_every_cipher_and_group(gateway, cipher, group):
    said = s_client(gateway, "-tls1_3", "-ciphersuites", cipher, "-groups", group, "-alpn", "http/1.1")
    assert f"New, TLSv1.3, Cipher is {cipher}" in said and "Verify return code: 0 (ok)" in said, said
    assert "ALPN protocol: http/1.1" in said, said


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_in_either_version(gateway, version):
    name = {"1.2": "TLSv1.2", "1.3": "TLSv1.3"}[version]
    done = curl(gateway, "--verbose", f"--tlsv{version}", "--tls-max", version, "--data", "12345", gateway.url())
    assert done.returncode == 0, done.stderr
    assert f"SSL connection using {name}" in done.stderr, done.stderr
    assert json.loads(done.stdout)["size"] == 5


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_python_sees_the_whole_answer_and_its_end(gateway, version):
    context = gateway.context()
    context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    # An end without close_notify is an error: what came before may have been cut off.
    with context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as client:
        assert client.version() == {771: "TLSv1.2", 772: "TLSv1.3"}[version]
        # What comes behind the last request is not read, and takes nothing back.
        client.sendall(b"GET /orders/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + b"x" * 100_000)
        answer = b""
        while part := client.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and b"connection: close" in head.lower()
    assert json.loads(body)["path"] == "/orders/1"


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_openssl_resumes_its_session_by_a_ticket(gateway, version, tmp_path):
    kept = tmp_path / "session.pem"
    # With TLS 1.3 the ticket comes with the first answer.
    request = b"GET /orders/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    def connect(*arguments):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"localhost:{gateway.port}", "-CAfile", gateway.trust, f"-{version}",
             "-ign_eof", *arguments],
            input=request, capture_output=True, timeout=20,
        )  # fmt: skip
        return (done.stdout + done.stderr).decode(errors="replace")

    first = connect("-sess_out", kept)
    assert "New, TLSv1" in first and "HTTP/1.1 200" in first, first
    again = connect("-sess_in", kept)
    assert "Reused, TLSv1" in again and "HTTP/1.1 200" in again, again


def test_http_2_only_is_refused(gateway):
    assert "no application protocol" in s_client(gateway, "-alpn", "h2").lower()


def test_plain_http_is_redirected(gateway):
    url = f"http://localhost:{gateway.plain}/orders/1?a=%20b"
    answer = requests.post(url, data=b"12345", allow_redirects=False, timeout=10)
    assert answer.status_code == 308
    assert answer.headers["Location"] == gateway.url("/orders/1?a=%20b")
    assert "Strict-Transport-Security" not in answer.headers
    done = curl(gateway, "--location", "--data", "12345", url)
    assert json.loads(done.stdout)["method"] == "POST" and json.loads(done.stdout)["size"] == 5
    assert requests.get(f"http://localhost:{gateway.plain}/livez", timeout=10).status_code == 200


def test_options_of_the_whole_server_are_not_redirected(gateway):
    with socket.create_connection(("127.0.0.1", gateway.plain), timeout=10) as client:
        client.sendall(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := client.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 204") and b"location:" not in answer.lower(), answer


def test_plain_http_at_the_port_of_tls_is_told(gateway):
    answer = requests.get(f"http://localhost:{gateway.port}/orders/1", timeout=10)
    assert answer.status_code == 400 and "https://" in answer.json()["detail"]


def test_garbage_and_broken_records_end_only_their_connection(gateway):
    def send_last(client, content):
        client.settimeout(15)
        try:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError as error:
            # The gateway may have closed or reset the connection before.
            assert error.errno in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)

    hello = bytes.fromhex("160301") + (70000).to_bytes(3, "big")[1:] + os.urandom(2000)
    for content in [os.urandom(500), b"\x16" + os.urandom(300), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", hello, b"\x80\x2e\x01\x03\x01", b"SSH-2.0-x\r\n"]:  # fmt: skip
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as client:
            send_last(client, content)
    # Records that are cut off or changed after the handshake.
    for content in [b"\x17\x03\x03\x00\x50" + os.urandom(80), b"\x17\x03\x03\x40\x00abc", b"GET / HTTP/1.1\r\n\r\n"]:
        client = gateway.connect()
        raw = socket.socket(fileno=os.dup(client.fileno()))
        send_last(raw, content)
        raw.close()
        client.close()
    gateway.serves()


def test_a_crowd_that_never_ends_its_handshakes_keeps_nobody_out(gateway):
    crowd = []
    try:
        for _ in range(500):
            client = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
            client.sendall(b"\x16")
            crowd.append(client)
        times = []
        for _ in range(50):
            start = time.monotonic()
            gateway.serves()
            times.append(time.monotonic() - start)
        print(f"\n500 handshakes that stand still; others: median {sorted(times)[25]:.3f} s, longest {max(times):.3f} s")
        assert max(times) < 3
        eventually("the crowd is closed", lambda: all(ends(client) for client in crowd), 30)
    finally:
        for client in crowd:
            client.close()


def ends(client):
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_certificates_are_renewed_under_load_without_a_failed_request(gateway):
    stop, failures, counts, serials = threading.Event(), [], [], set()

    def load(keeps):
        count = 0
        client = httpx.Client(verify=gateway.context(), timeout=20)
        while not stop.is_set():
            try:
                if not keeps:
                    client.close()
                    client = httpx.Client(verify=gateway.context(), timeout=20)
                if client.get(gateway.url()).status_code != 200:
                    failures.append("status")
                count += 1
            except Exception as error:
                failures.append(repr(error))
        client.close()
        counts.append(count)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for number in range(6):
            pool.submit(load, number % 2 == 0)
        for _ in range(6):
            before = gateway.serial()
            serials.add(before)
            gateway.renew()
            eventually("the new certificate is shown", lambda: gateway.serial() != before, 20)
        stop.set()
    print(f"\n{sum(counts)} requests while the certificate was renewed 6 times")
    assert len(serials) == 6 and not failures, failures[:5]
    assert gateway.log().count("the certificate has changed") >= 6


def test_a_bad_pair_is_refused_with_a_sentence_and_the_old_one_stays(gateway):
    before = gateway.serial()
    certificate, key = gateway.pair()
    _, other = gateway.pair()
    for (content, wrong), sentence in {
        (certificate, other): "does not belong to the first certificate", (b"hello", key): "holds no certificate in PEM",
        (certificate, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"): "holds no private key in PEM",
    }.items():  # fmt: skip
        gateway.write(content, wrong)
        eventually(f"the log says: {sentence}", lambda: sentence in gateway.log(), 20)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert gateway.serial() == before
            time.sleep(0.3)
    gateway.write(certificate, key)
    eventually("the good pair is taken", lambda: gateway.serial() != before, 20)
    assert "BEGIN" not in gateway.log() and "AAAA" not in gateway.log()


def test_large_answers_take_no_more_memory_each_time(gateway):
    status = pathlib.Path(f"/proc/{gateway.shop.process.pid}/status")

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) >> 10

    def fetch(times):
        with httpx.Client(verify=gateway.context(), timeout=60) as client:
            for _ in range(times):
                assert len(client.get(gateway.url("/orders/large")).content) == LARGE

    fetch(5)
    before = resident()
    fetch(40)
    print(f"\n40 answers of {LARGE >> 20} MiB: {before} MiB before, {resident()} MiB after")
    assert resident() < before + 48


def test_a_start_with_an_exposed_key_names_file_line_and_cure(upstream, tmp_path):
    gateway = Gateway(tmp_path / "gateway", upstream)
    gateway.key.chmod(0o644)
    config = gateway.shop.data / "config.yaml"
    line = 1 + config.read_text().splitlines().index("  tls:")
    for command in (["serve", "gateway"], ["config", "check"]):
        done = subprocess.run(
            [SAMBAL, *command, "--data", gateway.shop.data, "--config", config], capture_output=True, text=True, timeout=60
        )
        assert done.returncode != 0
        said = done.stdout + done.stderr
        assert re.search(rf"config\.yaml:({line}|{line + 1}): tls: the key {gateway.key} can be read", said), said
        assert f"chmod 600 {gateway.key}" in said


def test_1_3_alone_can_be_required(upstream, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("newest") / "gateway", upstream, "  minimum: 1.3\n  redirect: false\n")
    gateway.shop.up()
    try:
        assert curl(gateway, "--tls-max", "1.2", gateway.url()).returncode == 35
        answer = gateway.serves()
        assert "Strict-Transport-Security" not in answer.headers
        plain = requests.get(f"http://localhost:{gateway.plain}/orders/1", timeout=10).json()
        assert plain["headers"]["X-Forwarded-Proto"] == "http"
    finally:
        gateway.shop.end("SIGTERM")
