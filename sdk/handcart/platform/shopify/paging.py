"""Long lists, page by page, as one iterator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import PlatformError
from ..port import Admin


def pages(
    admin: Admin, document: str, path: Sequence[str], **variables: Any
) -> Iterator[Mapping[str, Any]]:
    """Every node of the connection at ``path`` of ``document``, one page in memory at a time.

    The document takes ``$after: String`` and asks for ``nodes`` and ``pageInfo { hasNextPage
    endCursor }``. Each page waits its turn at the shop's bucket, so a long list and other calls
    go on beside each other. Nothing comes of a connection that is not there. Raises what
    ``Admin.execute`` does, and PlatformError when a page leads to itself.
    """
    after: str | None = None
    while True:
        connection: Any = admin.execute(document, {**variables, "after": after})
        for step in path:
            connection = connection and connection[step]
        if connection is None:
            return
        yield from connection["nodes"]
        page = connection["pageInfo"]
        if not page["hasNextPage"]:
            return
        if not page["endCursor"] or page["endCursor"] == after:
            raise PlatformError("page_without_end", "the platform's page leads to itself")
        after = page["endCursor"]
