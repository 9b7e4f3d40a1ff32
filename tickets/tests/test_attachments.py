"""Files: what is taken, who sees it, how it is served."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from realtime.errors import InvalidField
from tickets import services
from tickets.models import Attachment
from tickets.tests.conftest import events_of, types_of
from tickets.tests.factories import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def png(width: int = 600, height: int = 400) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(packed, "PNG")
    return packed.getvalue()


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content", content)
    return packed.getvalue()


def url(ticket: Any, rest: str = "") -> str:
    return f"/api/v1/tickets/{ticket.pk}/attachments/{rest}"


def upload(client: Any, ticket: Any, name: str, content: bytes, **more: Any) -> Any:
    body = {"file": SimpleUploadedFile(name, content), **more}
    return client.post(url(ticket), body, format="multipart")


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_an_image_is_stored_with_a_thumbnail(ticket: Any, as_carol: Any, as_alice: Any) -> None:
    made = upload(as_carol, ticket, "fire.png", png())
    assert made.status_code == 201, made.json()
    shown = made.json()
    assert (shown["content_type"], shown["width"], shown["height"]) == ("image/png", 600, 400)
    small = as_alice.get(shown["thumbnail_url"])
    assert Image.open(io.BytesIO(body_of(small))).size == (480, 320)
    assert body_of(as_alice.get(shown["url"])) == png()
    assert "attachment.added" in types_of(ticket.room)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_a_text_is_taken_in_older_encodings_too_and_never_shown_as_a_page(
    ticket: Any, as_carol: Any, encoding: str
) -> None:
    content = "Es riecht süß.\r\nCafé\r\n".encode(encoding)
    made = upload(as_carol, ticket, "notes.txt", content)
    assert made.status_code == 201, made.json()
    assert made.json()["content_type"] == "text/plain"
    answer = as_carol.get(made.json()["url"])
    assert body_of(answer) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Hä? <script>".encode("latin-1")),
        ("a.html", "Hä?".encode("latin-1")),
        ("a.txt", b"\xff\x00\x01"),
        ("a.txt", b"\x81\x8d\x8f"),
        ("a.txt", "Hä?".encode("utf-16")),
        ("a.mp4", b"\x00\x00\x00\x18ftypmp42"),
    ],
)
def test_what_is_no_text_isnt_taken_as_one(
    ticket: Any, as_carol: Any, name: str, content: bytes
) -> None:
    assert upload(as_carol, ticket, name, content).status_code == 400


def test_a_type_that_isnt_taken_is_refused_with_those_that_are(ticket: Any, as_carol: Any) -> None:
    said = upload(as_carol, ticket, "a.mp4", b"\x00\x00\x00\x18ftypmp42").json()["detail"]
    assert "images (PNG, JPEG, GIF, WebP), PDF, Word" in said


def test_a_message_takes_its_files(ticket: Any, as_carol: Any, as_alice: Any) -> None:
    file = upload(as_carol, ticket, "log.txt", b"it burns\n").json()["id"]
    body = {"content": "", "attachments": [file]}
    made = as_carol.post(f"/api/v1/tickets/{ticket.pk}/messages/", body)
    assert made.status_code == 201
    event = events_of(ticket.room)[-2:]
    told = next(e["data"] for e in event if e["type"] == "message.new")
    assert [f["id"] for f in told["attachments"]] == [file]
    assert [f["id"] for f in made.json()["attachments"]] == [file]
    assert made.json()["attachments"][0]["message_id"] == made.json()["id"]
    again = as_carol.post(f"/api/v1/tickets/{ticket.pk}/messages/", body)
    assert again.status_code == 400
    theirs = as_alice.post(f"/api/v1/tickets/{ticket.pk}/messages/", body)
    assert theirs.status_code == 400


def test_without_a_file_a_message_needs_text(ticket: Any, as_carol: Any) -> None:
    made = as_carol.post(f"/api/v1/tickets/{ticket.pk}/messages/", {"content": ""})
    assert (made.status_code, made.json()["code"]) == (400, "missing_field")


def test_files_of_notes_are_for_agents(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any
) -> None:
    refused = upload(as_carol, ticket, "a.txt", b"x", internal=True)
    assert refused.status_code == 403
    inside = upload(as_alice, ticket, "a.txt", b"x", internal=True).json()
    before = upload(as_alice, ticket, "b.txt", b"y").json()
    services.add_note(
        ticket=ticket, actor=alice, content="See", attachments=[inside["id"], before["id"]]
    )
    assert as_carol.get(url(ticket)).json()["results"] == []
    for file in (inside, before):
        assert as_carol.get(file["url"]).status_code == 404
        assert as_alice.get(file["url"]).status_code == 200


def test_strangers_get_nothing(ticket: Any, as_carol: Any, as_dave: Any) -> None:
    file = upload(as_carol, ticket, "a.txt", b"x").json()
    assert as_dave.get(file["url"]).status_code == 404
    assert as_dave.get(f"{file['url']}link/").status_code == 404
    assert upload(as_dave, ticket, "a.txt", b"x").status_code == 404


def test_a_link_works_without_a_token_for_a_while_and_as_long_as_one_sees_the_file(
    ticket: Any, as_carol: Any, client: Any, settings: Any
) -> None:
    file = upload(as_carol, ticket, "a.txt", b"x").json()
    other = upload(as_carol, ticket, "b.txt", b"x").json()
    link = as_carol.get(f"{file['url']}link/").json()["url"]
    assert client.get(link).status_code == 200
    assert client.get(file["url"]).status_code == 401
    assert client.get(f"{file['url']}?key=nonsense").status_code == 404
    assert client.get(link.replace(file["id"], other["id"])).status_code == 404
    settings.TICKETS = {"attachment_link_seconds": -1}
    assert client.get(link).status_code == 404
    settings.TICKETS = {}
    ticket.participants.all().delete()
    type(ticket).objects.filter(pk=ticket.pk).update(requester=None)
    assert client.get(link).status_code == 404


def test_a_file_is_never_a_page_of_this_site(ticket: Any, as_carol: Any) -> None:
    file = upload(as_carol, ticket, "notes.txt", b"plain <b>text</b>").json()
    response = as_carol.get(file["url"])
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.txt", b"<html><body>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("tool.exe", b"MZ\x90\x00" + b"\x00" * 100),
        ("tool.png", b"MZ\x90\x00" + b"\x00" * 100),
        ("elf.txt", b"\x7fELF" + b"\x00" * 100),
        ("picture.txt", png(10, 10)),
        ("letter.pdf.exe", b"%PDF-1.7\n"),
        ("empty.txt", b""),
        ("broken.png", png()[:60]),
        ("bomb.zip", zipped(b"\x00" * 60_000_000)),
        ("bin.txt", b"\x00\x01\x02"),
        ("x" * 200 + ".txt", b"x"),
    ],
    # A zip has the time in it: all processes of a run must call a test the same.
    ids=lambda value: value[:20] if isinstance(value, str) else "content",
)
def test_what_isnt_taken_is_refused_and_nothing_stored(
    ticket: Any, as_carol: Any, tmp_path: Any, name: str, content: bytes
) -> None:
    refused = upload(as_carol, ticket, name, content)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    assert not Attachment.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_image_that_unpacks_to_too_much_is_refused(ticket: Any, as_carol: Any) -> None:
    bomb = bytearray(png(10, 10))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    assert upload(as_carol, ticket, "bomb.png", bytes(bomb)).status_code == 400


def test_a_file_that_is_too_large_is_a_413(ticket: Any, as_carol: Any, settings: Any) -> None:
    settings.TICKETS = {"largest_attachment": 10}
    refused = upload(as_carol, ticket, "a.txt", b"x" * 11)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_folders_in_a_name_are_dropped(ticket: Any, carol: Any) -> None:
    for name in ("../../etc/passwd", "C:\\temp\\passwd"):
        row = services.attach_file(ticket=ticket, actor=carol, name=name, content=b"x")
        assert row.name == "passwd"
        assert row.file.name.startswith("attachments/")


@pytest.mark.parametrize("name", ["gpj.\u202etxt", "a\x00.txt", "..", "/", "", "x" * 151])
def test_hostile_names_are_refused(ticket: Any, carol: Any, name: str) -> None:
    with pytest.raises(InvalidField):
        services.attach_file(ticket=ticket, actor=carol, name=name, content=b"x")


@pytest.mark.parametrize("body", [{}, {"file": "text"}])
def test_an_upload_without_a_file_is_a_400(ticket: Any, as_carol: Any, body: Any) -> None:
    assert as_carol.post(url(ticket), body, format="multipart").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_deleted_file_is_gone_from_the_disk(
    ticket: Any, as_carol: Any, as_alice: Any, tmp_path: Any
) -> None:
    file = upload(as_carol, ticket, "fire.png", png()).json()
    assert as_alice.delete(file["url"]).status_code == 403
    assert as_carol.delete(file["url"]).status_code == 204
    assert as_carol.get(file["url"]).status_code == 404
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_files_of_a_deleted_message_are_gone(ticket: Any, as_carol: Any, carol: Any) -> None:
    file = upload(as_carol, ticket, "a.txt", b"x").json()
    message = make_message(ticket, carol, attachments=[file["id"]])
    services.delete_message(message=message, actor=carol)
    assert as_carol.get(file["url"]).status_code == 404
