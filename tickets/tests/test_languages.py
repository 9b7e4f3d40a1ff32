"""What the desk tells people comes in their language."""

from __future__ import annotations

import gettext
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from notifications.models import Delivery, NotificationSettings
from notifications.registry import kinds
from notifications.transports.email import build_email
from notifications.unsubscribe import unsubscribe_url
from tickets import services
from tickets.models import Ticket

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted(ROOT.glob("*/locale/*/LC_MESSAGES/django.po"))


@pytest.mark.django_db
def test_a_german_gets_german_emails(ticket: Ticket, carol: Any, alice: Any) -> None:
    NotificationSettings.objects.create(user=carol, language="de")
    services.reply(ticket=ticket, actor=alice, content="Schon **gelöscht**?")
    delivery = Delivery.objects.get(user=carol, channel="email")
    with translation.override("de"):
        email = build_email([delivery])
    assert f"Neue Antwort auf #{ticket.number}" in email.body
    assert "Schon **gelöscht**?" in email.body
    assert "Du bekommst diese E-Mail, weil: Alle im Gespräch" in email.body
    html = str(email.alternatives[0][0])
    assert "Schon <strong>gelöscht</strong>?" in html
    assert "Keine E-Mails dieser Art mehr" in html
    assert '<html lang="de">' in html


@pytest.mark.parametrize("name", sorted(kind.name for kind in kinds() if kind.name[:5] != "test."))
def test_every_kind_of_notification_is_translated(name: str) -> None:
    [kind] = [kind for kind in kinds() if kind.name == name]
    in_english = (str(kind.label), str(kind.audience))
    with translation.override("de"):
        in_german = (str(kind.label), str(kind.audience))
    assert all(one != other for one, other in zip(in_english, in_german, strict=True))


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: str(file.relative_to(ROOT)))
def test_catalogues_are_compiled(file: Path) -> None:
    """``msgfmt -o django.mo django.po`` in its folder does it."""
    with file.with_suffix(".mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', file.read_text(), re.MULTILINE)
    assert pairs
    assert [known.gettext(english) for english, _ in pairs] == [german for _, german in pairs]


@pytest.mark.django_db
def test_the_page_behind_an_unsubscribe_link_loads_nothing_from_elsewhere(carol: Any) -> None:
    path = unsubscribe_url(carol.pk, "ticket.replied").partition("//")[2].partition("/")[2]
    page = Client().get(f"/{path}")
    assert page.status_code == 200
    assert b"Do you want no more e-mails of this kind: Reply?" in page.content
    assert b"/static/livedesk/css/tokens.css" in page.content
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
