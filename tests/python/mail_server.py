"""An SMTP server on this machine that stands in for a company's."""

from __future__ import annotations

import logging
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

HOST = "127.0.0.1"
USER, PASSWORD = "robot", "p@ss/word-93"


class Mailbox:
    """Mails that a server took, and the host and port of the server."""

    def __init__(self) -> None:
        """Start empty."""
        self.mails: list[EmailMessage] = []
        self.logins: list[str] = []
        self.answers: list[str] = []
        self.refused: set[str] = set()
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return "550 no such mailbox " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return answer


class _Controller(Controller):
    """With the options that Controller itself hands on to no server."""

    options: dict[str, Any]

    def _trigger_server(self) -> None:
        # The port that the machine gave for port 0.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname=HOST, **self.options)


@contextmanager
def mailbox(
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    has_login: bool = False,
) -> Iterator[Mailbox]:
    """Run an SMTP server, with STARTTLS or TLS from the start, with or without a log-in."""
    box = Mailbox()

    def login(server, session, envelope, mechanism, data) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        box.logins.append(given[0])
        return AuthResult(success=given == (USER, PASSWORD))

    # It warns of log-ins without TLS, which a test here is about.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
    controller = _Controller(box, hostname=HOST, port=0, ssl_context=tls)
    controller.options = {"tls_context": starttls}
    if has_login:
        controller.options |= {
            "authenticator": login,
            "auth_required": True,
            "auth_require_tls": starttls is not None,
        }
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
