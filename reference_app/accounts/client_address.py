"""Find the address that a request comes from, without trusting its client."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - no interface to listen on
"""The address of requests that have none, such as those through a Unix socket."""

_NETWORK_BITS = 64
"""A household or server gets a whole IPv6 network of this size, so it counts as one address."""


def client_address(request: HttpRequest) -> str:
    """Return the client's address: for IPv6 that of its /64 network.

    With FAWRAN_PROXIES=n the n-th entry of X-Forwarded-For from the right counts, because each
    proxy appends or sets the address that it received the request from. Entries further left
    were sent by the client. Without trusted proxies the header is ignored.
    """
    proxies: int = settings.ENVIRONMENT.proxies or 0
    if proxies:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        address = _normalized(forwarded[-proxies]) if len(forwarded) >= proxies else ""
        if address:
            return address
    return _normalized(request.META.get("REMOTE_ADDR", "")) or UNKNOWN_ADDRESS


def _normalized(text: str) -> str:
    """Return an address in the form that is counted; an empty string if the text is invalid."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # From the number: the text of a link-local address may end in the name of an interface.
    return str(IPv6Network((int(address), _NETWORK_BITS), strict=False).network_address)
