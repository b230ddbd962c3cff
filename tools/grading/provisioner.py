"""Jupyter's way to start a kernel, with the fork server behind it."""

import shutil
import signal
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Instance

from tools.grading.forkserver import OWN
from tools.grading.sandbox import ForkServer, Limits


class SandboxProvisioner(KernelProvisionerBase):
    """Starts a student's kernel as a fork in the sandbox; see jupyter_client's provisioners.

    ``channel`` is then the socket on which the kernel answers the tester.
    """

    server = Instance(ForkServer)
    limits = Instance(Limits)
    folder = life = channel = None
    ended = "ended"  # how it ended, once it has

    async def pre_launch(self, **kwargs):
        """Have the kernel listen on sockets in a folder that it shares with the grader alone."""
        self.folder = self.server.new_folder(kwargs.pop("cwd", None))
        manager = self.parent
        manager.transport, manager.cache_ports = "ipc", False
        manager.ip = str(self.folder / "z")
        manager.connection_file = str(self.folder / "grader.json")
        manager.write_connection_file()
        Path(manager.connection_file).chmod(0o600)
        self.connection_info = manager.get_connection_info()
        return {"cmd": []}

    async def launch_kernel(self, cmd, **kwargs):
        """Fork; the kernel sees the folder under another name."""
        inside = self.parent.get_connection_info(session=False) | {"ip": f"{OWN}/z"}
        inside["key"] = inside["key"].decode()
        self.life, self.channel = self.server.fork(
            "kernel", self.folder, self.limits, connection=inside
        )
        self.life.setblocking(False)
        return self.connection_info

    @property
    def has_process(self):
        return self.life is not None

    async def poll(self):
        """None while the kernel runs."""
        if self.life is not None:
            try:
                self.ended = self.life.recv(16).decode() or self.ended
            except BlockingIOError:
                return None
            await self.kill()
        return 0

    async def send_signal(self, signum):
        """Interrupt the kernel."""
        if signum == signal.SIGINT and self.life is not None:
            self.life.send(b"i")

    async def kill(self, restart=False):
        """Close the life socket: everything in the kernel's namespace ends."""
        if self.life is not None:
            self.life.close()
            self.channel.close()
            self.life = None

    terminate = kill

    async def wait(self):
        await self.kill()

    async def cleanup(self, restart=False):
        await self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
