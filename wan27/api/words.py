"""The words of hosts, by kind: what a refusal or a failure is where no documented reason says it.

Many come without a reason, or pass on the words of the model behind the host: English or Chinese,
in any case, with or without spaces. Words give advice; what is repeated is decided without them.
Sources: the API's own pages, and failures that users of these hosts and of that model reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import errors
from . import advice
from .advice import Kind
from .host_text import without_quotes
from .hosts import Host


def _words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern of words in any case, whose spaces may be absent in a text."""
    return re.compile("|".join(alternatives).replace(" ", r"\s*"), re.IGNORECASE)


def _row(kind: Kind, *alternatives: str) -> tuple[re.Pattern[str], Kind]:
    return _words(*alternatives), kind


_FAILED = r"(?:fail\w*|unable|can ?not|could not|couldn.?t|unreachable|error|timed? out)"
_IMAGE = "image|picture|(?:first|last) frame"
_SIDES = "resolution|width|height|dimensions?|aspect|pixels"
_MEDIUM = "url|media|image|video|audio|https?:|oss:|data:)"

# The first row that is found in a host's words decides.
_KINDS = (
    _row(
        advice.IDENTITY,
        "real name",
        "verify your identity",
        "identity verif",
        "实名",
    ),
    _row(
        advice.BLOCKED,
        "attention required!",
        "just a moment",
        "captcha",
        "checking your browser",
        "sorry, you have been blocked",
        r"error (?:code:? )?10(?:06|09|10|12|15|20)\b",
    ),
    _row(
        advice.LOGIN,
        "captive portal",
        "hot ?spot",
        "log ?in to (?:the|your) (?:network|wi-?fi)",
        "network authentication required",
        "web ?auth",
    ),
    _row(
        advice.DOWNLOAD,
        _FAILED + r" .{0,40}(?:download|fetch|retrieve) .{0,60}(?:file|resource|" + _MEDIUM,
        _FAILED + r" .{0,40}(?:access|open|load|read) .{0,60}(?:" + _MEDIUM,
        r"download\w* .{0,60}(?:fail|error|timed? out)",
        r"(?:not|fail\w* to) be (?:download|fetch|access|retriev|reach)",
        r"(?:for|with) url\b",
        "invalid url",
        "url error",
        r"url .{0,40}(?:\binvalid|not (?:appear to be )?valid|not accessible|unreachable)",
        "must be a (?:valid |public )*(?:https? )?url",
        r"invalid parameter.data inspection\b",
        "(?:下载|下載).{0,12}(?:失败|失敗|超时|错误)",
        "(?:无法|不能)(?:下载|访问|获取|读取).{0,8}(?:url|链接|地址|图|视频|音频|文件|媒体|资源)",
        "(?:链接|地址|url).{0,8}(?:无效|失效|错误|不合法)",
    ),
    _row(
        advice.UPSTREAM,
        "arrearage",
        "overdue",
        "in arrears",
        "欠费",
    ),
    _row(
        advice.MONEY_OR_RATE,
        r"(?<!white\s)(?<!load\s)\bbalance\b",
        "insufficient (?:account |user )?(?:funds?|credits?|money)",
        "(?:not|no) (?:have )?enough (?:credits?|money|funds)",
        "out of credits?",
        "payment required",
        r"\btop up",
        "recharge",
        "余额",
        "余額",
        "充值",
        "账户.{0,6}不足",
        "帳戶.{0,6}不足",
    ),
    _row(
        advice.RATE,
        r"(?<!frame\s)(?<!bit\s)\brate limit",
        "too many requests",
        r"\b[rt]pm\b",
        r"\bqps\b",
        "throttl",
        "requests? per (?:second|minute|hour|day)",
        r"concurren\w* .{0,20}(?:limit|exceed)",
        r"(?:exceed|reach)\w* .{0,30}\b(?:quota|rate|concurrency|requests)\b",
        "quota .{0,12}exceed",
        "限流",
        "限频",
        "频率",
        "頻率",
        "频次",
        "速率",
        "并发",
        "请求(?:过|太)(?:快|多|频繁)",
        "請求過",
    ),
    _row(
        advice.KEY,
        r"\b(?:api|access) key",
        "invalid (?:token|credential|key)",
        "unauthori[sz]ed",
        "authenticat",
        "token .{0,12}(?:expired|invalid|revoked)",
        "密钥",
        "密鑰",
        "鉴权",
        "令牌",
        "认证失败",
        "身份验证",
    ),
    _row(
        advice.PROTECTED,
        "ip infringement",
        "infring",
        "copyright",
        "trademark",
        "侵权",
        "侵權",
        "版权",
    ),
    _row(
        advice.CONTENT,
        "inappropriate",
        "data inspection",
        r"(?<!case\s)sensitive",
        "moderation",
        "nsfw",
        "unsafe",
        "prohibited",
        "content (?:policy|filter|safety|security|violat)",
        r"violat\w* .{0,30}(?:policy|guideline|terms|rules)",
        "risk control",
        "违规",
        "違規",
        "敏感",
        "审核",
        "審核",
        "不合规",
        "违反",
        "风控",
        "绿网",
    ),
    _row(
        advice.MODEL,
        "(?:model|模型) .{0,30}(?:not found|not exist|no such|不存在|未找到)",
        "(?:no such|unknown) model",
    ),
    _row(
        advice.SHAPE,
        rf"(?:{_IMAGE}) .{{0,20}}(?:{_SIDES})",
        rf"(?:{_SIDES}) .{{0,8}}(?:of|for) (?:the |an? )?(?:{_IMAGE})",
        "(?:图片|图像).{0,4}(?:尺寸|分辨率|宽|高|比例)",
    ),
    _row(
        advice.CLIP_AS_LONG,
        "clip.{0,40}(?:must be|should be|shorter|less) .{0,30}duration",
        "duration .{0,40}(?:must|should) be .{0,20}(?:greater|longer|more|larger) .{0,30}clip",
    ),
    _row(
        advice.SOUND_LENGTH,
        "audio .{0,40}(?:duration|length|long|short|seconds)",
        "duration of (?:the )?(?:driving )?audio",
        "(?:音频|音訊).{0,10}(?:时长|時長|长度)",
    ),
    _row(
        advice.CLIP_LENGTH,
        r"duration .{0,30}(?:at most|no more than|exceed\w*|<=?|less than) \d+(?:\.\d+)? s\b",
        "clip .{0,40}(?:duration|length|long|short)",
    ),
    _row(
        advice.DURATION,
        r"\bduration\b",
        "时长",
        "時長",
    ),
    _row(
        advice.RESOLUTION,
        "1080p",
        "720p",
        r"\bresolution\b.{0,40}(?:invalid|support|should|must)",
        "分辨率",
    ),
    _row(
        advice.NO_MEDIA,
        "(?:required|missing).{0,20}(?:media|image|img|first frame)",
        r"(?:media|image|img|first frame)\w* .{0,20}(?:required|missing|empty)",
    ),
    _row(
        advice.GONE,
        "task .{0,40}(?:not found|not exist|expired)",
        "任务.{0,8}(?:不存在|过期|未找到)",
    ),
    _row(
        advice.BUSY,
        "overload",
        "too busy",
        "server busy",
        "system busy",
        "timed? out",
        "internal (?:server |service )?error",
        "service unavailable",
        "bad gateway",
        "out of memory",
        "no (?:available|healthy)",
        "繁忙",
        "超时",
        "内部错误",
        "(?:服务|系统).{0,4}(?:异常|错误)",
    ),
)
_SHAPE = "size|resolution|dimension|aspect|width|height|content"
# What a host says about an image that it expected at a URL.
_ABOUT_URL = _words(
    r"\bur[li]s?\b",
    "download",
    "fetch",
    "https?:",
    "data:(?:image|…)",
    "base64",
    "protocol scheme",
    "no such host",
    "media resource",
    r"input\.media",
    r"\bim(?:a)?ge? (?:field|url|format|input|data)",
    r"(?:invalid|malformed|unsupported|incorrect).{0,20}\bim(?:a)?ges?\b(?! (?:" + _SHAPE + "))",
    r"\bim(?:a)?ges? (?:is |are )?(?:invalid|malformed|unsupported|incorrect)",
    r"(?:get|pull|obtain|decode|identify|open|read|load|parse)\w* .{0,12}(?:im(?:a)?ge?|media)\b",
    "(?:first|last) frame .{0,30}(?:invalid|required|missing|must be|unsupported|type)",
    "(?:request|payload|body|entity|field|value|string|name) .{0,20}too (?:long|large|big)",
    "下载|下載|链接|鏈接|地址",
    "(?:图片|图像|媒体|素材).{0,6}(?:获取|加载|读取|格式|无效|解析)",
    "(?:获取|加载|读取|解析).{0,6}(?:图片|图像|媒体|素材)",
)
# They count whatever else the host says.
_CERTAIN = (
    errors.KeyRefused,
    errors.BalanceTooLow,
    errors.RateLimited,
    errors.NotAllowed,
    errors.ContentRefused,
)
_MEDIA = (advice.DOWNLOAD, advice.NO_MEDIA)
_ON_THE_WAY = (advice.BLOCKED, advice.LOGIN)
# What a host says about a sound that it fetched by a URL of its own.
_ABOUT_SOUND = _words("audio", r"\.(?:mp3|wav|m4a|aac|ogg|flac)\b", "音频", "音訊")
_ABOUT_IMAGE = _words("image", "picture", "(?:first|last) frame", "data:", "图片", "图像")


def kind_of(words: str, *, inline: bool = False) -> Kind | None:
    """Return the kind that a host's words are of, None for words that this pack does not know.

    `inline`: images were sent inside the request.
    """
    # RateLimit, rate_limit and RATE-LIMIT are the same words.
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", words)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(words)), None)
    is_certain = kind is not None and issubclass(kind.error, _CERTAIN)
    if is_certain or kind in (*_ON_THE_WAY, advice.SHAPE):
        return kind
    # Sound is never sent inside a request: it has a URL of its own.
    inline = inline and not (_ABOUT_SOUND.search(words) and not _ABOUT_IMAGE.search(words))
    is_about_url = kind in _MEDIA or _ABOUT_URL.search(words)
    return advice.URL_WANTED if inline and is_about_url else kind


def failure_advice(words: str, host: Host, *, inline: bool, given: Iterable[str] = ()) -> str:
    """Return what to do about a task that failed for that reason (as `clean_text` returns it).

    `inline`: images were sent inside its request. `given` are the user's own texts in it.
    """
    again = "Run again to submit a new task"
    words = without_quotes(words, given)
    kind = kind_of(words, inline=inline or "data:…" in words)
    if kind is None:
        return f"Change the prompt or the image if the reason is about them, then {again}."
    sentence = kind.sentence(host, again)
    return sentence if again in sentence else f"{sentence} {again}."
