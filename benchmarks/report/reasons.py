"""Recognise the English texts that the measurement writes, so that a page can translate them.

results.json contains English sentences with figures: why a window does not count, what a server
did wrong, and what stopped a search. Each sentence is an instance of a template in this module.
The template is a key of the catalogues, like the template of any other phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import Formatter

from benchmarks.report.language import Data, Listing, Part, Phrase

REASONS = (
    # Why a window does not count (measure/validity.py).
    "generator {generator} gave no sign of life for {seconds} s",
    "generator used {percent} % of its processor",
    "generator's event loop lagged {ms} ms (p99)",
    "generator paused for {ms} ms",
    "generator sent {ms} ms late (p99)",
    "generator left {count} messages unsent",
    "{count} arrivals or acknowledgements before they were sent",
    "{count} arrivals more than expected",
    "no request was made",
    "{count} answers before they were asked for",
    "only {percent} % of the processors' load was sampled",
    "another program used {percent} % of processor {processor}",
    "another program used {percent} % of a processor (of {processors})",
    "the hypervisor took {percent} % of processor {processor}",
    # Why the CPU and memory figures of a window do not count.
    "the server's processes were not sampled",
    "only {percent} % of the window was sampled",
    "{role} used {seconds} s of CPU, which cannot be",
    "{count} of the server's processes ended or were replaced",
    "the server is not whole: {reasons}",
    "process {number} of {count} {reasons}",
    "was ended by {signal}",
    "ended with status {status}",
    # What a server did wrong (measure/runs.py).
    "{count} of {expected} deliveries lost or late",
    "{count} deliveries duplicated",
    "{count} deliveries out of order",
    "{count} of {sent} messages not acknowledged",
    "server stalled: nobody was reached for {ms} ms",
    # What stopped a search (measure/capacity.py and measure/fanout.py).
    "nothing was delivered",
    "p99 {ms} ms, limit {limit} ms",
    "{count} of {expected} deliveries did not come in time",
    "{count} messages were not acknowledged",
    "{percent}% of operations failed ({error})",
    "no step failed",
    "no rate failed",
    "at {users} users: {reasons}",
    "at {rate}/s: {reasons}",
    "only the {limits}",
    "the clients disagree: {reasons}",
    "{client} saw: {reasons}",
    "p50 {ms} ms by {client}, {other_ms} ms by {other_client}",
    "p99 {ms} ms by {client}, {other_ms} ms by {other_client}",
    # Why there is no value (measure/metrics.py, measure/figures.py and measure/samples.py).
    "start {start}: {reasons}",
    "repeat {start}: {reasons}",
    "nothing was measured",
    "Only {found} start(s) that count; a verdict rests on {least}.",
    # Why a peer is absent (peers/node.py).
    "Node is not installed",
    "npm is not installed, so its packages cannot be fetched",
    "Node {version} or newer is needed; the one here is {other_version}",
    "npm did not fetch its packages within {seconds} s",
    "npm could not fetch its packages ({error})",
)

LIMITS = (
    "at most {limit} % of its processor",
    "at most {limit} % of a processor",
    "at most {limit} ms",
    "in at least {limit} % of a window",
    "over at least {limit} % of a window",
    "at least {limit} %, or its throughput is only a lower bound",
)
"""Templates for the thresholds of the instrument (measure/validity.py)."""

LABELS = (
    "{server}, idle",
    "{server}, loaded",
    "{count} sockets: deliveries/s held",
    "Latency: p99, and p50 dotted",
)
"""Templates for texts that differ between the pictures."""

SEPARATORS = {"reasons": "; ", "limits": ", "}
"""The fields that contain reasons themselves, and the separator between several reasons."""

NUMBER = r"-?[\d,.]*\d|-?inf"
NAME = r"[\w.-]+"
ANYTHING = r".+"
KINDS = {
    "reasons": ANYTHING,
    "limits": ANYTHING,
    "error": ANYTHING,
    "role": NAME,
    "signal": NAME,
    "server": NAME,
    "client": NAME,
    "other_client": NAME,
    "other_version": NAME,
    "processors": r"\d+(?:, \d+)*",
}
"""The pattern of each field; a field that is not listed is a number."""


def worded(text: str) -> Part:
    """Return a text of the measurement as a phrase, or unchanged if no template matches it."""
    return _match_template(text) or Data(text)


def worded_all(texts: Sequence[str]) -> Part:
    """Return several texts of the measurement, one after the other."""
    return Listing(tuple(worded(text) for text in texts), "; ", "; ")


def _compile_pattern(template: str) -> re.Pattern[str]:
    parts = []
    for text, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(text))
        if name:
            parts.append(f"(?P<{name}>{KINDS.get(name, NUMBER)})")
    return re.compile("".join(parts))


PATTERNS = {template: _compile_pattern(template) for template in (*REASONS, *LIMITS, *LABELS)}


def _match_template(text: str) -> Phrase | None:
    """Return a text as a phrase of the first template that matches it; None if none does."""
    for template, pattern in PATTERNS.items():
        if found := pattern.fullmatch(text):
            fields = found.groupdict()
            values = {name: _parse_field(name, value) for name, value in fields.items()}
            return Phrase(template, values)
    return None


def _parse_field(name: str, text: str) -> Part:
    if name not in SEPARATORS:
        return text
    found = _split_reasons(text, SEPARATORS[name])
    return Listing(tuple(found), SEPARATORS[name], SEPARATORS[name]) if found else Data(text)


def _split_reasons(text: str, separator: str) -> list[Part]:
    """Return the reasons that a text lists; an empty list if it is not a list of known reasons.

    A reason may contain the separator. So the first reason is the shortest one that is known.
    """
    if whole := _match_template(text):
        return [whole]
    for found in re.finditer(re.escape(separator), text):
        first = _match_template(text[: found.start()])
        if first and (others := _split_reasons(text[found.end() :], separator)):
            return [first, *others]
    return []
