"""What REST answers to requests that make no sense: a 4xx with a stable code, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from config.failures import server_error


@pytest.fixture
def visitor(db: None, django_user_model: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("erin"))
    return client


@pytest.fixture
def database_away(visitor: APIClient) -> Iterator[None]:
    def fail(*args: Any) -> NoReturn:
        raise OperationalError("the connection is closed")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1/nothing/", "/api/v1/tickets", "/api/v2/"]
)
def test_paths_that_do_not_exist_are_json(visitor: APIClient, path: str) -> None:
    for method in ("get", "post", "delete"):
        answer = getattr(visitor, method)(path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "1", '"x"', "\x00", "{}", "[" * 100_000])
def test_bodies_that_are_no_object_are_refused(visitor: APIClient, body: str) -> None:
    answer = visitor.generic("POST", "/api/v1/tickets/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("parse_error", "missing_field", "invalid_field")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/tickets/%00/",
        "/api/v1/tickets/?cursor=%00",
        "/api/v1/tickets/?cursor=bm9uc2Vuc2U%3D",
        "/api/v1/tickets/?status=%00&assignee=%00&queue=%00&tag=%00&priority=%00",
        "/api/v1/tickets/?page_size=99999999999999999999999",
        "/api/v1/search/?q=%00",
        "/api/v1/search/?q=%22%27%28%29%2A%3A%26%7C%21%3C%3E",
        "/api/v1/notifications/?unread=%00",
        "/api/v1/notifications/99999999999999999999999999/read/",
        "/api/v1/notifications/muted/%00/",
        "/api/v1/examples/items/99999999999999999999999999/",
        "/api/v1/examples/projects/%00/",
        "/api/v1/realtime/events/?room=%00",
        "/%00",
        "/admin/%00",
        "/static/%00",
        "/static/%2e%2e/%2e%2e/secret-key",
    ],
)
def test_odd_paths_and_queries_are_nobodys_fault_but_the_clients(
    visitor: APIClient, path: str
) -> None:
    visitor.raise_request_exception = False
    assert visitor.get(path, raw=True).status_code < 500


@pytest.mark.parametrize("value", ["a\x00b", 10**30, -1, 1.5, [], {}, None, True, "\ud800"])
def test_odd_values_of_fields_are_refused_or_taken_but_never_a_fault(
    visitor: APIClient, value: Any
) -> None:
    visitor.raise_request_exception = False
    for field in ("subject", "content", "priority", "queue"):
        body = {"subject": "S", "content": "C", field: value}
        text = json.dumps(body)
        answer = visitor.generic("POST", "/api/v1/tickets/", text, content_type="application/json")
        assert answer.status_code < 500, (field, value)
        if answer.status_code == 400:
            assert answer.json()["code"] in ("invalid_field", "missing_field", "parse_error")


def test_a_wrong_method_and_a_wrong_type_have_codes(visitor: APIClient) -> None:
    assert visitor.put("/api/v1/auth/me/").json()["code"] == "method_not_allowed"
    answer = visitor.generic("POST", "/api/v1/tickets/", "a=1", content_type="text/plain")
    assert answer.json()["code"] == "unsupported_media_type"


def test_without_a_token_the_code_is_unauthorized(db: None) -> None:
    answer = APIClient().get("/api/v1/tickets/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("database_away")
@pytest.mark.parametrize("method", ["get", "post"])
def test_while_the_database_is_away_rest_asks_to_come_back(visitor: APIClient, method: str) -> None:
    answer = getattr(visitor, method)("/api/v1/tickets/", {"subject": "S", "content": "C"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "5"


@pytest.mark.usefixtures("database_away")
def test_while_the_database_is_away_pages_say_so_too() -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "somebody"
    answer = client.get("/admin/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Back in a moment" in answer.text


def test_while_the_database_is_away_a_path_of_the_api_that_is_no_view_of_rest_answers_in_json() -> (
    None
):
    request = RequestFactory().get("/api/v1/realtime/events/")
    try:
        raise OperationalError("the connection is closed")
    except OperationalError:
        answer = server_error(request)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert json.loads(answer.getvalue())["code"] == "unavailable"
