"""Progress of a run: a bar in a terminal, one line for each step elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class RunProgress:
    """The display of the steps of a run as they begin; used as a context manager."""

    def __init__(self, steps: int, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=steps)
        self._has_begun = False

    def __call__(self, what: str) -> None:
        """Show the step that begins now, and count the step before it as done."""
        self._bar.update(self._task, description=what, advance=1 if self._has_begun else 0)
        self._has_begun = True
        if not self._console.is_terminal:
            print(what, flush=True)

    def extend(self, steps: int) -> None:
        """Add steps to the total."""
        total = next(task.total or 0 for task in self._bar.tasks if task.id == self._task)
        self._bar.update(self._task, total=total + steps)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Remove the bar."""
        self._bar.stop()
