"""What Channels' tutorial builds: a consumer for each socket, `group_send`, JSON for each socket; the usual JWT middleware."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
django.setup()

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from rest_framework_simplejwt.tokens import AccessToken


class TokenMiddleware:
    """Checks the token of the query string and reads its user."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        token = parse_qs(scope["query_string"].decode())["token"][0]
        user_id = AccessToken(token)["sub"]
        user = await database_sync_to_async(User.objects.get)(pk=user_id, is_active=True)
        return await self._inner({**scope, "user": user}, receive, send)


class Chat(AsyncJsonWebsocketConsumer):
    group = ""

    async def connect(self) -> None:
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if content["type"] == "join_room":
            self.group = content["room"].replace(":", ".")
            await self.channel_layer.group_add(self.group, self.channel_name)
            await self.send_json({"type": "room_joined"})
            return
        event = {
            "type": "message.new",
            "room": content["room"],
            "data": content["data"],
            "sender": self.scope["user"].username,
            "timestamp": datetime.now(UTC).isoformat(),
            "id": str(uuid.uuid4()),
        }
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "event": event})

    async def chat_message(self, message: Any) -> None:
        await self.send_json(message["event"])


application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": TokenMiddleware(Chat.as_asgi())}
)
