"""The cores that a process may use: fewer in a container, or with an affinity."""

from __future__ import annotations

import os

import pytest

from wan27.media.decode.cores import usable_cores


def _cores(tmp_path, membership, files):
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "membership").write_text(membership)
    return usable_cores(tmp_path / "groups", tmp_path / "membership")


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "350000 100000\n"}, 4),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 16),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}, 16),
        ("0::/a/b\n", {"a/b/cpu.max": "200000 100000\n"}, 2),
        (
            "5:memory:/c\n4:cpu,cpuacct:/c\n",
            {"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            3,
        ),
        (
            "4:cpu,cpuacct:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            16,
        ),
        ("", {}, 16),
    ],
)
def test_a_container_limits_the_cores(tmp_path, monkeypatch, membership, files, expected):
    """Of 16, by control groups v2 or v1, those of a container or of a service."""
    monkeypatch.setattr("wan27.media.decode.cores._allowed", lambda: 16)
    assert expected == _cores(tmp_path, membership, files)


def test_an_affinity_limits_the_cores(tmp_path, monkeypatch):
    """As set by taskset or a scheduler, before Python 3.13 knows it by itself."""
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    assert 2 == usable_cores(tmp_path, tmp_path / "none")
