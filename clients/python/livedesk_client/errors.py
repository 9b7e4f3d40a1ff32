"""What can go wrong."""

from __future__ import annotations

from typing import Any


class LivedeskError(Exception):
    """The server refused something: ``code`` is stable, the text is for people.

    ``data`` is what else it said, such as ``message``: the id of the one that a collision is with. Codes of this client's own:
    ``disconnected``, ``stopped``, ``timeout``.
    """

    def __init__(
        self, code: str, text: str | None = None, data: dict[str, Any] | None = None
    ) -> None:
        super().__init__(text or code)
        self.code = code
        self.data = data or {}

    @classmethod
    def from_frame(cls, frame: dict[str, Any]) -> LivedeskError:
        data = frame.get("data") or {}
        code = data.get("reason") or data.get("code", "server_error")
        return cls(code, data.get("error"), data)


class SignedOut(LivedeskError):
    """There is no way to a new token: the credentials were refused, or the login has ended."""

    def __init__(self, text: str = "Signed out.") -> None:
        super().__init__("unauthorized", text)
