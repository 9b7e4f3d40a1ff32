"""What REST answers to requests that make no sense: a 4xx with a stable code, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from django.db import OperationalError, connection
from django.test import AsyncClient, Client, RequestFactory
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


@pytest.mark.parametrize("path", ["/nowhere", "/tickets/abc", "/static/nothing.js"])
def test_a_page_that_does_not_exist_leads_home(client: Client, path: str) -> None:
    answer = client.get(path)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert 'name="viewport"' in page
    assert 'href="/"' in page
    assert "http" not in page
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_whoever_opens_the_admins_sign_in_by_itself_comes_to_the_admin(admin_user: Any) -> None:
    form = {"username": admin_user.username, "password": "password"}
    answer = Client().post("/admin/login/", form)
    assert answer.headers["Location"] == "/admin/"


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


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        *("/healthz", "/healthz/redis", "/healthz/websocket", "/metrics"),
        *("/api/v1/docs/", "/api/v1/docs/ws/", "/api/v1/schema/", "/api/v1/realtime/events/"),
        "/api/v1/notifications/push/worker.js",
    ],
)
async def test_what_can_only_be_read_says_so_in_json_whatever_its_own_format(
    path: str, method: str
) -> None:
    client = AsyncClient(enforce_csrf_checks=True)
    answer = await getattr(client, method)(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Content-Type"] == "application/json"
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/healthz", "application/json"),
        ("/metrics", "text/plain"),
        ("/api/v1/schema/", "application/vnd.oai.openapi"),
        ("/api/v1/docs/", "text/html"),
        ("/api/v1/docs/ws/", "text/html"),
        ("/api/v1/notifications/push/worker.js", "text/javascript"),
    ],
)
@pytest.mark.django_db(transaction=True)
async def test_what_can_only_be_read_is_shown_in_its_own_format(path: str, kind: str) -> None:
    client = AsyncClient()
    for method in (client.get, client.head):
        answer = await method(path)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith(kind)


@pytest.mark.django_db
def test_the_page_behind_unsubscribe_links_refuses_other_methods_in_json() -> None:
    answer = Client().put("/api/v1/notifications/unsubscribe/x/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=%00", "cursor"),
        ("cursor=cD1ub25zZW5zZQ%3D%3D", "cursor"),
        ("page_size=0", "page_size"),
        ("page_size=many", "page_size"),
    ],
)
def test_faults_of_a_page_are_listed_by_field(visitor: APIClient, query: str, field: str) -> None:
    body = visitor.get(f"/api/v1/tickets/?{query}").json()
    assert body["code"] == "invalid_field"
    assert list(body["fields"]) == [field]
    assert isinstance(body["fields"][field], list)


@pytest.mark.django_db(transaction=True)
def test_a_filter_that_is_out_of_range_is_no_fault_of_a_cursor(visitor: APIClient) -> None:
    query = "created_after=0001-01-01T00:00:00%2B23:00"
    answer = visitor.get(f"/api/v1/tickets/?{query}")
    assert (answer.status_code, answer.json()) == (
        400,
        {"code": "invalid_field", "detail": "A value is out of range."},
    )


def test_a_muted_target_with_a_nul_is_none(visitor: APIClient) -> None:
    for target in ("%00", "ticket:%00", "a%00b"):
        answer = visitor.delete(f"/api/v1/notifications/muted/{target}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


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
