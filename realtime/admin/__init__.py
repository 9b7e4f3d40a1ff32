"""The engine in Django's admin: live connections, the event log, service keys, webhooks and their deliveries."""

from realtime.admin import connections, event_log, integrations  # noqa: F401  registered by being imported
