"""The admin site, whose log-in and password change are throttled like the chat's."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

from reference_app.accounts.throttling import with_wait
from reference_app.accounts.views import ChangePassword


class AdministrationSite(AdminSite):
    """Django's admin site, with forms that count wrong passwords."""

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the log-in page, or sign the user in."""
        return with_wait(request, super().login(request, extra_context))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Change the password of the signed-in user."""
        view = ChangePassword.as_view(
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        request.current_app = self.name
        return view(request)
