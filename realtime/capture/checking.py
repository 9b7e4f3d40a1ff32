"""Mistakes in declarations, found when the project starts: each with a sentence on what to write instead."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.db import DEFAULT_DB_ALIAS, router

from realtime.capture.declaring import LiveModel
from realtime.capture.observing import observed_models
from realtime.capture.querysets import uncaptured_managers
from realtime.registry import Dependency, TopicKind, registry


def problems_of_live_models() -> Iterator[CheckMessage]:
    """What is wrong with the declarations of `realtime.live`."""
    for declared in registry.live_models:
        name = f"realtime.live({declared.model.__name__})"
        if problem := _problem_of_model(declared.model):
            yield Error(
                f"{name} {problem[0]}.", hint=problem[1], obj=declared.model, id="realtime.E004"
            )
            continue
        yield from _wrong_fields(declared, name)
        yield from _wrong_words(declared, name)
        yield from _deaf_managers(declared.model)


def problems_of_databases() -> Iterator[CheckMessage]:
    """Which models that are observed, or the log, are written to a database where no transaction holds both."""
    from realtime.models import StoredEvent

    models: list[Any] = [StoredEvent, *observed_models()]
    for model in models:
        alias = router.db_for_write(model)
        if alias != DEFAULT_DB_ALIAS:
            yield Error(
                f"{model.__name__} is written to the database {alias!r}, so that its changes and their events aren't of one"
                " transaction.",
                hint=f"Let the router send it, and what permissions depend on, to {DEFAULT_DB_ALIAS!r}, as the log.",
                obj=model,
                id="realtime.E014",
            )


def problems_of_topics() -> Iterator[CheckMessage]:
    """What is wrong with the declarations of `realtime.topic`."""
    for text, hint in registry.mistakes:
        yield Error(text, hint=hint, id="realtime.E005")
    for kind in registry.kinds.values():
        name = f"realtime.topic({kind.pattern!r})"
        parts = dict.fromkeys(kind.converters, "")
        if not _takes(kind.authorize, None, **parts):
            wanted = ", ".join(["user", *parts])
            yield Error(
                f"{name} has an authorize that can't be called with ({wanted}).",
                hint=f"Write authorize=lambda {wanted}: …, with the names of the pattern's parts.",
                id="realtime.E006",
            )
        for dependency in kind.depends_on:
            yield from _wrong_dependency(kind, dependency)


def problems_of_events() -> Iterator[CheckMessage]:
    """What is wrong with the declarations of `realtime.event`."""
    for kind in registry.event_types.values():
        missing = [version for version in range(1, kind.version) if version not in kind.upcast]
        if missing:
            yield Error(
                f"realtime.event({kind.name!r}) is at version {kind.version} and can't read version {missing[0]}.",
                hint=f"Add upcast={{{missing[0]}: <function from data of version {missing[0]} to the next>}}.",
                id="realtime.E011",
            )


def _problem_of_model(model: Any) -> tuple[str, str] | None:
    if model._meta.abstract:
        return (
            "names an abstract model, which has no rows",
            "Declare each model that inherits from it.",
        )
    if model._meta.proxy:
        return (
            "names a proxy, and the rows change through other classes as well",
            f"Declare {model._meta.concrete_model.__name__}; its proxies are included.",
        )
    if owner := model._meta.auto_created:
        return (
            f"names the table of {owner.__name__}.{_field_through(model)}, whose removals have no signal",
            f"Declare {owner.__name__} with related=[{_field_through(model)!r}].",
        )
    if model._meta.swapped:
        return "names a model that is swapped out", f"Declare {model._meta.swapped}."
    return None


def _field_through(model: Any) -> str:
    """The many-to-many field whose rows an automatic model holds."""
    fields = model._meta.auto_created._meta.local_many_to_many
    name: str = next(field.name for field in fields if field.remote_field.through is model)
    return name


def _wrong_fields(declared: LiveModel, name: str) -> Iterator[CheckMessage]:
    model: Any = declared.model
    fields = {field.name: field for field in model._meta.get_fields()}
    given = {"changed": declared.named, "related": declared.related, "ignore": declared.ignore}
    for argument, names in given.items():
        for field in sorted(names):
            if field not in fields and not hasattr(model, field):
                yield _no_such_field(model, f"{name}, {argument}=", field)
    if declared.seq_field and declared.seq_field not in fields:
        yield _no_such_field(model, f"{name}, seq_field=", declared.seq_field)
    for field in sorted(declared.related):
        if field in fields and not fields[field].many_to_many:
            yield Error(
                f"{name} has {field!r} in related=, which is no many-to-many field.",
                hint="Leave it out: other fields count without being named.",
                obj=model,
                id="realtime.E007",
            )
    for path in declared.fetch:
        if callable(path):
            continue
        if path.split("__")[0] not in fields and not hasattr(model, path.split("__")[0]):
            yield _no_such_field(model, f"{name}, fetch=", path)


def _no_such_field(model: Any, where: str, field: str) -> Error:
    return Error(
        f"{where} names {field!r}, which {model.__name__} doesn't have.",
        hint="Name a field or property of the model.",
        obj=model,
        id="realtime.E003",
    )


def _wrong_words(declared: LiveModel, name: str) -> Iterator[CheckMessage]:
    for word in sorted(declared.unknown_events):
        yield Error(
            f"{name} has {word!r} in events=.",
            hint="The keys are created, updated and deleted; a named change belongs into changed=.",
            obj=declared.model,
            id="realtime.E008",
        )
    kinds = {kind.name for kind in registry.kinds.values()}
    for kind in sorted(set(declared.variants) - kinds):
        yield Error(
            f"{name} has a variant for {kind!r}, and there are no such topics.",
            hint="The key is the name before the colon of a declared topic.",
            obj=declared.model,
            id="realtime.E009",
        )
    functions = {"topics": declared.topics, "data": declared.data, "when": declared.when}
    functions |= {f"variants[{kind!r}]": given for kind, given in declared.variants.items()}
    for argument, function in functions.items():
        if not _takes(function, None):
            yield Error(
                f"{name} has a {argument}= that can't be called with a row.",
                hint="Give a function of one argument, the row"
                + (", or a serializer class." if argument not in ("topics", "when") else "."),
                obj=declared.model,
                id="realtime.E010",
            )


def _deaf_managers(model: Any) -> Iterator[CheckMessage]:
    for manager in uncaptured_managers(model):
        yield Warning(
            f"changes through {model.__name__}.{manager} in bulk are no events.",
            hint="Let its get_queryset() start from super().get_queryset().",
            obj=model,
            id="realtime.W001",
        )


def _wrong_dependency(kind: TopicKind, dependency: Dependency) -> Iterator[CheckMessage]:
    options: Any = dependency.model._meta
    if owner := options.auto_created:
        field = _field_through(dependency.model)
        yield Error(
            f"realtime.topic({kind.pattern!r}), depends_on= names the table of {owner.__name__}.{field}, "
            "whose removals have no signal.",
            hint=f"Depend on {owner.__name__} with fields={{{field!r}}}.",
            obj=dependency.model,
            id="realtime.E016",
        )
    known = {name for f in options.get_fields() for name in (f.name, getattr(f, "attname", f.name))}
    for field in sorted(set(dependency.fields or ()) - known):
        where = f"realtime.topic({kind.pattern!r}), depends_on="
        yield _no_such_field(dependency.model, where, field)


def _takes(function: Callable[..., Any], *arguments: Any, **named: Any) -> bool:
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*arguments, **named)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True
