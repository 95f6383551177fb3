"""The app configuration of Django's admin.

It is not in apps.py, where Django expects a single configuration.
"""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's admin, on the site that throttles log-ins."""

    default_site = "reference_app.accounts.admin_site.AdministrationSite"
