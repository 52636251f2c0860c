"""The certificate that this ComfyUI was started with: trusted for its own address, nowhere else.

People make one themselves for the phones of their network. No authority knows it, but this machine
has the file: the server that proves to have its key is this ComfyUI.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NO_CHECK_TIME = 0x200000  # OpenSSL's own number: home-made certificates are rarely renewed


def trust_only(certificate: Path) -> ssl.SSLContext | None:
    """Return a context for which a server is trusted with this very certificate, and no other.

    `certificate` is a PEM file that begins with the server's own; None where it cannot be read.
    Whatever name it is for: home-made ones have any.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the next lines pin the certificate itself
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    try:
        found = _FIRST.search(certificate.read_text("ascii", "replace"))
        if found is None:
            return None
        context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(found[0]))
    except (OSError, ValueError):
        return None
    return context
