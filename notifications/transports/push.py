"""Web push: encrypted for one browser (RFC 8291), signed with the server's key (RFC 8292)."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils.text import Truncator
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode, num_to_bytes

from notifications.conf import from_email, notifications_config
from notifications.models import Delivery, VapidKey
from notifications.selectors import counts_of
from notifications.transports.base import SendingFailed, Sent
from notifications.transports.push_services import is_push_service
from realtime.jsontext import dump_json

_GONE = (404, 410)
_MOST_TEXT = 500
"""Characters of a message: with the rest of the payload it must stay below 4 KiB (RFC 8030, section 7.2)."""


class PushTransport:
    """Sends to the push services of the users' browsers."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.max_redirects = 0  # a push service has no reason to send us elsewhere

    def send(self, deliveries: Sequence[Delivery]) -> Sent:
        [delivery] = deliveries
        browser = delivery.subscription
        if browser is None:
            raise SendingFailed("the browser has unsubscribed", for_good=True)
        if not is_push_service(browser.endpoint):
            raise SendingFailed("its push service is not allowed", for_good=True)
        response = self._post(delivery)
        if response.status_code in _GONE:
            browser.delete()
            raise SendingFailed("the browser has unsubscribed", for_good=True)
        if response.status_code >= 400:
            too_many = response.status_code == 429
            raise SendingFailed(
                f"the push service said {response.status_code} {response.text[:200]}",
                for_good=response.status_code < 500 and not too_many,
            )
        return Sent(address=urlsplit(browser.endpoint).netloc)

    def _post(self, delivery: Delivery) -> requests.Response:
        # It takes a quarter of a second to import, and most processes never push.
        from pywebpush import WebPusher, WebPushException

        config = notifications_config()
        browser: Any = delivery.subscription
        keys = {"p256dh": browser.p256dh, "auth": browser.auth}
        try:
            pusher = WebPusher(
                {"endpoint": browser.endpoint, "keys": keys}, requests_session=self._session
            )
            response: requests.Response = pusher.send(
                data=dump_json(push_payload(delivery)),
                headers={**_signature(browser.endpoint), "Urgency": "normal"},
                ttl=config.push_ttl,
                content_encoding="aes128gcm",
                timeout=config.send_timeout,
            )
        except (WebPushException, ValueError) as error:
            raise SendingFailed(
                f"the browser's keys are of no use: {error}", for_good=True
            ) from error
        except requests.RequestException as error:
            raise SendingFailed(f"{type(error).__name__}: {error}") from error
        return response

    def close(self) -> None:
        self._session.close()


def push_payload(delivery: Delivery) -> dict[str, Any]:
    """What the service worker of the page is given. ``tag``: a newer push of the same row takes the older one's place."""
    row = delivery.notification
    return {
        "id": str(row.pk),
        "event": row.kind,
        "type": row.level,
        "title": row.title,
        "message": Truncator(row.message).chars(_MOST_TEXT),
        "url": row.url,
        "tag": str(row.pk),
        "counts": counts_of(row.recipient_id),
    }


def _signature(endpoint: str) -> dict[str, str]:
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": _contact()}
    headers: dict[str, str] = vapid().sign(claims)
    return headers


def _contact() -> str:
    return notifications_config().vapid_contact or f"mailto:{parseaddr(from_email())[1]}"


def vapid() -> Vapid02:
    """The server's key: from the settings, else the one in the database (made by whoever needs it first)."""
    return _vapid(notifications_config().vapid_private_key or _stored_key())


@lru_cache(maxsize=2)
def _vapid(private_key: str) -> Vapid02:
    return Vapid02.from_raw(private_key.encode())


def _stored_key() -> str:
    found = VapidKey.objects.filter(pk=1).first()
    if found is None:
        made = Vapid02()
        made.generate_keys()
        number = made.private_key.private_numbers().private_value
        found, _ = VapidKey.objects.get_or_create(
            pk=1,
            defaults={
                "private_key": b64urlencode(num_to_bytes(number, 32)),
                "public_key": _public_text(made.public_key),
            },
        )
    return found.private_key


def public_key() -> str:
    """What a browser needs to subscribe: ``applicationServerKey``, base64url of the uncompressed point."""
    return _public_text(vapid().public_key)


def _public_text(key: ec.EllipticCurvePublicKey) -> str:
    text: str = b64urlencode(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return text
