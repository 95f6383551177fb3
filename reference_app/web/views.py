"""The pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie


@login_required
@ensure_csrf_cookie
@never_cache
def chat(request: HttpRequest) -> HttpResponse:
    """The chat itself; the page learns here how to be told of what is new."""
    return render(request, "web/chat.html", {"transport": settings.ENVIRONMENT.transport.value})
