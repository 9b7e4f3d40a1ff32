"""Search: one language, PostgreSQL's full text or SQLite's FTS5 below."""

from tickets.search.finding import find_messages, find_tickets, narrowed
from tickets.search.highlighting import excerpt
from tickets.search.language import Query, parse

__all__ = ["Query", "excerpt", "find_messages", "find_tickets", "narrowed", "parse"]
