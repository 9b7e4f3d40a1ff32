"""A login over REST, and the tokens that follow from it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import httpx

from livedesk_client.errors import LivedeskError, SignedOut

_RENEW_BEFORE = 20.0


class Session:
    """Signs in and keeps an access token alive. ``await session.token()`` is a `Client`'s ``get_token``."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.http = httpx.AsyncClient(base_url=base_url.rstrip("/") + "/api/v1/", timeout=15)
        self._credentials = {"username": username, "password": password}
        self._access: str | None = None
        self._refresh: str | None = None
        self._turn = asyncio.Lock()

    async def token(self, refresh: bool = False) -> str:
        """A live access token.

        Raises:
            SignedOut: the credentials are refused.
            httpx.TransportError: the server can't be reached.
        """
        known = self._access
        async with self._turn:
            if self._access is not None and self._access != known:
                return self._access
            if (
                self._access is None
                or refresh
                or expires_at(self._access) < time.time() + _RENEW_BEFORE
            ):
                await self._renew()
            assert self._access is not None
            return self._access

    async def request(self, method: str, path: str, **options: Any) -> Any:
        """A REST call below ``/api/v1/``; the decoded body, or None where there is none.

        Raises:
            LivedeskError: any 4xx or 5xx, with the server's stable code.
        """
        for refresh in (False, True):
            headers = {"Authorization": f"Bearer {await self.token(refresh)}"}
            answer = await self.http.request(method, path, headers=headers, **options)
            if answer.status_code != 401:
                break
        body = answer.json() if answer.content else None
        if answer.is_error:
            body = body if isinstance(body, dict) else {}
            raise LivedeskError(body.get("code", "error"), body.get("detail"))
        return body

    async def close(self) -> None:
        await self.http.aclose()

    async def _renew(self) -> None:
        if self._refresh is not None:
            answer = await self.http.post("auth/token/refresh/", json={"refresh": self._refresh})
            if answer.is_success:
                return self._keep(answer.json())
            self._refresh = None
        answer = await self.http.post("auth/token/", json=self._credentials)
        if answer.status_code in (400, 401, 403):
            raise SignedOut(answer.json().get("detail", "The credentials were refused."))
        answer.raise_for_status()
        self._keep(answer.json())

    def _keep(self, pair: dict[str, str]) -> None:
        self._access = pair["access"]
        self._refresh = pair.get("refresh", self._refresh)


def expires_at(token: str) -> float:
    """When a token ends, in seconds since 1970; infinity for one that doesn't say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return float("inf")
