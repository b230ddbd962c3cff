"""Execute every notebook again when the package or a table of results changes.

The cache of executed notebooks looks at a notebook's own cells only: after an edit in
``rnncourse/`` or in a CSV file it would still serve the old outputs. Here each state of these
gets its own cache folder, named by a hash of the files. The folder is part of Sphinx's
configuration, so a new one also makes Sphinx read every page again.
"""

import hashlib
import shutil
import sys
from pathlib import Path

WATCHED = ("rnncourse/**/*", "book/**/*.csv", "requirements*.txt")  # what outputs depend on
SUFFIXES = {".py", ".mjs", ".css", ".csv", ".txt"}


def fingerprint(root: Path) -> str:
    """Hash Python's version and the names and contents of the watched files below ``root``."""
    digest = hashlib.sha256(sys.version.encode())  # Python's manual, a data set, differs by version
    for path in sorted(path for pattern in WATCHED for path in root.glob(pattern)):
        if path.suffix in SUFFIXES:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def cache_of(root: Path, build: Path) -> Path:
    """The cache, in the folder of builds, for the present state of the package."""
    return build / ".jupyter_cache" / fingerprint(root)


def choose_cache(app, config) -> None:
    """Point the notebook cache at the folder of the package's present state; drop older ones."""
    current = cache_of(Path(app.srcdir), Path(app.outdir).parent)
    for old in current.parent.glob("*"):
        if old != current:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(current)


def setup(app):
    """Choose the cache before myst-nb reads its configuration."""
    app.connect("config-inited", choose_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
