"""Orders that are paid, and the mails about them, on a real SMTP server with STARTTLS and login."""

import re

import html5lib
import pytest
import requests
import trustme

from shop import BUYER, SELLER, Shop, free_ports
from smtp_server import PASSWORD, USER, MailServer, wait_a_moment_for_more
from waiting import eventually

LANGUAGES = {
    "en": ("We received your payment", "Thank you", "USD 12,345.66"),
    "id": ("Pembayaran pesanan", "Terima kasih", "USD 12.345,66"),
    "ko": ("결제가 완료되었습니다", "감사합니다", "USD 12,345.66"),
}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    server = MailServer(authority, *free_ports(1)).start()
    yield server
    server.stop()


def sections(server, ca_file, connections=2):
    return {
        "email": f"""
smtp:
  url: smtp://127.0.0.1:{server.port}
  user: {USER}
  password: "{PASSWORD}"
  caFile: {ca_file}
  timeout: 1s
  connections: {connections}""",
        # Longer than email waits for its turn and for the server together.
        "notification": f"seller: {SELLER}\ntimeout: 8s\nbreaker:\n  openDuration: 1s",
        "psp": "faults:\n  callbackDeliveries: 5",
    }


@pytest.fixture
def shop(server, authority, tmp_path):
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    shop = Shop(tmp_path / "data", sections(server, ca_file)).up()
    yield shop
    shop.end("SIGTERM")


def ids(orders):
    return {f"<MSG-{order}-paid-{who}-email@example.com>" for order in orders for who in ("seller", "buyer")}


def assert_one_mail_each(server, orders):
    """For a person, and for the server unless the mail's answer was lost."""
    wait_a_moment_for_more()
    assert set(server.mailbox) == ids(orders)
    assert server.acknowledged_ids() == ids(orders)


def assert_none_sent_again(server, orders):
    assert_one_mail_each(server, orders)
    assert server.sent_again_after_acknowledgement() == []


def shown(html):
    """The text of an HTML document; fails where it is not well-formed."""
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return " ".join("".join(document.find("body").itertext()).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_buyer_and_seller_get_one_mail_each_in_their_language(shop, server, language):
    subject, thanks, amount = LANGUAGES[language]
    order = shop.place(language=language)
    shop.all_sent(2)
    assert_none_sent_again(server, [order])
    assert len(server.deliveries) == 2

    by_recipient = {delivery.to: delivery.mail for delivery in server.deliveries}
    assert set(by_recipient) == {BUYER, SELLER}
    for address, mail in by_recipient.items():
        assert [part.defects for part in mail.walk()] == [[], [], []]
        assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        assert mail["To"].addresses[0].addr_spec == address
        assert mail["From"].addresses[0].addr_spec == "shop@example.com"
        assert mail["Date"].datetime.utcoffset().total_seconds() == 0
        assert order in mail["Subject"]
        text = mail.get_body(("plain",)).get_content()
        html = mail.get_body(("html",)).get_content()
        for body in (text, shown(html)):
            assert order in body
            assert (amount if address == BUYER else "USD 12,345.66") in body
    mail = by_recipient[BUYER]
    assert subject in mail["Subject"]
    assert thanks in mail.get_body(("plain",)).get_content()
    assert thanks in shown(mail.get_body(("html",)).get_content())
    assert f'<html lang="{language}">' in mail.get_body(("html",)).get_content()
    content = by_recipient[BUYER].as_bytes()
    assert all(len(line) <= 998 for line in content.splitlines())


def test_line_ends_are_crlf_and_all_is_ascii(shop, server):
    shop.place(language="ko")
    shop.all_sent(2)
    for delivery in server.deliveries:
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", delivery.content) is None
        assert delivery.content.isascii()


def test_many_mails_share_few_connections(shop, server):
    orders = [shop.place() for _ in range(20)]
    shop.all_sent(40)
    assert_none_sent_again(server, orders)
    assert len(server.clients) <= 2
    assert server.logins == len(server.clients)


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGKILL"])
def test_a_restart_amid_the_sending_loses_and_doubles_none(shop, server, signal):
    server.faults.delay = 0.2
    orders = [shop.place() for _ in range(8)]
    eventually("some mails are taken", lambda: len(server.acknowledged_ids()) >= 2)
    assert len(server.acknowledged_ids()) < 16
    shop.end(signal)
    shop.up()
    shop.all_sent(16)
    assert_one_mail_each(server, orders)
    if signal == "SIGTERM":
        # A stop in good order waits for the answer of what is being handed over.
        assert server.sent_again_after_acknowledgement() == []


def test_a_server_that_is_down_for_a_while_gets_all_later(shop, server):
    server.stop()
    orders = [shop.place() for _ in range(4)]
    eventually("sending was tried", lambda: len([m for m in shop.messages(status="PENDING") if m["tries"] >= 2]) >= 4)
    server.start()
    shop.all_sent(8)
    assert_none_sent_again(server, orders)
    assert len(server.deliveries) == 8


def test_a_server_that_hangs_after_the_mail_gets_it_again_under_the_same_id(shop, server):
    server.faults.hang = 3
    orders = [shop.place() for _ in range(4)]
    shop.all_sent(8)
    assert_none_sent_again(server, orders)
    assert len(server.deliveries) == 8 + 3


def test_a_hanging_server_is_a_gateway_timeout(shop, server):
    server.faults.hang = 1
    mail = {"to": BUYER, "subject": "S", "text": "T"}
    for status in (504, 202):
        answer = requests.post(
            shop.url("email", "/emails"), json=mail, headers={"Idempotency-Key": "one"}, timeout=10
        )
        assert answer.status_code == status, answer.text
        assert ("Retry-After" in answer.headers) == (status == 504)
    assert [delivery.id for delivery in server.deliveries] == ["<one@example.com>"] * 2


def test_an_answer_that_comes_late_is_not_taken_for_another_mails(shop, server):
    server.faults.late = 1
    server.faults.refused_recipients = {"nobody@example.org"}
    for key, address, status in [("a", BUYER, 504), ("b", BUYER, 202), ("c", "nobody@example.org", 422)]:
        answer = requests.post(
            shop.url("email", "/emails"), json={"to": address, "subject": "S", "text": "T"},
            headers={"Idempotency-Key": key}, timeout=10,
        )  # fmt: skip
        assert answer.status_code == status, answer.text
    assert [delivery.id for delivery in server.deliveries] == ["<a@example.com>", "<b@example.com>"]


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(shop, server):
    server.faults.refuse_for_now = 2
    server.faults.refused_recipients = {"nobody@example.org"}
    refused, taken = shop.place(email="nobody@example.org"), shop.place()
    failed = eventually("the refusal is known", lambda: shop.messages(status="FAILED"))
    assert [message["address"] for message in failed] == ["nobody@example.org"]
    assert "550" in failed[0]["failureReason"]
    eventually("the others are sent", lambda: len(shop.messages(status="SENT")) == 3, 60)
    wait_a_moment_for_more()
    assert set(server.mailbox) == ids([refused, taken]) - {f"<MSG-{refused}-paid-buyer-email@example.com>"}
    assert server.sent_again_after_acknowledgement() == []


def test_what_was_typed_makes_no_header(shop, server):
    subject = "Hello\r\nBcc: evil@example.com\r\n\r\n결제"
    answer = requests.post(
        shop.url("email", "/emails"), json={"to": BUYER, "subject": subject, "text": "."}, timeout=10
    )
    assert answer.status_code == 202, answer.text
    (delivery,) = server.deliveries
    assert delivery.mail["Bcc"] is None
    assert delivery.mail["Subject"] == "HelloBcc: evil@example.com결제"
    assert delivery.mail.get_content() == "."


def test_a_server_that_nobody_vouches_for_gets_nothing(server, tmp_path):
    ca_file = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    shop = Shop(tmp_path / "data", sections(server, ca_file)).up()
    try:
        shop.place()
        eventually("sending was tried", lambda: len([m for m in shop.messages() if m["tries"] >= 1]) == 2)
        assert server.logins == 0
        assert server.deliveries == []
        assert len(shop.messages(status="PENDING")) == 2
    finally:
        shop.end("SIGTERM")
