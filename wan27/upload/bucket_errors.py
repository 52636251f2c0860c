"""The errors of a bucket: for each, what happened and what to check.

Clouds repeat parts of the request in their errors (key ids, strings to sign), so their messages are
never quoted: only the code, a number, or the kind of failure.
"""

from __future__ import annotations

import asyncio
import re

from .cloud import Cloud

_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})\b")

_NO_BUCKET = "there is no bucket of that name at this endpoint, so check the setting WAN27_UPLOAD"
_REGION = "the bucket is in another region or at another endpoint, so check {location}"
_STYLE = (
    "it accepts only virtual-hosted-style requests, so set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true"
)
_SECRET = "its signature was refused, so check {credentials}"  # noqa: S105 - a message
_EXPIRED = "the credentials have expired, so renew {credentials}"
_DENIED = "the credentials lack a permission; they need {permissions}"
_TOO_SLOW = "it took too long, so check {location}, and the network"
_MISSING = "no credentials were found, so set {credentials}"

# The code of an XML response -> the message. S3 and Google share most; the last of each row are
# Azure's.
_CODES = {
    **dict.fromkeys(("NoSuchBucket", "InvalidBucketName", "ContainerNotFound"), _NO_BUCKET),
    **dict.fromkeys(
        (
            "AuthorizationHeaderMalformed",
            "PermanentRedirect",
            "TemporaryRedirect",
            "IllegalLocationConstraintException",
        ),
        _REGION,
    ),
    **dict.fromkeys(
        ("SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSecurity", "AuthenticationFailed"),
        _SECRET,
    ),
    **dict.fromkeys(("ExpiredToken", "InvalidToken", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AllAccessDisabled",
            "AuthorizationPermissionMismatch",
        ),
        _DENIED,
    ),
    # Azure's firewall says this, and Azurite of a wrong key.
    "AuthorizationFailure": (
        "the request was not authorized, so check {credentials}, and the network rules of the"
        " storage account"
    ),
    # Alibaba's OSS, Tencent's COS.
    **dict.fromkeys(("SecondLevelDomainForbidden", "PathStyleDomainForbidden"), _STYLE),
    "RequestTimeTooSkewed": "the clock of this machine is wrong, so set it",
}
_STATUSES = {
    301: _REGION,
    307: _REGION,
    400: "the request was refused as malformed (400), so check {location}",
    401: _SECRET,
    403: _DENIED,
    404: _NO_BUCKET,
}

# A pattern in obstore's own text -> the message; the first match counts. These say more than a
# status does,
_SPECIFIC = (
    # Without a key obstore asks the cloud machine that it may run on for credentials.
    (
        re.compile(
            r"169\.254\.|metadata\.google|/latest/(api/token|meta-data)|/metadata/identity/"
            r"|computeMetadata"
        ),
        _MISSING,
    ),
    (re.compile(r"incorrectly configured region"), _REGION),
)
# these apply where there was no response,
_CONNECTION = (
    (
        re.compile(r"dns error"),
        "the name of its server cannot be resolved, so check {location}, and the network",
    ),
    (
        re.compile(r"kind: Timeout|TimedOut|timed out"),
        "its server did not respond in time, so check {location}, and the network",
    ),
    (
        re.compile(r"certificate|BadScheme|UnknownIssuer"),
        "a secure connection is not possible, so check {location}",
    ),
    (
        re.compile(r"HTTP error|kind: (Connect|Request|Interrupted)"),
        "its server is not reachable, so check {location}, and the network",
    ),
)
# and these are about keys before the bucket was reached.
_KEYS = (
    (re.compile(r"token request|invalid_grant|InvalidKey|DecodeKey|oauth2"), _SECRET),
    (
        re.compile(r"not ?supported", re.IGNORECASE),
        "these credentials cannot sign URLs, so set {credentials}",
    ),
)


def explain(error: Exception, cloud: Cloud) -> str:
    """Return why obstore failed and what to check, to follow a colon in a message."""
    # Two classes before Python 3.11.
    is_timeout = isinstance(error, (TimeoutError, asyncio.TimeoutError))
    return (_TOO_SLOW if is_timeout else _reason(str(error))).format(
        location=cloud.location, credentials=cloud.credentials, permissions=cloud.permissions
    )


def _reason(text: str) -> str:
    code, status = _CODE.search(text), _STATUS.search(text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    if (
        reason := _first(_SPECIFIC, text)
        or (None if status else _first(_CONNECTION, text))
        or _first(_KEYS, text)
    ):
        return reason
    if status is None:
        return "obstore failed for an unknown reason, so check {location} and {credentials}"
    detail = f"{status[1]}, {code[1]}" if code else status[1]
    return _STATUSES.get(
        int(status[1]), f"its server returned an error ({detail}), so try again later"
    )


def _first(patterns: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((reason for pattern, reason in patterns if pattern.search(text)), None)
