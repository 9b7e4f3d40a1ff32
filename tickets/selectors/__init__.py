"""What a user may see at the desk, and what there is to count."""

from tickets.selectors.access import (
    hears_queue,
    is_agent,
    queues_of,
    tickets_visible_to,
    tickets_worked_on_by,
    user_can_see,
    user_works_on,
    visible_queues,
)
from tickets.selectors.conversation import message_with_details, messages_visible_to
from tickets.selectors.listing import with_details

__all__ = [
    "hears_queue",
    "is_agent",
    "message_with_details",
    "messages_visible_to",
    "queues_of",
    "tickets_visible_to",
    "tickets_worked_on_by",
    "user_can_see",
    "user_works_on",
    "visible_queues",
    "with_details",
]
