"""Livedesk put together: settings from the environment, URLs, ASGI."""
