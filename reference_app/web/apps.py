"""Web: the page people chat on."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, styles and JavaScript."""

    name = "reference_app.web"
    label = "web"
