"""Users in Django's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from reference_app.accounts.models import User


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own, with the name that others read."""

    list_display = ("username", "display_name", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Chat", {"fields": ("display_name",)}))
    add_fieldsets = (*UserAdmin.add_fieldsets, ("Chat", {"fields": ("display_name",)}))
