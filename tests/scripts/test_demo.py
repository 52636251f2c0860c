"""The demo spends nothing without a key or a host, and its contact sheet shows the whole video."""

from __future__ import annotations

import pytest

av = pytest.importorskip("av", reason="comes with ComfyUI")
np = pytest.importorskip("numpy", reason="comes with ComfyUI")
Image = pytest.importorskip("PIL.Image", reason="comes with ComfyUI")
demo_run = pytest.importorskip("scripts.demo_run", reason="needs what comes with ComfyUI")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"WAN27_HOST": "simulator"}),
        ({"WAN27_MAX_COST": "1"}, {"WAN27_HOST": "simulator"}),
        ({"WAN27_HOST": "simulator", "NOVITA_API_KEY": "k"}, {"WAN27_HOST": "simulator"}),
        (
            {"NOVITA_API_KEY": "k", "WAN27_MAX_COST": "1"},
            {"NOVITA_API_KEY": "k", "WAN27_MAX_COST": "1"},
        ),
        ({"WAN27_BASE_URL": "http://here"}, {"WAN27_BASE_URL": "http://here"}),
    ],
)
def test_the_demo_uses_the_real_api_only_where_a_key_or_a_host_is_set(monkeypatch, given, expected):
    """Without either, or with the simulator chosen, no key reaches the server."""
    monkeypatch.setattr(demo_run.os, "environ", {"PATH": "/bin", **given})
    assert expected == demo_run.server_environment()


def test_the_contact_sheet_spreads_over_the_whole_video(tmp_path):
    """Twelve frames from the first to the last, and a description of the file."""
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for shade in range(25):
            gray = np.full((180, 320, 3), shade * 10, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, "rgb24")))
        container.mux(stream.encode())

    description = demo_run.contact_sheet(tmp_path / "v.mp4", tmp_path / "sheet.png")
    assert "320 × 180, 25 frames, 2.50 s, silent" == description
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert 0 == pytest.approx(int(sheet[90, 100, 0]), abs=4)
    assert 240 == pytest.approx(int(sheet[-60, -100, 0]), abs=4)
