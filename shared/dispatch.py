"""What leaves the house to people: e-mail by SMTP, and SMS behind an interface that a city's gateway replaces.

Whatever a person wrote is one line of a header or plain text of a body, so that it can become neither another header
nor another addressee; errors name the server's code, never an address.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from shared.domain.errors import Refused, Unavailable
from shared.settings import Settings

#: How long a mail server may take for one answer, seconds; a batch's lease is longer.
TIMEOUT_S = 8.0
#: What an SMS carries at most, characters.
SMS_LENGTH_MAX = 200


class SmsGateway(Protocol):
    """Takes short messages; the same notice twice is one message where the gateway can tell."""

    def send(self, *, tenant: str, notice_id: UUID, phone: str, text: str) -> None:
        """Hand a message over. Raises `Refused` if it never will be, `Unavailable` if the gateway does not answer."""


class Mailer(Protocol):
    """Takes e-mail."""

    def send(self, *, notice_id: UUID, name: str, address: str, subject: str, text: str) -> None:
        """Hand a mail over. Raises `Refused` if it never will be taken, `Unavailable` if the server does not answer."""


class SmtpMailer:
    """Hands mail to the server of `smtp_url`: smtp://user:password@host:587 (STARTTLS where it is offered, required
    with ?starttls=1) or smtps://host:465."""

    def __init__(self, config: Settings) -> None:
        self._url = urlsplit(config.smtp_url.get_secret_value())
        if self._url.scheme not in ("smtp", "smtps") or not self._url.hostname:
            raise Unavailable("SMTP_URL must be smtp://host:port or smtps://host:port")
        self._needs_tls = parse_qs(self._url.query).get("starttls") == ["1"]
        self._sender = config.mail_from

    def send(self, *, notice_id: UUID, name: str, address: str, subject: str, text: str) -> None:
        """As `Mailer.send`. The Message-ID is the notice's, so a mail that comes twice can be told."""
        mail = compose(sender=self._sender, notice_id=notice_id, name=name, address=address, subject=subject, text=text)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = max((code for code, _ in refused.recipients.values()), default=550)
            raise _trouble(code) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as refused:
            # Not the addressee's fault: once the settings are mended, everything goes out.
            raise Unavailable(f"邮件服务器不接受本系统发信（{refused.smtp_code}）") from None
        except smtplib.SMTPResponseException as answered:
            raise _trouble(answered.smtp_code) from None
        except (smtplib.SMTPException, OSError) as trouble:
            raise Unavailable(f"邮件服务器没有应答：{type(trouble).__name__}") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        host = self._url.hostname or ""
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=TIMEOUT_S)
        with server:
            server.ehlo()
            if self._url.scheme == "smtp" and (self._needs_tls or server.has_extn("starttls")):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            yield server


def compose(*, sender: str, notice_id: UUID, name: str, address: str, subject: str, text: str) -> EmailMessage:
    """A plain mail to one addressee. Raises `Refused` for an address that is none."""
    mail = EmailMessage(policy=SMTP)
    try:
        if not (address.isascii() and address.isprintable()):
            raise ValueError
        to = Address(display_name=one_line(name), addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise Refused("收件邮箱不是有效的地址") from None
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = one_line(subject)
    mail["Message-ID"] = f"<{notice_id}@{sender.rpartition('@')[2].strip('> ')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def one_line(text: str) -> str:
    """Text without line ends and other controls, as a header takes it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _trouble(code: int) -> Refused | Unavailable:
    """5xx is for good, anything else may pass."""
    if code >= 500:
        return Refused(f"邮件服务器拒收（{code}）")
    return Unavailable(f"邮件服务器暂不接收（{code}）")
