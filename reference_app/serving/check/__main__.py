"""`python -m reference_app.serving.check`: check a running site as its users see it."""

from __future__ import annotations

import sys

from reference_app.serving.signals import until_asked_to_end


def main() -> int:
    """Run the command line.

    It is imported here because it loads slowly, and Ctrl-C has to work meanwhile.
    """
    from reference_app.serving.check.command_line import run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(until_asked_to_end(main))
