"""Error pages: in the reader's language, without resources from outside or inline code."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from reference_app.config.urls import urlpatterns as site
from tests.builders import person

pytestmark = pytest.mark.django_db


def broken(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [*site, path("broken/", broken)]


def page(client: Client, address: str, status: int) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize(
    ("language", "direction", "says"),
    [("en", "ltr", "There is nothing here"), ("ar", "rtl", "لا شيء هنا")],
)
def test_an_unknown_address_has_a_page_that_says_so(
    language: str, direction: str, says: str
) -> None:
    text = page(Client(headers={"accept-language": language}), "/nowhere/", 404)
    assert f'dir="{direction}"' in text
    assert says in text
    assert 'href="/"' in text


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Something went wrong"), ("ar", "حدث خطأ ما")]
)
@override_settings(ROOT_URLCONF="tests.reference_app.web.test_error_pages")
def test_a_server_error_has_a_page_without_its_cause(language: str, says: str) -> None:
    client = Client(headers={"accept-language": language}, raise_request_exception=False)
    text = page(client, "/broken/", 500)
    assert says in text
    assert "on purpose" not in text


@pytest.mark.parametrize(
    ("language", "says"), [("en", "This form has expired"), ("ar", "انتهت صلاحية هذا النموذج")]
)
def test_a_form_without_the_csrf_token_has_a_page_that_says_so(language: str, says: str) -> None:
    client = Client(headers={"accept-language": language}, enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {})
    assert answer.status_code == 403
    assert says in answer.content.decode()


def test_an_unknown_host_gets_an_error_page() -> None:
    answer = Client().get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "This request makes no sense" in answer.content.decode()


def test_an_error_page_has_no_resources_from_outside_and_no_inline_code() -> None:
    text = page(Client(), "/nowhere/", 404)
    addresses = re.findall(r'(?:href|src)="([^"]+)"', text)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    assert "<style" not in text
    assert not re.search(r"\sstyle=|\son\w+=", text)


@pytest.mark.parametrize(
    "address",
    ["accounts/user/", "chat/conversation/", "chat/message/", "accounts/user/add/", ""],
)
def test_the_admin_of_our_models_is_in_arabic(address: str) -> None:
    client = Client(headers={"accept-language": "ar"})
    client.force_login(person("root", is_staff=True, is_superuser=True))
    text = page(client, f"/admin/{address}", 200)
    assert "إدارة فوراً" in text
    words = {
        "accounts/user/": "اسم العرض",
        "chat/conversation/": "المحادثات",
        "chat/message/": "اختر رسالة",
        "accounts/user/add/": "اسم العرض",
        "": "الرسائل",
    }
    assert words[address] in text
