"""Somebody at work in the Django admin of a server: forms are fetched, filled in and sent as a browser does."""

from __future__ import annotations

from typing import Any

import httpx
import lxml.html

from tests.support.server import Server


class AdminVisitor:
    """Signed in by the login page, with a session cookie."""

    def __init__(self, server: Server | str, username: str, password: str) -> None:
        url = server if isinstance(server, str) else server.url
        self.http = httpx.Client(base_url=url, timeout=20, verify=False)  # plain HTTP
        self.save("/admin/login/?next=/admin/", username=username, password=password)

    def save(self, path: str, **changed: Any) -> None:
        """Opens a page, changes fields of its main form and sends it.

        Raises:
            AssertionError: the page has no such form, or it came back with errors.
        """
        page = self.http.get(path)
        assert page.status_code == 200, page.status_code
        form = max(lxml.html.fromstring(page.text).forms, key=lambda form: len(form.fields))
        fields = {name: value for name, value in form.form_values() if name}
        assert set(changed) <= set(form.fields.keys()), sorted(form.fields.keys())
        sent = self.http.post(path, data={**fields, **changed}, headers={"Referer": str(page.url)})
        assert sent.status_code == 302, _errors(sent)


def _errors(answer: httpx.Response) -> str:
    found = lxml.html.fromstring(answer.text).find_class("errorlist")
    return f"{answer.status_code} {[element.text_content() for element in found]}"
