"""The four services as real processes that can be killed, stopped, armed and started again on the same port."""

import atexit
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import stubs

BIN = pathlib.Path(os.environ.get("ANJU_TORTURE_BIN_DIR", stubs.BUILD / "torture"))
NAMES = ("plan", "progress", "aggregator", "ranking")
UPSTREAM = {"plan": (), "progress": ("plan",), "aggregator": ("plan", "progress"), "ranking": ("aggregator",)}
RESERVES = {}
LIVING = set()  # suites to be taken down with this program, however it ends
START_SECONDS = 60  # a limit for a service to come up on a busy machine, never a measurement
STOP_SECONDS = 60

# Where a service may be told to die, and up to which time.
COMMITTING = [(f"journal.{place}", 40) for place in ("before_append", "between_syncs", "after_witness")] + [
    (f"pipeline.{place}", 40) for place in ("decided", "handed_over", "before_answers", "after_answers")] + [
    (f"state.{place}", 3) for place in ("before_write", "after_write", "after_flush", "replayed_block")]
FOLLOWING = [("feed.before_block", 30), ("feed.after_block", 30)]
PLACES = {
    "plan": COMMITTING + [("plan.decided", 20), ("plan.before_answer", 20)],
    "progress": COMMITTING + FOLLOWING + [("progress.before_items", 60), ("progress.after_items", 60), ("progress.plan_block", 10)],
    "aggregator": FOLLOWING + [("aggregator.plan_applied", 10), ("aggregator.before_position", 60), ("aggregator.progress_applied", 60),
                               ("aggregator.before_frame", 20), ("aggregator.before_write", 2), ("aggregator.after_write", 2)],
    "ranking": COMMITTING + [("ranking.before_snapshot", 2), ("ranking.after_snapshot", 2), ("ranking.before_frame", 20), ("ranking.after_frame", 20),
                             ("ranking.issued", 3)],
}


def free_port():
    """Below the ephemeral range: while a service is down, no client's own end may take its port."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Died(Exception):
    """A service ended in a way that nobody had asked for."""


class Service:
    """One anju-<name>-armed process."""

    def __init__(self, name, directory, log, addresses, disable="", reserve_mib=0):
        self.name, self.directory, self.log_path, self.addresses, self.disable = name, pathlib.Path(directory), log, addresses, disable
        self.reserve_mib, self.expected = reserve_mib, ()
        self.address = f"127.0.0.1:{free_port()}"
        self.process, self.place, self.announced = None, "", None
        self.log = open(log, "ab")

    def command(self):
        command = [str(BIN / f"anju-{self.name}-armed"), "--data", str(self.directory), "--listen", self.address]
        for upstream in UPSTREAM[self.name]:
            command += [f"--{upstream}", self.addresses(self.name, upstream)]
        return command + (["--reserve-mib", str(self.reserve_mib)] if self.reserve_mib and self.keeps_a_reserve() else [])

    def keeps_a_reserve(self):
        """What is only derived may do without."""
        if self.name not in RESERVES:
            said = subprocess.run([str(BIN / f"anju-{self.name}-armed"), "--help"], stdout=subprocess.PIPE, check=False).stdout
            RESERVES[self.name] = b"--reserve-mib" in said
        return RESERVES[self.name]

    def start(self, place="", wrapper=(), expect=()):
        """Starts without waiting; with a place it is going to die there, and it may end with what is expected."""
        self.expected = expect
        environment = dict(os.environ, ANJU_FAULT_DISABLE=self.disable, ANJU_FAULT_KILL=place)
        self.place = place
        self.process = subprocess.Popen([*wrapper, *self.command()], stdout=subprocess.PIPE, stderr=self.log, env=environment)
        self.announced, self.listening = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, args=(self.process, self.announced, self.listening), daemon=True).start()
        return self

    @staticmethod
    def _listen(process, announced, listening):
        """Announced: it listens, or it will not any more."""
        for line in process.stdout:
            if line.startswith(b"listening "):
                listening.set()
                break
        announced.set()
        process.stdout.read()
        process.stdout.close()

    def wait_ready(self):
        """True once it listens; False when it died at its place before. Anything else is a failure."""
        if not self.announced.wait(START_SECONDS):
            raise Died(f"anju-{self.name} did not come up in {START_SECONDS} s")
        if self.listening.is_set():
            return True
        self.check_end(self.process.wait(STOP_SECONDS))
        return False

    def check_end(self, code):
        if (code == -signal.SIGKILL and self.place) or code in self.expected:
            return
        raise Died(f"anju-{self.name} ended with {code} by itself:\n{self.tail()}")

    def reap(self):
        """True when it has died at its place; a failure when it ended otherwise."""
        code = self.process.poll()
        if code is None:
            return False
        self.check_end(code)
        return True

    def signal(self, number):
        try:
            self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def terminate(self):
        """A clean end: exit 0, whatever goes on. (Died at its place before is fine too.)"""
        announced = self.listening.is_set()
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Died(f"anju-{self.name} did not stop within {STOP_SECONDS} s of SIGTERM") from None
        if code == -signal.SIGTERM and not announced:
            return  # before main() had its first word
        if code != 0:
            self.check_end(code)

    def tail(self):
        self.log.flush()
        return pathlib.Path(self.log_path).read_text(errors="replace")[-1500:]


class Suite:
    """Four services below one directory, with a disturber between followers and what they follow."""

    def __init__(self, scratch=None, disk=None, disable="", disturb=0.0, seed=0, reserve_mib=0):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="anju-torture-", dir=scratch))
        self.disk = disk  # what the stores are on, if it is one of its own; it goes with the suite
        self.data = pathlib.Path(disk.data if disk else self.directory)
        self.disturbers, self.services = {}, {}
        LIVING.add(self)
        (self.directory / "logs").mkdir()
        for name in NAMES:
            (self.data / name).mkdir(exist_ok=True)
            self.services[name] = Service(name, self.data / name, self.directory / "logs" / f"{name}.log", self.address_for, disable, reserve_mib)
        if disturb > 0:
            for follower, upstream in (("progress", "plan"), ("aggregator", "progress"), ("ranking", "aggregator")):
                self._start_disturber(follower, upstream, disturb, seed)
        for service in self.services.values():
            service.start()
        for service in self.services.values():
            service.wait_ready()

    def _start_disturber(self, follower, upstream, chance, seed):
        listen = f"127.0.0.1:{free_port()}"
        command = [sys.executable, str(pathlib.Path(__file__).with_name("disturber.py")), listen, self.services[upstream].address, str(chance), str(seed)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.directory / "logs" / f"disturber-{follower}.log", "ab"))
        process.stdout.readline()
        self.disturbers[follower, upstream] = (listen, process)

    def address_for(self, follower, upstream):
        if (follower, upstream) in self.disturbers:
            return self.disturbers[follower, upstream][0]
        return self.services[upstream].address

    def __getitem__(self, name):
        return self.services[name]

    def close(self, keep=False):
        LIVING.discard(self)
        for service in self.services.values():
            if service.process is not None and service.process.poll() is None:
                service.signal(signal.SIGCONT)
                service.kill()
            service.log.close()
        for _, process in self.disturbers.values():
            process.kill()
            process.wait()
        if self.disk is not None:
            self.disk.close(keep)
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)


@atexit.register
def take_down():
    for suite in list(LIVING):
        suite.close()
