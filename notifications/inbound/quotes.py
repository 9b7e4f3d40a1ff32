"""What somebody wrote themselves, without what their mail program quotes and signs."""

from __future__ import annotations

import re

from quotequail import unwrap

_SEARCHED_LINES = 200
_SEARCHED_WIDTH = 400
"""A quotation is looked for in so much of a text: the library's time grows with the square of the lines."""
_MANY_BLANKS = re.compile(r"\n{3,}")
_SIGNATURE = re.compile(r"^-- $", re.MULTILINE)


def without_quotes(text: str) -> str:
    """The text above and below a quotation, without a signature (RFC 3676, section 4.3).

    Quotations between the lines stay: there the answers need them.
    """
    text = _MANY_BLANKS.sub("\n\n", text).strip("\n")
    lines = text.split("\n")
    searched = "\n".join(line[:_SEARCHED_WIDTH] for line in lines[:_SEARCHED_LINES])
    found = unwrap(searched)
    own = text
    if found is not None:
        above = len(found.get("text_top", "").split("\n")) if found.get("text_top") else 0
        parts = ["\n".join(lines[:above]), _below(found, lines)]
        own = "\n\n".join(part for part in parts if part)
    return _SIGNATURE.split(own)[0].strip()


def _below(found: dict[str, str], lines: list[str]) -> str:
    """What follows the quotation; all of it, also where the search ended before."""
    below = found.get("text_bottom", "")
    return "\n".join([below, *lines[_SEARCHED_LINES:]]).strip("\n") if below else ""
