"""What the HTTP library may log: ComfyUI's log goes into error reports, so neither signatures nor a host's own words belong there.

The filters stand on the library's loggers, so they shorten the lines of other packs in the same process as well.
"""

from __future__ import annotations

import logging

import httpx

# Loggers of httpcore that write what was received; their lines appear at DEBUG alone.
_RECEIVING = ("httpcore.http11", "httpcore.http2", "httpcore.proxy")


def keep_secrets_out() -> None:
    """Let httpx's lines lose the query of every address and the reason phrase, httpcore's the headers of every answer."""
    logging.getLogger("httpx").addFilter(_without_query)
    for name in _RECEIVING:
        logging.getLogger(name).addFilter(_without_headers)


def _without_query(record: logging.LogRecord) -> bool:
    """Shorten "HTTP Request: GET https://… 200 OK": the query of a signed address is a key to the file, the last word is the host's own."""
    if isinstance(record.args, tuple):
        record.args = tuple(each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args)
        if len(record.args) == 5:
            record.args = (*record.args[:4], "")
    return True


def _without_headers(record: logging.LogRecord) -> bool:
    """Shorten "receive_response_headers.complete return_value=…": a host may quote the key there, and redirects are signed addresses."""
    event, _, _ = str(record.msg).partition(" ")
    if event.startswith("receive_response_headers.") or event.endswith(".failed"):
        record.msg = event
    return True
