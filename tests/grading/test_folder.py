"""The folders that grading writes into: nothing partial, nothing left behind."""

import multiprocessing
import os
import tempfile

import pytest

from tools.grading.folder import class_seed, scratch, write_whole
from tools.homework import HomeworkError


def test_what_a_killed_grader_leaves_in_the_temporary_folder_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = multiprocessing.get_context("fork").Process()
    gone.start()
    gone.join()
    for pid in (gone.pid, os.getpid()):
        (tmp_path / f"grade-{pid}-x" / "course").mkdir(parents=True)
    with scratch() as folder:
        assert folder.is_dir()
        assert {p.name for p in tmp_path.iterdir()} == {f"grade-{os.getpid()}-x", folder.name}
    assert not folder.exists()


def test_a_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "marks.csv"
    write_whole(path, b"first")
    with pytest.raises(TypeError):
        write_whole(path, "no bytes")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_class_seed_may_be_written_by_hand(tmp_path):
    (tmp_path / "class-seed").write_text("7\n")
    assert class_seed(tmp_path) == "7"


@pytest.mark.parametrize("seed", ["", "x", "-1", "1.5", "\u0663"])
def test_a_class_seed_that_every_test_would_stumble_over_is_refused(tmp_path, seed):
    (tmp_path / "class-seed").write_text(seed, encoding="utf-8")
    with pytest.raises(HomeworkError, match="should be a whole number, got"):
        class_seed(tmp_path)
    with pytest.raises(HomeworkError, match="should be a whole number, got '-1'"):
        class_seed(tmp_path / "other", -1)
