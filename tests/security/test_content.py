"""Hostile messages and files: nothing that others open does anything."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import httpx
import lxml.html
import pytest

from tests.support.server import Person, Server

_SCRIPTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x)", "[x](data:text/html;base64,PHNjcmlwdD4=)", "![x](javascript:alert(1))", "![x](https://evil.example/pixel.png)",
    "<a href='javascript:alert(1)'>x</a>", "<iframe src='https://evil.example'></iframe>", "<object data='x'></object>",
    "<embed src='x'>", "<form action='https://evil.example'><input name='password'></form>", "<math><mtext></mtext></math>",
    "<style>*{display:none}</style>", "<link rel=stylesheet href='https://evil.example'>", "<base href='https://evil.example'>",
    "<meta http-equiv=refresh content='0;https://evil.example'>", "<b onclick=alert(1)>x</b>", "<details open ontoggle=alert(1)>",
    "[x](https://a.example \"\"onmouseover=alert(1)\")", "`<script>alert(1)</script>`", "```html\n<script>alert(1)</script>\n```",
    "```\"onload=alert(1)\nx\n```", "<!--<img src=x onerror=alert(1)>-->", "<scr<script>ipt>alert(1)</script>", "\u0000<script>x</script>",
    "[x]: javascript:alert(1)\n\n[x]", "<javascript:alert(1)>", "<x@x\" onclick=alert(1)>", "| <script> |\n|---|\n| x |",
    "<template><script>x</script></template>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<a href='//evil.example' target=_blank>x</a>",
]  # fmt: skip
_INERT = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
    ),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "div"),
}


def test_no_message_becomes_a_program(server: Server) -> None:
    carol = Person(server, "carol")
    ticket = carol.new_ticket()["id"]
    for text in _SCRIPTS:
        made = carol.post(f"tickets/{ticket}/messages/", {"content": text})
        assert made.status_code in (201, 400), text
        if made.status_code == 400:
            continue
        for element in lxml.html.fragment_fromstring(
            made.json()["html"], create_parent="div"
        ).iter():
            assert element.tag in _INERT, (text, made.json()["html"])
            assert set(element.attrib) <= {"href", "title", "rel", "start", "class"}, text
            target = element.get("href", "https:").strip().lower()
            assert target.startswith(("http:", "https:", "mailto:", "/", "#", "%")), (text, target)


def _archive(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", content)
    return packed.getvalue()


_FILES: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "a page": ("x.html", b"<html><script>alert(1)</script>"),
    "a page that calls itself text": ("x.txt", b"<!doctype html><script>alert(1)</script>"),
    "a page that calls itself an image": ("x.png", b"<html><script>alert(1)</script>"),
    "SVG": ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "XML": ("x.xml", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
    "a program": ("x.exe", b"MZ\x90\x00" + b"\x00" * 60),
    "a Linux program": ("x", b"\x7fELF" + b"\x00" * 60),
    "a script": ("x.sh", b"#!/bin/sh\nrm -rf /\n"),
    "a script for browsers": ("x.js", b"alert(1)"),
    "an image that is a program": ("x.png.exe", b"\x89PNG\r\n\x1a\n" + b"\x00" * 60),
    "a broken image": ("x.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 60),
    "a bomb": ("x.zip", lambda: _archive(b"\x00" * 60_000_000)),
    "a turned name": ("x\u202egnp.exe", b"MZ"),
    "nothing": ("x.txt", b""),
    "too much": ("x.txt", lambda: b"x" * 12_000_000),
}  # fmt: skip


@pytest.mark.parametrize("what", _FILES)
def test_hostile_files_are_refused(server: Server, what: str) -> None:
    carol = Person(server, "carol")
    ticket = carol.new_ticket()["id"]
    name, content = _FILES[what]
    file = (name, content() if callable(content) else content)
    sent = carol.http.post(f"tickets/{ticket}/attachments/", files={"file": file}, timeout=60)
    assert sent.status_code in (400, 413), sent.text
    assert sent.json()["code"] in ("invalid_field", "too_large", "missing_field"), sent.text


def test_names_of_files_lead_nowhere_and_files_are_downloads(server: Server) -> None:
    carol = Person(server, "carol")
    ticket = carol.new_ticket()["id"]
    names = [
        "../../etc/passwd.txt",
        "..\\..\\x.txt",
        "/etc/passwd.txt",
        "C:\\x.txt",
        'x".txt',
        "x;y.txt",
        "a" * 140 + ".txt",
    ]
    for name in names:
        sent = carol.http.post(
            f"tickets/{ticket}/attachments/", files={"file": (name, b"plain text")}
        )
        assert sent.status_code in (201, 400), sent.text
        if sent.status_code == 201:
            shown = sent.json()
            assert "/" not in shown["name"] and "\\" not in shown["name"]
            got = carol.http.get(httpx.URL(server.url).join(shown["url"]))
            assert got.headers["Content-Disposition"].startswith("attachment")
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert "html" not in got.headers["Content-Type"]
    packed = gzip.compress(b"x" * 100)
    assert (
        carol.http.post(
            f"tickets/{ticket}/attachments/", files={"file": ("x.gz", packed)}
        ).status_code
        == 201
    )
