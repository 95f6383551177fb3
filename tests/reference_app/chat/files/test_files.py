"""Files of messages: which are accepted, who may read them, how they are served and removed."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.files import storage
from reference_app.chat.files.previews import LARGEST, MAX_PIXELS
from reference_app.chat.models import Conversation, File
from reference_app.chat.queries.conversations import load_state
from reference_app.chat.queries.history import load_history
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import attachments, blocks, conversations, message_changes, messages
from reference_app.protocol import Attachment, MessageEvent
from tests.builders import person, room, said
from tests.files import HTML, PDF, PROGRAM, SVG, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Keep the files of each test in a separate folder."""
    limits = {"file_limit": 200_000, "files_per_day": 500_000}
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, files_dir=tmp_path / "files", **limits)
    return tmp_path / "files"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_file_and_its_names_are_on_the_disk_before_it_is_acknowledged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    path = storage.path_of(storage.keep([b"content"], None))
    partial = path.with_name(path.name + ".part")
    # The content is on the disk before the file gets its name.
    assert synced[-2:] == [partial, path.parent]
    assert {folder, folder.parent} <= set(synced), "the names of new folders too"
    synced.clear()
    # The next file is in a folder that another process may have created just now.
    monkeypatch.setattr(storage.secrets, "token_hex", lambda _: path.name[:2] + "other")
    storage.keep([b"content"], None)
    assert folder in synced


def upload(user: User, conversation: int, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content, "image/png")
    return client_of(user).post(f"/api/conversations/{conversation}/files", {"file": file})


def uploaded(user: User, conversation: int, name: str, content: bytes) -> Attachment:
    answer = upload(user, conversation, name, content)
    assert answer.status_code == 200, answer.content
    return Attachment.model_validate_json(answer.content)


def sent(user: User, conversation: int, *ids: int, text: str = "") -> MessageEvent:
    return messages.append_message(Draft(user, conversation, uuid4(), text, None, ids)).event


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_picture_is_sent_and_everybody_in_the_conversation_can_see_it() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    content = picture(1200, 900)
    file = uploaded(ann, conversation, "view.png", content)
    assert (file.width, file.height, file.media_type) == (1200, 900, "image/png")
    body = {"client_id": str(uuid4()), "text": "", "files": [file.id]}
    answer = client_of(ann).post(
        f"/api/conversations/{conversation}/messages", body, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    (message,) = load_history(bob, conversation, None).messages
    assert message.files == (file,)
    state = load_state(bob, conversation)
    assert state.last_message
    assert state.last_message.files == (file,)
    changes = load_changes(bob, f"{conversation}.1.0")
    assert isinstance(changes.events[0], MessageEvent)
    assert changes.events[0].files == (file,)
    original = client_of(bob).get(f"/api/files/{file.id}")
    assert b"".join(original) == content
    assert original["Content-Type"] == "image/png"
    assert original["Content-Disposition"].startswith("inline")
    preview = client_of(bob).get(f"/api/files/{file.id}/preview")
    with Image.open(BytesIO(b"".join(preview))) as image:
        assert image.format == "WEBP"
        assert image.size == (LARGEST[0], 720)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.png", HTML, "file_type"),
        ("drawing.png", SVG, "file_type"),
        ("photo.jpg", picture(kind="PNG"), "file_type"),
        ("setup.exe", PROGRAM, "file_type"),
        ("holiday.png", b"\x89PNG\r\n\x1a\n" + HTML, "file_type"),
        ("cut.png", picture(300, 300)[:120], "file_type"),
        ("empty.txt", b"", "invalid"),
        ("large.txt", b"x" * 200_001, "file_too_large"),
    ],
)
def test_a_mislabelled_damaged_or_too_large_file_is_refused_and_leaves_nothing(
    name: str, content: bytes, code: str, folder: Path
) -> None:
    ann, bob = person(), person()
    answer = upload(ann, room(ann, bob), name, content)
    assert answer.json()["code"] == code
    assert answer.json()["detail"]
    assert answer.status_code in {413, 415, 422}
    assert not File.objects.exists()
    assert on_disk(folder) == []


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    ann, bob = person(), person()
    out = BytesIO()
    Image.new("1", (10_000, MAX_PIXELS // 10_000 + 1)).save(out, "PNG")
    answer = upload(ann, room(ann, bob), "bomb.png", out.getvalue())
    assert (answer.status_code, answer.json()["code"]) == (415, "file_type")
    assert "pixels" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content", "served_as"),
    [
        ("page.html", HTML, "text/plain; charset=utf-8"),
        ("drawing.svg", SVG, "text/plain; charset=utf-8"),
        ("paper.pdf", PDF, "application/pdf"),
    ],
)
def test_a_file_that_could_run_is_saved_and_never_shown(
    name: str, content: bytes, served_as: str
) -> None:
    ann, bob = person(), person()
    file = uploaded(ann, room(ann, bob), name, content)
    answer = client_of(ann).get(f"/api/files/{file.id}")
    assert answer["Content-Type"] == served_as
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"].startswith("private")
    assert "Cookie" in answer["Vary"]


def test_a_name_with_folders_is_reduced_to_its_last_part(folder: Path) -> None:
    ann, bob = person(), person()
    file = uploaded(ann, room(ann, bob), "..\\..\\\u202e/../../etc/cron.d/x.txt", b"hello")
    assert file.name == "x.txt"
    (path,) = on_disk(folder)
    assert path.parent.parent == folder
    assert path.name == File.objects.get().stored_as


def test_a_strangers_request_for_a_file_is_answered_as_if_there_were_none() -> None:
    ann, bob, eve = person(), person(), person()
    conversation = room(ann, bob)
    file = uploaded(ann, conversation, "a.png", picture())
    sent(ann, conversation, file.id)
    for path in (f"/api/files/{file.id}", f"/api/files/{file.id}/preview", "/api/files/99999"):
        answer = client_of(eve).get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert Client().get(f"/api/files/{file.id}").status_code == 401
    assert upload(eve, conversation, "a.png", picture()).status_code == 403


def test_a_file_that_is_not_sent_yet_is_visible_to_its_uploader_only() -> None:
    ann, bob = person(), person()
    file = uploaded(ann, room(ann, bob), "draft.txt", b"not yet")
    assert client_of(ann).get(f"/api/files/{file.id}").status_code == 200
    assert client_of(bob).get(f"/api/files/{file.id}").status_code == 404


def test_a_former_member_cannot_read_files() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    file = uploaded(ann, conversation, "a.txt", b"hello")
    sent(ann, conversation, file.id)
    Conversation.objects.get(pk=conversation).memberships.filter(user=bob).delete()
    assert client_of(bob).get(f"/api/files/{file.id}").status_code == 404


def test_files_of_withheld_or_cleared_messages_are_not_found() -> None:
    ann, bob = person(), person()
    conversation = conversations.direct_conversation(ann, bob.pk).id
    before = uploaded(bob, conversation, "before.txt", b"before")
    sent(bob, conversation, before.id)
    blocks.block(ann, bob.pk)
    assert upload(ann, conversation, "a.txt", b"hello").json()["code"] == "blocked"
    withheld = uploaded(bob, conversation, "withheld.txt", b"withheld")
    sent(bob, conversation, withheld.id)
    assert client_of(ann).get(f"/api/files/{before.id}").status_code == 200
    assert client_of(ann).get(f"/api/files/{withheld.id}").status_code == 404
    assert client_of(bob).get(f"/api/files/{withheld.id}").status_code == 200
    blocks.unblock(ann, bob.pk)
    assert client_of(ann).get(f"/api/files/{withheld.id}").status_code == 404
    services.clear_conversation(ann, conversation)
    assert client_of(ann).get(f"/api/files/{before.id}").status_code == 404


def test_a_message_accepts_only_unsent_files_of_its_sender_and_conversation() -> None:
    ann, bob = person(), person()
    here, there = room(ann, bob), room(ann, bob)
    bobs = uploaded(bob, here, "b.txt", b"bob's")
    elsewhere = uploaded(ann, there, "e.txt", b"elsewhere")
    mine = uploaded(ann, here, "m.txt", b"mine")
    for ids in ([bobs.id], [elsewhere.id], [10**9], [mine.id, mine.id], [mine.id, bobs.id]):
        body = {"client_id": str(uuid4()), "text": "look", "files": ids}
        answer = client_of(ann).post(
            f"/api/conversations/{here}/messages", body, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    sent(ann, here, mine.id)
    again = client_of(ann).post(
        f"/api/conversations/{here}/messages",
        {"client_id": str(uuid4()), "text": "again", "files": [mine.id]},
        content_type="application/json",
    )
    assert again.json()["code"] == "not_found"


def test_a_message_with_files_that_is_sent_again_is_acknowledged_again() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    file = uploaded(ann, conversation, "a.txt", b"hello")
    client_id = uuid4()
    first = messages.append_message(Draft(ann, conversation, client_id, "", None, [file.id]))
    again = messages.append_message(Draft(ann, conversation, client_id, "", None, [file.id]))
    assert (again.ack.seq, again.ack.duplicate, again.event) == (first.ack.seq, True, first.event)


@pytest.mark.parametrize("body", [{"text": "", "files": []}, {"text": " "}, {"text": "\n"}])
def test_a_message_without_text_needs_files(body: dict[str, Any]) -> None:
    ann, bob = person(), person()
    answer = client_of(ann).post(
        f"/api/conversations/{room(ann, bob)}/messages",
        {"client_id": str(uuid4()), **body},
        content_type="application/json",
    )
    assert answer.status_code == 422


def test_a_message_has_at_most_ten_files() -> None:
    ann, bob = person(), person()
    answer = client_of(ann).post(
        f"/api/conversations/{room(ann, bob)}/messages",
        {"client_id": str(uuid4()), "text": "", "files": list(range(1, 12))},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")


def test_uploads_are_limited_per_day() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    for _ in range(2):
        uploaded(ann, conversation, "a.txt", b"x" * 200_000)
    answer = upload(ann, conversation, "b.txt", b"x" * 200_000)
    assert (answer.status_code, answer.json()["code"]) == (429, "daily_limit")
    File.objects.update(uploaded_at=timezone.now() - timedelta(days=2))
    assert upload(ann, conversation, "b.txt", b"x" * 200_000).status_code == 200
    assert upload(bob, conversation, "b.txt", b"x" * 200_000).status_code == 200


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """Let no file grow beyond ``after`` bytes: the kernel refuses to write more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_is_reported_and_nothing_is_partly_stored(folder: Path) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    client = client_of(ann)
    file = SimpleUploadedFile("a.txt", b"x" * 150_000)
    # The database's own files are larger than that already; nothing is written to it.
    with full_disk(after=100_000):
        answer = client.post(f"/api/conversations/{conversation}/files", {"file": file})
    assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
    assert on_disk(folder) == []
    assert not File.objects.exists()


def test_a_preview_contains_no_metadata_of_the_picture() -> None:
    ann, bob = person(), person()
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turned by 90 degrees
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "N"
    file = uploaded(ann, room(ann, bob), "p.jpg", picture(60, 40, "JPEG", exif))
    assert (file.width, file.height) == (40, 60)
    answer = b"".join(client_of(ann).get(f"/api/files/{file.id}/preview"))
    assert b"Secret Camera" not in answer
    with Image.open(BytesIO(answer)) as image:
        assert image.size == (40, 60)
        assert not image.getexif()


def test_an_uploaded_file_can_be_withdrawn_until_it_is_sent(
    folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    file = uploaded(ann, conversation, "a.png", picture())
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(bob).delete(f"/api/files/{file.id}").status_code == 204
    assert File.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(ann).delete(f"/api/files/{file.id}").status_code == 204
    assert not File.objects.exists()
    assert on_disk(folder) == []
    kept = uploaded(ann, conversation, "a.png", picture())
    sent(ann, conversation, kept.id)
    client_of(ann).delete(f"/api/files/{kept.id}")
    assert File.objects.exists()


def test_deleting_a_conversation_removes_its_files_and_no_others(
    folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ann, bob = person(), person()
    gone, kept = room(ann, bob), room(ann, bob)
    sent(ann, gone, uploaded(ann, gone, "a.png", picture()).id)
    uploaded(ann, gone, "unsent.txt", b"unsent")
    stays = uploaded(ann, kept, "b.txt", b"stays")
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_conversation(ann, gone)
    assert [file.pk for file in File.objects.all()] == [stays.id]
    assert [path.name for path in on_disk(folder)] == [File.objects.get().stored_as]


def test_removing_a_message_removes_its_files(
    folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    event = sent(ann, conversation, uploaded(ann, conversation, "a.png", picture()).id)
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_message(ann, conversation, event.id)
    assert on_disk(folder) == []
    assert load_history(bob, conversation, None).messages[0].files == ()


def test_files_that_were_never_sent_are_removed_after_a_day(
    folder: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    old = uploaded(ann, conversation, "old.txt", b"old")
    old_but_sent = uploaded(ann, conversation, "sent.txt", b"sent")
    sent(ann, conversation, old_but_sent.id)
    File.objects.update(uploaded_at=timezone.now() - timedelta(hours=25))
    young = uploaded(ann, conversation, "young.txt", b"young")
    with django_capture_on_commit_callbacks(execute=True):
        call_command("sweep_files")
    assert capsys.readouterr().out == "1 files removed.\n"
    assert set(File.objects.values_list("pk", flat=True)) == {old_but_sent.id, young.id}
    assert len(on_disk(folder)) == 2
    assert old.id not in {old_but_sent.id, young.id}


def test_files_unknown_to_the_database_are_removed_after_a_grace_period(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    sent(ann, conversation, uploaded(ann, conversation, "a.png", picture()).id)
    known = set(on_disk(folder))
    left = storage.keep([b"what a crash has left"], b"preview")
    storage.path_of(left).with_name(f"{left}.part").write_bytes(b"half")
    assert attachments.sweep() == 0
    monkeypatch.setattr(storage, "GRACE_SECONDS", -1)
    assert attachments.sweep() == 1
    assert set(on_disk(folder)) == known


def test_a_file_whose_content_is_missing_is_not_found() -> None:
    ann, bob = person(), person()
    file = uploaded(ann, room(ann, bob), "a.txt", b"hello")
    storage.remove([File.objects.get().stored_as])
    assert client_of(ann).get(f"/api/files/{file.id}").status_code == 404


def test_the_proxy_receives_the_path_of_the_file(settings: Any) -> None:
    ann, bob = person(), person()
    file = uploaded(ann, room(ann, bob), "a.pdf", PDF)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, files_accel="/stored-files/")
    answer = client_of(ann).get(f"/api/files/{file.id}")
    name = File.objects.get().stored_as
    assert answer["X-Accel-Redirect"] == f"/stored-files/{name[:2]}/{name}"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content == b""


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{}", "application/json"),
        (b"nothing of a form", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (
            b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\nhi\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_an_upload_without_a_file_is_refused(body: str | bytes, content_type: str) -> None:
    ann, bob = person(), person()
    answer = client_of(ann).post(
        f"/api/conversations/{room(ann, bob)}/files", body, content_type=content_type
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_messages_without_files_are_stored_and_loaded_without_extra_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    said(ann, conversation)
    with django_assert_num_queries(6):  # a savepoint and its end; lock, message, event, head
        said(ann, conversation)
    with django_assert_num_queries(3):  # membership, messages, notices
        load_history(bob, conversation, None)


def test_an_answer_to_files_without_a_text_quotes_the_files_until_they_are_removed() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    file = uploaded(ann, conversation, "minutes.pdf", PDF)
    first = sent(ann, conversation, file.id)
    answer = messages.append_message(Draft(bob, conversation, uuid4(), "Thank you", first.id)).event
    assert answer
    assert answer.reply_to
    assert answer.reply_to.files == (file,)
    assert load_history(ann, conversation, None).messages[1] == answer
    message_changes.remove_message(ann, conversation, first.id)
    quoted = load_history(ann, conversation, None).messages[1].reply_to
    assert quoted
    assert (quoted.removed, quoted.files) == (True, ())
