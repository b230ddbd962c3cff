"""Let a build that failed for its warnings fail again, until they are mended.

Sphinx reads and writes only the pages that changed, so a warning about a page (a broken link, a
formula that cannot be read) would be gone from the second build, which would then pass. When a
build with ``-W --keep-going`` ends with warnings, this extension deletes what Sphinx remembers of
the pages, so that the next build looks at every one again. Executed notebooks stay cached.
"""

from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME


def forget_pages(app, exception) -> None:
    """Delete Sphinx's memory of the pages where warnings were to fail the build."""
    if app.keep_going and app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def setup(app):
    """Count the warnings after every other extension is done."""
    app.connect("build-finished", forget_pages, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
