"""A server that is started for a test has its own folders and nothing of the developer's."""

from __future__ import annotations

import pytest

from scripts import environment


@pytest.mark.parametrize(
    "name",
    [
        "NOVITA_API_KEY",
        "OPENAI_API_KEY",
        "WAN27_UPLOAD",
        "https_proxy",
        "AWS_SECRET_ACCESS_KEY",
        "HF_TOKEN",
        "PYTHONPATH",
    ],
)
def test_keys_settings_and_proxies_do_not_reach_a_server(monkeypatch, name):
    """They are removed from the environment of a server; the path stays."""
    monkeypatch.setenv(name, "a secret")
    scrubbed = environment.scrubbed_environment()
    assert "a secret" not in scrubbed.values()
    assert "PATH" in scrubbed
    assert "1" == scrubbed["HF_HUB_OFFLINE"]


def test_packs_are_linked_and_unlinked(tmp_path):
    """The base folder has each pack under its name; removing the links keeps the packs."""
    pack = tmp_path / "My Pack.git clone"
    pack.mkdir()
    (pack / "__init__.py").touch()

    environment.prepare_base(tmp_path / "base", {"ComfyUI-My-Pack": pack})
    assert (tmp_path / "base" / "custom_nodes" / "ComfyUI-My-Pack" / "__init__.py").exists()

    environment.unlink_packs(tmp_path / "base")
    assert [] == list((tmp_path / "base" / "custom_nodes").iterdir())
    assert (pack / "__init__.py").exists()
