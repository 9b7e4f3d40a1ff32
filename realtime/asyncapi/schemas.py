"""JSON Schema of event data: from DRF serializers and msgspec Structs."""

from __future__ import annotations

from typing import Any

import msgspec
from rest_framework import serializers

Schema = dict[str, Any]

_SIMPLE: list[tuple[type[serializers.Field[Any, Any, Any, Any]], Schema]] = [
    (serializers.BooleanField, {"type": "boolean"}),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.FloatField, {"type": "number"}),
    (serializers.DecimalField, {"type": "string"}),
    (serializers.DateTimeField, {"type": "string", "format": "date-time"}),
    (serializers.DateField, {"type": "string", "format": "date"}),
    (serializers.UUIDField, {"type": "string", "format": "uuid"}),
    (serializers.URLField, {"type": "string", "format": "uri"}),
    (serializers.CharField, {"type": "string"}),
    (serializers.DictField, {"type": "object"}),
]


def schema_of(*declared: Any) -> Schema:
    """The schema of an event's data, as it was declared; one of several, where models share a type of events."""
    schemas: list[Schema] = []
    for each in declared:
        schema = _schema_of(each)
        if schema not in schemas:
            schemas.append(schema)
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _schema_of(declared: Any) -> Schema:
    """Anything goes where a function makes the data."""
    if isinstance(declared, type) and issubclass(declared, serializers.BaseSerializer):
        return _of_field(declared())
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        (schema,), components = msgspec.json.schema_components([declared])
        name = schema["$ref"].rpartition("/")[2]
        found: Schema = components[name]
        return found
    return {"type": "object"}


def _of_field(field: Any) -> Schema:
    schema = _of_kind(field)
    if getattr(field, "allow_null", False) and isinstance(schema.get("type"), str):
        schema = {**schema, "type": [schema["type"], "null"]}
    if field.help_text:
        schema = {**schema, "description": str(field.help_text)}
    return schema


def _of_kind(field: Any) -> Schema:
    if isinstance(field, serializers.ListSerializer):
        return {"type": "array", "items": _of_field(field.child)}
    if isinstance(field, serializers.ListField):
        return {"type": "array", "items": _of_field(field.child)}
    if isinstance(field, serializers.BaseSerializer):
        return _of_serializer(field)
    if isinstance(field, serializers.ChoiceField):
        return {"type": "string", "enum": [str(choice) for choice in field.choices]}
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return {"type": ["integer", "string", "null"]}
    for kind, schema in _SIMPLE:
        if isinstance(field, kind):
            return dict(schema)
    return {}


def _of_serializer(serializer: Any) -> Schema:
    fields = {n: f for n, f in getattr(serializer, "fields", {}).items() if not f.write_only}
    return {
        "type": "object",
        "properties": {name: _of_field(field) for name, field in fields.items()},
        "required": list(fields),
    }
