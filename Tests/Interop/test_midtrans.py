"""Midtrans' own client against the simulator's Midtrans."""

import hashlib
import json
import uuid

import midtransclient
import pytest
import requests
from midtransclient.config import ApiConfig
from midtransclient.error_midtrans import MidtransAPIError

from conftest import MIDTRANS_KEY


@pytest.fixture
def core(psp, monkeypatch):
    monkeypatch.setattr(ApiConfig, "CORE_SANDBOX_BASE_URL", psp)
    return midtransclient.CoreApi(is_production=False, server_key=MIDTRANS_KEY)


@pytest.fixture
def order():
    return f"ORD-{uuid.uuid4()}"


def card(order, amount=145000, token="token-1", **more):
    return {
        "payment_type": "credit_card",
        "transaction_details": {"order_id": order, "gross_amount": amount},
        "credit_card": {"token_id": token, **more},
    }


def notification(receiver, order, status):
    def matches(_, body):
        message = json.loads(body)
        return message["order_id"] == order and message["transaction_status"] == status

    return json.loads(receiver.wait("/midtrans", matches)[1])


def signature(message):
    text = message["order_id"] + message["status_code"] + message["gross_amount"] + MIDTRANS_KEY
    return hashlib.sha512(text.encode()).hexdigest()


def test_a_charge_is_captured_told_and_found_by_either_id(core, receiver, order):
    charged = core.charge(card(order))
    assert charged["status_code"] == "200"
    assert charged["transaction_status"] == "capture"
    assert charged["gross_amount"] == "145000.00"
    assert charged["currency"] == "IDR"
    message = notification(receiver, order, "capture")
    assert message["signature_key"] == signature(message)
    assert core.transactions.status(order)["transaction_status"] == "capture"
    assert core.transactions.status(charged["transaction_id"])["order_id"] == order
    assert core.transactions.notification(message)["transaction_id"] == charged["transaction_id"]


def test_an_order_id_is_taken_once(core, order, statement):
    core.charge(card(order))
    with pytest.raises(MidtransAPIError) as error:
        core.charge(card(order))
    assert error.value.api_response_dict["status_code"] == "406"
    assert len(statement(order)) == 1


def test_a_denied_card_is_a_transaction(core, receiver, order):
    denied = core.charge(card(order, token="token-deny"))
    assert (denied["status_code"], denied["transaction_status"]) == ("202", "deny")
    assert notification(receiver, order, "deny")["status_code"] == "202"
    assert core.transactions.status(order)["transaction_status"] == "deny"


def test_an_authorisation_is_captured(core, receiver, order):
    authorised = core.charge(card(order, type="authorize"))
    assert authorised["transaction_status"] == "authorize"
    captured = core.capture({"transaction_id": authorised["transaction_id"], "gross_amount": 145000})
    assert captured["transaction_status"] == "capture"
    assert notification(receiver, order, "capture")["order_id"] == order


def test_an_authorisation_and_a_charge_are_cancelled(core, receiver, order):
    core.charge(card(order, type="authorize"))
    assert core.transactions.cancel(order)["transaction_status"] == "cancel"
    core.charge(card(order + "-2"))
    assert core.transactions.cancel(order + "-2")["transaction_status"] == "cancel"
    assert notification(receiver, order + "-2", "cancel")["status_code"] == "200"
    assert core.transactions.status(order + "-2")["transaction_status"] == "cancel"


def settle(psp, charged):
    requests.post(f"{psp}/admin/charges/{charged['transaction_id']}/settle", json={}, timeout=5).raise_for_status()


def test_a_charge_is_cancelled_before_its_settlement_and_refunded_after_it(core, psp, receiver, order):
    charged = core.charge(card(order))
    with pytest.raises(MidtransAPIError) as error:
        core.transactions.refund(order, {"refund_key": "r-1", "amount": 45000})
    assert error.value.api_response_dict["status_code"] == "412"
    settle(psp, charged)
    assert notification(receiver, order, "settlement")["status_code"] == "200"
    assert core.transactions.status(order)["transaction_status"] == "settlement"
    with pytest.raises(MidtransAPIError) as error:
        core.transactions.cancel(order)
    assert error.value.api_response_dict["status_code"] == "412"
    assert core.transactions.refund(order, {"refund_key": "r-1"})["transaction_status"] == "refund"


def test_refunds_in_part_and_in_full_and_never_more(core, psp, receiver, order):
    settle(psp, core.charge(card(order)))
    part = core.transactions.refund(order, {"refund_key": "r-1", "amount": 45000, "reason": "too hot"})
    assert (part["transaction_status"], part["refund_amount"]) == ("partial_refund", "45000.00")
    with pytest.raises(MidtransAPIError):
        core.transactions.refund(order, {"refund_key": "r-1", "amount": 45000})
    with pytest.raises(MidtransAPIError):
        core.transactions.refund(order, {"refund_key": "r-2", "amount": 100001})
    rest = core.transactions.refundDirect(order, {"refund_key": "r-3", "amount": 100000})
    assert (rest["transaction_status"], rest["refund_amount"]) == ("refund", "145000.00")
    status = core.transactions.status(order)
    assert [(refund["refund_key"], refund["refund_amount"]) for refund in status["refunds"]] == [
        ("r-1", "45000.00"),
        ("r-3", "100000.00"),
    ]
    message = notification(receiver, order, "partial_refund")
    assert message["refund_key"] == "r-1"
    assert message["signature_key"] == signature(message)


def test_a_forged_notification_comes_first(core, receiver, order, faults):
    faults(wrongSignatures="1 time")
    core.charge(card(order))
    forged = notification(receiver, order, "capture")
    genuine = notification(receiver, order, "capture")
    assert forged["signature_key"] != signature(forged)
    assert genuine["signature_key"] == signature(genuine)


def test_what_is_absent_wrong_or_not_allowed_is_an_error(core, psp, order):
    with pytest.raises(MidtransAPIError) as error:
        core.transactions.status(order)
    assert error.value.api_response_dict["status_code"] == "404"
    with pytest.raises(MidtransAPIError) as error:
        core.charge(card(order, amount=-1))
    assert error.value.api_response_dict["status_code"] == "400"
    with pytest.raises(MidtransAPIError) as error:
        core.charge({"payment_type": "credit_card"})
    assert "transaction" in error.value.api_response_dict["status_message"]
    with pytest.raises(MidtransAPIError) as error:
        midtransclient.CoreApi(server_key="SB-other").charge(card(order))
    assert error.value.api_response_dict["status_code"] == "401"


def test_another_way_to_pay_is_settled(core, receiver, order):
    charged = core.charge(
        {"payment_type": "gopay", "transaction_details": {"order_id": order, "gross_amount": "20000"}}
    )
    assert charged["transaction_status"] == "settlement"
    assert notification(receiver, order, "settlement")["payment_type"] == "gopay"
