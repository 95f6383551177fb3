"""Signing in, and making the first administrator."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from reference_app.accounts import first_admin
from reference_app.accounts.forms import FirstAdministratorForm


class SignIn(LoginView):
    """Django's own; where there is nobody yet it leads to the first-run page."""

    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add whether there is nobody yet."""
        return super().get_context_data(**context) | {"is_new": first_admin.is_wanted()}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first administrator; there is no such page once there is anybody."""
    if not first_admin.is_wanted():
        raise Http404
    form = FirstAdministratorForm(request.POST or None)
    if form.is_valid():
        login(request, form.save())
        return redirect("chat")
    return render(request, "registration/first_run.html", {"form": form})
