"""``docs/ws/``: the AsyncAPI document, as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from realtime.asyncapi import asyncapi_document
from realtime.rest.errors import read_only


@read_only
def socket_docs(request: HttpRequest) -> HttpResponse:
    """The page; JSON with ``?format=json`` or ``Accept: application/json``."""
    document = asyncapi_document()
    if (
        request.GET.get("format") == "json"
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    ):
        return JsonResponse(document)
    context = {
        "document": document,
        "channels": _channels(document),
        "topics": document["x-topics"],
    }
    return render(request, "realtime/socket_docs.html", context)


def _channels(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The channels with their messages in the order of the document, schemas as indented text."""
    messages = document["components"]["messages"]
    channels = []
    for name, channel in document["channels"].items():
        operations = document["operations"]
        channels.append(
            {
                "name": name,
                "address": channel["address"],
                "description": channel["description"],
                "sends": _messages(operations[f"{name}_accepts"], messages),
                "receives": _messages(operations[f"{name}_tells"], messages),
            }
        )
    return channels


def _messages(operation: dict[str, Any], messages: dict[str, Any]) -> list[dict[str, str]]:
    keys = [ref["$ref"].rpartition("/")[2] for ref in operation["messages"]]
    return [
        {
            "name": messages[key]["name"],
            "summary": messages[key].get("summary", ""),
            "schema": json.dumps(messages[key]["payload"], indent=2),
        }
        for key in keys
    ]
