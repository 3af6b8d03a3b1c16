"""What all fakes have in common: a server of their own on loopback, and the ways in which an answer goes wrong."""

import asyncio
import threading
import time

from aiohttp import web

from fakes.callbacks import Callbacks
from fakes.chaos import PAGES, Chaos
from fakes.truth import Truth

# Longer than the shop waits for a provider in the tests.
SLOW = 2.5
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>proxy</body></html>"


class Answer:
    def __init__(self, status, body, headers=None):
        self.status, self.body, self.headers = status, body, headers or {}


class Fake:
    """A subclass says how requests are told apart (`identity`), does them (`perform`), and makes its errors."""

    # How long until a callback that was not taken is sent again; providers wait from a minute to a day.
    CALLBACK_DELAYS = [0.5, 1, 2, 4, 8, 16]

    def __init__(self, chaos=None):
        self.chaos = chaos or Chaos()
        self.truth = Truth()
        self.requests = {}
        """How often what was asked."""
        self.faults, self.crashes, self.log = {}, [], []
        self._timers, self._began = 0, time.monotonic()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    # The server.

    def _run(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.callbacks = Callbacks(self.chaos, self.CALLBACK_DELAYS, self.is_taken, self.note)
        self.loop.run_until_complete(self._listen())
        self._started.set()
        self.loop.run_forever()

    async def _listen(self):
        server = web.Server(self._handle)
        self._runner = web.ServerRunner(server, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"

    def call(self, work, *arguments):
        """Runs a function on the fake's own thread, where all its state lives."""

        async def run():
            return self._unasked(work, *arguments)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def close(self):
        async def end():
            await self.callbacks.close()
            await self._runner.cleanup()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    @property
    def is_quiet(self):
        """Nothing is going to happen any more by itself."""
        return self._timers == 0 and self.callbacks.under_way == 0

    def later(self, seconds, work, *arguments):
        self._timers += 1

        def run():
            self._timers -= 1
            self._unasked(work, *arguments)

        self.loop.call_later(seconds, run)

    def _unasked(self, work, *arguments):
        """Does what no request of the shop asks for: what its callbacks tell cannot be found by asking for an answer."""
        self.callbacks.is_news = True
        try:
            return work(*arguments)
        finally:
            self.callbacks.is_news = False

    # Requests.

    async def _handle(self, request):
        try:
            return await self._answer(request, await request.read())
        except Exception as error:
            # Not one of the plan's faults: the fake itself is wrong.
            self.crashes.append(f"{request.method} {request.path_qs}: {error!r}")
            raise

    def note(self, *words):
        self.log.append(f"{time.monotonic() - self._began:7.3f} {' '.join(map(str, words))}")

    def log_of(self, *names):
        """All that was asked, done and told about something."""
        return [line for line in list(self.log) if any(name in line for name in names)]

    async def _answer(self, request, body):
        is_query = request.method == "GET"
        name, *about = self.identity(request, body)
        self.requests[name] = self.requests.get(name, 0) + 1
        fault = self.chaos.fault(is_query, name, *about)
        if fault:
            self.faults[fault] = self.faults.get(fault, 0) + 1
        number = self.requests[name]
        key = request.headers.get("Idempotency-Key", "")
        self.note(request.method, request.path_qs, key, body.decode(errors="replace")[:300], fault or "")
        if fault in ("lost_before", "query_lost"):
            return self._lose(request)
        if fault in ("limited", "query_limited"):
            return self._response(self.limited())
        if fault in ("page_before", "query_page"):
            return self._proxy_page(number, name, *about)
        if fault == "conflict":
            return self._response(self.conflict())
        if fault in ("error_before", "query_error"):
            return self._response(self.stored(request, body, self.error()) if not is_query else self.error())
        if fault == "slow":
            # The caller gives up; what it asked for is done when it has long been asking what became of it.
            await asyncio.sleep(SLOW)
        answer = self.perform(request, body, self.error() if fault == "error_after" else None)
        if fault == "lost_after":
            return self._lose(request)
        if fault == "page_after":
            return self._proxy_page(number, name, *about)
        self.note("answered", name, *about, answer.status)
        return self._response(answer)

    @staticmethod
    def _response(answer):
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    @staticmethod
    def _lose(request):
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _proxy_page(self, *about):
        status = self.chaos.one_of(PAGES, "page", *about)
        return web.Response(status=status, text=PAGE.format(status), content_type="text/html")

    # What subclasses say.

    def identity(self, request, body):
        raise NotImplementedError

    def perform(self, request, body, said_instead):
        """Does it, keeps the answer for the key if the provider does so, and gives it; `said_instead` is an error that is
        said although it was done."""
        raise NotImplementedError

    def stored(self, request, body, answer):
        """Keeps an error as the answer of a key, if the provider does so. Nothing was done."""
        return answer

    def error(self):
        raise NotImplementedError

    def limited(self):
        raise NotImplementedError

    def conflict(self):
        raise NotImplementedError

    def is_taken(self, status):
        return 200 <= status < 300
