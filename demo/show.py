"""The terminal: a live screen where there is one, plain lines where there is not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.constrain import Constrain
from rich.live import Live
from rich.text import Text

from demo.listen import Event
from demo.panels import WIDTH, Inbox, View, event_line, screen


class Terminal:
    """Where the demonstration is shown."""

    def __init__(self, console: Console | None = None) -> None:
        found = console or Console(highlight=False)
        # What is no terminal (a pipe, a file) has no width of its own.
        self.console = found if found.is_terminal else Console(highlight=False, width=WIDTH)

    @contextmanager
    def step(self, title: str, *, quietly: bool = False) -> Iterator[None]:
        """Show that something is being done, unless something else does, then how long it took."""
        began = time.monotonic()
        if self.console.is_terminal and not quietly:
            with self.console.status(f"{title} …"):
                yield
        else:
            yield
        took = time.monotonic() - began
        self.console.print(f"[green]✓[/] {title} [dim]({took:.1f} s)[/]")

    def fault(self, text: str) -> None:
        """Tell of something that is wrong."""
        self.console.print(Text.assemble(("✗ ", "bold red"), text), soft_wrap=True)

    @contextmanager
    def display(self) -> Iterator["Display"]:
        """Show the story while it plays."""
        if not self.console.is_terminal:
            yield Display(self.console, None)
            return
        with Live(console=self.console, auto_refresh=False, vertical_overflow="crop") as live:
            yield Display(self.console, live)


class Display:
    """Shows the story: redraws the screen, or prints what is new as lines."""

    def __init__(self, console: Console, live: Live | None) -> None:
        """Without `live`, print lines."""
        self._console = console
        self._live = live

    def draw(self, view: View) -> None:
        """Redraw the screen."""
        if self._live:
            width = min(WIDTH, self._console.width)
            shown = Constrain(screen(view, self._console.height), width)
            self._live.update(shown, refresh=True)

    def event(self, event: Event) -> None:
        """Tell of an event, where the screen does not."""
        if not self._live:
            self._console.print(event_line(event), soft_wrap=True)

    def alert(self, alert: Inbox) -> None:
        """Tell of an alert, where the screen does not."""
        if not self._live:
            self._console.print(f"\nSubject: {alert.subject}\n\n{alert.body}", soft_wrap=True)
