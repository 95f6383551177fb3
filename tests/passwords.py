"""Passwords that a URL, a shell, a template, systemd, SQL or Redis could misread."""

from __future__ import annotations

from urllib.parse import quote

PASSWORDS = {
    "slash": "p@ss/w:rd#%41",
    "percent": "p%41ss%2F%zz%",
    "query": "?a=b&c=d;e+f",
    "at the start": "@:/?#[]",
    "quotes": 'it\'s "so" `so`',
    "backslash": "a\\nb\\'c\\",
    "dollar": "$HOME ${HOME} $(id) $$",
    "Jinja": "{{ lookup('env', 'HOME') }} {% if x %} {# y #}",
    "braces": "{'a': 1}",
    "list": "[1, 2]",
    "number": "0123456789",
    "spaces": "  before and after  ",
    "bang": "!unsafe | -x",
    "star": "*anchor",
    "minus": "-c 'DROP TABLE x' --",
    "greater": ">hash #nopass ~* &*",
    "systemd": "%d/%i %% %h",
    "Arabic": "كلمة السر ١٢٣",
    "accents": "pâß\u00a0w\u00f6rd \U0001f511",
    "long": "aB3/" * 50,
}
"""The key says what is difficult about each."""


def encoded(password: str) -> str:
    """Return a password percent-encoded for a URL."""
    return quote(password, safe="")
