"""Stripe's own client against the simulator's Stripe."""

import json
import time
import uuid

import pytest
import requests
import stripe

from conftest import STRIPE_KEY, STRIPE_WEBHOOK_SECRET


@pytest.fixture(autouse=True)
def client(psp):
    stripe.api_base = psp
    stripe.api_key = STRIPE_KEY
    stripe.max_network_retries = 0


@pytest.fixture
def order():
    return f"ORD-{uuid.uuid4()}"


def pay(order, amount=1000, currency="krw", key=None, method="pm_card_visa", **more):
    return stripe.PaymentIntent.create(
        amount=amount,
        currency=currency,
        confirm=True,
        payment_method=method,
        payment_method_types=["card"],
        metadata={"order_id": order},
        idempotency_key=key or f"pay-{order}",
        **more,
    )


def event(receiver, type, intent):
    """The event of that type about that PaymentIntent, verified by Stripe's client."""

    def matches(_, body):
        object = json.loads(body)["data"]["object"]
        return json.loads(body)["type"] == type and intent in (object["id"], object.get("payment_intent"))

    headers, body = receiver.wait("/stripe", matches)
    return stripe.Webhook.construct_event(body, headers["Stripe-Signature"], STRIPE_WEBHOOK_SECRET)


def test_a_charge_succeeds_and_is_told_by_a_signed_event(receiver, order, statement):
    intent = pay(order, 12345, "usd")
    assert intent.status == "succeeded"
    assert intent.amount_received == 12345
    assert intent.currency == "usd"
    assert intent.metadata["order_id"] == order
    assert intent.last_payment_error is None
    told = event(receiver, "payment_intent.succeeded", intent.id)
    assert told.data.object.id == intent.id
    assert told.data.object.amount_received == 12345
    assert [line["status"] for line in statement(order)] == ["captured"]


def test_an_event_with_another_secret_or_body_is_refused(receiver, order):
    intent = pay(order)
    headers, body = receiver.wait("/stripe", lambda _, body: intent.id in body.decode())
    signature = headers["Stripe-Signature"]
    assert stripe.Webhook.construct_event(body, signature, STRIPE_WEBHOOK_SECRET).type == "payment_intent.succeeded"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, STRIPE_WEBHOOK_SECRET)


def test_a_forged_event_comes_first_and_a_stale_one_is_sent_again(receiver, order, faults):
    faults(wrongSignatures="1 time", staleCallbacks="1 time")
    intent = pay(order)
    errors = []
    for _ in range(2):
        headers, body = receiver.wait("/stripe", lambda _, body: intent.id in body.decode())
        with pytest.raises(stripe.SignatureVerificationError) as error:
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], STRIPE_WEBHOOK_SECRET)
        errors.append(str(error.value))
    assert "No signatures found matching" in errors[0]
    assert "Timestamp outside the tolerance zone" in errors[1]


def test_a_repetition_with_the_same_key_is_replayed(order, statement):
    first = pay(order)
    second = pay(order)
    assert second.id == first.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.body == first.last_response.body
    assert len(statement(order)) == 1


def test_a_key_with_other_parameters_is_an_idempotency_error(order, statement):
    pay(order)
    with pytest.raises(stripe.IdempotencyError) as error:
        pay(order, amount=2)
    assert error.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        pay(order, description="another parameter")
    assert len(statement(order)) == 1


def test_an_authorisation_is_captured_in_part(receiver, order, statement):
    intent = pay(order, 5000, capture_method="manual")
    assert intent.status == "requires_capture"
    assert intent.amount_capturable == 5000
    assert event(receiver, "payment_intent.amount_capturable_updated", intent.id).data.object.amount_capturable == 5000
    captured = stripe.PaymentIntent.capture(intent.id, amount_to_capture=3000)
    assert captured.status == "succeeded"
    assert captured.amount_received == 3000
    assert captured.amount_capturable == 0
    assert event(receiver, "payment_intent.succeeded", intent.id).data.object.amount_received == 3000
    with pytest.raises(stripe.InvalidRequestError) as error:
        stripe.PaymentIntent.capture(intent.id)
    assert error.value.code == "payment_intent_unexpected_state"
    assert {line["action"]: line["amount"] for line in statement(order)} == {"authorise": 5000, "capture": 3000}


def test_an_authorisation_is_cancelled(receiver, order):
    intent = pay(order, capture_method="manual")
    assert stripe.PaymentIntent.cancel(intent.id).status == "canceled"
    assert event(receiver, "payment_intent.canceled", intent.id).data.object.status == "canceled"
    assert stripe.PaymentIntent.retrieve(intent.id).status == "canceled"


def test_refunds_in_part_and_in_full_and_never_more(receiver, order, statement):
    intent = pay(order, 1000)
    part = stripe.Refund.create(
        payment_intent=intent.id, amount=400, metadata={"order_id": order}, idempotency_key=f"refund-{order}"
    )
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 400, intent.id)
    again = stripe.Refund.create(
        payment_intent=intent.id, amount=400, metadata={"order_id": order}, idempotency_key=f"refund-{order}"
    )
    assert again.id == part.id
    assert event(receiver, "refund.created", intent.id).data.object.id == part.id
    assert event(receiver, "charge.refunded", intent.id).data.object.amount_refunded == 400
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Refund.create(payment_intent=intent.id, amount=601)
    rest = stripe.Refund.create(payment_intent=intent.id)
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Refund.create(payment_intent=intent.id, amount=1)
    assert {refund.id for refund in stripe.Refund.list(payment_intent=intent.id).data} == {part.id, rest.id}
    assert stripe.Refund.retrieve(part.id).metadata["order_id"] == order
    moved = {"charge": 0, "refund": 0}
    for line in statement(order):
        moved[line["action"]] += line["amount"]
    assert moved == {"charge": 1000, "refund": 1000}


@pytest.mark.parametrize(
    "method, code",
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_declined_card_is_a_card_error(receiver, order, method, code):
    for _ in range(2):
        with pytest.raises(stripe.CardError) as error:
            pay(order, method=method)
        assert error.value.http_status == 402
        assert error.value.code == "card_declined"
        assert error.value.error.decline_code == code
    intent = error.value.error.payment_intent
    assert intent["status"] == "requires_payment_method"
    told = event(receiver, "payment_intent.payment_failed", intent["id"])
    assert told.data.object.last_payment_error.decline_code == code


def test_card_numbers_and_wrong_keys_are_refused(order, statement):
    with pytest.raises(stripe.InvalidRequestError):
        pay(order, payment_method_data={"type": "card", "card": {"number": "4242424242424242"}})
    stripe.api_key = "sk_test_other"
    with pytest.raises(stripe.AuthenticationError):
        pay(order)
    assert statement(order) == []


@pytest.mark.parametrize("missing", ["amount", "currency", "payment_method"])
def test_what_is_missing_is_named(missing):
    parameters = {"amount": 5, "currency": "krw", "payment_method": "pm_card_visa", "confirm": True}
    del parameters[missing]
    with pytest.raises(stripe.InvalidRequestError) as error:
        stripe.PaymentIntent.create(**parameters)
    assert error.value.param == missing


def test_lists_go_by_cursor_and_search_by_metadata(order):
    made = [pay(order, key=f"{order}-{index}").id for index in range(5)]
    listed = []
    for intent in stripe.PaymentIntent.list(limit=2).auto_paging_iter():
        listed.append(intent.id)
        if set(made) <= set(listed):
            break
    assert [id for id in listed if id in made] == made[::-1]
    found = stripe.PaymentIntent.search(query=f"metadata['order_id']:'{order}'")
    assert {intent.id for intent in found.data} == set(made)


def test_faults_are_errors_of_stripes(order, faults, statement):
    faults(rateLimited="1 time")
    with pytest.raises(stripe.RateLimitError) as error:
        pay(order)
    assert error.value.headers["Retry-After"] == "1"
    faults(serverErrorsAfter="1 time")
    with pytest.raises(stripe.APIError) as error:
        pay(order)
    assert error.value.http_status == 500
    # The key keeps its 500 and repeats it: the charge was made, and is made once; only a look-up tells.
    with pytest.raises(stripe.APIError) as error:
        pay(order)
    assert error.value.headers["Idempotent-Replayed"] == "true"
    found = stripe.PaymentIntent.search(query=f"metadata['order_id']:'{order}'").data
    assert [intent.status for intent in found] == ["succeeded"]
    assert len(statement(order)) == 1


def test_the_client_repeats_by_itself_without_a_second_charge(order, faults, statement):
    stripe.max_network_retries = 3
    faults(unavailable="2 times")
    assert pay(order).status == "succeeded"
    assert len(statement(order)) == 1


def test_the_balance_shows_what_moved_with_its_source(psp, order):
    intent = pay(order)
    refund = stripe.Refund.create(payment_intent=intent.id, amount=400)
    requests.post(f"{psp}/admin/refunds/{refund.id}/fail", json={}, timeout=5).raise_for_status()
    failed = stripe.Refund.retrieve(refund.id)
    assert failed.status == "failed" and failed.failure_balance_transaction
    expand = ["data.source", "data.source.payment_intent"]
    moved = [
        (line.type, line.source.id, line.amount)
        for line in stripe.BalanceTransaction.list(limit=100, expand=expand).auto_paging_iter()
        if line.source.payment_intent.id == intent.id
    ]
    assert sorted(moved) == [
        ("charge", intent.latest_charge, 1000), ("refund", refund.id, -400), ("refund_failure", refund.id, 400),
    ]  # fmt: skip


def test_a_dispute_is_told_stage_by_stage(psp, receiver, order):
    intent = pay(order)
    for stage, type in [
        ("opened", "charge.dispute.created"),
        ("fundsWithdrawn", "charge.dispute.funds_withdrawn"),
        ("lost", "charge.dispute.closed"),
    ]:
        requests.post(f"{psp}/admin/charges/{intent.id}/dispute", json={"stage": stage}, timeout=5).raise_for_status()
        told = event(receiver, type, intent.id).data.object
        assert told.amount == 1000
    assert told.status == "lost"
    disputes = stripe.Dispute.list(payment_intent=intent.id).data
    assert [(dispute.id, dispute.status) for dispute in disputes] == [(told.id, "lost")]
    assert [line.amount for line in disputes[0].balance_transactions] == [-1000]


def test_events_come_as_often_as_told_under_one_id(receiver, order, faults):
    faults(callbackDeliveries=3)
    intent = pay(order)
    ids = {event(receiver, "payment_intent.succeeded", intent.id).id for _ in range(3)}
    assert len(ids) == 1
    time.sleep(0.5)
    with pytest.raises(AssertionError):
        receiver.wait("/stripe", lambda _, body: intent.id in body.decode(), seconds=0.5)
