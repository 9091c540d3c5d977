"""How the loops wait for work."""

from __future__ import annotations

import asyncio

import anyio

SWEEP_SECONDS = 1.0


async def nudge(event: asyncio.Event) -> None:
    """Returns when the event is set, or after a second all the same: a nudge that came too early is no loss."""
    event.clear()
    # Not asyncio.wait_for: before Python 3.12 it swallows a cancellation that meets the event.
    with anyio.move_on_after(SWEEP_SECONDS):
        await event.wait()
