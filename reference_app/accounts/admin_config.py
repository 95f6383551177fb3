"""Which site the administration is on. Apart from apps.py, in which Django looks for one class."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's administration, on the site that throttles log-ins."""

    default_site = "reference_app.accounts.admin_site.AdministrationSite"
