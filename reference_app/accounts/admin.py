"""Users in Django's admin, and the title and sign-in form of that site."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from reference_app.accounts.forms import AdministrationSignInForm
from reference_app.accounts.models import User

admin.site.site_header = admin.site.site_title = _("Fawran administration")

admin.site.login_form = AdministrationSignInForm

_PROFILE: Any = (_("Profile"), {"fields": ("display_name", "about")})


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's user admin, with the profile that other users see."""

    list_display = ("username", "display_name", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), _PROFILE)
    add_fieldsets = (*UserAdmin.add_fieldsets, _PROFILE)
