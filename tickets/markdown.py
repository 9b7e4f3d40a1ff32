"""Markdown of messages: rendered by markdown-it, sanitised by nh3, and searched for mentions outside of code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)

_TAGS = {
    *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
    *("p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
_MARKS = re.compile(r"[*~]{2,3}|`+|(?<!\S)(?:#{1,6}|\|)(?!\S)")
_RULE = frozenset("|-: ")
_MENTION = re.compile(r"(?<![\w@/.])@([\w.@+-]{1,150})")


def render_markdown(text: str) -> str:
    """HTML of a message: no images, scripts or styles; links open nothing but http, https and mailto."""
    return nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def plain_text(text: str) -> str:
    """A message in one line without the marks that stand out most, for excerpts. It is no parser: those are too slow for lists."""
    lines = (line for line in text.splitlines() if "--" not in line or not _RULE.issuperset(line))
    return " ".join(_MARKS.sub("", " ".join(lines)).split())


def mentioned_names(text: str) -> list[str]:
    """What may be usernames after an ``@``, each with and without a mark that ends a sentence, in order."""
    names: dict[str, None] = {}
    for part in _prose(_markdown.parse(text)):
        for found in _MENTION.findall(part):
            names[found] = None
            names[found.rstrip(".@+-")] = None
    return [name for name in names if name][:200]


def _prose(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "text":
            yield token.content
        if token.children:
            yield from _prose(token.children)
