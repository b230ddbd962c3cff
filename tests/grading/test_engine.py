"""The work is done once each, wherever it runs and whatever is killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from grading.quick import Here, quick_grade
from grading.toy_course import GUESSED, RIGHT, hand_in
from tools.grading import engine, worker
from tools.grading.engine import Local, Remote, run
from tools.homework import ROOT, HomeworkError

PYTHONPATH = os.pathsep.join([str(ROOT), str(ROOT / "tests")])


def double(x):
    return 2 * x


def take_down(folder, name, times):
    """Kill the process in which this runs, the first few times; count the runs in a folder."""
    runs = len(list(folder.glob(f"{name}-*")))
    (folder / f"{name}-{runs}").touch()
    time.sleep(0.05)
    if runs < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def fail():
    raise RuntimeError("out of order")


def sleep(folder):
    (folder / f"{os.getpid()}").touch()
    time.sleep(600)


def is_alive(pid):
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return False


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def test_every_job_is_done_and_no_more_than_fit_are_asked_for():
    asked = []

    def jobs():
        for number in range(20):
            asked.append(number)
            yield number, partial(double, number)

    with Local(2) as local:
        results = run(local, jobs())
        first = next(results)
        assert len(asked) <= 4
        assert dict([first, *results]) == {number: 2 * number for number in range(20)}
        assert list(run(local, [])) == []


def test_a_killed_process_costs_nothing_but_the_one_that_kills_each_time(tmp_path):
    jobs = [(name, partial(take_down, tmp_path, name, 0)) for name in "abcdef"]
    jobs[2:2] = [("once", partial(take_down, tmp_path, "once", 1))]
    jobs[4:4] = [("always", partial(take_down, tmp_path, "always", 9))]
    with Local(2) as local:
        results = list(run(local, jobs))
    assert dict(results) == {name: name for name in [*"abcdef", "once"]} | {"always": None}
    assert len(results) == len(jobs)
    assert len(list(tmp_path.glob("always-*"))) == engine.TRIES


def test_a_call_that_raises_says_that_grading_does_not_work():
    with (
        pytest.raises(HomeworkError, match="grading does not work: RuntimeError: out of order"),
        Local(1) as local,
    ):
        list(run(local, [("a", fail)]))


SLEEPER = """\
from pathlib import Path
from functools import partial
import sys
from grading.test_engine import sleep
from tools.grading.engine import Local, run
if __name__ == "__main__":
    with Local(2) as local:
        list(run(local, [(n, partial(sleep, Path(sys.argv[1]))) for n in range(9)]))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_grader(tmp_path, how):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "pids").mkdir()
    grader = subprocess.Popen(
        [sys.executable, tmp_path / "sleeper.py", tmp_path / "pids"],
        env=os.environ | {"PYTHONPATH": PYTHONPATH},
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Where the tests run in the background of a shell, SIGINT is ignored, also by children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: len(list((tmp_path / "pids").iterdir())) == 2, 60)
    pids = [int(path.name) for path in (tmp_path / "pids").iterdir()]
    assert all(map(is_alive, pids))
    if how == signal.SIGINT:
        os.killpg(grader.pid, how)  # as a terminal does
    else:
        os.kill(grader.pid, how)
    wait_until(lambda: not any(map(is_alive, pids)), 60)
    _, errors = grader.communicate(timeout=60)
    assert errors.count(b"Traceback") == (1 if how == signal.SIGINT else 0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A dask scheduler and two workers on this machine: address, and the workers' processes."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("dask")
    address = folder / "scheduler.json"
    common = {
        "cwd": ROOT,
        "env": os.environ | {"PYTHONPATH": PYTHONPATH, "OMP_NUM_THREADS": "1"},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    dask = [sys.executable, "-m"]
    scheduler = [*dask, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler += ["--no-dashboard", "--scheduler-file", address]
    one = [*dask, "distributed.cli.dask_worker", "--scheduler-file", address, "--no-nanny"]
    one += ["--nthreads", "2", "--no-dashboard", "--local-directory", folder]
    processes = [subprocess.Popen(scheduler, **common)]
    try:
        wait_until(address.exists, 60)
        processes += [subprocess.Popen(one, **common) for _ in range(2)]
        import distributed

        with distributed.Client(scheduler_file=str(address)) as client:
            client.wait_for_workers(2, timeout=60)
            yield client.scheduler.address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def processes_at(folder):
    """The processes that have begun to grade there."""
    return {path.name.rpartition(" ")[2] for path in folder.iterdir()}


def slow_grade(folder, name, contents, assignment):
    (folder / f"{name} {os.getpid()}").touch()
    time.sleep(0.1)
    return quick_grade(name, contents, assignment)


def test_a_cluster_gives_the_same_marks_also_when_a_worker_is_killed(cluster, assignment, tmp_path):
    address, workers = cluster
    wrong = hand_in(assignment.released, GUESSED).encode()
    right = hand_in(assignment.released, RIGHT).encode()
    contents = {f"student {n}": [right, wrong, b""][n % 3] for n in range(16)}
    jobs = [
        (name, partial(slow_grade, tmp_path, name, text, assignment))
        for name, text in contents.items()
    ]
    with Remote(address) as remote:
        assert remote.size == 8
        results = run(remote, jobs)
        first = [next(results) for _ in range(4)]
        wait_until(lambda: len(processes_at(tmp_path)) == 2, 60)  # both workers have begun
        workers[0].kill()
        rest = list(results)
    assert len(first) + len(rest) == len(jobs)
    expected = dict(run(Here(), jobs))
    assert {n: result.scores for n, result in [*first, *rest]} == {
        n: result.scores for n, result in expected.items()
    }
    assert len(processes_at(tmp_path)) == 3  # and this one


def test_a_worker_of_a_cluster_grades_with_nbgrader(cluster, assignment):
    right = hand_in(assignment.released, RIGHT).encode()
    jobs = [(n, partial(worker.grade, str(n), right, assignment)) for n in range(2)]
    with Remote(cluster[0]) as remote:
        results = dict(run(remote, jobs))
    expected = quick_grade("ada", right, assignment).scores
    assert [(r.reason, r.scores) for r in results.values()] == [("", expected)] * 2


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(HomeworkError, match=f"answers at {address}"), Remote(address):
            pass


def test_dask_is_needed_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(HomeworkError, match="pip install distributed"), Remote("tcp://x:1"):
        pass
    source = (ROOT / "tools/grading/engine.py").read_text()
    assert source.count("import distributed") == 1
