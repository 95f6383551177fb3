"""Signing in, and making the first administrator."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from reference_app.accounts import first_admin
from reference_app.accounts.forms import (
    FirstAdministratorForm,
    SignInForm,
    ThrottledPasswordChangeForm,
)
from reference_app.accounts.throttling import with_wait


class SignIn(LoginView):
    """Django's own; where there is nobody yet it leads to the first-run page."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong, or how long to wait."""
        return with_wait(self.request, super().form_invalid(form))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add whether there is nobody yet."""
        return super().get_context_data(**context) | {"is_new": first_admin.is_wanted()}


class ChangePassword(PasswordChangeView):
    """Change one's own password, by the old one; the administration has such a page."""

    form_class = ThrottledPasswordChangeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, whose address counts."""
        return super().get_form_kwargs() | {"request": self.request}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong, or how long to wait."""
        return with_wait(self.request, super().form_invalid(form))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first administrator; there is no such page once there is anybody."""
    if not first_admin.is_wanted():
        raise Http404
    form = FirstAdministratorForm(request, request.POST or None)
    if form.is_valid():
        login(request, form.save(), backend="django.contrib.auth.backends.ModelBackend")
        return redirect("chat")
    return with_wait(request, render(request, "registration/first_run.html", {"form": form}))
