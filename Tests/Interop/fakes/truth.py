"""What money a provider really moved, whatever it said of it."""

import dataclasses
import threading
import time
from collections import defaultdict

# How each kind of movement changes what the shop keeps of an order.
SIGNS = {
    "capture": 1,
    # Given back: by a refund, by the cancellation of a capture, or by the card's bank.
    "refund": -1,
    "reversal": -1,
    "chargeback": -1,
    # Came back to the shop: a refund that failed later, a dispute that was won.
    "refund failed": 1,
    "chargeback won": 1,
}


@dataclasses.dataclass(frozen=True)
class Movement:
    order: str
    charge: str
    kind: str
    amount: int
    """Minor units, positive."""
    by_shop: bool
    """Asked for by the shop, not by somebody at the provider."""
    at: float


class Truth:
    def __init__(self):
        self._movements = []
        self._lock = threading.Lock()

    def move(self, order, charge, kind, amount, by_shop=True):
        assert kind in SIGNS and amount > 0, (kind, amount)
        with self._lock:
            self._movements.append(Movement(order, charge, kind, amount, by_shop, time.time()))

    @property
    def movements(self):
        with self._lock:
            return list(self._movements)

    def orders(self):
        """The balance of each order that ever had a capture."""
        balances = defaultdict(Balance)
        for movement in self.movements:
            balances[movement.order].add(movement)
        return dict(balances)


class Balance:
    """Of one order."""

    def __init__(self):
        self.movements = []

    def add(self, movement):
        self.movements.append(movement)

    def total(self, *kinds):
        return sum(movement.amount for movement in self.movements if movement.kind in kinds)

    @property
    def captured(self):
        return self.total("capture")

    @property
    def returned(self):
        return self.captured - self.kept

    @property
    def kept(self):
        return sum(SIGNS[movement.kind] * movement.amount for movement in self.movements)

    @property
    def disputed(self):
        return self.total("chargeback") - self.total("chargeback won")

    @property
    def charges_kept(self):
        """How many charges of it still hold money of the buyer: more than one is a double payment."""
        kept = defaultdict(int)
        for movement in self.movements:
            kept[movement.charge] += SIGNS[movement.kind] * movement.amount
        return sum(1 for amount in kept.values() if amount > 0)

    @property
    def moved_by_provider(self):
        return any(not movement.by_shop for movement in self.movements)

    def __repr__(self):
        return " ".join(f"{m.kind}:{m.amount}{'' if m.by_shop else '*'}" for m in self.movements)
