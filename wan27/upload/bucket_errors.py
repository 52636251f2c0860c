"""What each error of a bucket means, in a sentence for the person at the graph.

Clouds repeat parts of the request in their errors (key ids, strings to sign), so their words are
never quoted: only the code, a number, or what kind of failure it was.
"""

from __future__ import annotations

import asyncio
import re

from ..errors import UploadFailed
from .cloud import Place

_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})\b")

_NO_BUCKET = "there is no bucket of that name at this endpoint, so check WAN27_UPLOAD"
_REGION = "the bucket lives in another region or at another endpoint, so check {where}"
_STYLE = (
    "it takes requests in virtual-host style only, so set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true"
)
_SECRET = "its signature was refused, so check {credentials}"  # noqa: S105 - words about a secret
_EXPIRED = "the credentials have expired, so renew {credentials}"
_DENIED = "these credentials may not do that there; they need {rights}"
_MISSING = "no credentials were found, so set {credentials}"

# The code of an XML answer -> what it means. S3 and Google share most; the last of each row are
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
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
        ),
        _DENIED,
    ),
    **dict.fromkeys(
        ("SecondLevelDomainForbidden", "PathStyleDomainForbidden"), _STYLE
    ),  # Alibaba's OSS, Tencent's COS
    "RequestTimeTooSkewed": "this machine's clock is wrong, so set it",
}
_STATUSES = {
    301: _REGION,
    307: _REGION,
    400: "the request was refused as malformed (400), so check {where}",
    401: _SECRET,
    403: _DENIED,
    404: _NO_BUCKET,
}

# A mark in obstore's own text -> what it means; the first that is found counts. These say more than
# a status does,
_MARKS = (
    # Where no key is set, obstore asks for the identity of the cloud machine it might run on, which
    # a desk does not have.
    (
        re.compile(
            r"169\.254\.|metadata\.google|/latest/(api/token|meta-data)|/metadata/identity/|computeMetadata"
        ),
        _MISSING,
    ),
    (re.compile(r"incorrectly configured region"), _REGION),
)
# these are looked for where no answer came,
_SILENCES = (
    (
        re.compile(r"dns error"),
        "the name of its server cannot be resolved, so check {where}, and the network",
    ),
    (
        re.compile(r"kind: Timeout|TimedOut|timed out"),
        "its server did not answer in time, so check {where}, and the network",
    ),
    (
        re.compile(r"certificate|BadScheme|UnknownIssuer"),
        "no secure connection could be made, so check {where}",
    ),
    (
        re.compile(r"HTTP error|kind: (Connect|Request|Interrupted)"),
        "its server cannot be reached, so check {where}, and the network",
    ),
)
# and these are about keys that never got as far as the bucket.
_KEYS = (
    (re.compile(r"token request|invalid_grant|InvalidKey|DecodeKey|oauth2"), _SECRET),
    (
        re.compile(r"not ?supported", re.IGNORECASE),
        "these credentials cannot sign addresses, so set {credentials}",
    ),
)


def explain(error: Exception, what: str, place: Place) -> UploadFailed:
    """Return one sentence for any error of obstore.

    `what` reads on to the place: "first_frame could not be uploaded to".
    """
    if isinstance(
        error, (TimeoutError, asyncio.TimeoutError)
    ):  # one and the same from Python 3.11 on
        return failed(what, place, "it took too long, so check {where}, and the network")
    return failed(what, place, _meaning(str(error)))


def failed(what: str, place: Place, reason: str) -> UploadFailed:
    """Return the sentence; {where}, {credentials} and {rights} in the reason become what they are called in that cloud."""
    cloud = place.cloud
    told = reason.format(where=cloud.where, credentials=cloud.credentials, rights=cloud.rights)
    return UploadFailed(f"{what} {place}: {told}.")


def _meaning(text: str) -> str:
    code, status = _CODE.search(text), _STATUS.search(text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    if (
        marked := _first(_MARKS, text)
        or (None if status else _first(_SILENCES, text))
        or _first(_KEYS, text)
    ):
        return marked
    if status is None:
        return "obstore failed in a way unknown here, so check {where} and {credentials}"
    named = f"{status[1]}, {code[1]}" if code else status[1]
    return _STATUSES.get(
        int(status[1]), f"its server answered with an error ({named}), so try again later"
    )


def _first(marks: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((meaning for mark, meaning in marks if mark.search(text)), None)
