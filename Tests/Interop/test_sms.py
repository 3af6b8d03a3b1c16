"""Orders that are paid, and the text messages about them, on Twilio's interface."""

import pytest
import requests

from shop import PHONE, SELLER, Shop
from smtp_server import wait_a_moment_for_more
from twilio_server import ACCOUNT, SENDER, TOKEN, TwilioServer
from waiting import eventually


@pytest.fixture
def twilio():
    server = TwilioServer()
    yield server
    server.close()
    assert server.wrong == []


@pytest.fixture
def shop(twilio, tmp_path):
    shop = Shop(
        tmp_path / "data",
        {
            "sms": f"""
provider: twilio
twilio:
  baseURL: {twilio.url}
  accountSid: {ACCOUNT}
  authToken: {TOKEN}
  from: "{SENDER}"
  timeout: 1s
breaker:
  openDuration: 1s""",
            "notification": f"seller: {SELLER}\ntimeout: 3s\nbreaker:\n  openDuration: 1s",
            "psp": "faults:\n  callbackDeliveries: 5",
        },
    ).up()
    yield shop
    shop.end("SIGTERM")


def keys(orders):
    return {f"MSG-{order}-paid-buyer-sms" for order in orders}


def assert_one_each(twilio, orders):
    """On the phone, and of what was acknowledged."""
    wait_a_moment_for_more()
    assert set(twilio.inbox) == keys(orders)
    assert twilio.acknowledged == {key: 1 for key in keys(orders)}


@pytest.mark.parametrize("language, word", [("en", "is paid"), ("id", "sudah dibayar"), ("ko", "결제 완료")])
def test_a_buyer_with_a_phone_gets_one_message(shop, twilio, language, word):
    order = shop.place(phone=PHONE, language=language)
    other = shop.place()
    shop.all_sent(2 + 3)
    assert_one_each(twilio, [order])
    assert len(twilio.requests) == 1
    (form,) = twilio.inbox.values()
    assert form["To"] == [PHONE]
    assert order in form["Body"][0] and word in form["Body"][0]
    assert other not in form["Body"][0]


@pytest.mark.parametrize("fault", [500, 429, 503, "hang"])
def test_a_message_survives_a_provider_that_fails(shop, twilio, fault):
    twilio.faults.extend([fault] * 3)
    orders = [shop.place(phone=PHONE) for _ in range(4)]
    shop.all_sent(12)
    assert_one_each(twilio, orders)
    assert len(twilio.requests) == 4 + 3


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGKILL"])
def test_a_message_survives_a_restart(shop, twilio, signal):
    twilio.faults.extend([429, 500, "hang", 500])
    orders = [shop.place(phone=PHONE) for _ in range(6)]
    eventually("some were tried", lambda: len(twilio.requests) >= 3)
    shop.end(signal)
    shop.up()
    shop.all_sent(18)
    wait_a_moment_for_more()
    assert set(twilio.inbox) == keys(orders)
    assert set(twilio.acknowledged) == keys(orders)
    if signal == "SIGTERM":
        assert set(twilio.acknowledged.values()) == {1}


def test_a_number_that_is_refused_is_not_tried_again(shop, twilio):
    order = shop.place(phone="+15005550001")
    (failed,) = eventually("the refusal is known", lambda: shop.messages(status="FAILED"))
    assert failed["id"] in keys([order])
    assert "21211" in failed["failureReason"]
    wait_a_moment_for_more()
    assert len(twilio.requests) == 1
    assert twilio.inbox == {}


def test_a_number_that_is_none_is_named_before_anybody_is_asked(shop, twilio):
    answer = requests.post(shop.url("sms", "/sms"), json={"to": "0812", "text": ""}, timeout=5)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["to", "text"]
    assert twilio.requests == []
