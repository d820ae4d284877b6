"""What a browser complains about: errors in its console, uncaught exceptions, broken policies."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError


class Trouble:
    """Everything that the pages of some browser contexts complained about.

    A browser writes an error for every answer of 4xx and 5xx, and for every request that was cut
    off, whoever handled it; a test that wants such an answer says so with ``expect``.
    """

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._expected: list[tuple[str, str]] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._uncaught)

    def expect(self, answer: str, address: str) -> None:
        """From now on ``answer`` (``404``, ``ERR_FAILED``) is no trouble where ``address`` is."""
        self._expected.append((answer, address))

    @property
    def seen(self) -> list[str]:
        return [
            each
            for each in self._seen
            if not any(answer in each and where in each for answer, where in self._expected)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._seen.append(f"{message.text} at {message.location['url']}")

    def _uncaught(self, error: WebError) -> None:
        self._seen.append(str(error.error))
