"""The application as Daphne serves it: HTTP and WebSocket."""

import os
from typing import Any

from reference_app.config.entry import refuse_in_one_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")

with refuse_in_one_line():
    from django.core.asgi import get_asgi_application

    http = get_asgi_application()

    from channels.auth import AuthMiddlewareStack
    from channels.routing import ProtocolTypeRouter, URLRouter
    from channels.security.websocket import AllowedHostsOriginValidator
    from django.urls import path

    from reference_app.accounts.demo import refuse_demo_passwords
    from reference_app.chat.consumers import ChatConsumer

    refuse_demo_passwords()

    # django-stubs knows path() with views only, not with the consumers Channels routes to.
    sockets: Any = [path("ws/chat/", ChatConsumer.as_asgi())]  # type: ignore[arg-type]

    application = ProtocolTypeRouter(
        {
            "http": http,
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets))),
        }
    )
