"""The ASGI application that Daphne serves: HTTP and WebSocket."""

import os

from reference_app.config.entry import refuse_in_one_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")

with refuse_in_one_line():
    from django.core.asgi import get_asgi_application

    from reference_app.api.body_limit import limited_asgi

    http = limited_asgi(get_asgi_application())

    from channels.routing import ProtocolTypeRouter

    from reference_app.accounts.demo import refuse_demo_passwords
    from reference_app.chat.sockets.routing import refuse_without_channel_layer, sockets
    from reference_app.runtime.metrics import offer_metrics

    refuse_without_channel_layer()
    offer_metrics()
    refuse_demo_passwords()

    application = ProtocolTypeRouter({"http": http, "websocket": sockets})
