"""The grader's hold on the two processes of a submission: the student's kernel and the tester."""

import asyncio
import contextlib
import json
import resource
import shutil
import time
from pathlib import Path

import zmq
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from tools.grading import channel
from tools.grading.provisioner import SandboxProvisioner
from tools.grading.sandbox import SandboxError
from tools.homework import quiet_log

SHOWN = {"stream", "display_data", "execute_result", "error"}  # messages that become outputs
HEEDED = SHOWN | {"status", "execute_input", "clear_output"}
ANSWER = "from tools.grading.answers import answer_questions; answer_questions()"
LARGEST_MESSAGE = 16 << 20  # bytes, of those that a kernel sends
MOST_HELD = 1 << 30  # bytes of messages that may wait here; a message has any number of parts
PATIENCE = 5  # seconds for what takes milliseconds
DEATHS = {
    "ended": "the kernel died while it ran this",
    "memory": "this used too much memory, so the kernel was stopped",
    "flood": "this sent more than the grader can hold, so the kernel was stopped",
}
STARTUP = 60  # seconds on a machine that is busy


def _with_a_pause(receive):
    """Let clocks run before each message: while more are there, asyncio would never look."""

    async def pause_and_receive(*args, **options):
        await asyncio.sleep(0)
        return await receive(*args, **options)

    return pause_and_receive


class KernelLost(Exception):
    """The student's kernel could not go on; the message tells the student why."""


class OutOfTime(KernelLost):
    """What ran did not end in time."""


def _memory_of_this_process():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Stream:
    """One end of a channel, for use in an event loop."""

    @classmethod
    async def over(cls, socket):
        stream = cls()
        # A copy: closed behind the event loop's back, its number would be taken for the next one's.
        copy = socket.dup()
        stream.reader, stream.writer = await asyncio.open_unix_connection(sock=copy)
        return stream

    async def send(self, message):
        await self.send_frame(channel.frame(message))

    async def send_frame(self, frame):
        self.writer.write(frame)
        await self.writer.drain()

    async def receive(self):
        return channel.message_in((await self.receive_frame())[channel.HEADER.size :])

    async def receive_frame(self):
        """The bytes of a frame, of limited size, whatever is in it."""
        header = await self.reader.readexactly(channel.HEADER.size)
        return header + await self.reader.readexactly(channel.size_in(header))

    def close(self):
        self.writer.transport.abort()


class TesterProcess:
    """Runs locked cells, which ask questions meanwhile."""

    stream = None

    def __init__(self, server, limits, files):
        self.folder = server.new_folder(files)
        self.life, self.socket = server.fork("tester", self.folder, limits)

    async def start(self, answers, seed):
        """Tell it the names that the answers define, and the class seed."""
        self.stream = await Stream.over(self.socket)
        await self.stream.send({"answers": sorted(answers), "seed": seed})

    async def run(self, name, source, answer):
        """Run a cell and return its outputs; ``await answer(question)`` gives a frame."""
        await self.stream.send({"name": name, "source": source})
        while "outputs" not in (message := await self.stream.receive()):
            await self.stream.send_frame(await answer(message["question"]))
        return message["outputs"]

    def close(self):
        self.life.close()
        if self.stream:
            self.stream.close()
        self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class StudentKernel(NotebookClient):
    """A student's kernel: it runs their cells and answers the tester's questions.

    Where it cannot go on, KernelLost says why. The next use then starts a new one, which first
    runs again what had run in the old one.
    """

    def __init__(self, server, limits, files, *, cell_time, all_time, room):
        super().__init__(
            new_notebook(cells=[new_code_cell()]),
            allow_errors=True,
            record_timing=False,
            log=quiet_log(),
        )
        self.server, self.limits, self.files = server, limits, files
        self.cell_time, self.end, self.room = cell_time, time.monotonic() + all_time, room
        self.timeout_func = lambda cell: self.time_left
        self.ran = []  # the sources of cells that ran to their end
        self.stream, self.answering = None, False
        self.begin()

    def begin(self):
        """Start the clock of a cell."""
        self.deadline = min(time.monotonic() + self.cell_time, self.end)

    def _check_time(self):
        """Raises: OutOfTime when the submission has had all its time, so that none starts anew."""
        if time.monotonic() > self.end:
            raise OutOfTime

    @property
    def time_left(self):
        return max(self.deadline - time.monotonic(), 0.01)

    # --- Cells -------------------------------------------------------------------------------

    async def run(self, cell):
        """Run a cell; its outputs are then in it."""
        self._check_time()
        await self._be_ready()
        if self.answering:
            await self.stream.send(None)
            self.answering = False
        self.begin()
        try:
            await self._execute(cell)
        except OutOfTime:
            await self.km.interrupt_kernel()
            if not await self._replies():
                await self.close()
            raise
        except KernelLost:
            await self.close()
            raise
        self.ran.append(cell.source)

    async def _execute(self, cell):
        try:
            await self.async_execute_cell(cell, 0)
        except CellTimeoutError:
            raise OutOfTime from None
        except DeadKernelError:
            raise KernelLost(DEATHS[self.km.provisioner.ended]) from None
        except Exception as error:  # whatever messages it may send
            kind = type(error).__name__
            raise KernelLost(f"the kernel sent what is no message of Jupyter's ({kind})") from None

    async def _replies(self):
        """Is it still there, done with what it was asked before, and heard?"""
        request = self.kc.kernel_info()
        try:
            async with asyncio.timeout(PATIENCE):
                for get in (self.kc.get_shell_msg, self.kc.get_iopub_msg):
                    while (await get())["parent_header"].get("msg_id") != request:
                        pass
        except Exception:  # too late, or what came is no message
            return False
        return True

    def process_message(self, msg, cell, cell_index):
        """Make outputs of messages; see nbclient. Too many or other messages are dropped."""
        if msg["msg_type"] not in HEEDED:
            return None
        if msg["msg_type"] in SHOWN:
            had_room, self.room = self.room > 0, self.room - len(json.dumps(msg["content"]))
            if self.room <= 0:
                if had_room:
                    cut = {"name": "stdout", "text": "\n(the output is too long: it ends here)\n"}
                    msg = msg | {"msg_type": "stream", "content": cut}
                    msg["header"]["msg_type"] = "stream"
                else:
                    return None
            msg["content"]["metadata"] = {}  # sizes of pictures, which pages would not escape
        return super().process_message(msg, cell, cell_index)

    # --- Questions ---------------------------------------------------------------------------

    async def answer(self, question):
        """Have a question answered; return the answer's frame, unread."""
        self._check_time()
        await self._be_ready()
        if not self.answering:
            self.kc.execute(ANSWER, store_history=False)
            self.answering = True
        try:
            return await self._unless_it_dies(self._exchange(question), self.time_left)
        except KernelLost:
            await self.close()
            raise
        except channel.ChannelError as error:
            await self.close()
            raise KernelLost(f"the answer cannot be used: {error}") from None
        except (OSError, EOFError):  # closed: whether and how it died is known in a moment
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._death(), 1)
            death = DEATHS[self.km.provisioner.ended]
            await self.close()
            raise KernelLost(death) from None

    async def _exchange(self, question):
        await self.stream.send(question)
        return await self.stream.receive_frame()

    async def _unless_it_dies(self, work, seconds):
        """The value of a coroutine, if the kernel lives so long and it is there in time."""
        work, death = asyncio.ensure_future(work), asyncio.ensure_future(self._death())
        await asyncio.wait({work, death}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        if work.done():
            return work.result()
        work.cancel()
        if death.done():
            raise KernelLost(DEATHS[self.km.provisioner.ended])
        raise OutOfTime

    async def _death(self):
        while self.km and await self.km.is_alive():
            await asyncio.sleep(0.05)

    async def _watch_memory(self):
        """Stop the kernel when what it sends would fill the grader's own memory."""
        most = _memory_of_this_process() + MOST_HELD
        provisioner = self.km.provisioner
        while _memory_of_this_process() < most:
            await asyncio.sleep(0.05)
        provisioner.ended = "flood"
        await provisioner.kill()

    async def _async_poll_kernel_alive(self):
        """Stop to wait for a cell when the kernel has died; nbclient asks once a second."""
        await self._death()
        self.task_poll_for_reply.cancel()

    # --- Start and end -----------------------------------------------------------------------

    async def _be_ready(self):
        if self.km and await self.km.is_alive():
            return
        await self.close()
        self.km = AsyncKernelManager(kernel_name="python3", log=self.log)
        self.km.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self.km.context.setsockopt(zmq.RECONNECT_IVL, 2)  # ms, until the kernel's sockets are there
        self.km.provisioner = SandboxProvisioner(
            server=self.server, limits=self.limits, kernel_spec=self.km.kernel_spec, parent=self.km
        )
        await self.km.start_kernel(cwd=self.files)
        self.watch = asyncio.ensure_future(self._watch_memory())
        self.kc = self.km.client(context=self.km.context)
        self.kc.start_channels(stdin=False, hb=False)
        for socket in (self.kc.shell_channel, self.kc.iopub_channel):
            socket.get_msg = _with_a_pause(socket.get_msg)
        try:
            await self._unless_it_dies(self._greet(), STARTUP)
        except KernelLost:
            last_words = self.server.last_words
            raise SandboxError(f"a kernel does not start in the sandbox: {last_words}") from None
        self.stream = await Stream.over(self.km.provisioner.channel)
        for source in [*self.ran]:
            self.begin()  # of the cell that killed the last kernel no time may be left
            try:
                await self._execute(new_code_cell(source))
            except KernelLost:
                self.ran.remove(source)
                raise

    async def _greet(self):
        """Wait until it replies and its outputs reach us, without jupyter_client's fixed wait."""
        self.kc.kernel_info()
        await self.kc.get_shell_msg()
        await self.kc.get_iopub_msg()  # the first is iopub_welcome

    async def close(self):
        """End the kernel and everything that it has started."""
        self.answering = False
        if self.stream:
            self.stream.close()
            self.stream = None
        if self.km:
            kernel, client, self.km, self.kc = self.km, self.kc, None, None
            self.watch.cancel()
            await kernel.provisioner.kill()
            if client:
                client.stop_channels()
            await kernel.cleanup_resources()
