"""Accounts: who somebody is."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The custom user, signing in and out, the demo's people."""

    name = "reference_app.accounts"
    label = "accounts"
