"""The fakes themselves, with the official clients of Stripe and Midtrans where there are any: each behaviour that the
documents describe and that test_providers.py relies on."""

import dataclasses
import json
import time

import midtransclient
import pytest
import requests
import stripe
from midtransclient.config import ApiConfig
from midtransclient.error_midtrans import MidtransAPIError

from fakes import midtrans_fake, stripe_fake, toss_fake
from fakes.chaos import CALM, Chaos
from waiting import eventually


def odds(**values):
    return Chaos(1, dataclasses.replace(CALM, **values))


@pytest.fixture
def make():
    """Makes fakes that end with the test."""
    made = []

    def make(kind, **values):
        made.append(kind(odds(**values)))
        return made[-1]

    yield make
    for fake in made:
        fake.close()
        assert not fake.crashes


class TestStripe:
    @pytest.fixture
    def fake(self, make, monkeypatch):
        def start(**values):
            fake = make(stripe_fake.Stripe, **values)
            monkeypatch.setattr(stripe, "api_base", fake.url)
            monkeypatch.setattr(stripe, "api_key", stripe_fake.KEY)
            monkeypatch.setattr(stripe, "max_network_retries", 0)
            return fake

        return start

    @staticmethod
    def pay(order="ORD-1", amount=1000, key=None, **more):
        more = {"payment_method": "pm_card_visa", "confirm": True, "metadata": {"order_id": order}} | more
        return stripe.PaymentIntent.create(amount=amount, currency="usd", idempotency_key=key, **more)

    def test_a_key_gives_the_first_answer_and_refuses_other_parameters(self, fake):
        fake = fake()
        first, again = self.pay(key="k"), self.pay(key="k")
        assert first.id == again.id and len(fake.truth.movements) == 1
        assert "Idempotent-Replayed" not in first.last_response.headers
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        with pytest.raises(stripe.IdempotencyError):
            self.pay(key="k", amount=2000)

    @pytest.mark.parametrize("fault, captures", [("error_before", 0), ("error_after", 1)])
    def test_a_saved_500_is_said_again_whatever_was_done(self, fake, fault, captures):
        fake = fake(**{fault: 1})
        for _ in range(5):
            with pytest.raises(stripe.APIError) as error:
                self.pay(key="k")
            assert error.value.http_status == 500
        assert error.value.headers["Idempotent-Replayed"] == "true"
        assert len(fake.truth.movements) == captures

    def test_what_is_limited_or_in_conflict_is_not_saved(self, fake):
        fake(limited=1)
        with pytest.raises(stripe.RateLimitError):
            self.pay(key="k")
        fake = self.retried(lambda: self.pay(key="k"))
        assert fake.status == "succeeded"

    @staticmethod
    def retried(work):
        for _ in range(5):
            try:
                return work()
            except stripe.StripeError:
                pass
        raise AssertionError("it never succeeded")

    def test_a_declined_card_is_a_402_with_its_payment_intent(self, fake):
        fake(declined=1)
        with pytest.raises(stripe.CardError) as error:
            self.pay()
        intent = error.value.json_body["error"]["payment_intent"]
        assert (intent["status"], intent["last_payment_error"]["code"]) == ("requires_payment_method", "card_declined")
        assert stripe.PaymentIntent.retrieve(intent["id"]).status == "requires_payment_method"

    def test_a_declined_payment_intent_can_succeed_later(self, fake):
        fake = fake(declined=1, revived=1)
        with pytest.raises(stripe.CardError) as error:
            self.pay()
        id = error.value.json_body["error"]["payment_intent"]["id"]
        eventually("it succeeds", lambda: stripe.PaymentIntent.retrieve(id).status == "succeeded", 10)
        types = [event.type for event in stripe.Event.list(limit=100).data]
        assert types.index("payment_intent.succeeded") < types.index("payment_intent.payment_failed")

    def test_authorised_captured_in_part_and_cancelled(self, fake):
        fake = fake()
        intent = self.pay(capture_method="manual")
        assert (intent.status, intent.amount_capturable) == ("requires_capture", 1000)
        assert stripe.PaymentIntent.capture(intent.id, amount_to_capture=600).amount_received == 600
        with pytest.raises(stripe.InvalidRequestError) as error:
            stripe.PaymentIntent.cancel(intent.id)
        assert error.value.code == "payment_intent_unexpected_state"
        other = self.pay("ORD-2", capture_method="manual")
        assert stripe.PaymentIntent.cancel(other.id).status == "canceled"
        assert [(m.order, m.amount) for m in fake.truth.movements] == [("ORD-1", 600)]

    def test_refunds_never_exceed_the_charge(self, fake):
        fake()
        intent = self.pay()
        assert stripe.Refund.create(payment_intent=intent.id, amount=400).status == "succeeded"
        with pytest.raises(stripe.InvalidRequestError):
            stripe.Refund.create(payment_intent=intent.id, amount=601)
        stripe.Refund.create(payment_intent=intent.id)
        with pytest.raises(stripe.InvalidRequestError) as error:
            stripe.Refund.create(payment_intent=intent.id)
        assert error.value.code == "charge_already_refunded"
        charge = stripe.Charge.retrieve(intent.latest_charge)
        assert charge.refunded and charge.amount_refunded == 1000

    def test_a_refund_fails_after_it_succeeded_and_its_money_comes_back(self, fake):
        fake = fake(refund_fails=1)
        refund = stripe.Refund.create(payment_intent=self.pay().id)
        assert refund.status == "succeeded"
        eventually("it fails", lambda: stripe.Refund.retrieve(refund.id).status == "failed", 10)
        refund = stripe.Refund.retrieve(refund.id, expand=["failure_balance_transaction", "charge"])
        assert refund.failure_balance_transaction.amount == 1000 and not refund.charge.refunded
        assert fake.truth.orders()["ORD-1"].kept == 1000

    def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back(self, fake):
        fake = fake()
        intent = self.pay()
        assert fake.call(fake.dispute, "ORD-1", True) == 1000
        assert fake.truth.orders()["ORD-1"].kept == 0
        (dispute,) = stripe.Dispute.list(payment_intent=intent.id).data
        with pytest.raises(stripe.InvalidRequestError) as error:
            stripe.Refund.create(payment_intent=intent.id)
        assert error.value.code == "charge_disputed"
        eventually("it is won", lambda: stripe.Dispute.retrieve(dispute.id).status == "won", 10)
        amounts = [t.amount for t in stripe.BalanceTransaction.list(type="adjustment").data]
        assert amounts == [1000, -1000] and fake.truth.orders()["ORD-1"].kept == 1000
        stripe.Refund.create(payment_intent=intent.id)
        assert fake.truth.orders()["ORD-1"].kept == 0

    def test_lists_are_complete_at_once_and_search_is_late(self, fake):
        fake()
        made = [self.pay(f"ORD-{number}").id for number in range(5)]
        assert [intent.id for intent in stripe.PaymentIntent.list(limit=2).auto_paging_iter()] == made[::-1]
        since = {"gte": int(time.time()) + 60}
        assert stripe.PaymentIntent.list(created=since).data == []
        find = lambda: stripe.PaymentIntent.search(query="metadata['order_id']:'ORD-3'").data  # noqa: E731
        assert find() == []
        assert [intent.id for intent in eventually("search has it", find, 10)] == [made[3]]

    def test_unknown_parameters_and_keys_are_refused(self, fake):
        fake()
        with pytest.raises(stripe.InvalidRequestError) as error:
            self.pay(order_id="x")
        assert (error.value.code, error.value.param) == ("parameter_unknown", "order_id")
        stripe.api_key = "sk_test_other"
        with pytest.raises(stripe.AuthenticationError):
            self.pay()

    def test_a_webhook_is_signed_and_a_forged_one_is_not(self, fake):
        fake = fake()
        intent = self.pay()
        event = fake.kinds["event"][-1]
        headers, body = fake._signed(json.dumps(event).encode())
        read = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], stripe_fake.WEBHOOK_SECRET)
        assert (read.type, read.data.object.id) == ("payment_intent.succeeded", intent.id)
        headers, body = fake._forged(event)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], stripe_fake.WEBHOOK_SECRET)


class TestMidtrans:
    @pytest.fixture
    def start(self, make, monkeypatch):
        def start(**values):
            fake = make(midtrans_fake.Midtrans, **values)
            monkeypatch.setattr(ApiConfig, "CORE_SANDBOX_BASE_URL", fake.url)
            return fake, midtransclient.CoreApi(is_production=False, server_key=midtrans_fake.KEY)

        return start

    @staticmethod
    def card(order="o-1", amount=10_000, **more):
        details = {"order_id": order, "gross_amount": amount}
        return {"payment_type": "credit_card", "transaction_details": details, "credit_card": {"token_id": "t", **more}}

    @staticmethod
    def code(work, *arguments):
        with pytest.raises(MidtransAPIError) as error:
            work(*arguments)
        return error.value.api_response_dict["status_code"]

    def test_what_is_captured_can_be_cancelled_but_not_refunded(self, start):
        fake, core = start()
        assert core.charge(self.card())["transaction_status"] == "capture"
        assert self.code(core.transactions.refund, "o-1", {"refund_key": "r", "amount": 1}) == "412"
        assert core.transactions.cancel("o-1")["transaction_status"] == "cancel"
        assert fake.truth.orders()["o-1"].kept == 0
        assert self.code(core.transactions.cancel, "o-1") == "412"
        assert core.transactions.status("o-1")["transaction_status"] == "cancel"

    def test_what_is_settled_can_be_refunded_but_not_cancelled(self, start, monkeypatch):
        monkeypatch.setattr(midtrans_fake, "SETTLEMENT", (0.1, 0.1))
        fake, core = start()
        core.charge(self.card())
        eventually("it is settled", lambda: core.transactions.status("o-1")["transaction_status"] == "settlement", 5)
        assert self.code(core.transactions.cancel, "o-1") == "412"
        part = core.transactions.refund("o-1", {"refund_key": "r-1", "amount": 4000})
        assert (part["transaction_status"], part["refund_amount"]) == ("partial_refund", "4000.00")
        assert self.code(core.transactions.refund, "o-1", {"refund_key": "r-1", "amount": 1}) == "406"
        assert self.code(core.transactions.refund, "o-1", {"refund_key": "r-2", "amount": 6001}) == "414"
        core.transactions.refund("o-1", {"refund_key": "r-3", "amount": 6000})
        status = core.transactions.status("o-1")
        assert (status["transaction_status"], status["refund_amount"]) == ("refund", "10000.00")
        assert [refund["refund_key"] for refund in status["refunds"]] == ["r-1", "r-3"]

    def test_an_order_id_is_taken_once_also_by_a_denied_card(self, start):
        _, core = start(declined=1)
        denied = core.charge(self.card())
        assert (denied["status_code"], denied["transaction_status"]) == ("202", "deny")
        assert self.code(core.charge, self.card()) == "406"
        assert self.code(core.transactions.status, "o-2") == "404"

    def test_pending_and_challenged_payments_are_decided_later(self, start):
        fake, core = start(pending=1)
        orders = [f"o-{number}" for number in range(12)]
        first = {core.charge(self.card(order))["fraud_status"] for order in orders}
        assert first == {"accept", "challenge"} and fake.truth.movements == []
        statuses = lambda: {core.transactions.status(order)["transaction_status"] for order in orders}  # noqa: E731
        eventually("all are decided", lambda: "pending" not in statuses() and fake.truth.movements, 10)

    def test_a_key_is_honoured_for_successes_if_it_is_short_enough(self, start):
        fake, _ = start()
        url, auth = f"{fake.url}/v2/charge", (midtrans_fake.KEY, "")
        post = lambda key: requests.post(url, json=self.card(), auth=auth, headers={"Idempotency-Key": key})  # noqa: E731
        first, again = post("k").json(), post("k").json()
        assert first == again
        assert post("k" * 47).json()["status_code"] == "406"

    def test_a_notification_is_signed_without_its_status(self, start):
        fake, core = start()
        charged = core.charge(self.card())
        text = f"o-120010000.00{midtrans_fake.KEY}"
        assert charged["signature_key"] == midtrans_fake.hashlib.sha512(text.encode()).hexdigest()
        assert core.transactions.notification(charged)["transaction_status"] == "capture"
        _, forged = fake._forged(charged)
        forged = json.loads(forged)
        assert (forged["signature_key"], forged["transaction_status"]) == (charged["signature_key"], "deny")

    def test_refunds_and_chargebacks_in_the_dashboard(self, start, monkeypatch):
        monkeypatch.setattr(midtrans_fake, "SETTLEMENT", (0.1, 0.1))
        fake, core = start()
        for order in ("o-1", "o-2"):
            core.charge(self.card(order))
            status = lambda: core.transactions.status(order)["transaction_status"]  # noqa: B023, E731
            eventually("it is settled", lambda: status() == "settlement", 5)
        assert fake.call(fake.dashboard_refund, "o-1", 0.5) == 5000
        assert core.transactions.status("o-1")["refunds"][0]["refund_key"].startswith("MID-")
        fake.call(fake.dispute, "o-2")
        assert core.transactions.status("o-2")["transaction_status"] == "chargeback"
        assert fake.truth.orders()["o-2"].kept == 0


class TestToss:
    @pytest.fixture
    def start(self, make):
        return lambda **values: make(toss_fake.Toss, **values)

    @staticmethod
    def post(fake, path, body, key=None, secret=toss_fake.KEY):
        headers = {"Idempotency-Key": key} if key else {}
        return requests.post(f"{fake.url}/v1/payments/{path}", json=body, auth=(secret, ""), headers=headers, timeout=10)

    def confirm(self, fake, order="order-1", amount=1000, key=None):
        return self.post(fake, "confirm", {"paymentKey": f"p-{order}", "orderId": order, "amount": amount}, key)

    @staticmethod
    def get(fake, path, **query):
        return requests.get(f"{fake.url}/v1/{path}", params=query, auth=(toss_fake.KEY, ""), timeout=10)

    def test_a_key_gives_the_first_answer_whatever_the_body(self, start):
        fake = start()
        first = self.confirm(fake, key="k").json()
        assert first["status"] == "DONE" and self.confirm(fake, "order-2", key="k").json() == first
        again = self.confirm(fake, key="other")
        assert (again.status_code, again.json()["code"]) == (400, "ALREADY_PROCESSED_PAYMENT")
        assert self.confirm(fake, key="k" * 301).json()["code"] == "INVALID_IDEMPOTENCY_KEY"
        assert self.post(fake, "confirm", {}, secret="other").status_code == 401

    def test_an_error_is_the_first_answer_too(self, start):
        fake = start(error_after=1)
        for _ in range(5):
            assert self.confirm(fake, key="k").status_code == 500
        assert self.get(fake, "payments/orders/order-1").json()["status"] == "DONE"

    def test_a_refusal_names_its_reason_and_stays_in_the_payment(self, start):
        fake = start(declined=1)
        refused = self.confirm(fake)
        assert (refused.status_code, refused.json()["code"]) in toss_fake.DECLINES + [(404, "NOT_FOUND_PAYMENT_SESSION")]
        payment = self.get(fake, "payments/p-order-1").json()
        assert payment["status"] in ("ABORTED", "EXPIRED")
        assert fake.truth.movements == []

    def test_cancelled_in_part_and_whole_with_a_transaction_for_each(self, start):
        fake = start()
        self.confirm(fake)
        part = self.post(fake, "p-order-1/cancel", {"cancelReason": "x", "cancelAmount": 300}).json()
        assert (part["status"], part["balanceAmount"], part["cancels"][0]["cancelStatus"]) == (
            "PARTIAL_CANCELED", 700, "DONE")  # fmt: skip
        over = self.post(fake, "p-order-1/cancel", {"cancelReason": "x", "cancelAmount": 701})
        assert (over.status_code, over.json()["code"]) == (403, "NOT_CANCELABLE_AMOUNT")
        assert self.post(fake, "p-order-1/cancel", {"cancelReason": "x"}).json()["status"] == "CANCELED"
        again = self.post(fake, "p-order-1/cancel", {"cancelReason": "x"})
        assert (again.status_code, again.json()["code"]) == (400, "ALREADY_CANCELED_PAYMENT")
        lines = self.get(fake, "transactions", startDate="2020-01-01", endDate="2099-01-01").json()
        assert [(line["status"], line["amount"]) for line in lines] == [
            ("DONE", 1000), ("PARTIAL_CANCELED", 300), ("CANCELED", 700)]  # fmt: skip
        rest = self.get(
            fake, "transactions", startDate="2020-01-01", endDate="2099-01-01", startingAfter=lines[1]["transactionKey"]
        )
        assert rest.json() == lines[2:]

    @pytest.mark.parametrize("fails", [0, 1])
    def test_a_cancellation_may_take_its_time_and_fail(self, start, fails):
        fake = start(refund_pending=1, refund_fails=fails)
        self.confirm(fake)
        begun = self.post(fake, "p-order-1/cancel", {"cancelReason": "x"}).json()
        assert (begun["status"], begun["cancels"][0]["cancelStatus"]) == ("DONE", "IN_PROGRESS")
        cancels = lambda: self.get(fake, "payments/p-order-1").json()["cancels"]  # noqa: E731
        eventually("it ends", lambda: cancels()[0]["cancelStatus"] == ("ABORTED" if fails else "DONE"), 10)
        assert fake.truth.orders()["order-1"].kept == (1000 if fails else 0)
