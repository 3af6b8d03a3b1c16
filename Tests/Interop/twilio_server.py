"""Twilio's Messages resource as the shop sees it, that misbehaves on request."""

import base64
import json
import threading
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCOUNT, TOKEN, SENDER = "AC00000000000000000000000000000001", "tw1lio+token", "+15005550006"


class TwilioServer:
    """`faults` holds what befalls the next requests: a status, or `hang` (taken, not answered)."""

    def __init__(self):
        self.faults = deque()
        # By Idempotency-Key: what the buyer's phone shows.
        self.inbox = {}
        self.requests = []
        self.acknowledged = Counter()
        self.wrong = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                server.take(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def take(self, request):
        form = parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode(), strict_parsing=True)
        key = request.headers["Idempotency-Key"]
        with self._lock:
            self.check(request, form, key)
            self.requests.append(key)
            fault = self.faults.popleft() if self.faults else None
            if form["To"] == ["+15005550001"]:
                fault = 21211
            elif fault in (None, "hang"):
                self.inbox.setdefault(key, form)
            if fault is None:
                self.acknowledged[key] += 1
        if fault == "hang":
            self._stopping.wait()
            return
        if fault is None:
            return self.answer(request, 201, {"sid": f"SM{abs(hash(key)):032x}"[:34], "status": "queued"})
        if fault == 21211:
            return self.answer(request, 400, {"code": 21211, "message": "The 'To' number is not valid", "status": 400})
        self.answer(request, fault, {"code": 20000 + fault, "message": "not now", "status": fault})

    def check(self, request, form, key):
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        rules = {
            "path": request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
            "credentials": request.headers["Authorization"] == wanted,
            "type": request.headers["Content-Type"] == "application/x-www-form-urlencoded",
            "form": set(form) == {"To", "From", "Body"} and form["From"] == [SENDER],
            "key": bool(key),
        }
        self.wrong += [f"{rule}: {form}" for rule, holds in rules.items() if not holds]

    @staticmethod
    def answer(request, status, body):
        data = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        if status == 429:
            request.send_header("Retry-After", "1")
        request.end_headers()
        request.wfile.write(data)

    def close(self):
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
