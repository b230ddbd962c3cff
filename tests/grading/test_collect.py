"""Submissions are found in folders and in zip files, and no name is trusted."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from tools.grading import collect, submission
from tools.grading.collect import file_name
from tools.grading.submission import SubmissionError
from tools.homework import HomeworkError


def folder_of(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def zip_of(root, files):
    with zipfile.ZipFile(root / "export.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return root / "export.zip"


def found(source):
    """What was found, by student: the text of the notebook and the remark, or the reason."""
    result = {}
    for one in collect.collect(source, "hw2"):
        try:
            result[one.student] = (one.read().decode(), one.reason)
        except SubmissionError as error:
            result[one.student] = (None, str(error))
    return result


MOODLE = "Jane Doe_12345_assignsubmission_file_"


@pytest.mark.parametrize("make", [folder_of, zip_of])
@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Jane Doe.ipynb", "Jane Doe"),
        ("Jane Doe.IPYNB", "Jane Doe"),
        ("Jane Doe/hw2.ipynb", "Jane Doe"),
        (f"{MOODLE}/hw2.ipynb", "Jane Doe"),
        ("Jane Doe_12345_assignsubmission_file/hw2.ipynb", "Jane Doe"),
        (f"{MOODLE}hw2.ipynb", "Jane Doe"),
        ("O'Neil_Ann_7_assignsubmission_file_hw2.ipynb", "O'Neil_Ann"),
        ("doejane_1234_5678_hw2.ipynb", "doejane"),
        ("doejane_LATE_1234_5678_hw2-1.ipynb", "doejane"),
    ],
)
def test_the_student_is_what_is_left_of_the_name(make, name, student, tmp_path):
    assert found(make(tmp_path, {name: "work"})) == {student: ("work", "")}


@pytest.mark.parametrize("make", [folder_of, zip_of])
def test_what_else_lies_about_is_left_alone(make, tmp_path):
    files = {
        "ada/hw2.ipynb": "hers",
        "ada/notes.txt": "",
        "ada/.ipynb_checkpoints/hw2.ipynb": "old",
        ".DS_Store": "",
        "__MACOSX/._ada.ipynb": "",
        "Bo_1_assignsubmission_onlinetext_/onlinetext.html": "<p>",
        "Bo_1_assignsubmission_file_/hw2.ipynb": "his",
    }
    assert found(make(tmp_path, files)) == {"ada": ("hers", ""), "Bo": ("his", "")}


@pytest.mark.parametrize("make", [folder_of, zip_of])
def test_one_other_notebook_is_taken_and_several_are_not(make, tmp_path):
    files = {
        "ada/hw2 (1).ipynb": "renamed",
        "bob/a.ipynb": "",
        "bob/b.ipynb": "",
        "cy/a.ipynb": "no",
        "cy/hw2.ipynb": "yes",
        "dan/work.pdf": "",
        "eve.docx": "",
        "fay_1_2_draft-3.ipynb": "Canvas",
        "gil/sub/hw2.ipynb": "too deep",
    }
    students = found(make(tmp_path, files))
    assert students["ada"] == ("renamed", "the file was called hw2 (1).ipynb")
    assert students["cy"] == ("yes", "")
    assert students["fay"] == ("Canvas", "the file was called draft.ipynb")
    assert "several notebooks (bob/a.ipynb, bob/b.ipynb)" in students["bob"][1]
    assert students["dan"][1] == "there is no notebook hw2.ipynb (found: dan/work.pdf)"
    assert students["eve"][1] == "there is no notebook hw2.ipynb (found: eve.docx)"
    assert students["gil"][0] is None


def test_an_empty_folder_is_reported(tmp_path):
    (tmp_path / "ada").mkdir()
    assert found(tmp_path) == {"ada": (None, "there is no notebook hw2.ipynb (found: nothing)")}


@pytest.mark.parametrize(
    "names",
    [
        ("twice.ipynb", "twice/hw2.ipynb"),
        ("twice.ipynb", "TWICE.ipynb"),
        ("Zo\u00eb.ipynb", "Zoe\u0308.ipynb"),
        ("two words.ipynb", "two  words.ipynb"),
        ("Jane_1_assignsubmission_file_hw2.ipynb", "Jane.ipynb"),
    ],
)
def test_a_student_who_is_there_twice_is_not_graded(names, tmp_path):
    [(text, reason)] = found(zip_of(tmp_path, dict.fromkeys(names, "work"))).values()
    assert text is None
    assert "more than once" in reason


def test_students_of_one_name_are_told_apart_by_number(tmp_path):
    files = {f"Jane_{n}_assignsubmission_file_hw2.ipynb": f"{n}" for n in (1, 2)}
    assert found(zip_of(tmp_path, files)) == {"Jane_1": ("1", ""), "Jane_2": ("2", "")}


def test_nobody_can_take_the_name_that_another_gets(tmp_path):
    names = {"Jane_1": "1", "Jane_2": "2", "Jane_1_9": "9", "Jane_1_1_8": "8"}
    files = {f"{name}_assignsubmission_file_hw2.ipynb": text for name, text in names.items()}
    assert set(found(zip_of(tmp_path, files)).values()) == {(n, "") for n in names.values()}


def test_a_folder_that_cannot_be_read_costs_itself_alone(tmp_path, monkeypatch):
    folder_of(tmp_path, {"ada/hw2.ipynb": "hers", "bob/hw2.ipynb": "his"})
    (tmp_path / "bob").chmod(0)
    # For root, who may read everything, what any other user is told:
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "bob")
    assert found(tmp_path)["ada"] == ("hers", "")
    assert "no notebook" in found(tmp_path)["bob"][1]
    (tmp_path / "bob").chmod(0o700)


NASTY = [
    "../../etc/passwd.ipynb",
    "/etc/hw2.ipynb",
    "C:\\Users\\ada\\hw2.ipynb",
    "..\\..\\x.ipynb",
    "a\nb.ipynb",
    "\u202eevil.ipynb",
    ".../hw2.ipynb",
    "con.ipynb",
    "x" * 5000 + ".ipynb",
    "\u6f22" * 200 + ".ipynb",
    "trailing. .ipynb",
    "Zo\u00eb [x] *?.ipynb",
    "-rf.ipynb",
    "=1+1.ipynb",
]


def test_no_name_leads_out_of_a_folder_and_none_is_refused(tmp_path):
    students = list(found(zip_of(tmp_path, dict.fromkeys(NASTY, "work"))))
    names = [file_name(student) for student in students]
    assert len({name.casefold() for name in names}) == len(names) >= len(NASTY) - 2
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in names:
        assert Path(name).name == name
        assert name not in (".", "..")
        (pages / f"{name}.html").write_text("")
    assert len(list(pages.iterdir())) == len(names)
    assert not any("\n" in student or "\u202e" in student for student in students)


@pytest.mark.parametrize("name", ["Jane Doe", "Zo\u00eb", "a.b-c_d+e@f", "\u6f22\u5b57"])
def test_an_ordinary_name_is_its_own_file_name(name):
    assert file_name(name) == name


@pytest.mark.skipif(os.name == "nt", reason="names there are always text")
def test_a_name_that_is_not_text_is_made_readable(tmp_path):
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.ipynb")).write_text("work")
    [student] = found(tmp_path)
    assert student.encode()


def test_links_and_pipes_are_refused(tmp_path):
    folder_of(tmp_path, {"ada/hw2.ipynb": "hers"})
    (tmp_path / "bob.ipynb").symlink_to(tmp_path / "ada" / "hw2.ipynb")
    (tmp_path / "cy").symlink_to(tmp_path / "ada")
    (tmp_path / "dan").mkdir()
    (tmp_path / "dan" / "hw2.ipynb").symlink_to(tmp_path / "ada" / "hw2.ipynb")
    (tmp_path / "eve.ipynb").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "fay.ipynb")
    students = found(tmp_path)
    assert students.pop("ada") == ("hers", "")
    assert set(students) == {"bob", "cy", "dan", "eve", "fay"}
    assert all(text is None and "link" in reason for text, reason in students.values())


def test_a_link_in_a_zip_file_is_refused(tmp_path):
    link = zipfile.ZipInfo("bob.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(link, "ada/hw2.ipynb")
    assert "link" in found(tmp_path / "export.zip")["bob"][1]


def test_a_file_too_large_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "LARGEST", 1000)
    (tmp_path / "big.ipynb").write_bytes(b" " * 1001)
    assert "clear the outputs" in found(tmp_path)["big"][1]
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.ipynb", b" " * 10_000_000)
        archive.writestr("ada.ipynb", "fine")
    students = found(tmp_path / "bomb.zip")
    assert "clear the outputs" in students["bomb"][1]
    assert students["ada"] == ("fine", "")


def test_a_damaged_member_costs_itself_alone(tmp_path):
    source = zip_of(tmp_path, {"ada.ipynb": "A" * 50, "bob.ipynb": "B" * 50})
    source.write_bytes(source.read_bytes().replace(b"A" * 50, b"C" * 50))
    students = found(source)
    assert "cannot be read" in students["ada"][1]
    assert students["bob"] == ("B" * 50, "")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(HomeworkError, match="no folder .*nowhere, and no zip file"):
        collect.collect(tmp_path / "nowhere", "hw2")
    with pytest.raises(HomeworkError, match="no submissions in"):
        collect.collect(tmp_path, "hw2")
    (tmp_path / "text").write_text("no zip file")
    with pytest.raises(HomeworkError, match="no zip file"):
        collect.collect(tmp_path / "text", "hw2")
    (tmp_path / "half.zip").write_bytes(zip_of(tmp_path, {"a.ipynb": ""}).read_bytes()[:-9])
    with pytest.raises(HomeworkError, match="zip file"):
        found(tmp_path / "half.zip")


def test_the_systems_number_is_kept_also_of_what_cannot_be_graded(tmp_path):
    files = {
        "Jane Doe_12345_assignsubmission_file_/hw2.ipynb": "",
        "Bob_777_assignsubmission_file_/essay.docx": "",
        "doejim_LATE_1234_5678_hw2-1.ipynb": "",
        "Ada.ipynb": "",
    }
    numbers = {one.student: one.number for one in collect.collect(zip_of(tmp_path, files), "hw2")}
    assert numbers == {"Jane Doe": "12345", "Bob": "777", "doejim": "1234", "Ada": ""}
