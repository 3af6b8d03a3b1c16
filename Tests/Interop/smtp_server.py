"""A real SMTP server with STARTTLS and login, that misbehaves on request."""

import asyncio
import ssl
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "shop", "s3cret: with ünicode"


@dataclass
class Delivery:
    """One mail as it came in, taken or not."""

    id: str
    to: str
    content: bytes
    was_acknowledged: bool = False

    @property
    def mail(self):
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Faults:
    """Of the next mails, so many."""

    hang: int = 0
    # Answered, after its client has given up.
    late: int = 0
    refuse_for_now: int = 0
    refused_recipients: set = field(default_factory=set)
    delay: float = 0


class MailServer:
    def __init__(self, authority, port):
        self.port = port
        self.faults = Faults()
        self.deliveries = []
        # What a person sees: mails with a Message-ID that is known are the same mail.
        self.mailbox = {}
        self.clients = set()
        self.logins = 0
        self.controller = None
        self._lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._context)

    def start(self):
        self._is_stopping = threading.Event()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=self._context, require_starttls=True,
            auth_required=True, authenticator=self.authenticate, ident="test",
        )  # fmt: skip
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self._is_stopping.set()
            self.controller.stop()
            self.controller = None

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins += 1
        is_right = data.login == USER.encode() and data.password == PASSWORD.encode()
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        assert session.ssl, "a recipient in the clear"
        self.clients.add(session.peer)
        if address in self.faults.refused_recipients:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.original_content, policy=policy.default)
        delivery = Delivery(mail["Message-ID"], envelope.rcpt_tos[0], envelope.original_content)
        with self._lock:
            self.deliveries.append(delivery)
            hangs, refuses = self.faults.hang > 0, self.faults.refuse_for_now > 0
            is_late = self.faults.late > 0
            if is_late:
                self.faults.late -= 1
            if hangs:
                self.faults.hang -= 1
            elif refuses:
                self.faults.refuse_for_now -= 1
        if refuses and not hangs:
            return "451 4.3.0 come again"
        self.mailbox.setdefault(delivery.id, delivery)
        if hangs:
            while not self._is_stopping.is_set():
                await asyncio.sleep(0.05)
            return "421 4.3.0 stopping"
        await asyncio.sleep(1.3 if is_late else self.faults.delay)
        delivery.was_acknowledged = True
        return "250 OK"

    def sent_again_after_acknowledgement(self):
        """Message-IDs of mails that came once more although they had been acknowledged."""
        acknowledged, found = set(), []
        for delivery in list(self.deliveries):
            if delivery.id in acknowledged:
                found.append(delivery.id)
            if delivery.was_acknowledged:
                acknowledged.add(delivery.id)
        return found

    def acknowledged_ids(self):
        return {delivery.id for delivery in list(self.deliveries) if delivery.was_acknowledged}


def wait_a_moment_for_more():
    """What should not come shows only by not coming."""
    time.sleep(1)
