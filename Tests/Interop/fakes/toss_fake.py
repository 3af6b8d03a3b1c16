"""Toss Payments' core API by its documents: confirm, cancel, query, transactions and webhooks.

Sources: https://docs.tosspayments.com/reference (A), /reference/error-codes (E), /reference/using-api/authorization, with
idempotency keys (I), /reference/using-api/webhook-events (W), /guides/v2/webhook, with its retries (N),
/guides/v2/cancel-payment (C)."""

import base64
import datetime
import itertools
import json
import time
import uuid
from collections import Counter

from fakes.callbacks import Callback
from fakes.fake import Answer, Fake

KEY = "test_sk_fake"
SEOUL = datetime.timezone(datetime.timedelta(hours=9))
# E (confirm): refusals that say that the card, or what stands behind it, refused. All are final for this payment.
DECLINES = [
    (403, "REJECT_CARD_PAYMENT"), (403, "REJECT_CARD_COMPANY"), (400, "INVALID_STOPPED_CARD"),
    (400, "INVALID_REJECT_CARD"), (400, "EXCEED_MAX_AMOUNT"), (400, "INVALID_CARD_LOST_OR_STOLEN"),
]  # fmt: skip
LONGEST_KEY = 300
CANCEL_TIME = (1, 5)


def iso(at):
    return datetime.datetime.fromtimestamp(at, SEOUL).isoformat(timespec="seconds")


class Payment:
    def __init__(self, key, order, amount):
        self.key, self.order, self.amount = key, order, amount
        self.status = "IN_PROGRESS"
        self.requested_at = time.time()
        self.approved_at = None
        self.cancels = []
        self.failure = None
        self.last_transaction = None

    @property
    def left(self):
        return self.amount - sum(cancel["amount"] for cancel in self.cancels if cancel["status"] != "ABORTED")

    @property
    def balance(self):
        """What is shown: a cancellation under way has not changed it yet."""
        return self.amount - sum(cancel["amount"] for cancel in self.cancels if cancel["status"] == "DONE")


class Toss(Fake):
    # N: after 1, 4, 16, 64, 256, 1024 and 4096 minutes; seven times.
    CALLBACK_DELAYS = [0.5, 1, 2, 4, 8, 16, 16]

    def __init__(self, chaos=None, key=KEY):
        self.key = key
        self.payments, self.of_order, self.answers, self.transactions = {}, {}, {}, []
        self._numbers = itertools.count(1)
        self._counts = Counter()
        super().__init__(chaos)

    def is_taken(self, status):
        # N: a webhook that is not answered with HTTP 200 OK is judged to have failed.
        return status == 200

    def count(self, *about):
        self._counts[about] += 1
        return self._counts[about] - 1

    # How it fails.

    def identity(self, request, body):
        steps = request.path.split("/")[2:]
        name = steps[-1] if steps[-1] in ("confirm", "cancel", "transactions") else "query"
        return name, request.path_qs, request.headers.get("Idempotency-Key", body)

    @staticmethod
    def problem(status, code):
        return Answer(status, {"code": code, "message": code.replace("_", " ").capitalize()})

    def error(self):
        # E: 500.
        return self.problem(500, "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING")

    def limited(self):
        # A: too many requests are answered 429.
        return self.problem(429, "TOO_MANY_REQUESTS")

    def conflict(self):
        # I: while the first request with a key is under way.
        return self.problem(409, "IDEMPOTENT_REQUEST_PROCESSING")

    def _slot(self, request):
        # I: the key together with the API key, the address and the method; the body is not looked at.
        key = request.headers.get("Idempotency-Key")
        return (key, request.method, request.path) if key and request.method == "POST" else None

    def _is_known(self, request):
        expected = "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()
        return request.headers.get("Authorization") == expected

    def stored(self, request, body, answer):
        # I: "always the same result as the first request", errors as well, for 15 days.
        slot = self._slot(request)
        if slot and self._is_known(request):
            return self.answers.setdefault(slot, answer)
        return answer

    def perform(self, request, body, said_instead):
        if not self._is_known(request):
            return self.problem(401, "UNAUTHORIZED_KEY")
        slot = self._slot(request)
        if slot and len(slot[0]) > LONGEST_KEY:
            return self.problem(400, "INVALID_IDEMPOTENCY_KEY")
        if slot in self.answers:
            return self.answers[slot]
        answer = self._route(request.method, request.path.removeprefix("/v1/").split("/"), request.query, body)
        answer = said_instead if said_instead and answer.status < 500 else answer
        if slot:
            self.answers[slot] = answer
        return answer

    def _route(self, method, path, query, body):
        content = json.loads(body) if body else {}
        match method, *path:
            case "POST", "payments", "confirm":
                return self.confirm(content)
            case "POST", "payments", key, "cancel":
                return self.known(key, self.cancel, content)
            case "GET", "payments", "orders", order:
                return self.known(self.of_order.get(order), lambda payment: Answer(200, self.view(payment)))
            case "GET", "payments", key:
                return self.known(key, lambda payment: Answer(200, self.view(payment)))
            case "GET", "transactions":
                return self.list(query)
        return self.problem(404, "NOT_FOUND")

    def known(self, key, step, *arguments):
        payment = self.payments.get(key)
        return step(payment, *arguments) if payment else self.problem(404, "NOT_FOUND_PAYMENT")

    # Paying.

    def confirm(self, content):
        key, order, amount = content.get("paymentKey"), content.get("orderId"), content.get("amount")
        if not key or not isinstance(order, str) or not 6 <= len(order) <= 64 or not isinstance(amount, (int, float)):
            return self.problem(400, "INVALID_REQUEST")
        payment = self.payments.get(key)
        if payment is None:
            # The window, in which the buyer authenticates, stands for itself: what it made is known from here on.
            payment = self.payments[key] = Payment(key, order, int(amount))
            self.of_order[order] = key
            if self.chaos.draw("expired", order) < self.chaos.odds.declined / 5:
                # A: 10 minutes after the authentication; W: EXPIRED is told.
                payment.status = "EXPIRED"
                self.tell(payment)
        if payment.status == "EXPIRED":
            return self.problem(404, "NOT_FOUND_PAYMENT_SESSION")
        if payment.status != "IN_PROGRESS" or (payment.order, payment.amount) != (order, amount):
            # E: "a payment that has already been processed": with another key, or none.
            known = payment.status != "IN_PROGRESS"
            return self.problem(400, "ALREADY_PROCESSED_PAYMENT" if known else "INVALID_REQUEST")
        if self.chaos.happens("declined", order):
            status, code = self.chaos.one_of(DECLINES, "decline", order)
            # A: ABORTED, "the approval failed"; the failure stays in the payment.
            payment.status, payment.failure = "ABORTED", {"code": code, "message": code}
            self.tell(payment)
            return self.problem(status, code)
        payment.status, payment.approved_at = "DONE", time.time()
        self._transact(payment, payment.amount)
        self.truth.move(order, key, "capture", payment.amount)
        self.tell(payment)
        return Answer(200, self.view(payment))

    def _transact(self, payment, amount):
        """A: each approval and each cancellation is a transaction of its own; lastTransactionKey names the last."""
        key = payment.last_transaction = f"{next(self._numbers):032X}"
        self.transactions.append({
            "mId": "fake", "transactionKey": key, "paymentKey": payment.key, "orderId": payment.order,
            "method": "카드", "customerKey": None, "useEscrow": False, "receiptUrl": None, "status": payment.status,
            "transactionAt": iso(time.time()), "currency": "KRW", "amount": amount, "at": time.time(),
        })  # fmt: skip
        return key

    # Giving back.

    def cancel(self, payment, content, by_shop=True):
        if not content.get("cancelReason"):
            return self.problem(400, "INVALID_REQUEST")
        if payment.status == "CANCELED":
            return self.problem(400, "ALREADY_CANCELED_PAYMENT")
        if payment.status not in ("DONE", "PARTIAL_CANCELED"):
            return self.problem(403, "NOT_CANCELABLE_PAYMENT")
        # C: without an amount, all of it.
        amount = content.get("cancelAmount", payment.left)
        if not isinstance(amount, (int, float)) or not 0 < amount <= payment.left:
            return self.problem(403, "NOT_CANCELABLE_AMOUNT")
        amount = int(amount)
        about = payment.order, len(payment.cancels), by_shop
        cancel = {"amount": amount, "reason": content["cancelReason"], "at": time.time(), "status": "DONE",
                  "key": None, "request": None}  # fmt: skip
        payment.cancels.append(cancel)
        if self.chaos.happens("refund_pending", *about):
            # W: cancelStatus IN_PROGRESS → DONE or ABORTED, of payments that are cancelled asynchronously.
            cancel |= {"status": "IN_PROGRESS", "request": str(uuid.uuid4()), "key": f"{next(self._numbers):032X}"}
            wait = self.chaos.between(*CANCEL_TIME, "cancel", *about)
            self.later(wait, self._end_cancel, payment, cancel, by_shop, self.chaos.happens("refund_fails", *about))
        else:
            self._give_back(payment, cancel, by_shop)
        return Answer(200, self.view(payment))

    def _give_back(self, payment, cancel, by_shop):
        payment.status = "CANCELED" if payment.balance == 0 else "PARTIAL_CANCELED"
        key = self._transact(payment, cancel["amount"])
        cancel["key"] = cancel["key"] or key
        self.transactions[-1]["transactionKey"] = payment.last_transaction = cancel["key"]
        self.truth.move(payment.order, payment.key, "refund", cancel["amount"], by_shop)
        self.tell(payment)

    def _end_cancel(self, payment, cancel, by_shop, has_failed):
        cancel["status"] = "ABORTED" if has_failed else "DONE"
        if not has_failed:
            self._give_back(payment, cancel, by_shop)
        self._send("CANCEL_STATUS_CHANGED", self.cancel_view(payment, cancel), payment)

    # What somebody does in the shop's administration at Toss.

    def dashboard_refund(self, order, part=1.0):
        payment = self.payments.get(self.of_order.get(order))
        if payment is None or payment.status not in ("DONE", "PARTIAL_CANCELED") or payment.left < 1:
            return 0
        amount = max(1, int(payment.left * part))
        self.cancel(payment, {"cancelReason": "by support", "cancelAmount": amount}, by_shop=False)
        return amount

    def dispute(self, order, is_won=None):
        """Toss' API knows no chargebacks."""
        return 0

    # What it shows and tells.

    def list(self, query):
        if "startDate" not in query or "endDate" not in query:
            return self.problem(400, "INVALID_REQUEST")
        start, end = (self._time(query[name]) for name in ("startDate", "endDate"))
        limit = int(query.get("limit", 100))
        if not 1 <= limit <= 5000:
            return self.problem(400, "INVALID_REQUEST")
        # C (transactions): an endDate to the second includes that second.
        found = [t for t in self.transactions if start <= t["at"] < end + 1]
        if after := query.get("startingAfter"):
            keys = [transaction["transactionKey"] for transaction in found]
            if after not in keys:
                return self.problem(400, "INVALID_TRANSACTION_KEY")
            found = found[keys.index(after) + 1 :]
        return Answer(200, [{name: t[name] for name in t if name != "at"} for t in found[:limit]])

    @staticmethod
    def _time(text):
        # A: Seoul's time, without an offset; a date alone is its midnight.
        time = datetime.datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=SEOUL)).timestamp()

    def view(self, payment):
        return {
            "mId": "fake", "version": "2022-11-16", "paymentKey": payment.key, "orderId": payment.order,
            "orderName": "Sambal", "currency": "KRW", "method": "카드", "status": payment.status,
            "totalAmount": payment.amount, "balanceAmount": payment.balance, "suppliedAmount": payment.balance,
            "vat": 0, "taxFreeAmount": 0, "taxExemptionAmount": 0, "type": "NORMAL", "country": "KR",
            "requestedAt": iso(payment.requested_at),
            "approvedAt": iso(payment.approved_at) if payment.approved_at else None,
            "useEscrow": False, "cultureExpense": False, "lastTransactionKey": payment.last_transaction,
            "isPartialCancelable": True, "card": {"amount": payment.amount, "number": "48902300****406*"},
            "cancels": [self.cancel_view(payment, cancel) for cancel in payment.cancels] or None,
            "failure": payment.failure, "secret": None, "easyPay": None, "virtualAccount": None, "transfer": None,
            "metadata": None,
        }  # fmt: skip

    @staticmethod
    def cancel_view(payment, cancel):
        return {
            "transactionKey": cancel["key"], "cancelReason": cancel["reason"], "canceledAt": iso(cancel["at"]),
            "cancelAmount": cancel["amount"], "taxFreeAmount": 0, "taxExemptionAmount": 0,
            "refundableAmount": payment.balance, "easyPayDiscountAmount": 0, "receiptKey": None,
            "cancelStatus": cancel["status"], "cancelRequestId": cancel["request"],
        }  # fmt: skip

    def tell(self, payment):
        self._send("PAYMENT_STATUS_CHANGED", self.view(payment), payment)

    def _send(self, type, data, payment):
        at = datetime.datetime.now(SEOUL).replace(tzinfo=None).isoformat(timespec="microseconds")
        body = json.dumps({"eventType": type, "createdAt": at, "data": data}).encode()
        # W: payments' webhooks carry no signature, only these.
        headers = {
            "tosspayments-webhook-transmission-id": f"whtrans_{uuid.uuid4().hex}",
            "tosspayments-webhook-transmission-time": iso(time.time()),
            "tosspayments-webhook-transmission-retried-count": "0",
        }
        about = type, payment.status, payment.order, self.count(type, payment.order)
        self.callbacks.send(Callback(about, lambda: (headers, body), lambda: self._forged(type, data, at)))

    @staticmethod
    def _forged(type, data, at):
        lie = "CANCELED" if data.get("status") == "DONE" else "DONE"
        return {}, json.dumps({"eventType": type, "createdAt": at, "data": data | {"status": lie}}).encode()
