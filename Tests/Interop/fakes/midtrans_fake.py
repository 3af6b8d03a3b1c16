"""Midtrans' Core API for cards by its documents: charge, capture, approve, deny, cancel, expire, refund, status and HTTP
notifications.

Sources: https://docs.midtrans.com/docs/transaction-status-cycle (C), /docs/https-notification-webhooks (N),
/reference/best-practices-to-handle-notification (B), /reference/charge-transactions-on-card (H),
/reference/cancel-transaction-card (X), /reference/refund-transactions-card (R), /reference/get-transaction-status-card
(G), /reference/code-4xx (4), /reference/api-headers (I)."""

import base64
import hashlib
import itertools
import json
import time
import uuid
from collections import Counter

from fakes.callbacks import Callback
from fakes.fake import Answer, Fake

KEY = "SB-Mid-server-fake"
# H: transactions of a day are settled on the next day at 16:00; here after so many seconds.
SETTLEMENT = (6, 10)
# I: a key lives for five minutes, and one of more than 46 characters is ignored.
KEY_LIFE, LONGEST_KEY = 300, 46
# C: what can be cancelled, and what can be refunded.
CANCELABLE = ["authorize", "capture", "pending"]
REFUNDABLE = ["settlement", "partial_refund"]


# The truth is in minor units of ISO 4217; Midtrans knows whole rupiah only.
SEN = 100


def rupiah(amount):
    return f"{amount}.00"


def local(at):
    # H: "Time Zone: GMT+7".
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 7 * 3600))


class Transaction:
    def __init__(self, order, amount):
        self.order, self.amount = order, amount
        self.id = str(uuid.uuid4())
        self.status, self.fraud = "pending", "accept"
        self.at = time.time()
        self.settled_at = None
        self.refunds, self.chargebacks = [], []

    @property
    def refunded(self):
        return sum(refund["amount"] for refund in self.refunds)

    @property
    def left(self):
        return self.amount - self.refunded - sum(self.chargebacks)

    @property
    def code(self):
        """H, X (notifications): 201 while something has to be done yet, 202 for what was denied or cancelled."""
        if self.fraud == "challenge" or self.status == "pending":
            return "201"
        return {"deny": "202", "cancel": "202", "expire": "202"}.get(self.status, "200")


class Midtrans(Fake):
    # B: 2 min, 10 min, 30 min, 1.5 h, 3.5 h; five times at most.
    CALLBACK_DELAYS = [0.5, 2, 4, 8, 16]

    def __init__(self, chaos=None, key=KEY):
        self.key = key
        self.transactions, self.by_id, self.answers = {}, {}, {}
        self._counts = Counter()
        self._refund_ids = itertools.count(1)
        super().__init__(chaos)

    def count(self, *about):
        self._counts[about] += 1
        return self._counts[about] - 1

    # How it fails.

    def identity(self, request, body):
        steps = [step for step in request.path.split("/")[2:] if step not in self.transactions and step not in self.by_id]
        steps = [step if len(step) < 20 else "*" for step in steps]
        return f"{request.method} {' '.join(steps)}", request.path, body

    def error(self):
        # https://docs.midtrans.com/reference/code-5xx: 500 "Internal Server Error".
        return Answer(500, {"status_code": "500", "status_message": "Sorry, we encountered internal server error."})

    def limited(self):
        # 4: "API rate limit exceeded", on charges.
        return Answer(429, {"status_code": "429", "status_message": "API rate limit exceeded"})

    def conflict(self):
        # I: while the first request with a key is in process, others with it are answered 202, without a transaction.
        return Answer(202, {"status_code": "202", "status_message": "Request is being processed"})

    def perform(self, request, body, said_instead):
        expected = "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()
        if request.headers.get("Authorization") != expected:
            text = "Transaction cannot be authorized with the current client/server key."
            return Answer(401, {"status_code": "401", "status_message": text})
        key = request.headers.get("Idempotency-Key", "")
        if request.method == "POST" and key and len(key) <= LONGEST_KEY:
            kept_at, answer = self.answers.get(key, (0, None))
            if answer and time.time() - kept_at < KEY_LIFE:
                # I: "the same response … regardless of the request body", "global across any endpoints".
                return answer
        answer = self._route(request.method, request.path.removeprefix("/v2/").split("/"), body)
        if said_instead:
            return said_instead
        if key and answer.body["status_code"].startswith("20"):
            # I: only successful responses are saved.
            self.answers[key] = (time.time(), answer)
        return answer

    def _route(self, method, path, body):
        if method == "POST" and path in (["charge"], ["capture"]) or path[-1] in ("refund", "direct"):
            try:
                content = json.loads(body)
            except ValueError:
                return self.problem("413", "The request cannot be processed due to syntax error in the request body.")
        match method, *path:
            case "POST", "charge":
                return self.charge(content)
            case "POST", "capture":
                return self.known(content.get("transaction_id"), self.capture, content)
            case "POST", id, "cancel" | "expire" | "approve" | "deny" as step:
                return self.known(id, {
                    "cancel": self.cancel, "expire": self.expire, "approve": self.approve, "deny": self.deny,
                }[step])  # fmt: skip
            case "POST", id, "refund":
                return self.known(id, self.refund, content)
            case "POST", id, "refund", "online", "direct":
                return self.known(id, self.refund, content)
            case "GET", id, "status":
                return self.known(id, lambda transaction: Answer(200, self.view(transaction)))
        return self.problem("404", "The requested resource is not found")

    def known(self, id, step, *arguments):
        transaction = self.transactions.get(id) or self.by_id.get(id)
        if transaction is None:
            return self.problem("404", "Transaction doesn't exist.")
        return step(transaction, *arguments)

    def problem(self, code, text):
        # The reference shows these under HTTP 200 (X, R, G: OpenAPI definitions); live they come as HTTP status as well.
        body = {"status_code": code, "status_message": text, "id": str(uuid.uuid4())}
        return Answer(200 if self.chaos.draw("problem", text) < 0.5 else int(code), body)

    # Charging.

    def charge(self, content):
        details = content.get("transaction_details") or {}
        order, amount = details.get("order_id"), details.get("gross_amount")
        if not order or len(str(order)) > 50 or not str(amount).replace(".00", "").isdigit():
            return self.problem("400", "One or more parameters in the payload is invalid.")
        if content.get("payment_type") != "credit_card":
            return self.problem("402", "No access for this payment type.")
        if not (content.get("credit_card") or {}).get("token_id"):
            return self.problem("411", "Token id is missing, invalid, or timed out")
        if order in self.transactions:
            # 4: an order_id can be used once, also after a denial.
            return self.problem("406", "The request could not be completed due to a conflict with the current state of "
                                "the target resource, please try again")  # fmt: skip
        transaction = Transaction(order, int(float(amount)))
        self.transactions[order] = self.by_id[transaction.id] = transaction
        self._decide(transaction, (content["credit_card"].get("type") == "authorize"))
        answer = self.view(transaction, "Success, Credit Card transaction is successful")
        if transaction.status == "pending":
            answer["redirect_url"] = f"{self.url}/v2/3ds/redirect/{transaction.id}"
        return Answer(200, answer)

    def _decide(self, transaction, is_authorisation):
        chaos, order = self.chaos, transaction.order
        if chaos.happens("declined", order):
            # H: "transaction is denied by the bank or FDS".
            transaction.status = "deny"
        elif is_authorisation:
            transaction.status = "authorize"
        elif chaos.happens("pending", order):
            wait = chaos.between(0.5, 5, "decision in", order)
            if chaos.draw("pending as", order) < 0.5:
                # C: pending, "for card payment method: waiting for customer to complete 3DS/OTP".
                if chaos.happens("abandoned", order):
                    # C: "no longer available …, because the payment is not completed within the expiry time period".
                    self.later(8, self._move, transaction, "pending", "expire")
                else:
                    decision = "deny" if chaos.draw("decision", order) < 0.3 else "capture"
                    self.later(wait, self._move, transaction, "pending", decision)
            else:
                # G: "challenge: questioned by FDS; approve to accept it or transaction gets automatically canceled". The
                # shop has no money of it before it is accepted.
                transaction.fraud = "challenge"
                self._take(transaction)
                self.later(wait, self._judge, transaction, chaos.draw("decision", order) < 0.3)
        else:
            self._take(transaction)
        self.tell(transaction)

    def _take(self, transaction):
        transaction.status = "capture"
        if transaction.fraud == "accept":
            self._count_capture(transaction)
        wait = self.chaos.between(*SETTLEMENT, "settlement", transaction.order)
        self.later(wait, self._settle, transaction)

    def _count_capture(self, transaction):
        self.truth.move(transaction.order, transaction.id, "capture", transaction.amount * SEN)

    def _judge(self, transaction, is_fraud):
        if transaction.status == "capture" and transaction.fraud == "challenge":
            (self.deny if is_fraud else self.approve)(transaction, by_shop=False)

    def _settle(self, transaction):
        if transaction.status != "capture":
            return
        if transaction.fraud == "challenge":
            self._reverse(transaction, "cancel", by_shop=False)
        else:
            transaction.status, transaction.settled_at = "settlement", time.time()
        self.tell(transaction)

    def _move(self, transaction, before, after):
        if transaction.status == before:
            if after == "capture":
                self._take(transaction)
            else:
                transaction.status = after
            self.tell(transaction)

    def capture(self, transaction, content):
        if transaction.status != "authorize":
            return self.unchangeable()
        self._take(transaction)
        self.tell(transaction)
        return Answer(200, self.view(transaction, "Success, Credit Card capture transaction is successful"))

    # Taking back.

    def unchangeable(self):
        return self.problem("412", "Merchant cannot modify the status of the transaction")

    def approve(self, transaction, by_shop=True):
        if transaction.fraud != "challenge" or transaction.status != "capture":
            return self.unchangeable()
        transaction.fraud = "accept"
        self._count_capture(transaction)
        self.tell(transaction)
        return Answer(200, self.view(transaction, "Success, transaction is approved"))

    def deny(self, transaction, by_shop=True):
        if transaction.fraud != "challenge" or transaction.status != "capture":
            return self.unchangeable()
        self._reverse(transaction, "deny", by_shop)
        transaction.fraud = "deny"
        self.tell(transaction)
        return Answer(200, self.view(transaction, "Success, transaction is denied"))

    def cancel(self, transaction, by_shop=True):
        # X: "if transaction is already settled you should perform refund instead".
        if transaction.status not in CANCELABLE:
            return self.unchangeable()
        if transaction.status == "capture":
            self._reverse(transaction, "cancel", by_shop)
        transaction.status = "cancel"
        self.tell(transaction)
        return Answer(200, self.view(transaction, "Success, transaction is canceled") | {"status_code": "200"})

    def _reverse(self, transaction, status, by_shop):
        transaction.status = status
        if transaction.fraud == "challenge":
            return
        self.truth.move(transaction.order, transaction.id, "reversal", transaction.amount * SEN, by_shop)

    def expire(self, transaction):
        if transaction.status != "pending":
            return self.problem("407", "Transaction is expired") if transaction.status == "expire" else self.unchangeable()
        transaction.status = "expire"
        self.tell(transaction)
        return Answer(200, self.view(transaction, "Success, transaction is expired") | {"status_code": "407"})

    def refund(self, transaction, content, by_shop=True):
        key, amount = content.get("refund_key") or f"MID-{uuid.uuid4()}", content.get("amount", transaction.left)
        # R: "for transactions with payment status Settlement"; before it, cancel.
        if transaction.status not in REFUNDABLE:
            return self.unchangeable()
        if any(refund["key"] == key for refund in transaction.refunds):
            return self.problem("406", "Duplicate refund ID")
        if not isinstance(amount, int) or not 0 < amount <= transaction.left:
            return self.problem("414", "Refund request is rejected due to invalid amount")
        transaction.refunds.append({
            "id": next(self._refund_ids), "key": key, "amount": amount, "reason": content.get("reason", ""),
            "at": time.time(),
        })  # fmt: skip
        transaction.status = "refund" if transaction.refunded == transaction.amount else "partial_refund"
        self.truth.move(transaction.order, transaction.id, "refund", amount * SEN, by_shop)
        self.tell(transaction)
        answer = self.view(transaction, "Success, refund request is approved")
        answer.pop("refunds")
        # R: the response names this refund only.
        return Answer(200, answer | {
            "refund_chargeback_id": transaction.refunds[-1]["id"], "refund_amount": rupiah(amount), "refund_key": key,
        })  # fmt: skip

    # What somebody does in the dashboard (MAP), or the buyer's bank.

    def dashboard_refund(self, order, part=1.0):
        """Before settlement only the whole can be cancelled; gives what was given back."""
        transaction = self.transactions.get(order)
        if transaction is None or transaction.left < 1 or transaction.fraud == "challenge":
            return 0
        if transaction.status == "capture" and part == 1.0:
            self.cancel(transaction, by_shop=False)
            return transaction.amount
        amount = max(1, int(transaction.left * part))
        # R: without a refund_key, Midtrans makes one.
        answer = self.refund(transaction, {"amount": amount, "reason": "by support"}, by_shop=False)
        return amount if answer.body["status_code"] == "200" else 0

    def dispute(self, order, is_won=None):
        # C: settlement → chargeback or partial_chargeback.
        transaction = self.transactions.get(order)
        if transaction is None or transaction.status != "settlement":
            return 0
        amount = transaction.left
        transaction.chargebacks.append(amount)
        transaction.status = "chargeback"
        self.truth.move(order, transaction.id, "chargeback", amount * SEN, by_shop=False)
        self.tell(transaction)
        return amount

    # What it shows and tells.

    def view(self, transaction, text="Success, transaction found"):
        view = {
            "status_code": transaction.code, "status_message": text, "transaction_id": transaction.id,
            "order_id": transaction.order, "merchant_id": "G000000000", "gross_amount": rupiah(transaction.amount),
            "currency": "IDR", "payment_type": "credit_card", "transaction_time": local(transaction.at),
            "transaction_status": transaction.status, "fraud_status": transaction.fraud,
            "masked_card": "48111111-1114", "bank": "bni", "card_type": "credit", "channel_response_code": "00",
            "channel_response_message": "Approved", "signature_key": self.signature(transaction),
        }  # fmt: skip
        if transaction.status == "deny":
            view |= {"channel_response_code": "05", "channel_response_message": "Do not honor"}
        else:
            view["approval_code"] = "1424936374393"
        if transaction.settled_at:
            view["settlement_time"] = local(transaction.settled_at)
        if transaction.refunds:
            # G: refund_amount is the sum of all, refunds has each.
            view["refund_amount"] = rupiah(transaction.refunded)
            view["refunds"] = [
                {
                    "refund_chargeback_id": refund["id"], "refund_amount": rupiah(refund["amount"]),
                    "created_at": local(refund["at"]), "reason": refund["reason"], "refund_key": refund["key"],
                }
                for refund in transaction.refunds
            ]  # fmt: skip
        return view

    def signature(self, transaction):
        # N: SHA512(order_id + status_code + gross_amount + server key): it does not cover transaction_status.
        text = transaction.order + transaction.code + rupiah(transaction.amount) + self.key
        return hashlib.sha512(text.encode()).hexdigest()

    def tell(self, transaction):
        message = self.view(transaction, "midtrans payment notification")
        body = json.dumps(message).encode()
        about = transaction.status, transaction.order, self.count(transaction.status, transaction.order)
        self.callbacks.send(Callback(about, lambda: ({"User-Agent": "Veritrans"}, body), lambda: self._forged(message)))

    @staticmethod
    def _forged(message):
        """Another's status under a signature that was seen once: only a query tells."""
        lie = "deny" if message["transaction_status"] in ("capture", "settlement") else "settlement"
        return {"User-Agent": "Veritrans"}, json.dumps(message | {"transaction_status": lie}).encode()
