"""What an assignment asks to write is not there to be imported while it is graded.

An assignment names it in its notebook's metadata: {"rnncourse": {"withheld": ["torch",
"rnncourse.cells.LSTM"]}}. A name of the package is left out of the copy that the student's kernel
sees; any other name is a package, and its folder is empty there.
"""

import ast
import importlib.util
import shutil
from pathlib import Path

STUB = '''\
class {name}:
    """Left out: the homework asks for it."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError("{module}.{name} is what this homework asks you to write")
'''


def copy_without(names, package, target):
    """Copy the package's folder, with the classes and functions of these names left out.

    Raises: ValueError for a name that is not there.
    """
    shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
    for full_name in names:
        module, _, name = full_name.rpartition(".")
        path = target.joinpath(*module.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.write_text(_without(source, name, module), encoding="utf-8")


def _without(source, name, module):
    for node in ast.parse(source).body:
        if getattr(node, "name", None) == name:
            first = min([node, *node.decorator_list], key=lambda part: part.lineno).lineno
            lines = source.splitlines(keepends=True)
            stub = STUB.format(name=name, module=module)
            return "".join([*lines[: first - 1], stub, *lines[node.end_lineno :]])
    raise ValueError(f"there is no {module}.{name} to withhold")


def folder_of(package):
    """The folder of an installed package, None when it is not installed.

    Raises: ValueError for a module that is no package: it has no folder of its own.
    """
    spec = importlib.util.find_spec(package)
    if spec and not spec.submodule_search_locations:
        raise ValueError(f"{package} is a single module, and only packages can be withheld")
    return spec and Path(spec.submodule_search_locations[0])
