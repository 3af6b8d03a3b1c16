"""The seeded plan by which a fake misbehaves."""

import dataclasses
import hashlib
import re


@dataclasses.dataclass(frozen=True)
class Odds:
    """Shares from 0 to 1 of requests, callbacks or payments. All zero: the provider at its best."""

    # Requests that move money. What is "before" did not happen, what is "after" did; the caller cannot tell them apart.
    lost_before: float = 0
    lost_after: float = 0
    slow: float = 0
    """Done, but only after the caller has given up."""
    error_before: float = 0
    error_after: float = 0
    limited: float = 0
    conflict: float = 0
    page_before: float = 0
    """A proxy's HTML page, with a status that the provider itself would not use so."""
    page_after: float = 0
    # Questions.
    query_lost: float = 0
    query_error: float = 0
    query_limited: float = 0
    query_page: float = 0
    # Callbacks.
    callback_doubled: float = 0
    callback_late: float = 0
    callback_never: float = 0
    news_never: float = 0
    """Callbacks of what the shop did not ask for, such as refunds in the dashboard."""
    callback_forged: float = 0
    # Payments.
    declined: float = 0
    pending: float = 0
    """Decided later: by the buyer's bank, or by a person."""
    abandoned: float = 0
    """Of the pending ones: never decided."""
    revived: float = 0
    """Declined, and paid all the same a little later, under the same name."""
    # Refunds.
    refund_pending: float = 0
    refund_fails: float = 0
    """Of those that are pending, and of those that were said to have succeeded."""


CALM = Odds()
# Each of these was seen at a provider or is described by it; here they come much more often than there.
ROUGH = Odds(
    lost_before=0.03, lost_after=0.04, slow=0.02, error_before=0.02, error_after=0.02, limited=0.02, conflict=0.01,
    page_before=0.02, page_after=0.01,
    query_lost=0.02, query_error=0.02, query_limited=0.01, query_page=0.02,
    callback_doubled=0.2, callback_late=0.15, callback_never=0.05, news_never=0.05, callback_forged=0.02,
    declined=0.05, pending=0.05, abandoned=0.1, revived=0.1,
    refund_pending=0.2, refund_fails=0.1,
)  # fmt: skip

CALL_FAULTS = [
    "lost_before", "lost_after", "slow", "error_before", "error_after", "limited", "conflict", "page_before",
    "page_after",
]  # fmt: skip
QUERY_FAULTS = ["query_lost", "query_error", "query_limited", "query_page"]
PAGES = [502, 503, 504, 408, 403, 404]
# A call that was repeated so often is left alone: whoever keeps asking gets an answer.
FAULTY_TRIES = 3


# The shop's ids and the fakes' own are new in each run: what they name is told apart by when it was first seen.
RANDOM_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Chaos:
    """Draws depend on the seed and on what they are about, not on the order in which things happen."""

    def __init__(self, seed=1, odds=CALM):
        self.seed, self.odds = seed, odds
        self._tries, self._numbers = {}, {}

    def _number(self, id):
        return str(self._numbers.setdefault(id.group(), len(self._numbers)))

    def draw(self, *about):
        """A number from 0 to 1."""
        text = RANDOM_ID.sub(self._number, "\0".join(map(str, (self.seed, *about))))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64

    def happens(self, odds, *about):
        return self.draw(odds, *about) < getattr(self.odds, odds)

    def between(self, low, high, *about):
        return low + (high - low) * self.draw(*about)

    def one_of(self, things, *about):
        return things[int(self.draw(*about) * len(things))]

    def fault(self, is_query, *about):
        """What befalls the next request that is about this, or `None`."""
        number = self._tries[about] = self._tries.get(about, 0) + 1
        if number > FAULTY_TRIES:
            return None
        drawn, sum = self.draw("fault", number, *about), 0
        for name in QUERY_FAULTS if is_query else CALL_FAULTS:
            sum += getattr(self.odds, name)
            if drawn < sum:
                return name
        return None
