"""The WSGI application that Gunicorn serves: HTTP only, so the page polls."""

import os

from reference_app.config.entry import refuse_in_one_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")

with refuse_in_one_line():
    from django.core.wsgi import get_wsgi_application

    from reference_app.api.body_limit import limited_wsgi

    application = limited_wsgi(get_wsgi_application())

    from reference_app.accounts.demo import refuse_demo_passwords

    refuse_demo_passwords()
