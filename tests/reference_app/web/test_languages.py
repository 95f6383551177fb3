"""Arabic and English: every text that a person can read exists in both."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.test import Client

from reference_app.runtime.environment import ROOT
from tests.builders import person
from tests.launch import user_environment

LOCALE = ROOT / "reference_app" / "web" / "locale"
DOMAINS = ("django", "djangojs")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def catalogue(domain: str, language: str = "ar") -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def written(domain: str) -> list[Message]:
    return [message for message in catalogue(domain) if message.id]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_translated_and_none_is_fuzzy(domain: str) -> None:
    for message in written(domain):
        assert not message.fuzzy, message.id
        assert all(texts(message)), message.id


@pytest.mark.parametrize("domain", DOMAINS)
def test_arabic_has_all_of_its_six_plurals(domain: str) -> None:
    assert catalogue(domain).num_plurals == 6
    for message in written(domain):
        if message.pluralizable:
            assert len(texts(message)) == 6, message.id


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_has_the_placeholders_of_the_text(domain: str) -> None:
    for message in written(domain):
        wanted = set(PLACEHOLDER.findall(ids(message)[-1]))
        for text in texts(message):
            # "One" and "two" may be written in words.
            assert set(PLACEHOLDER.findall(text)) <= wanted, text
            assert wanted - set(PLACEHOLDER.findall(text)) <= {"%(count)s", "%(count)d"}, text


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalogue_has_exactly_the_texts_of_the_sources(domain: str, tmp_path: Path) -> None:
    if not shutil.which("xgettext"):
        pytest.fail("xgettext is missing; on Debian and Ubuntu: apt-get install gettext")
    sources = tmp_path / "reference_app"
    shutil.copytree(ROOT / "reference_app", sources, ignore=shutil.ignore_patterns("__pycache__"))
    locale = sources / "web" / "locale"
    shutil.rmtree(locale)
    locale.mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "django", "makemessages", "--locale=ar"),
            *(f"--domain={domain}", "--no-location"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=user_environment(
            DJANGO_SETTINGS_MODULE="reference_app.config.settings",
            FAWRAN_MODE="demo",
            FAWRAN_DATA_DIR=str(tmp_path),
            SECRET_KEY=secrets.token_urlsafe(64),
        ),
    )
    assert done.returncode == 0, done.stderr
    with (locale / "ar" / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        fresh = {ids(message) for message in read_po(file, locale="ar") if message.id}
    assert {ids(message) for message in written(domain)} == fresh, "run: make messages"


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_has_the_texts_of_its_source(domain: str) -> None:
    with (LOCALE / "ar" / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        compiled = read_mo(file)
    for message in written(domain):
        found = compiled.get(message.id)
        assert found is not None, f"{message.id}: run make messages"
        assert texts(found) == texts(message), "run: make messages"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "direction", "sheet", "says"),
    [
        ("ar", "rtl", "bootstrap.rtl.min.css", "محادثة جديدة"),
        ("en", "ltr", "bootstrap.min.css", "New conversation"),
    ],
)
def test_a_page_is_in_the_language_that_its_reader_asks_for(
    language: str, direction: str, sheet: str, says: str
) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(person())
    page = client.get("/").content.decode()
    assert re.search(rf'<html lang="{language}"\s+dir="{direction}"', page)
    assert f"css/{sheet}" in page
    assert says in page
    words = client.get(f"/words/{language}.js")
    assert words.status_code == 200
    # Django writes them as JSON, in ASCII.
    again = json.dumps("إعادة المحاولة").strip('"')
    assert (again in words.content.decode()) == (language == "ar")


@pytest.mark.django_db
def test_a_chosen_language_takes_precedence_over_the_browsers() -> None:
    client = Client(headers={"accept-language": "en"})
    client.post("/language/setlang/", {"language": "ar", "next": "/accounts/login/"})
    page = client.get("/accounts/login/").content.decode()
    assert 'lang="ar"' in page
    assert "تسجيل الدخول" in page


@pytest.mark.django_db
def test_an_unknown_language_has_no_catalogue() -> None:
    for language in ("de", "../../etc/passwd", "ar.js"):
        assert Client().get(f"/words/{language}.js").status_code == 404


@pytest.mark.django_db
def test_an_unchanged_catalogue_is_not_sent_again() -> None:
    first = Client().get("/words/ar.js")
    again = Client().get("/words/ar.js", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
