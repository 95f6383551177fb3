"""Forms that need no JavaScript; those that check a password or a code are throttled."""

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
    """Return what is said of an attempt that was refused unchecked, or was the last for now."""
    seconds = throttling.seconds_to_wait(request)
    return forms.ValidationError(throttling.sentence(seconds), "throttled") if seconds else None


class SignInForm(AuthenticationForm):
    """Username and password; ``throttled`` says how long to wait, if that is the matter."""

    request: HttpRequest
    throttled = ""

    def clean(self) -> dict[str, Any]:
        """Check the password."""
        with throttling.one_at_a_time():
            return super().clean()

    def get_invalid_login_error(self) -> forms.ValidationError:
        """Return what is said of a password that lets nobody in."""
        refused = _throttled(self.request)
        if refused is None:
            return super().get_invalid_login_error()
        self.throttled = str(refused.message)
        return refused


class AdministrationSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the administration, which lets staff in only."""


class ThrottledPasswordChangeForm(PasswordChangeForm):
    """The old password, which is counted if it is wrong, and the new one."""

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
        """Store the new password, and forgive what was entered wrongly before."""
        throttling.forgive(self.request, self.user)
        return super().save(commit)


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """The code that the server has told, and who is to be the administrator."""

    code = forms.CharField(label=_("Setup code"), max_length=200)

    class Meta:
        model = User
        fields = ("username", "display_name")

    field_order = ("code", "username", "display_name", "password1", "password2")

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request

    def clean_code(self) -> str:
        """Refuse what the server has not made."""
        code: str = self.cleaned_data["code"]
        if not throttling.is_right_code(self.request, is_right=first_admin.is_good(code)):
            raise _throttled(self.request) or forms.ValidationError(
                _("This code is wrong or too old. The server tells a new one when it starts.")
            )
        return code

    def save(self, commit: bool = True) -> Any:  # noqa: ARG002 - Django's own
        """Make them."""
        return first_admin.make_administrator(
            self.cleaned_data["username"],
            self.cleaned_data["password1"],
            self.cleaned_data["display_name"],
        )
