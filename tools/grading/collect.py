"""Find the submissions in a folder, or in a zip file as a learning management system exports it.

A student's name is what is left of a file's or folder's name when the system's additions are off:

    by hand    Jane Doe.ipynb                                     Jane Doe
               Jane Doe/hw2.ipynb                                 Jane Doe
    Moodle     Jane Doe_12345_assignsubmission_file_/hw2.ipynb    Jane Doe
               Jane Doe_12345_assignsubmission_file_hw2.ipynb     Jane Doe
    Canvas     doejane_LATE_1234_5678_hw2-1.ipynb                 doejane

Students of the same name are told apart by the system's number: Jane Doe_12345.

Names come from outside and never become paths: ``file_name`` makes one that is safe. Nothing is
unpacked, nothing is written, and links are not followed.
"""

import hashlib
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from tools.grading.submission import SubmissionError, check_size, first_line
from tools.homework import HomeworkError

MOODLE = re.compile(r"(?s)(?P<student>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")
CANVAS = re.compile(r"(?s)(?P<student>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)")
CANVAS_TRY = re.compile(r"(?i)-\d+(?=\.ipynb$)")  # Canvas counts the tries: hw2-1.ipynb

RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(10))}
LONGEST_NAME = 100  # bytes, of a student's files
MOST_FILES = 100_000  # in a zip file


@dataclass(frozen=True)
class File:
    """One file of a student's, or the folder itself where the name is empty."""

    path: tuple  # its names, from the top
    student: str
    name: str  # as the student called it
    number: str  # of the student, from the system; "" without one
    contents: Callable[[], bytes] | None  # None for links, pipes and the like


@dataclass(frozen=True)
class Submission:
    """What one student handed in: a notebook, or a reason why it cannot be graded."""

    student: str
    file: File | None = None
    reason: str = ""  # with a file, a remark on it
    number: str = ""  # of the student, from the system; "" without one

    def read(self):
        """The notebook's bytes. Raises: SubmissionError when there are none."""
        if self.file is None:
            raise SubmissionError(self.reason)
        try:
            return self.file.contents()
        except SubmissionError:
            raise
        except Exception as error:  # whatever a disk or a zip file holds costs this one only
            name = listed([self.file])
            raise SubmissionError(f"{name} cannot be read: {first_line(error)}") from error


def collect(source, assignment):
    """The submissions in a folder or a zip file, one a student, sorted by name.

    Raises: HomeworkError when there is no such folder or zip file, or nothing in it.
    """
    if source.is_dir():
        found = files_of_folder(source)
    elif source.is_file() and zipfile.is_zipfile(source):
        found = files_of_zip(source)
    else:
        raise HomeworkError(f"there is no folder {source}, and no zip file of that name")
    wanted = f"{assignment}.ipynb"
    files = [identify(path, contents, wanted) for path, contents in found]
    if not files:
        raise HomeworkError(f"there are no submissions in {source}")
    files = [file for file in files if not is_litter(file)]
    submissions = [
        replace(choose(group, wanted), number=group[0].number) for group in by_student(files)
    ]
    return sorted(submissions, key=lambda submission: submission.student)


def files_of_folder(folder):
    """Yield the names on the way to each file, and how to read it; folders among them too."""
    for entry in sorted(folder.iterdir()):
        inside = entry.is_dir() and not entry.is_symlink()
        yield (entry.name, "") if inside else (entry.name,), contents_of(entry)
        if inside and os.access(entry, os.R_OK | os.X_OK):
            for path in sorted(entry.iterdir()):
                yield (entry.name, path.name), contents_of(path)


def contents_of(path):
    """How to read a file; None where that may lead elsewhere or never end."""
    about = path.lstat()
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        return None

    def contents():
        check_size(about.st_size)
        return path.read_bytes()

    return contents


def files_of_zip(source):
    """The same of a zip file's members, whose names may be anything."""
    try:
        archive = zipfile.ZipFile(source)  # open as long as a member may be read
    except zipfile.BadZipFile as error:
        raise HomeworkError(f"{source} is not a whole zip file: {error}") from error
    if len(archive.infolist()) > MOST_FILES:
        raise HomeworkError(f"{source} holds over {MOST_FILES} files: is it the right one?")
    for member in archive.infolist():
        parts = re.split(r"[/\\]", member.filename)
        path = tuple(part for part in parts[:-1] if part not in ("", ".", "..")) + (parts[-1],)
        if len(path) > 2:
            path = path[0], f"{path[1]}/"  # only files in the student's folder itself count
        ordinary = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)
        if path != ("",):
            yield path, contents_of_member(archive, member) if ordinary else None


def contents_of_member(archive, member):
    def contents():
        check_size(member.file_size)
        with archive.open(member) as file:
            return file.read(member.file_size)  # no more, whatever it would expand to

    return contents


def identify(path, contents, wanted):
    """Whose file it is, going by its name and by that of its folder."""
    folder, name = path[0], path[-1]
    number, alone = "", len(path) == 1
    if match := MOODLE.fullmatch(folder):
        student, number = match["student"], match["number"]
        name = match["file"] if alone else name
    elif alone and (match := CANVAS.fullmatch(name)):
        student, number = match["student"], match["number"]
        name = CANVAS_TRY.sub("", match["file"])
    elif alone and name.lower().endswith(".ipynb"):
        student, name = name[: -len(".ipynb")], wanted
    else:
        student = folder.rpartition(".")[0] or folder if alone else folder
    return File(path, readable(student), name, number, contents)


def is_litter(file):
    """Whether a system left it there, not a student."""
    return file.path[0].startswith((".", "__MACOSX")) or file.name.startswith(".")


def by_student(files):
    """Group files by student: names are the same when they would share a file name.

    Where the system's numbers tell students of one name apart they become part of their names,
    until no name is another's: somebody may well call themselves Jane Doe_12345.
    """
    while True:
        named = defaultdict(list)
        for file in files:
            named[file_name(file.student).casefold()].append(file)
        groups, files, clear = named.values(), [], True
        for group in groups:
            numbers = {file.number for file in group}
            if len(numbers) > 1 and "" not in numbers:
                group = [replace(file, student=f"{file.student}_{file.number}") for file in group]
                clear = False
            files += group
        if clear:
            return groups


def choose(files, wanted):
    """The one notebook to grade among a student's files, or why there is none."""
    student = files[0].student
    if "" in {file.number for file in files} and len({file.path[0] for file in files}) > 1:
        reason = f"{student} is there more than once ({listed(files)}): keep one"
        return Submission(student, reason=reason)
    if links := [file for file in files if file.contents is None]:
        reason = f"{listed(links)} is a link, which may lead to another's work"
        return Submission(student, reason=reason)
    notebooks = [file for file in files if file.name.lower().endswith(".ipynb")]
    named = [file for file in notebooks if file.name == wanted]
    if len(named) == 1:
        return Submission(student, named[0])
    if len(notebooks) == 1:
        return Submission(student, notebooks[0], f"the file was called {notebooks[0].name[:60]}")
    if notebooks:
        reason = f"there are several notebooks ({listed(notebooks)}): hand in one, {wanted}"
    else:
        reason = f"there is no notebook {wanted} (found: {listed(files) or 'nothing'})"
    return Submission(student, reason=reason)


def listed(files):
    """The first few files, in words; empty for none."""
    names = sorted({readable("/".join(file.path))[:80] for file in files if file.name})
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def readable(name):
    """A name that can be printed, whatever it was."""
    name = unicodedata.normalize("NFC", name)
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return " ".join(name.split()) or "nameless"


def file_name(student):
    """A file name for a student on any system: the name itself where that will do.

    Otherwise what had to go is made up for by a few digits that tell it from all others.
    """
    safe = re.sub(r"[^\w .@+-]", "_", student).strip(" .")
    safe = safe.encode()[:LONGEST_NAME].decode(errors="ignore")
    if safe == student and safe.partition(".")[0].casefold() not in RESERVED:
        return student
    return f"{safe.rstrip(' .')}-{hashlib.sha256(student.encode()).hexdigest()[:10]}"
