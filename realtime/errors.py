"""What can go wrong, each with the stable code that REST answers and frames carry."""

from __future__ import annotations

from typing import Any, ClassVar


class RealtimeError(Exception):
    """An error that a client is told about.

    ``code`` is stable and for programs; ``str(error)`` is for people; ``status`` is the HTTP status;
    ``details`` are further fields of the answer.
    """

    code: ClassVar[str] = "server_error"
    status: ClassVar[int] = 500
    text: ClassVar[str] = "Something went wrong on the server."

    def __init__(self, text: str | None = None, **details: Any) -> None:
        super().__init__(text or self.text)
        self.details = details

    @property
    def frame_code(self) -> str:
        """The code in frames, which is always one of those here: an app's own error goes by that of what it is a kind of."""
        kinds = [kind for kind in type(self).__mro__ if issubclass(kind, RealtimeError)]
        return next(kind.code for kind in kinds if kind.__module__ == __name__)


class InvalidFrame(RealtimeError):
    """Not a JSON object."""

    code, status, text = "invalid_frame", 400, "A frame must be a JSON object."


class UnknownType(RealtimeError):
    code, status, text = "unknown_type", 400, "Unknown frame type."


class MissingField(RealtimeError):
    code, status, text = "missing_field", 400, "A field is missing."


class InvalidField(RealtimeError):
    code, status, text = "invalid_field", 400, "A field has a wrong value."


class NotJoined(RealtimeError):
    code, status, text = "not_joined", 409, "Join the room first."


class Forbidden(RealtimeError):
    """Not allowed, or does not exist: nobody learns which."""

    code, status, text = "forbidden", 403, "Not allowed, or there is no such room."


class NotAllowed(RealtimeError):
    code, status, text = "not_allowed", 403, "This can't be done here."


class RateLimited(RealtimeError):
    code, status, text = "rate_limited", 429, "Too many frames; some were dropped."


class TooLarge(RealtimeError):
    code, status, text = "too_large", 413, "The frame is too large."


class InvalidToken(RealtimeError):
    code, status, text = "invalid_token", 401, "The token is invalid or has expired."


class Unauthorized(RealtimeError):
    code, status, text = "unauthorized", 401, "Authentication is required."


class TooManyConnections(RealtimeError):
    code, status, text = "too_many_connections", 429, "Too many connections are open."


class Conflict(RealtimeError):
    code, status, text = "conflict", 409, "This conflicts with the current state."


class IllegalTransition(Conflict):
    code, text = "illegal_transition", "The status can't change that way."


class ServerError(RealtimeError):
    """Something failed that is not the client's doing."""


class CloseCode:
    """WebSocket close codes of the application range."""

    NORMAL = 1000
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    IDLE = 4408
    SLOW_READER = 4409
    TOO_LARGE = 4413
    TOO_MANY = 4429
    SERVER_ERROR = 4500
    RESTARTING = 4503
