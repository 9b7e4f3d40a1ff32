"""An e-mail's parts, as far as a reply needs them.

Anybody can send an e-mail, so nothing here may take long: the standard library's older policy is used, whose header parsing is linear and
doesn't recurse, and every text is bounded before an expression looks for quotes in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from typing import TypeAlias

from markdownify import markdownify

from notifications.inbound.handlers import Attachment
from notifications.inbound.quotes import without_quotes

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,253}>")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_MOST_HEADERS = 65_536
_MOST_PARTS = 200
_MOST_TEXT = 200_000
_MOST_ADDRESSES = 100

Part: TypeAlias = "Message[str, str]"


class UnreadableEmail(Exception):
    """The e-mail can't be read as one."""


@dataclass(frozen=True, slots=True)
class Email:
    """What was read from an e-mail. ``content`` is the reply alone, without what it quotes, as Markdown."""

    message_id: str
    sender: str
    recipients: Sequence[str]
    references: Sequence[str]
    subject: str
    content: str
    attachments: Sequence[Attachment]
    automatic: bool


def read_email(raw: bytes) -> Email:
    """Reads an RFC 5322 message.

    Raises:
        UnreadableEmail: it has no sender or no Message-ID, or is broken beyond reading.
    """
    end = _HEADERS_END.search(raw)
    if (end.start() if end else len(raw)) > _MOST_HEADERS:
        raise UnreadableEmail("its headers are too long")
    try:
        found = _read(message_from_bytes(raw))
    except Exception as error:  # the standard parser raises many kinds on hostile input
        raise UnreadableEmail(f"it can't be parsed: {type(error).__name__}") from error
    if "@" not in found.sender or not found.message_id:
        raise UnreadableEmail("it has no sender or no Message-ID")
    return found


def _read(message: Part) -> Email:
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
    addressed = [_clean(value) for name in names for value in message.get_all(name, [])]
    pairs = getaddresses(addressed)[:_MOST_ADDRESSES]
    parts = list(_leaves(message))
    body = _body_of(parts)
    return Email(
        message_id=next(iter(_ids(_clean(message.get("Message-ID", "")))), ""),
        sender=parseaddr(_clean(message.get("From", "")))[1].lower(),
        recipients=[address.lower() for _, address in pairs if address],
        references=_ids(
            _clean(f"{message.get('In-Reply-To', '')} {message.get('References', '')}")
        ),
        subject=" ".join(_decoded(message.get("Subject", "")).split())[:250],
        content=without_quotes(_text_of(body)) if body is not None else "",
        attachments=[_attachment(part) for part in parts if _is_attached(part)],
        automatic=_is_automatic(message),
    )


def _clean(text: object) -> str:
    """Text that a database takes: without NUL, and without the surrogates that stand for undecodable bytes."""
    return str(text).replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _decoded(header: object) -> str:
    """A header in plain text (RFC 2047); as it stands where it can't be decoded."""
    text = _clean(header)
    try:
        return _clean(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _ids(text: str) -> list[str]:
    return list(dict.fromkeys(_MESSAGE_ID.findall(text)))[:_MOST_ADDRESSES]


def _leaves(message: Part) -> Iterator[Part]:
    """The parts that hold something themselves. Forwarded e-mails count as one, unopened."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            waiting[:0] = (
                [one for one in inner if isinstance(one, Message)]
                if isinstance(inner, list)
                else []
            )
        else:
            yield part


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _body_of(parts: Sequence[Part]) -> Part | None:
    """The first plain text, else the first HTML."""
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and not _is_attached(part):
                return part
    return None


def _text_of(part: Part) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that nobody knows
        text = content.decode("utf-8", "replace")
    text = _clean(text[:_MOST_TEXT])
    if part.get_content_type() == "text/html":
        text = markdownify(text, strip=["img", "script", "style"])
    return text.replace("\r\n", "\n")


def _attachment(part: Part) -> Attachment:
    content = part.get_payload(decode=True)
    return Attachment(
        name=_decoded(part.get_filename() or "attachment")[:200],
        content_type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
    )


def _is_automatic(message: Part) -> bool:
    """Answers of robots and bounces, which must not be answered or stored (RFC 3834)."""
    submitted = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    return (
        submitted != "no"
        or str(message.get("Precedence", "")).lower() in ("bulk", "junk", "list", "auto_reply")
        or "X-Autoreply" in message
        or "X-Autorespond" in message
        or str(message.get("Return-Path", "")).strip() == "<>"
        or message.get_content_type() == "multipart/report"
    )
