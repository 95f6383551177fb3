"""What people fill in where no JavaScript is needed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.utils.translation import gettext_lazy as _

from reference_app.accounts import first_admin
from reference_app.accounts.models import User


class FirstAdministratorForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """The code that the server has told, and who is to be the administrator."""

    code = forms.CharField(label=_("Setup code"), max_length=200)

    class Meta:
        model = User
        fields = ("username", "display_name")

    field_order = ("code", "username", "display_name", "password1", "password2")

    def clean_code(self) -> str:
        """Refuse what the server has not made."""
        code: str = self.cleaned_data["code"]
        if not first_admin.is_good(code):
            raise forms.ValidationError(
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
