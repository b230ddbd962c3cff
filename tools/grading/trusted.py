"""What trusted execution needs to know of an assignment, read off its notebook in solutions/."""

import ast
import symtable

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbgrader.utils import is_locked, is_solution

from tools.grading.execute import TrustedExecute
from tools.grading.sandbox import fork_server


def trusted_execute(assignment, config, questions=None):
    """A preprocessor that runs a submission of this assignment; see ``tools.grading.execute``."""
    notebook = nbformat.reads(assignment.source, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    locked = {c.metadata.nbgrader.grade_id: c.source for c in cells if is_locked(c)}
    answers = [cell.source for cell in cells if is_solution(cell)]
    withheld = notebook.metadata.get("rnncourse", {}).get("withheld", [])
    return TrustedExecute(
        config=config,
        server=fork_server(imported_modules(locked.values()), withheld),
        seed=assignment.seed,
        locked=locked,
        answers=sorted(set().union(*map(defined_names, answers))),
        demonstrations=[cell.source for cell in cells if "nbgrader" not in cell.metadata],
        questions=list(questions or ()),
    )


def defined_names(source):
    """The global names that a cell gives a value."""
    table = symtable.symtable(_python(source), "answer", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() and not s.is_imported()}


def imported_modules(sources):
    """The modules that cells import, in their order."""
    statements = [node for source in sources for node in ast.parse(_python(source)).body]
    names = [alias.name for s in statements if isinstance(s, ast.Import) for alias in s.names]
    names += [s.module for s in statements if isinstance(s, ast.ImportFrom)]
    return list(dict.fromkeys(names))


def _python(source):
    """The source of a cell without IPython's own notation."""
    return TransformerManager().transform_cell(source)
