"""The HTTP API follows its OpenAPI document: every request gets a response that it describes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils.crypto import get_random_string
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.builders import person, room, said

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

document = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
# Without the long poll, which would wait as long as it is asked to: test_chat.py tests it.
api = document.exclude(path="/api/sync/wait")


@dataclass(frozen=True)
class SignedIn:
    """The credentials of a signed-in user, a conversation of the user, and a message in it."""

    cookies: dict[str, str]
    headers: dict[str, str]
    conversation: int
    message: int


@pytest.fixture
def signed_in(transactional_db: None) -> SignedIn:  # noqa: ARG001 - it gives access
    ann, bob = person("ann"), person("bob")
    conversation = room(ann, bob)
    message = said(ann, conversation).ack.id
    client = Client()
    client.force_login(ann)
    token = get_random_string(32)
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": token}
    return SignedIn(cookies, {"X-CSRFToken": token}, conversation, message)


@api.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_every_request_gets_a_response_that_the_document_describes(
    case: schemathesis.Case, signed_in: SignedIn
) -> None:
    case.call_and_validate(
        base_url="http://localhost",
        cookies=signed_in.cookies,
        headers=signed_in.headers,
        checks=CHECKS,
    )


@api.include(path_regex="{conversation}").parametrize()
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_requests_about_the_users_own_conversation_get_one_too(
    case: schemathesis.Case, signed_in: SignedIn
) -> None:
    ours = {"conversation": signed_in.conversation, "message": signed_in.message}
    case.path_parameters = {
        name: ours.get(name, value) for name, value in case.path_parameters.items()
    }
    case.call_and_validate(
        base_url="http://localhost",
        cookies=signed_in.cookies,
        headers=signed_in.headers,
        checks=CHECKS,
    )


@api.parametrize()
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@pytest.mark.django_db(transaction=True)
def test_a_signed_out_client_is_refused_everywhere(case: schemathesis.Case) -> None:
    response = case.call(base_url="http://localhost")
    if response.status_code != 405:
        assert response.json()["code"] in {"unauthenticated", "forbidden"}
