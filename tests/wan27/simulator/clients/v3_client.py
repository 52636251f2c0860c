"""Novita's own client, older than this model: its call, its wait and its task object.

`v3_client.py <base URL> <body as JSON>`
"""

from __future__ import annotations

import json
import sys

from novita_client import NovitaClient
from novita_client.proto import V3AsyncSubmitResponse

client = NovitaClient("made-up", sys.argv[1])
answer = client._post("/v3/async/wan2.7-i2v", json.loads(sys.argv[2]))
result = client.wait_for_task_v3(V3AsyncSubmitResponse.from_dict(answer).task_id)
result.download_videos()
print(  # noqa: T201 - the test reads it
    json.dumps(
        {
            "status": result.task.status.value,
            "seed": result.extra.seed,
            "bytes": [len(video) for video in result.video_bytes],
        }
    )
)
