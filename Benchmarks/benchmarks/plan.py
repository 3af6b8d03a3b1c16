"""How long and how often each thing is measured."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    turns: int
    json_seconds: float
    orders_seconds: float
    sagas_seconds: float
    starts: int


FULL = Plan(turns=5, json_seconds=5, orders_seconds=12, sagas_seconds=20, starts=5)
QUICK = Plan(turns=2, json_seconds=2, orders_seconds=3, sagas_seconds=4, starts=3)
