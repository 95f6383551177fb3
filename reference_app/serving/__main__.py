"""`python -m reference_app.serving`: run the serving commands.

The exit status is 130 after Ctrl-C and 143 after SIGTERM.
"""

from __future__ import annotations

import sys

from reference_app.serving.signals import until_asked_to_end


def main() -> int:
    """Run the command line.

    It is imported here because it loads slowly, and Ctrl-C has to work meanwhile.
    """
    if sys.argv[1:2] == ["daphne"]:
        from reference_app.serving.daphne.command import run as run_daphne  # noqa: PLC0415

        return run_daphne(sys.argv[2:])
    from reference_app.serving.command_line import run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(until_asked_to_end(main))
