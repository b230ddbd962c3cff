"""nbgrader's Execute, with the tests out of the student's reach.

A student's cells run in their kernel in the sandbox. Locked cells run in the tester, from the
text of the assignment, whatever stands in the submission; what they ask about the answers reaches
the kernel over its channel. A kernel that dies or hangs costs the cell that was running.
"""

import asyncio

from jupyter_core.utils import run_sync
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution
from traitlets import Dict, Float, Instance, Int, List, Unicode

from tools.grading import channel
from tools.grading.assignment import question_of
from tools.grading.processes import PATIENCE, KernelLost, OutOfTime, StudentKernel, TesterProcess
from tools.grading.sandbox import ForkServer, Limits


class TrustedExecute(Execute):
    """Runs a submission; the outputs of its test cells come from the tester."""

    server = Instance(ForkServer)
    limits = Instance(Limits, ())
    seed = Unicode("0", help="the class seed")
    locked = Dict(help="source of each locked cell, by grade_id")
    answers = List(help="names that the answers define")
    demonstrations = List(help="sources of the assignment's cells that are only to look at")
    questions = List(help="run the tests of these questions only; all when empty")
    all_time = Float(900, help="seconds that a submission may take")
    room = Int(5 << 20, help="bytes of output that a submission may have")

    def preprocess(self, nb, resources, km=None):
        """Run all cells of a notebook; see nbgrader."""
        run_sync(self._run_all)(nb, resources.get("metadata", {}).get("path"))
        return nb, resources

    async def _run_all(self, notebook, files):
        self.files, self.set_up = files, []
        self.kernel = StudentKernel(
            self.server, self.limits, files,
            cell_time=self.timeout, all_time=self.all_time, room=self.room,
        )  # fmt: skip
        self.tester = None
        try:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = []
                    await self._run(cell)
        finally:
            await self.kernel.close()
            self._close_tester()

    async def _run(self, cell):
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name is None and cell.source in self.demonstrations:
            return
        if name in self.locked and is_grade(cell) and not is_solution(cell):
            if self.questions and question_of(name) not in self.questions:
                cell.outputs = [_error("NotRun", "this question was not to be graded")]
            else:
                cell.outputs = await self._run_locked(name)
            return
        if name in self.locked:  # what it gives is there for the tests and for the answers
            await self._run_locked(name)
            self.set_up.append(name)
        try:
            await self.kernel.run(cell)
        except KernelLost as trouble:
            cell.outputs.append(self._explained(trouble))

    async def _run_locked(self, name):
        """Run a locked cell in the tester while the kernel answers; return its outputs."""
        trouble = None

        async def answer(question):
            nonlocal trouble
            if trouble is None:
                try:
                    return await self.kernel.answer(question)
                except KernelLost as error:
                    trouble = error
            return channel.frame({"error": ["RuntimeError", str(trouble)]})

        await self._start_tester()
        if self.tester is None:
            return [self._explained(OutOfTime())]
        self.kernel.begin()
        try:
            run = self.tester.run(name, self.locked[name], answer)
            outputs = await asyncio.wait_for(run, self.kernel.time_left + PATIENCE)
        except TimeoutError:
            outputs, trouble = [], OutOfTime()
        except (channel.ChannelError, OSError, EOFError):
            outputs, trouble = [], KernelLost("the tests ended early: is an answer too large?")
        if trouble and not outputs:
            self._close_tester()
        outputs = [new_output(**output) for output in outputs]
        if trouble:
            outputs = [o for o in outputs if o.output_type == "stream"]
            outputs.append(self._explained(trouble))
        return outputs

    async def _start_tester(self):
        """Start the tester where there is none, and run the given cells in it up to here."""
        if self.tester is None:
            self.tester = TesterProcess(self.server, self.limits, self.files)
            await self.tester.start(self.answers, self.seed)
            for name in self.set_up:
                if self.tester:  # it ends when one of them does not end in time
                    await self._run_locked(name)

    def _close_tester(self):
        if self.tester:
            self.tester.close()
            self.tester = None

    def _explained(self, trouble):
        if isinstance(trouble, OutOfTime):
            return new_output("error", **self.error_on_timeout)
        return _error("DeadKernelError", str(trouble))


def _error(name, message):
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
