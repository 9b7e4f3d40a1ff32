"""How the admin looks and where things are in it (django-unfold's settings)."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import lazy

_GREEN = {
    "50": "oklch(97.9% .012 178)",
    "100": "oklch(94.5% .03 178)",
    "200": "oklch(89.5% .055 177)",
    "300": "oklch(82% .08 177)",
    "400": "oklch(72% .1 177)",
    "500": "oklch(56% .095 177)",
    "600": "oklch(47.5% .085 177)",
    "700": "oklch(40.5% .07 178)",
    "800": "oklch(35% .058 179)",
    "900": "oklch(30.5% .048 180)",
    "950": "oklch(23% .038 181)",
}
"""The console's accent."""

_MENU: dict[str, list[tuple[str, str, str]]] = {
    "Desk": [
        ("Tickets", "tickets.ticket", "confirmation_number"),
        ("Messages", "tickets.message", "forum"),
        ("Ratings", "tickets.rating", "star"),
        ("Promises", "tickets.slaclock", "timer"),
        ("Audit", "tickets.ticketevent", "history"),
    ],
    "Rules and texts": [
        ("Queues", "tickets.queue", "inbox"),
        ("Tags", "tickets.tag", "sell"),
        ("Canned replies", "tickets.cannedreply", "quickreply"),
        ("Saved filters", "tickets.savedfilter", "filter_alt"),
        ("Triggers", "tickets.trigger", "bolt"),
        ("SLA policies", "tickets.slapolicy", "verified"),
        ("Calendars", "tickets.calendar", "calendar_month"),
    ],
    "Notifications": [
        ("Announcements", "notifications.announcement", "campaign"),
        ("Notifications", "notifications.notification", "notifications"),
        ("Deliveries", "notifications.delivery", "outgoing_mail"),
        ("E-mails that came in", "notifications.inboundmessage", "mark_email_read"),
        ("Settings of users", "notifications.notificationsettings", "tune"),
    ],
    "Live": [
        ("Connections", "realtime.socketconnection", "cable"),
        ("Event log", "realtime.storedevent", "receipt_long"),
        ("Outgoing webhooks", "realtime.outgoinghook", "webhook"),
        ("Webhook deliveries", "realtime.hookdelivery", "local_shipping"),
        ("Incoming webhooks", "realtime.incominghook", "login"),
        ("Service keys", "realtime.servicekey", "key"),
    ],
    "People and system": [
        ("Users", "auth.user", "group"),
        ("Groups", "auth.group", "groups"),
        ("Scheduled jobs", "jobs.scheduledjob", "schedule"),
    ],
}


def _address(model: str) -> str:
    try:
        return reverse(f"admin:{model.replace('.', '_')}_changelist")
    except NoReverseMatch:
        return reverse("admin:index")


def _may_see(model: str) -> Any:
    app, name = model.split(".")
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


_link = lazy(_address, str)
_file = lazy(static, str)

ADMIN_LOOKS: dict[str, Any] = {
    "SITE_TITLE": "Livedesk",
    "SITE_HEADER": "Livedesk",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("livedesk/livedesk.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _file("livedesk/livedesk.svg")}
    ],
    "LOGIN": {"form": "config.signing_in.SignInForm"},
    "BORDER_RADIUS": "9px",
    "COLORS": {"primary": _GREEN},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": True,
        "navigation": [
            {
                "title": title,
                "separator": True,
                "collapsible": False,
                "items": [
                    {
                        "title": label,
                        "icon": icon,
                        "link": _link(model),
                        "permission": _may_see(model),
                    }
                    for label, model, icon in entries
                ],
            }
            for title, entries in _MENU.items()
        ],
    },
}
