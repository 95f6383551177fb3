"""The app of the chat's web page."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    """Templates, styles and JavaScript."""

    name = "reference_app.web"
    label = "web"
    verbose_name = _("Web")
