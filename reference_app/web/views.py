"""The pages."""

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

# Told to the browser at once: else it learns of each module only from the one that imports it.
_STATIC = Path(__file__).parent / "static"
_MODULES = sorted(
    str(path.relative_to(_STATIC))
    for path in (_STATIC / "web" / "js").rglob("*.js")
    if path.name not in {"app.js", "loading.js", "theme.js"}
)

_catalogue = JavaScriptCatalog.as_view(domain="djangojs", packages=["reference_app.web"])


@gzip_page
@login_required
@ensure_csrf_cookie
@never_cache
def chat(request: HttpRequest) -> HttpResponse:
    """The chat itself; the page learns here how to be told of what is new."""
    environment = settings.ENVIRONMENT
    told = {
        "transport": environment.transport.value,
        "file_limit": environment.file_limit,
        "modules": _MODULES,
    }
    return render(request, "web/chat.html", told)


@gzip_page
@conditional_page
@cache_control(no_cache=True, public=True)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    """What JavaScript says, in a language that its address names."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return _catalogue(request)
