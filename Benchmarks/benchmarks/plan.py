"""How long and how often each thing is measured."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    turns: int
    json_seconds: float
    orders_seconds: float
    sagas_seconds: float
    starts: int
    #: Of orders with and without idempotency, in turns.
    pairs: int
    pair_seconds: float
    storm_times: int
    #: Carts in each turn.
    checkouts: int
    #: Behind a consumer.
    events: int


FULL = Plan(turns=5, json_seconds=5, orders_seconds=12, sagas_seconds=20, starts=5, pairs=8, pair_seconds=5, storm_times=20,
    checkouts=6000, events=1_000_000)
QUICK = Plan(turns=2, json_seconds=2, orders_seconds=3, sagas_seconds=4, starts=3, pairs=2, pair_seconds=2, storm_times=4,
    checkouts=1000, events=20_000)
