"""The engine's settings: one typed struct, read from ``settings.REALTIME`` (a dict, every key optional)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from realtime.typed_settings import TypedSettings


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``settings.REALTIME`` may say. Times are in seconds, sizes in bytes."""

    max_connections_per_user: int = 5
    heartbeat_interval: float = 30
    idle_timeout: float = 300
    message_max_size: int = 1_048_576
    messages_per_second: float = 20
    messages_burst: int = 40
    send_queue_bytes: int = 1_048_576
    send_stall_timeout: float = 20
    lease_seconds: float = 30
    presence_grace: float = 2
    compression: bool = False

    sweep_interval: float = 2
    """How often a hub asks the log which topics moved; the longest delay when every hint is lost."""
    recheck_interval: float = 60
    """At least this often every subscription is authorised anew."""
    hint_timeout: float = 1
    """How long one hint may take on the channel layer before it counts as failed."""
    hint_max_bytes: int = 65_536
    """Larger events are announced by number only; hubs read them from the log."""
    db_threads: int = 8
    """Threads of a server process that do database work for sockets."""
    redis_url: str = ""
    """Where leases, presence and the bridge live; empty: in the database."""
    bridge: bool = True
    cors_origins: list[str] = []
    socket_ticket_seconds: float = 30
    trusted_proxies: int = 0
    hooks_to_private_addresses: bool = False
    """Whether webhooks may go to addresses inside a private network."""
    retention_days: Annotated[float, msgspec.Meta(gt=0, le=36_500)] = 30
    retention_events: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    """How much of a topic's log `prune_events` keeps: both bounds hold."""


config = TypedSettings("REALTIME", Config)
