"""Handlers for our routes: JSON in and out, never cached, and writes only from our own page.

ComfyUI can be told to accept requests from other sites; those must not change where media go or
whose account pays.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ...wan27.errors import Wan27Error
from ..folders import state_folder
from ..missing_packages import explain_missing_packages
from ..settings.store import Settings
from .own_page import write_problem

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
MAX_BYTES = 64 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpError(Exception):
    """A response with an error status; the page shows the message to the user."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def reads(work: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    """Return a GET handler: `work` takes the request and returns JSON."""

    async def handler(request: web.Request) -> web.Response:
        return await _respond(work(request))

    return handler


def writes(work: Callable[[dict[str, Any]], Awaitable[Any]], status: int = 200) -> Handler:
    """Return a POST handler: `work` takes a JSON object and returns JSON."""

    async def handler(request: web.Request) -> web.Response:
        async def checked() -> Any:
            await require_own_page(request)
            return await work(await read_json(request))

        return await _respond(checked(), status)

    return handler


async def _respond(work: Awaitable[Any], status: int = 200) -> web.Response:
    try:
        with explain_missing_packages():
            content = await work
    except HttpError as error:
        content, status = {"error": str(error)}, error.status
    except Wan27Error as error:
        content, status = {"error": str(error)}, 409
    return web.json_response(content, status=status, headers=HEADERS)


async def require_own_page(request: web.Request) -> None:
    """Raise `HttpError` 403 for a page of another site."""
    problem = await asyncio.to_thread(lambda: write_problem(request.headers, setting))
    if problem:
        raise HttpError(403, problem)


def setting(name: str) -> str | None:
    """Return a setting; that of the environment where the files cannot be read."""
    try:
        return Settings(state_folder()).get(name)
    except Wan27Error:
        return os.environ.get(name)


async def read_json(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request. Raises `HttpError` 415, 413 or 400.

    A form of another site cannot send this content type.
    """
    if request.content_type != "application/json":
        raise HttpError(415, "The request must have the Content-Type application/json.")
    content = b""
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > MAX_BYTES:
            raise HttpError(413, f"The request is larger than {MAX_BYTES // 1024} KB.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise HttpError(400, 'The request must be a JSON object such as {"name": "value"}.')
    return body
