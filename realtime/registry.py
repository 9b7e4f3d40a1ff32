"""What can be subscribed to, and which events there are: declared by apps in their ``topics.py``.

A *topic* is a stream of events, ``ticket:0190…``; clients also call it a room. A *topic kind* is its pattern and rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django.urls.converters import get_converters

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser as User
    from django.db.models import Model

    from realtime.boards import BoardKind

Params = Mapping[str, Any]
Authorize = Callable[..., bool]

_LARGEST_KEY = 2**63 - 1
"""What a database integer holds."""

_PART = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a chat command did: the number of its event, and the message as REST shows it.

    ``room`` is where it was stored, if that is another one than the frame named.
    """

    seq: int | None
    data: Any
    room: str | None = None


class Chat(Protocol):
    """How a kind of room stores messages. Methods run on a database thread, as ``user``, and raise `RealtimeError`.

    ``params`` are the parts of the topic's name. ``fields`` are the further fields of the frame's data (``kind``,
    ``in_reply_to``, …). A chat that offers more than sending has these methods, too; a frame for one that is missing gets
    ``not_allowed``:

    - ``edit(*, user, params, message_id, content) -> Receipt``
    - ``delete(*, user, params, message_id) -> Receipt``
    - ``react(*, user, params, message_id, emoji) -> Receipt``, and ``unreact`` alike
    - ``read(*, user, params, seq) -> int``: moves the reader's pointer forward only; where it stands
    """

    def send(
        self, *, user: Any, params: Any, content: str, client_id: str | None, fields: Any
    ) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Dependency:
    """A change of ``model`` may change who may hear topics: ``scopes(row)`` says which (see `log.access`)."""

    model: type[Model]
    scopes: Callable[[Any], Iterable[str]]
    fields: Collection[str] | None = None
    """Only a change of these fields counts; None: any. Deletion always counts."""
    on_create: bool = False


@dataclass(frozen=True, slots=True)
class TopicKind:
    """A pattern of topics and the rules for them. Made by `topic`."""

    pattern: str
    name: str
    authorize: Authorize
    chat: Chat | None = None
    stored: bool = True
    members: bool = True
    """Who is in a room of this kind is known and told (`user_joined`, `user_left`)."""
    bridged: bool = True
    """Its events go out to other services, too."""
    resumable: bool = True
    """What came after a number can be replayed; else whoever comes back is told to load anew."""
    joinable: bool = True
    """Clients may ask for it by name; others are only joined by the server."""
    asks_database: bool = True
    """Whether ``authorize`` reads the database. One that looks at nothing but the user needn't wait for a thread."""
    depends_on: tuple[Dependency, ...] = ()
    regex: re.Pattern[str] = field(default=re.compile(""), repr=False)
    converters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def match(self, topic: str) -> dict[str, Any] | None:
        """The parts of ``topic``'s name, or None if it is not of this kind. Only the canonical spelling matches."""
        found = self.regex.fullmatch(topic)
        if found is None:
            return None
        try:
            params = {
                key: self.converters[key].to_python(v) for key, v in found.groupdict().items()
            }
        except ValueError:
            return None
        if any(isinstance(value, int) and value > _LARGEST_KEY for value in params.values()):
            return None
        return params if self.topic(**params) == topic else None

    def topic(self, **params: Any) -> str:
        """The name of the topic with these parts."""
        return _PART.sub(
            lambda part: self.converters[part["name"]].to_url(params[part["name"]]), self.pattern
        )


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event: its name, the version of its data, and what it is called on ``/ws``."""

    name: str
    version: int = 1
    schema: Any = None
    """A serializer class or msgspec Struct that describes ``data``, for the AsyncAPI document."""
    also: tuple[Any, ...] = ()
    """Further forms of ``data``: of other models whose events have the same name."""
    alias: str | None = None
    """The name under which event clients of ``/ws`` get it without subscribing; None: they don't."""
    summary: str = ""
    upcast: Mapping[int, Callable[[Any], Any]] = field(default_factory=dict)
    """From version n to n + 1, for events that were stored before ``data`` changed."""
    stays_inside: Callable[[Any], bool] | None = None
    """Whether an event with this data is kept from other services; None: it goes out where its topic does."""


class Registry:
    """All declarations of one process."""

    def __init__(self) -> None:
        self.kinds: dict[str, TopicKind] = {}
        self.event_types: dict[str, EventType] = {}
        self.numbered: dict[str, str] = {}
        """Event types whose data has a place for their number: type -> key."""
        self.withdrawing: set[str] = set()
        """Event types that come with a rewriting of earlier events: those in memory are out of date."""
        self.boards: dict[str, BoardKind] = {}
        self.mistakes: list[tuple[str, str]] = []
        """What is wrong with declarations that couldn't be kept, and what to do: the system checks tell of them."""
        self.live_models: list[Any] = []
        """The declarations of `live`, in order."""
        self.personal: list[Callable[[Any], Iterable[str]]] = []
        self.presence_audiences: list[Callable[[Any], Iterable[Any]]] = []
        self._resolve = lru_cache(maxsize=4096)(self._resolve_uncached)

    def add_kind(self, kind: TopicKind) -> TopicKind:
        """Adds a kind; the first of two with one pattern stays, and the system checks tell of the other."""
        if kind.pattern in self.kinds:
            text = f"realtime.topic({kind.pattern!r}) is declared twice."
            self.mistakes.append((text, "Declare it once, or give one of them another name."))
            return kind
        self.kinds[kind.pattern] = kind
        self._resolve.cache_clear()
        return kind

    def forget_kind(self, kind: TopicKind) -> None:
        """Takes back what `add_kind` added: for a kind that is needed for a moment only."""
        del self.kinds[kind.pattern]
        self._resolve.cache_clear()

    def add_event_type(self, event_type: EventType) -> EventType:
        known = self.event_types.get(event_type.name)
        self.event_types[event_type.name] = event_type
        if known is not None:
            self.describe(event_type.name, [known.schema, *known.also])
        return event_type

    def describe(self, name: str, schemas: Iterable[Any]) -> None:
        """Notes what ``data`` of events of a known type may also look like."""
        known = self.event_types[name]
        also = {s: None for s in (*known.also, *schemas) if isinstance(s, type)}
        also.pop(known.schema, None)
        self.event_types[name] = replace(known, also=tuple(also))

    def resolve(self, topic: str) -> tuple[TopicKind, dict[str, Any]] | None:
        """The kind of a topic and the parts of its name, or None where no kind matches."""
        # A name with a NUL or half a character can't even be asked for in a database.
        if len(topic) > 200 or not topic.isprintable():
            return None
        return self._resolve(topic)

    def _resolve_uncached(self, topic: str) -> tuple[TopicKind, dict[str, Any]] | None:
        for kind in self.kinds.values():
            params = kind.match(topic)
            if params is not None:
                return kind, params
        return None

    def personal_topics(self, user: User) -> list[str]:
        """What a socket of ``/ws`` hears without subscribing, each topic once."""
        return list(dict.fromkeys(name for find in self.personal for name in find(user)))

    def version(self, event_type: str) -> int:
        """The version of the data of events of this type, as they are recorded now."""
        known = self.event_types.get(event_type)
        return known.version if known else 1

    def alias(self, event_type: str) -> str | None:
        known = self.event_types.get(event_type)
        return known.alias if known else None


registry = Registry()


def topic(
    pattern: str,
    *,
    authorize: Authorize,
    chat: Chat | None = None,
    stored: bool = True,
    members: bool = True,
    joinable: bool = True,
    bridged: bool = True,
    resumable: bool = True,
    asks_database: bool = True,
    depends_on: Iterable[Dependency] = (),
) -> TopicKind:
    """Declares a kind of topic.

    ``pattern`` is a name with parts in Django's path syntax: ``"list:<int:pk>"``. ``authorize(user, **parts)`` says whether a
    user may hear it; it runs on a database thread, and is asked at subscribe, after every change that ``depends_on``
    declares, and at least every 60 s. One that raises something says no, and is logged unless that is ``DoesNotExist``,
    ``PermissionDenied`` or ``Http404``. With ``stored=False`` events are relayed and not stored: no numbers, no replay. With
    ``resumable=False`` whoever comes back is told to load anew: for topics on which only those are told who are here.
    ``asks_database=False`` says that ``authorize`` looks at nothing but the user; it then may run on the event loop. A pattern that is malformed or taken is told of by the system checks.
    """
    kind = TopicKind(
        pattern=pattern,
        name=pattern.split(":", 1)[0],
        authorize=authorize,
        chat=chat,
        stored=stored,
        members=members,
        joinable=joinable,
        bridged=bridged,
        resumable=resumable,
        asks_database=asks_database,
        depends_on=tuple(depends_on),
    )
    try:
        regex, converters = _compile(pattern)
    except ValueError as error:
        hint = (
            "Write parts as Django's paths do: list:<int:pk>; the converters are those of urls.py."
        )
        registry.mistakes.append((str(error), hint))
        return kind
    return registry.add_kind(replace(kind, regex=regex, converters=converters))


def _compile(pattern: str) -> tuple[re.Pattern[str], dict[str, Any]]:
    known = get_converters()
    converters: dict[str, Any] = {}
    text, end = "", 0
    for part in _PART.finditer(pattern):
        converter = known.get(part["converter"] or "str")
        if converter is None or part["name"] in converters:
            raise ValueError(f"realtime.topic({pattern!r}) has a wrong part {part[0]}.")
        converters[part["name"]] = converter
        text += re.escape(pattern[end : part.start()]) + f"(?P<{part['name']}>{converter.regex})"
        end = part.end()
    rest = pattern[end:]
    if not pattern or "<" in rest or ">" in rest:
        raise ValueError(f"realtime.topic({pattern!r}) has a wrong part {rest}.")
    return re.compile(text + re.escape(rest)), converters


def event(
    name: str,
    *,
    version: int = 1,
    schema: Any = None,
    alias: str | None = None,
    summary: str = "",
    upcast: Mapping[int, Callable[[Any], Any]] | None = None,
    stays_inside: Callable[[Any], bool] | None = None,
    withdraws: bool = False,
) -> EventType:
    """Declares a type of event, ``"ticket.assigned"``.

    ``version`` is that of ``data``: when its form changes, raise it and say in ``upcast`` how data of version n becomes that of
    n + 1; stored events are then told in today's form. ``schema`` is a serializer class or msgspec Struct. ``alias`` is the
    name for the event clients of ``/ws``. ``stays_inside(data)`` keeps events from Redis channels and webhooks.
    ``withdraws`` says that earlier events of its topic were rewritten with it (`realtime.log.withdrawing.rewrite`).
    """
    if withdraws:
        registry.withdrawing.add(name)
    return registry.add_event_type(
        EventType(
            name=name,
            version=version,
            schema=schema,
            alias=alias,
            summary=summary,
            upcast=upcast or {},
            stays_inside=stays_inside,
        )
    )


def personal_topics(find: Callable[[Any], Iterable[str]]) -> Callable[[Any], Iterable[str]]:
    """Declares topics that every ``/ws`` socket of a user hears without subscribing (decorator)."""
    registry.personal.append(find)
    return find


def presence_audience(find: Callable[[Any], Iterable[Any]]) -> Callable[[Any], Iterable[Any]]:
    """Declares who else, beside the staff, hears of a user's presence: returns user ids (decorator)."""
    registry.presence_audiences.append(find)
    return find
