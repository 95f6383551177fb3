"""Forms that work without JavaScript. Those that check a password or a code are throttled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
)
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from reference_app.accounts import first_admin, throttling
from reference_app.accounts.models import User


def _throttled(request: HttpRequest) -> forms.ValidationError | None:
    """Return the error for an attempt that was refused unchecked, or that reached the limit."""
    seconds = throttling.seconds_to_wait(request)
    return forms.ValidationError(throttling.sentence(seconds), "throttled") if seconds else None


class SignInForm(AuthenticationForm):
    """Username and password; ``throttled`` says how long to wait after too many attempts."""

    request: HttpRequest
    throttled = ""

    def clean(self) -> dict[str, Any]:
        """Check the password."""
        with throttling.one_at_a_time():
            return super().clean()

    def get_invalid_login_error(self) -> forms.ValidationError:
        """Return the error for a wrong password, or for too many attempts."""
        refused = _throttled(self.request)
        if refused is None:
            return super().get_invalid_login_error()
        self.throttled = str(refused.message)
        return refused


class AdministrationSignInForm(SignInForm, AdminAuthenticationForm):
    """The sign-in form of the admin site, which accepts staff only."""


class ThrottledPasswordChangeForm(PasswordChangeForm):
    """The old password, which counts as a failure if it is wrong, and the new one."""

    required_css_class = "required"

    def __init__(self, request: HttpRequest, user: User, *args: Any, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.request = request

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        """Check the old password."""
        old_password: str = self.cleaned_data["old_password"]
        if not throttling.is_own_password(self.request, self.user, old_password):
            raise _throttled(self.request) or forms.ValidationError(
                self.error_messages["password_incorrect"], "password_incorrect"
            )
        return old_password

    def save(self, commit: bool = True) -> Any:
        """Store the new password, and delete the failures that were counted before."""
        throttling.forgive(self.request, self.user)
        return super().save(commit)


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """The code that the server has printed, and the new administrator's data."""

    code = forms.CharField(label=_("Setup code"), max_length=200)

    class Meta:
        model = User
        fields = ("username", "display_name")

    field_order = ("code", "username", "display_name", "password1", "password2")

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request

    def clean_code(self) -> str:
        """Refuse a code that the server has not created."""
        code: str = self.cleaned_data["code"]
        if not throttling.is_right_code(self.request, is_right=first_admin.is_good(code)):
            raise _throttled(self.request) or forms.ValidationError(
                _("This code is wrong or too old. The server tells a new one when it starts.")
            )
        return code

    def save(self, commit: bool = True) -> Any:  # noqa: ARG002 - Django's own
        """Create the administrator."""
        return first_admin.make_administrator(
            self.cleaned_data["username"],
            self.cleaned_data["password1"],
            self.cleaned_data["display_name"],
        )
