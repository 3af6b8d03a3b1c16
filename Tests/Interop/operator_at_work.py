"""The person to whom the shop's operator tasks go: looks at what the provider really did, and decides by that."""

import uuid

import requests

import money

SERVICES = ["payment", "order"]


class Operator:
    def __init__(self, shop, provider):
        self.shop, self.provider = shop, provider
        self.decided = {}

    def work(self):
        """Resolves the open tasks that there are now."""
        for service in SERVICES:
            answer = requests.get(self.shop.url(service, "/tasks"), params={"state": "OPEN", "size": 1000}, timeout=10)
            if answer.status_code == 404:
                continue
            for tasks in answer.json()["_embedded"].values():
                for task in tasks:
                    self.decide(service, task)

    def decide(self, service, task):
        offered = {action["name"] for action in task["actions"]}
        action = next(name for name in self.preferred(task) if name in offered)
        body = {"action": action, "by": "the test", "reason": "as the provider's records show"}
        url = self.shop.url(service, f"/tasks/{task['id']}/resolution")
        answer = requests.post(url, json=body, headers={"Idempotency-Key": str(uuid.uuid4())}, timeout=10)
        name = f"{task['kind']} {action} {answer.status_code}"
        self.decided[name] = self.decided.get(name, 0) + 1

    def preferred(self, task):
        """Money that belongs to the buyer goes back; the rest is as the provider's records show."""
        if task["kind"] == "OUTCOME_UNKNOWN":
            return ["succeeded" if self.has_moved(task) else "refused", "close"]
        return ["refund", "retry", "giveBack", "close", "dismiss"]

    def has_moved(self, task):
        """Whether the provider made the movement that an attempt of the payment asked for."""
        answer = requests.get(self.shop.url("payment", f"/payments/{task['paymentId']}"), timeout=10)
        attempts = [attempt for attempt in answer.json()["attempts"] if attempt["id"] in str(task)]
        kinds = {"refund": ("refund", "reversal")}.get(attempts[0]["action"], ("capture",)) if attempts else ()
        balances = self.provider.fake.truth.orders()
        return any(
            movement.kind in kinds and movement.amount == attempts[0]["amount"] and movement.by_shop
            for name, balance in balances.items() if money.order_of(name) == task.get("orderId")
            for movement in balance.movements
        )  # fmt: skip
