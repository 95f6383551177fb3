"""All URLs of the site."""

from django.contrib import admin
from django.urls import include, path, re_path

from reference_app.api.chat import api, unknown
from reference_app.config import health
from reference_app.web import views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("accounts/", include("reference_app.accounts.urls")),
    path("api/", unknown),
    path("api/", api.urls),
    re_path(r"^api/", unknown),
    path("admin/", admin.site.urls),
    path("language/", include("django.conf.urls.i18n")),
    path("words/<str:language>.js", views.words, name="words"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
