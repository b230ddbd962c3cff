"""Run a build's notebooks side by side, one on each core, before Sphinx reads the pages.

Sphinx reads one page after the other and would run its notebook then. Here all that the present
build is about to read are run first, into the cache from which it takes their outputs. A notebook
that fails is not cached, so Sphinx runs it again and reports the failure with its page.
"""

import logging

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # name each notebook as it runs


def run_notebooks(app, env, docnames) -> None:
    """Run those notebooks among the pages to be read that the cache does not hold."""
    pages = [str(env.doc2path(name)) for name in docnames]
    notebooks = [page for page in pages if page.endswith(".ipynb")]
    if not notebooks or app.config.nb_execution_mode != "cache":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for notebook in notebooks:
        cache.add_nb_to_project(notebook)
    executor = load_executor("local-parallel", cache, logger=logger)
    executor.run_and_cache(filter_uris=notebooks, timeout=app.config.nb_execution_timeout)


def setup(app):
    """Run the notebooks when Sphinx knows which pages it will read."""
    app.connect("env-before-read-docs", run_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
