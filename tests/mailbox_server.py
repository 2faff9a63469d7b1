"""A mail server that keeps what it is given, in a thread of this process; it speaks just enough SMTP."""

from __future__ import annotations

import email
import socketserver
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Self, cast


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail as it arrived."""

    recipients: list[str]
    message: EmailMessage


class MailServer:
    """`with MailServer() as server:` listens on `server.port`; `refuses_with` answers every recipient."""

    def __init__(self) -> None:
        self.letters: list[Kept] = []
        self.refuses_with = ""
        outer = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No longer listen; may be called twice."""
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, line: socketserver.StreamRequestHandler) -> None:
        def say(text: str) -> None:
            line.wfile.write(f"{text}\r\n".encode())

        recipients: list[str] = []
        say("220 post office")
        while raw := line.rfile.readline():
            word = raw.decode().strip()
            match word.upper().split()[0] if word else "":
                case "EHLO" | "HELO" | "MAIL" | "RSET":
                    say("250 well")
                case "RCPT":
                    recipients.append(word.partition("<")[2].partition(">")[0])
                    say(self.refuses_with or "250 well")
                case "DATA":
                    say("354 go on")
                    content = b""
                    while (piece := line.rfile.readline()) != b".\r\n":
                        content += piece
                    mail = email.message_from_bytes(content, policy=default)
                    self.letters.append(Kept(recipients, cast(EmailMessage, mail)))
                    say("250 kept")
                case "QUIT":
                    say("221 goodbye")
                    return
                case _:
                    say("500 what")
