"""A proxy between a service and one that it calls, which can end a process at a chosen call."""

import http.client
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOT_FORWARDED = {"connection", "keep-alive", "transfer-encoding", "host", "content-length", "date", "server"}


class Trap:
    """At the first call that matches: `kill`, "before" the call is forwarded, or "after" it was answered. The caller
    hears nothing."""

    def __init__(self, method, path, moment, kill):
        self.method, self.path, self.moment, self.kill = method, path, moment, kill
        self.failure = None
        self.is_sprung = threading.Event()
        self._waits = threading.Lock()

    def catches(self, method, path):
        return method == self.method and re.fullmatch(self.path, path) and self._waits.acquire(blocking=False)

    def spring(self, forward):
        try:
            if self.moment == "after":
                forward()
            self.kill()
        except Exception as error:
            self.failure = error
        finally:
            self.is_sprung.set()

    def wait(self):
        assert self.is_sprung.wait(20), f"there was no {self.method} {self.path}"
        assert self.failure is None, self.failure


class Proxy:
    """In front of a port. `rewrite` takes method, path and body, and gives the body to forward."""

    def __init__(self, target, rewrite=lambda method, path, body: body):
        self.trap = None
        self._target, self._rewrite = target, rewrite
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_any(self):
                proxy.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def handle(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"] or 0))
        body = self._rewrite(request.command, request.path, body)
        try:
            if self.trap and self.trap.catches(request.command, request.path):
                self.trap.spring(lambda: self.forward(request, body))
            else:
                self.answer(request, *self.forward(request, body))
        except (OSError, http.client.HTTPException):
            pass  # One of both ends is gone: then there is no answer.
        finally:
            request.close_connection = True

    def forward(self, request, body):
        connection = http.client.HTTPConnection("127.0.0.1", self._target, timeout=20)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_FORWARDED}
            connection.request(request.command, request.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    @staticmethod
    def answer(request, status, headers, body):
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in NOT_FORWARDED:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
