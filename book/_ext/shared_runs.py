"""A pytest plugin: nbval compares the very run of a page that its readers see.

nbval runs each cell of a notebook and compares its outputs with the committed ones. The build
runs the pages, too, and keeps each run for as long as the page's cells and what ``fresh_cache``
watches stay as they are. With ``-p shared_runs`` nbval gets the outputs of that run in place of a
kernel's; where there is none yet, it is made here, as the build would. A page that fails is not
kept, so nbval runs it with a kernel of its own and reports the failing cell.
"""

from collections import deque

import nbformat
import pytest
from fresh_cache import cache_of
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from nbval.plugin import IPyNbFile


def pytest_configure(config):
    """Open the cache once before the workers of ``pytest -n`` do so side by side."""
    get_cache(cache_of(config.rootpath, config.rootpath / "_build")).db  # noqa: B018


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Make a ``Page`` of each notebook of the book that nbval collects."""
    files = yield
    in_book = file_path.is_relative_to(parent.config.rootpath / "book")
    return [
        Page.from_parent(parent, path=file_path)
        if in_book and isinstance(file, IPyNbFile)
        else file
        for file in files
    ]


class Page(IPyNbFile):
    """A notebook whose cells nbval compares with its run in the cache."""

    def setup(self):
        root = self.config.rootpath
        cache = get_cache(cache_of(root, root / "_build"))
        page = str(self.path)
        cache.add_nb_to_project(page)
        load_executor("local-serial", cache).run_and_cache(
            filter_uris=[page], timeout=self.config.option.nbval_cell_timeout
        )
        try:
            _, run = cache.merge_match_into_notebook(nbformat.read(page, as_version=4))
        except KeyError:  # it failed
            super().setup()
        else:
            self.kernel = Replay(run)
            self.setup_sanitize_files()


class Replay:
    """What nbval asks of a kernel, answered from a run."""

    def __init__(self, run):
        self.cells = (cell for cell in run.cells if cell.cell_type == "code")
        self.messages = deque()

    def is_alive(self):
        return True

    def execute_cell_input(self, source, allow_stdin=None):
        """Have the messages ready that a kernel would send; nbval may leave out cells before."""
        cell = next(cell for cell in self.cells if cell.source == source)
        contents = [dict(output) for output in cell.outputs]
        self.messages.extend((content["output_type"], content) for content in contents)
        self.messages.append(("status", {"execution_state": "idle"}))

    def await_reply(self, msg_id, timeout=None):
        pass

    def get_message(self, stream, timeout=None):
        kind, content = self.messages.popleft()
        return {"msg_type": kind, "parent_header": {"msg_id": None}, "content": content}

    def stop(self):
        pass
