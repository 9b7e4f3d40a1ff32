"""JSON Schema as words and tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Schema = dict[str, Any]

_DEEPEST = 2


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, followed by an empty one; none if there is no row."""
    lines = [_row(row) for row in rows]
    return [_row(heads), _row(["---"] * len(heads)), *lines, ""] if lines else []


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def type_name(schema: Schema, depth: int = 0) -> str:
    """What a value is, in a few words: ``text``, ``text (uuid) or null``, ``object: id, username``."""
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_name(one, depth) for one in schema[several]))
    if "allOf" in schema:
        return " and ".join(type_name(one, depth) for one in schema["allOf"])
    kinds = schema.get("type", "anything")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " or ".join(_kind(kind, schema, depth) for kind in kinds)


def _kind(kind: str, schema: Schema, depth: int) -> str:
    if kind == "string":
        form = schema.get("format")
        return f"text ({form})" if form else "text"
    if kind == "array":
        return f"list of {type_name(schema.get('items', {}), depth + 1)}"
    if kind == "object" and schema.get("properties") and depth < _DEEPEST:
        return f"object: {', '.join(schema['properties'])}"
    return {"integer": "whole number", "boolean": "true or false"}.get(kind, kind)


def fields(schema: Schema) -> list[str]:
    """The table of an object's fields."""
    needed = set(schema.get("required", ()))
    return table(
        ["field", "", "what it is"],
        (
            (f"`{name}`", "" if name in needed else "optional", _what(field))
            for name, field in schema.get("properties", {}).items()
        ),
    )


def _what(field: Schema) -> str:
    text = field.get("description", "")
    return f"{type_name(field)}. {text}" if text else type_name(field)
