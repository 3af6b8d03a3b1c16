"""Sends a fake's callbacks, as often, as late and in as wrong an order as the plan says, and repeats those that were not
taken."""

import asyncio
import dataclasses

import aiohttp


@dataclasses.dataclass
class Callback:
    about: tuple
    make: object
    """Makes headers and body anew for each delivery: a signature carries the time of its delivery."""
    forge: object = None
    """Makes one that somebody else might send before it."""


class Callbacks:
    def __init__(self, chaos, delays, is_taken, note):
        self.url = None
        self.chaos, self.delays, self.is_taken, self.note = chaos, delays, is_taken, note
        self.under_way, self.is_news = 0, False
        self.delivered = self.given_up = self.forged = self.forged_taken = self.never_told = 0
        self.refused = {}
        """How often which status, or none, answered a delivery that is then repeated."""
        self._tasks = set()
        self._session = None
        self._limit = asyncio.Semaphore(32)

    def send(self, callback):
        chaos, about = self.chaos, callback.about
        if self.url is None:
            return
        if callback.forge and chaos.happens("callback_forged", *about):
            self.forged += 1
            self._start(self._forge(callback))
        if chaos.happens("news_never" if self.is_news else "callback_never", *about):
            self.never_told += 1
            self.note("never told", *about)
            return
        copies = 2 if chaos.happens("callback_doubled", *about) else 1
        for copy in range(copies):
            # Even those that are not late pass each other by.
            wait = chaos.between(0, 0.2, "wait", copy, *about)
            if chaos.happens("callback_late", copy, *about):
                wait += chaos.between(0.5, 4, "late", copy, *about)
            self._start(self._deliver(callback, wait))

    def _start(self, delivery):
        self.under_way += 1
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task):
        self.under_way -= 1
        self._tasks.discard(task)

    async def _deliver(self, callback, wait):
        for delay in [wait, *self.delays]:
            await asyncio.sleep(delay)
            status = await self._post(*callback.make())
            self.note("told", *callback.about, status)
            if status and self.is_taken(status):
                self.delivered += 1
                return
            self.refused[status] = self.refused.get(status, 0) + 1
        self.given_up += 1

    async def _forge(self, callback):
        status = await self._post(*callback.forge())
        self.forged_taken += status is not None and self.is_taken(status)

    async def _post(self, headers, body):
        """The status, or `None` if there was no answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        headers = {"Content-Type": "application/json", **headers}
        try:
            async with self._limit, self._session.post(self.url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return None

    async def close(self):
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()
