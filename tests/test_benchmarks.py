"""`make bench` works, and its table shows which targets are met and missed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.figure import Figure
from benchmarks.table import BEGIN, END, save, table
from scripts.environment import ROOT


@pytest.mark.comfyui
def test_the_command_prints_a_table_and_keeps_the_page_around_it(comfyui, tmp_path):
    """A line about the machine, one about the run, the figures; all also between a page's marks."""
    page = tmp_path / "page.md"
    page.write_text(f"# Speed\n\n{BEGIN}\nold\n{END}\n\nThe end.\n", "utf-8")
    paths = {"COMFYUI_PATH": str(comfyui.folder), "COMFYUI_PYTHON": str(comfyui.python)}
    options = ["--quick", "--only", "import", "--only", "png", "--save", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=ROOT,
        env=os.environ | paths | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    machine, how, blank, *rows = done.stdout.splitlines()
    assert "" == blank
    assert f"ComfyUI {comfyui.version}" in machine
    assert "A QUICK RUN" in how
    assert "| figure | measured | target |  |" == rows[0]
    assert {5} == {row.count("|") for row in rows}
    first_words = [row[2:].replace(",", " ").split()[0] for row in rows[2:]]
    assert ["Import", "PNG", "PNG", "PNG"] == first_words
    assert [] == [row for row in rows if "not measured" in row]
    assert f"# Speed\n\n{BEGIN}\n{done.stdout}{END}\n\nThe end.\n" == page.read_text("utf-8")


def test_a_figure_is_judged_as_it_is_printed():
    """Met, missed, without a target, and not measured."""
    figures = [
        Figure("fast enough", 2.004, at_most=2),
        Figure("too slow", 3.456, "s", at_most=2.5, detail="why"),
        Figure("to compare", 4.2),
        Figure("left out", None, at_least=4, detail="no memory"),
    ]
    assert [
        "| fast enough | 2.00 | ≤ 2 | ok |",
        "| too slow | 3.46 s (why) | ≤ 2.5 s | **MISSED** |",
        "| to compare | 4.20 |  | – |",
        "| left out | not measured (no memory) | ≥ 4 | – |",
    ] == table(figures).splitlines()[2:]


def test_a_page_without_marks_is_refused(tmp_path):
    """A page without the marks is not changed."""
    page = tmp_path / "page.md"
    page.write_text("# Mine\n", "utf-8")
    with pytest.raises(ValueError, match="where the table should go"):
        save("text", page)
    assert "# Mine\n" == page.read_text("utf-8")
