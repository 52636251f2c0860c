"""Alibaba's own client: `dashscope_client.py <base URL> <role>=<file or URL>…` makes a video."""

from __future__ import annotations

import json
import sys

import dashscope

base_url, *media = sys.argv[1:]
dashscope.base_http_api_url = f"{base_url}/api/v1"
listed = [dict(zip(("type", "url"), word.split("=", 1), strict=True)) for word in media]
answer = dashscope.VideoSynthesis.call(
    model="wan2.7-i2v",
    media=listed,
    prompt="a boat",
    negative_prompt="blur",
    resolution="720P",
    duration=3,
    seed=7,
    watermark=False,
    prompt_extend=True,
    api_key="sk-made-up",
)
print(  # noqa: T201 - the test reads it
    json.dumps({"status": answer.status_code, "output": answer.output, "usage": answer.usage})
)
