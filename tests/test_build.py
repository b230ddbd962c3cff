"""How the book is built: side by side, anew after a change, a failing page left to Sphinx."""

from types import SimpleNamespace

import nbformat
import pytest
from extensions import extension, notebook_of
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell


def test_notebooks_run_before_their_pages_are_read(tmp_path):
    for name, code in (("a", "print(1 + 1)"), ("b", "1 / 0"), ("c", "print(6 * 7)")):
        nbformat.write(notebook_of(new_code_cell(code)), tmp_path / f"{name}.ipynb")
    config = SimpleNamespace(
        nb_execution_mode="cache",
        nb_execution_cache_path=str(tmp_path / "cache"),
        nb_execution_timeout=60,
    )
    pages = {"a": "a.ipynb", "b": "b.ipynb", "c": "c.ipynb", "text": "text.md"}
    env = SimpleNamespace(doc2path=lambda name: tmp_path / pages[name])

    extension("parallel_notebooks").run_notebooks(
        SimpleNamespace(config=config), env, ["a", "b", "text"]
    )

    cache = get_cache(config.nb_execution_cache_path)
    found = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    _, merged = cache.merge_match_into_notebook(found)
    assert merged.cells[0].outputs[0].text == "2\n"
    for failed_or_not_read in ("b", "c"):
        found = nbformat.read(tmp_path / f"{failed_or_not_read}.ipynb", as_version=4)
        with pytest.raises(KeyError):
            cache.match_cache_notebook(found)


def test_outputs_are_made_anew_when_what_they_depend_on_changes(tmp_path):
    fingerprint = extension("fresh_cache").fingerprint
    watched = ("rnncourse/a.py", "rnncourse/text/b.mjs", "book/01/c.csv", "requirements-x.txt")
    for name in (*watched, "book/01/page.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    prints = [fingerprint(tmp_path)]
    for name in watched:
        (tmp_path / name).write_text("new")
        prints.append(fingerprint(tmp_path))
    assert len(set(prints)) == len(watched) + 1
    (tmp_path / "book/01/page.md").write_text("new")
    assert fingerprint(tmp_path) == prints[-1]
