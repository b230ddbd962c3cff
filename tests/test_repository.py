"""The repository holds what it promises: commands, pages, pins, licences."""

import os
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tools import book
from tools.book import ROOT

FOLDERS = (
    "benchmarks",
    "book",
    "exercises",
    "solutions",
    "rnncourse",
    "tests",
    "tools",
    ".github",
    ".ci",
    "binder",
)
TEXT = {
    ".bib",
    ".cff",
    ".css",
    ".in",
    ".ipynb",
    ".js",
    ".md",
    ".mjs",
    ".py",
    ".toml",
    ".txt",
    ".yml",
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pyproject():
    return tomllib.loads(read("pyproject.toml"))


def requirements(name):
    """Requirements of a pip file, without comments."""
    lines = (line.partition("  #")[0].strip() for line in read(name).splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def targets():
    """The documented commands of the Makefile."""
    return set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))


def text_files():
    """Every text file that is written by hand or committed."""
    files = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in FOLDERS:
        files += (ROOT / folder).rglob("*")
    ignored = {"__pycache__", ".ipynb_checkpoints"}
    return [
        path
        for path in files
        if path.is_file() and not ignored & set(path.parts)
        if path.suffix in TEXT or path.name in ("Makefile", "LICENSE", "run", "postBuild")
    ]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "book/how-to-use.md"])
def test_commands_in_the_text_exist(name):
    named = set(re.findall(r"^(?:\| `)?make ([a-z]+)|`make ([a-z]+)", read(name), re.MULTILINE))
    named = {first or second for first, second in named}
    assert named
    assert named <= targets()


def test_readme_has_a_line_for_each_command():
    in_table = re.findall(r"^\| `make ([a-z]+)", read("README.md"), re.MULTILINE)
    assert sorted(in_table) == sorted(targets() - {"help"})


def test_every_target_is_phony_or_a_file():
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE).group(1).split()
    assert set(phony) == targets()


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", read("README.md"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_table_of_contents_and_the_pages_agree():
    listed = [page.name for page in book.pages()]
    assert listed == re.findall(r"(?:root|file): (\S+)", read("_toc.yml"))
    assert len(listed) == len(set(listed))
    files = [*ROOT.glob("book/**/*.md"), *ROOT.glob("book/**/*.ipynb")]
    files = [path for path in files if ".ipynb_checkpoints" not in path.parts]
    found = [path.relative_to(ROOT).with_suffix("").as_posix() for path in files]
    assert sorted(listed) == sorted(found)


# Written in pieces, so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.:/\[])/(?:ho" r"me|Us" r"ers|r" r"oot|w" r"ork)/\w")
REGISTRY = re.compile(r"(?:py" r"pi\.org|pythonho" r"sted|registry\.n" r"pmjs|index-" r"url)")


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_one_machine_or_registry(pattern):
    files = text_files()
    assert len(files) > 30
    made_up = {ROOT / "tests/test_notebooks.py"}  # its paths show the lint what to find
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files
        if path not in made_up
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_requirements_are_pinned():
    pins = requirements("requirements.txt")
    assert [str(pin) for pin in pins if not re.fullmatch(r"==[\w.]+", str(pin.specifier))] == []
    assert [str(pin) for pin in pins if pin.url] == []
    assert [pin.name for pin in pins if re.match("nvidia|cuda|triton", pin.name)] == []


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_requirements_hold_all_that_is_asked_for():
    pinned = {
        normal(pin.name): Version(str(pin.specifier)[2:])
        for pin in requirements("requirements.txt")
    }
    project = pyproject()["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["book"]
    asked = [Requirement(line) for line in asked] + requirements("requirements.in")
    for requirement in asked:
        assert pinned[normal(requirement.name)] in requirement.specifier, requirement


def test_what_comes_without_its_dependencies_is_fixed_to_the_byte():
    lines = read("requirements-no-deps.txt").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert len(packages) == 4
    for package in packages:
        assert re.fullmatch(r"[\w-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}", package), package


def test_continuous_integration_runs_what_the_readme_names():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make lint test" in script.read_text()
    assert "RNNCOURSE_REQUIRE_BROWSER=1" in script.read_text()
    assert ".ci/run" in read(".github/workflows/test.yml")


def test_workflows_test_every_python_and_ask_for_little():
    test = yaml.safe_load(read(".github/workflows/test.yml"))
    classifiers = "\n".join(pyproject()["project"]["classifiers"])
    declared = re.findall(r"Python :: (3\.\d+)", classifiers)
    assert test["jobs"]["test"]["strategy"]["matrix"]["python"] == declared
    assert f">={declared[0]}" == pyproject()["project"]["requires-python"]
    for name in ("test", "pages"):
        workflow = yaml.safe_load(read(f".github/workflows/{name}.yml"))
        assert workflow["permissions"] == {"contents": "read"}
        assert workflow["concurrency"]


def test_citation_and_licences():
    citation = yaml.safe_load(read("CITATION.cff"))
    project = pyproject()["project"]
    assert citation["version"] == project["version"]
    assert citation["repository-code"] == project["urls"]["Source"]
    assert citation["license"] == project["license"] == "MIT"
    assert read("LICENSE").startswith("MIT License")
    assert "creativecommons.org/licenses/by/4.0/legalcode" in read("LICENSE-CONTENT")


def test_binder_and_hooks_name_files_that_exist():
    (include,) = re.findall(r"^-r (.*)$", read("binder/requirements.txt"), re.MULTILINE)
    assert (ROOT / "binder" / include).is_file()
    assert os.access(ROOT / "binder/postBuild", os.X_OK)
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    tools = [re.findall(r"-m tools\.(\w+)", hook["entry"]) for hook in hooks]
    assert any(tools)
    for (name,) in filter(None, tools):
        assert (ROOT / "tools" / f"{name}.py").is_file()
