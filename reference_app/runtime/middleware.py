"""Builds middleware that is asynchronous on ASGI servers and synchronous on WSGI servers.

So Django needs no thread to call it on either of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Response = HttpResponseBase
GetResponse = Callable[[HttpRequest], Response | Awaitable[Response]]
Refusal = Callable[[HttpRequest], Response | None]
Complete = Callable[[Response], Response]


def middleware(
    *, refuse: Refusal = lambda _request: None, complete: Complete = lambda response: response
) -> Any:
    """Return middleware that answers with the refusal, if there is one, and completes responses."""

    @sync_and_async_middleware
    def build(get_response: GetResponse) -> Any:
        if iscoroutinefunction(get_response):

            async def serve_async(request: HttpRequest) -> Response:
                refusal = refuse(request)
                return complete(refusal or await cast(Awaitable[Response], get_response(request)))

            return serve_async

        def serve(request: HttpRequest) -> Response:
            return complete(refuse(request) or cast(Response, get_response(request)))

        return serve

    return build
