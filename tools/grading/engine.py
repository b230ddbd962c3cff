"""Where the work is done: in processes of this machine, or on a dask cluster.

A job is a name and a call without arguments. ``run`` keeps an engine busy, and no more than that: a
class of thousands is never in memory at once. A call that takes its process down with it is tried
again, alone, so that no other is blamed.
"""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, wait

from tools.homework import HomeworkError

TRIES = 3
PATIENCE = 10  # seconds to wait for a scheduler


class Local:
    """A process for each core."""

    crash, tries = BrokenExecutor, TRIES

    def __init__(self, workers=None):
        self.size = workers or len(os.sched_getaffinity(0))
        self.pool = None

    def __enter__(self):
        self.others = multiprocessing.active_children()
        return self

    def submit(self, call):
        try:
            return self.pool.submit(call)
        except (AttributeError, BrokenExecutor):  # not started yet, or a process was killed
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["tools.grading.worker"])  # imported once for all
            self.pool = ProcessPoolExecutor(self.size, context, _live_and_die_with_parent)
            return self.pool.submit(call)

    def __exit__(self, failure, *_):
        if failure:  # or Ctrl-C: what is running is not waited for
            for process in multiprocessing.active_children():
                if process not in self.others:
                    process.kill()
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


def _live_and_die_with_parent():
    """Leave Ctrl-C to the parent, and end when it ends, however that comes about."""
    signal.signal(signal.SIGINT, lambda *_: None)

    def follow():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class Remote:
    """The workers of a dask scheduler. Each needs this repository as its working directory."""

    tries = 1  # dask has tried often enough when it says that a call kills its workers

    def __init__(self, address):
        self.address = address

    def __enter__(self):
        try:
            import distributed
        except ImportError:
            raise HomeworkError("--scheduler needs dask: pip install distributed") from None
        self.crash = distributed.KilledWorker
        try:
            self.client = distributed.Client(self.address, timeout=PATIENCE)
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise HomeworkError(
                f"no dask scheduler with a worker answers at {self.address} "
                f"within {PATIENCE} seconds: {error}"
            ) from error
        self.executor = self.client.get_executor(pure=False, retries=TRIES)
        return self

    @property
    def size(self):
        """Two calls a thread, so that none waits for the next; workers may come and go."""
        return 2 * max(1, sum(self.client.ncores().values()))

    def submit(self, call):
        return self.executor.submit(call)

    def __exit__(self, *_):
        self.executor.shutdown(wait=False)
        self.client.close()


def run(engine, jobs):
    """Do the jobs in an engine; yield (name, value) as each is done.

    The value is None where the call stopped its process as often as it was tried.
    """
    jobs, running, suspects, crashes = iter(jobs), {}, deque(), Counter()
    while True:
        suspected = suspects or any(crashes[name] for name, _ in running.values())
        while len(running) < (1 if suspected else engine.size):
            job = suspects.popleft() if suspects else next(jobs, None)
            if job is None:
                break
            running[engine.submit(job[1])] = job
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            name, call = running.pop(future)
            try:
                value = future.result()
            except engine.crash:
                crashes[name] += 1
                if crashes[name] < engine.tries:
                    suspects.append((name, call))
                    continue
                value = None
            except HomeworkError:
                raise
            except Exception as error:  # calls raise nothing: it is the engine that failed
                raise HomeworkError(
                    f"grading does not work: {type(error).__name__}: {error}"
                ) from error
            crashes.pop(name, None)
            yield name, value
