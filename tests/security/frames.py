"""Frames that no client should send: texts that are no JSON object, and objects that make no sense."""

from __future__ import annotations

import json
from typing import Any

_ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, "", "x", "x" * 5000, "\u0000", "\u202e", "😀" * 200, [], [[]], {}, {"a": {}}, ["x"] * 50,
    "ticket:", "ticket:x", "ticket:*", "user:1", "../..", "'; DROP TABLE x; --", "{{7*7}}", "<script>alert(1)</script>",
]  # fmt: skip

_KINDS = [
    "join_room", "leave_room", "send_message", "edit_message", "delete_message", "react", "unreact", "typing", "read",
    "history", "signal", "authenticate",
]  # fmt: skip


def no_objects() -> list[str | bytes]:
    """Each gets an error frame; twenty in a row end the socket."""
    texts: list[str | bytes] = [
        "", " ", "\n", "null", "true", "1", "-0", "1e999", "NaN", "Infinity", '"x"', "[]", "[[]]", "[{}]", "{", "}", "{}}", "{{}}",
        '{"type"', '{"type":}', '{"type":"ping"', "{'type':'ping'}", '{type:"ping"}', '{"type":"ping",}', '{"type":"ping"}x',
        '{"type":"ping"}{"type":"ping"}', "ping", "<xml/>", "\ufeff{}", "\x00", '{"a":"\\ud8"}', '{"a":"\\x"}', '{"a":"\t"}',
        "[" * 2_000, "[" * 100_000, '{"a":' * 100_000, '[{"a":' * 30_000, "9" * 50_000, "-" * 1000, '"' + "x" * 60_000,
        "/*x*/{}", "//\n{}", "undefined", "0x10", "+1", ".5", "1.", "01", "GET / HTTP/1.1\r\n\r\n", "%7B%7D", "e30=",
    ]  # fmt: skip
    texts += [bytes([byte]) for byte in range(0, 256, 8)]
    texts += [b"", b"\xff\xfe", b"\x00" * 1000, b"{", b"\x80abc", bytes(range(256))]
    good = '{"type":"join_room","room":"channel:1","since":0}'
    texts += [good[:cut] for cut in range(1, len(good))]
    return texts


def senseless_objects() -> list[str]:
    """JSON objects; the socket answers what it likes and stays open."""
    found: list[Any] = [{}, {"": ""}, {"x": 1}, {"TYPE": "ping"}, {"data": {}}, {"ref": 1}]
    found += [{"type": odd} for odd in _ODD]
    found += [{"action": odd} for odd in _ODD]
    found += [{"action": "subscribe", "topic": odd} for odd in _ODD]
    found += [
        {"action": "subscribe", "type": "join_room", "room": "channel:1", "topic": odd}
        for odd in _ODD[:6]
    ]
    found += [{"action": "subscribe", "topic": "list:1", "since": odd} for odd in _ODD]
    for kind in _KINDS:
        found += [{"type": kind}, {"type": kind, "data": {}}, {"type": kind, "room": "channel:1"}]
        found += [{"type": kind, "room": odd} for odd in _ODD[:10]]
        found += [{"type": kind, "room": "channel:1", "data": odd} for odd in _ODD[:12]]
        found += [{"type": kind, "ref": odd} for odd in _ODD[:8]]
    for field in ("since", "epoch", "history", "types"):
        found += [{"type": "join_room", "room": "channel:999", field: odd} for odd in _ODD]
    for field in ("content", "client_id", "kind", "in_reply_to"):
        values = [odd for odd in _ODD if not isinstance(odd, str) or odd == ""]
        found += [
            {"type": "send_message", "room": "user:1", "data": {field: odd}} for odd in values
        ]
    found += [{"type": "read", "room": "channel:1", "data": {"seq": odd}} for odd in _ODD]
    found += [
        {"type": "history", "room": "channel:1", "data": {"before": odd, "limit": odd}}
        for odd in _ODD
    ]
    found += [{"type": "signal", "room": "channel:1", "data": {"to": odd}} for odd in _ODD]
    found += [{"type": "authenticate", "token": odd} for odd in _ODD]
    texts = [json.dumps(one) for one in found]
    texts += [
        '{"type":"ping","type":"join_room"}', '{"type":"join_room","room":"channel:1","room":"user:1"}', '{"type":"\\u0070ing"}',
        '{"type":"x","a":"\\ud800"}', '{"type":"join_room","room":"\\ud800"}', '{"type":"join_room","room":"channel:\\u0661"}',
        '{"type":"read","data":{"seq":1e308}}', '{"__proto__":{"type":"ping"}}', '{"type":"join_room","room":"channel:1\\n"}',
        '{"a":' * 500 + "1" + "}" * 500, '{"type":"signal","data":' + "[" * 900 + "]" * 900 + "}",
    ]  # fmt: skip
    return texts
