"""URLs for signing in and out, and of the first-run page."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from reference_app.accounts.views import SignIn, first_run

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("first-run/", first_run, name="first_run"),
]
