"""docs/rest.md: the REST interface, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from config.reference.markdown import fields, table, type_name

_INTRODUCTION = """\
# REST reference

This page is made from the OpenAPI document by `make reference`, and a test fails when it is out of date. A running server shows the
document at `/api/v1/schema/` and lets one try it at `/api/v1/docs/`.

JSON in UTF-8. `Authorization: Bearer <access token>` from `POST /api/v1/auth/token/`. An error is `{"code", "detail", "fields"?}`; a list is
`{"results", "next", "previous"}`, `next` and `previous` being URLs. What the caller can't see is a 404. A snapshot has `seq` and `epoch` at its top
level: subscribe with them, and nothing is missed and nothing comes twice.
"""

_METHODS = ("get", "post", "put", "patch", "delete")


def page() -> str:
    """The whole page."""
    generator: Any = SchemaGenerator  # untyped
    document = generator().get_schema(request=None, public=True)
    parts = [_INTRODUCTION, *_overview(document), *_operations(document), *_schemas(document)]
    return "\n".join(parts).rstrip() + "\n"


def _each(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _overview(document: dict[str, Any]) -> Iterator[str]:
    yield "## Paths\n"
    yield from table(
        ["method", "path", "what it does"],
        (
            (method.upper(), f"`{path}`", _first_line(operation))
            for path, method, operation in _each(document)
        ),
    )


def _first_line(operation: dict[str, Any]) -> str:
    text: str = (operation.get("summary") or operation.get("description", "")).strip()
    return text.split("\n\n")[0].replace("``", "`")


def _operations(document: dict[str, Any]) -> Iterator[str]:
    yield "## Parameters and bodies\n"
    for path, method, operation in _each(document):
        lines = [*_parameters(operation), *_bodies(operation)]
        if lines:
            yield f"### {method.upper()} {path}\n"
            yield from lines


def _parameters(operation: dict[str, Any]) -> list[str]:
    return table(
        ["parameter", "in", "what it is"],
        (
            (f"`{p['name']}`", p["in"], _what(p))
            for p in operation.get("parameters", ())
            if p["in"] != "path"
        ),
    )


def _what(parameter: dict[str, Any]) -> str:
    text = " ".join(str(parameter.get("description", "")).split()).replace("``", "`")
    return f"{type_name(parameter['schema'])}. {text}" if text else type_name(parameter["schema"])


def _bodies(operation: dict[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Takes {kind}: {_linked(content.get('schema', {}))}\n"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            shapes = [_linked(c.get("schema", {})) for c in answer.get("content", {}).values()]
            yield f"Answers {status}: {', '.join(dict.fromkeys(shapes)) or 'nothing'}\n"


def _linked(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if schema.get("type") == "array":
        return f"a list of {_linked(schema.get('items', {}))}"
    return type_name(schema)


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    yield "## Objects\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"### {name}\n"
        yield from fields(schema) or [f"{type_name(schema)}\n"]
