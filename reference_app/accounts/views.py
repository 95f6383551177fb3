"""Pages for signing in and for creating the first administrator."""

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
    """Django's log-in page; while there are no users it links to the first-run page."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the error, or how long to wait."""
        return with_wait(self.request, super().form_invalid(form))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add whether there are no users yet."""
        return super().get_context_data(**context) | {"is_new": first_admin.is_wanted()}


class ChangePassword(PasswordChangeView):
    """The page on which a user changes their password, in the admin site."""

    form_class = ThrottledPasswordChangeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, whose address is throttled."""
        return super().get_form_kwargs() | {"request": self.request}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the error, or how long to wait."""
        return with_wait(self.request, super().form_invalid(form))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Create the first administrator; the page answers 404 once there is any user."""
    if not first_admin.is_wanted():
        raise Http404
    form = FirstAdministratorForm(request, request.POST or None)
    if form.is_valid():
        login(request, form.save(), backend="django.contrib.auth.backends.ModelBackend")
        return redirect("chat")
    return with_wait(request, render(request, "registration/first_run.html", {"form": form}))
