"""Find the browser of this machine: the book is printed with it, and the site tested."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoBrowserError(RuntimeError):
    """There is no Chromium here, and no Chrome."""


@contextmanager
def chromium():
    """One headless Chromium, from ``RNNCOURSE_CHROMIUM``, the path, or Playwright's own folder."""
    with sync_playwright() as playwright:
        candidates = [
            os.environ.get("RNNCOURSE_CHROMIUM"),
            *map(shutil.which, NAMES),
            playwright.chromium.executable_path,
        ]
        executable = next((path for path in candidates if path and Path(path).is_file()), None)
        if executable is None:
            raise NoBrowserError(
                f"none of {', '.join(NAMES)} is installed and RNNCOURSE_CHROMIUM names no file"
            )
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"] if as_root else []
        )
        yield browser
        browser.close()
