"""Calling back: where it may go, how it is signed, and how often it is tried."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import socket
from urllib.parse import urlsplit

import httpx2

from .jobs import Job, Jobs
from .settings import Settings
from .waiting import nudge

SIGNATURE_HEADER = "X-Hub-Signature-256"
LONGEST_PAUSE_SECONDS = 300.0
# The other side will not change its mind about these.
FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 422})
log = logging.getLogger("asr")


class CallbackRefused(ValueError):
    """The address cannot be used; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def check_address(url: str, settings: Settings, client: httpx2.AsyncClient) -> None:
    """Probes the address with HEAD before any work. Private addresses only for hosts that settings name."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise CallbackRefused(422, "callback_url is not a URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CallbackRefused(422, "callback_url has to be an http or https address")
    if parts.hostname.lower() not in settings.callback_hosts:
        await _check_public(parts.hostname, port or (443 if parts.scheme == "https" else 80))
    try:
        answer = await client.head(url, timeout=settings.callback_timeout_seconds)
    except httpx2.HTTPError as error:
        raise CallbackRefused(400, "callback_url cannot be reached") from error
    if not answer.is_success:
        raise CallbackRefused(400, f"callback_url answers HEAD with {answer.status_code}")


async def _check_public(host: str, port: int) -> None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CallbackRefused(400, "the host of callback_url is not known") from error
    if any(not ipaddress.ip_address(address[0]).is_global for *_, address in found):
        raise CallbackRefused(422, "the host of callback_url is private, and ASR_CALLBACK_HOSTS does not name it")


class Caller:
    """Delivers what is owed, oldest first, until it is taken or given up. Survives restarts: the debt is in the jobs."""

    def __init__(self, jobs: Jobs, settings: Settings, client: httpx2.AsyncClient) -> None:
        self._jobs = jobs
        self._settings = settings
        self._client = client
        self.nudged = asyncio.Event()

    async def run(self) -> None:
        while True:
            job = await asyncio.to_thread(self._jobs.owed)
            if job is not None:
                await self.deliver(job)
                continue
            await nudge(self.nudged)

    async def deliver(self, job: Job) -> None:
        outcome = await self._post(job)
        if outcome == "pending" and job.callback_attempts + 1 >= self._settings.callback_attempts:
            outcome = "given_up"
        if outcome == "given_up":
            log.error("callback of job %s given up; its result can still be asked for", job.id)
        pause = min(LONGEST_PAUSE_SECONDS, 2.0**job.callback_attempts)
        await asyncio.to_thread(self._jobs.called_back, job.id, outcome, pause)

    async def _post(self, job: Job) -> str:
        body = json.dumps(job.to_json(), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if self._settings.callback_secret is not None:
            headers[SIGNATURE_HEADER] = signature(body, self._settings.callback_secret)
        try:
            answer = await self._client.post(
                job.callback_url, content=body, headers=headers, timeout=self._settings.callback_timeout_seconds
            )
        except httpx2.HTTPError as error:
            # The address ends in a secret, so only the kind of failure is written down.
            log.warning("callback of job %s: %s", job.id, type(error).__name__)
            return "pending"
        if answer.is_success:
            return "delivered"
        log.warning("callback of job %s was answered %d", job.id, answer.status_code)
        return "given_up" if answer.status_code in FINAL else "pending"


def signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
