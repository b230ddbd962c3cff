"""The extensions in book/_ext, alone or at work on a small book."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from nbformat.v4 import new_notebook

from tools.notebooks import normalise

EXTENSIONS = Path(__file__).resolve().parents[1] / "book/_ext"


def extension(name):
    """The module of one extension."""
    spec = importlib.util.spec_from_file_location(name, EXTENSIONS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook_of(*cells):
    """A notebook of these cells, as the course would commit it."""
    return normalise(new_notebook(cells=list(cells)))


def run_module(folder, *command, **environment):
    """Run ``python -m`` in a folder, with all extensions there to import."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(EXTENSIONS)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
