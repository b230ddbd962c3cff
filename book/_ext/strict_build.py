"""Let a build with warnings fail the next time too.

Sphinx reads and writes only the pages that changed, so a warning about a page (a broken link, a
formula that cannot be read) is gone from the second build, which then passes. When a build with
``-W`` ends with warnings, this extension fails it outright: Sphinx then forgets what it knew of the
pages and looks at every one again. Executed notebooks stay cached.
"""

from sphinx.errors import ExtensionError


def fail_on_warnings(app, exception) -> None:
    """Turn the warnings of a build that treats them as errors into an exception."""
    if exception is None and app.keep_going and app._warncount:
        raise ExtensionError(f"the book has {app._warncount} warnings; each is shown above")


def setup(app):
    """Count the warnings after everything else is done."""
    app.connect("build-finished", fail_on_warnings, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
