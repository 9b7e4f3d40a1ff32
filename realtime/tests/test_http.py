"""A request passes middleware and view in one thread, which the next request uses again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from realtime.http import KEPT_THREADS, HttpApplication
from realtime.tests.hub.conftest import eventually

passed: list[tuple[str, int]] = []
"""What a request came through, and in which thread."""
held = threading.Event()
crowd = threading.Barrier(KEPT_THREADS + 8)
everybody: set[threading.Thread] = set()
"""The threads of the crowd."""


def note(what: str) -> None:
    passed.append((what, threading.get_ident()))


def watching(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    def answer(request: HttpRequest) -> Any:
        note("middleware")
        return get_response(request)

    return answer


def plain(request: HttpRequest) -> HttpResponse:
    note("view")
    return HttpResponse("plain")


async def awaited(request: HttpRequest) -> HttpResponse:
    note("view")
    await asyncio.sleep(0)
    return HttpResponse("awaited")


def slow(request: HttpRequest) -> HttpResponse:
    note("slow")
    held.wait(20)
    note("slow has ended")
    return HttpResponse("slow")


def crowded(request: HttpRequest) -> HttpResponse:
    everybody.add(threading.current_thread())
    crowd.wait(20)
    return HttpResponse("crowded")


def opened(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    return HttpResponse(str(id(connection.connection)))


async def streamed(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.to_thread(held.wait, 20)
        yield b"last"

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("streamed", streamed),
    path("plain", plain),
    path("awaited", awaited),
    path("slow", slow),
    path("crowded", crowded),
    path("opened", opened),
]


@pytest.fixture
def http() -> Iterator[HttpApplication]:
    passed.clear()
    held.clear()
    middleware = [f"{__name__}.watching", "django.middleware.common.CommonMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, ALLOWED_HOSTS=["*"]):
        yield HttpApplication()
    held.set()


async def ask(http: HttpApplication, what: str) -> str:
    client = await begin(http, what)
    start, body = await client.receive_output(20), await client.receive_output(20)
    await client.wait(20)
    assert start["status"] == 200
    return str(body["body"].decode())


async def begin(http: HttpApplication, what: str) -> ApplicationCommunicator:
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{what}",
        "query_string": b"",
        "headers": [],
    }
    client = ApplicationCommunicator(http, scope)
    await client.send_input({"type": "http.request", "body": b""})
    return client


async def test_a_request_begins_passes_and_ends_in_one_thread(http: HttpApplication) -> None:
    def began(**_: Any) -> None:
        note("began")

    def ended(**_: Any) -> None:
        note("ended")

    request_started.connect(began)
    request_finished.connect(ended)
    assert await ask(http, "plain") == "plain"
    request_started.disconnect(began)
    request_finished.disconnect(ended)

    assert [what for what, _ in passed] == ["began", "middleware", "view", "ended"]
    assert len({thread for _, thread in passed}) == 1
    assert passed[0][1] != threading.get_ident()


async def test_the_next_request_uses_the_thread_again(http: HttpApplication) -> None:
    for _ in range(20):
        await ask(http, "plain")
        # It waits for the next one a moment after the answer was sent.
        await eventually(lambda: len(http._waiting) == 1)

    assert len({thread for _, thread in passed}) == 1


async def test_an_asynchronous_view_runs_on_the_event_loop(http: HttpApplication) -> None:
    assert await ask(http, "awaited") == "awaited"

    threads = dict(passed)
    assert threads["view"] == threading.get_ident() != threads["middleware"]


async def test_nobody_waits_for_a_request_that_was_given_up(http: HttpApplication) -> None:
    client = await begin(http, "slow")
    await eventually(lambda: "slow" in dict(passed))
    await client.send_input({"type": "http.disconnect"})
    assert await ask(http, "plain") == "plain"

    assert "slow has ended" not in dict(passed)
    assert dict(passed)["view"] != dict(passed)["slow"]
    held.set()
    await client.wait(20)
    await eventually(lambda: len(http._waiting) == 2)


async def test_a_stream_leaves_its_thread_to_others(http: HttpApplication) -> None:
    def ended(**_: Any) -> None:
        note("ended")

    streams = []
    for _ in range(3):
        stream = await begin(http, "streamed")
        assert (await stream.receive_output(20))["status"] == 200
        assert (await stream.receive_output(20))["body"] == b"first"
        streams.append(stream)
        await eventually(lambda: len(http._waiting) == 1)
    assert await ask(http, "plain") == "plain"
    assert len({thread for _, thread in passed}) == 1

    request_finished.connect(ended)
    held.set()
    for stream in streams:
        assert (await stream.receive_output(20))["body"] == b"last"
        await stream.wait(20)
    request_finished.disconnect(ended)
    assert [what for what, _ in passed].count("ended") == 3


async def test_of_a_crowd_of_threads_only_some_are_kept(http: HttpApplication) -> None:
    answers = await asyncio.gather(*(ask(http, "crowded") for _ in range(crowd.parties)))
    assert answers == ["crowded"] * (KEPT_THREADS + 8)
    assert len(everybody) == crowd.parties

    await eventually(lambda: len(http._waiting) == KEPT_THREADS)
    kept = {thread for executor in http._waiting for thread in executor._threads}
    await eventually(lambda: not any(thread.is_alive() for thread in everybody - kept))


@pytest.mark.django_db(transaction=True)
async def test_what_a_thread_has_open_is_there_for_the_next_request(http: HttpApplication) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("on PostgreSQL, connections come from a pool")
    first = await ask(http, "opened")
    await eventually(lambda: len(http._waiting) == 1)

    assert await ask(http, "opened") == first
