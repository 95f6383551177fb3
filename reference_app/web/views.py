"""The chat page, and the translations that its JavaScript uses."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page
from django.views.i18n import JavaScriptCatalog

# The page lists all modules, so that the browser loads them at once. Otherwise it finds each
# module only in the one that imports it.
_STATIC = Path(__file__).parent / "static"
_MODULES = sorted(
    str(path.relative_to(_STATIC))
    for path in (_STATIC / "web" / "js").rglob("*.js")
    if path.name not in {"app.js", "load-errors.js", "theme.js"}
)

_catalogue = JavaScriptCatalog.as_view(domain="djangojs", packages=["reference_app.web"])


@gzip_page
@login_required
@ensure_csrf_cookie
@never_cache
def chat(request: HttpRequest) -> HttpResponse:
    """Return the chat page, with the transport by which it receives events."""
    environment = settings.ENVIRONMENT
    context = {
        "transport": environment.transport.value,
        "file_limit": environment.file_limit,
        "modules": _MODULES,
    }
    return render(request, "web/chat.html", context)


@gzip_page
@conditional_page
@cache_control(no_cache=True, public=True)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    """Return the texts of the JavaScript in the language that the URL names."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return _catalogue(request)
