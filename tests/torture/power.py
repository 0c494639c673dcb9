"""Power failures: all stores on one ext4 image; what had not reached the image when the processes froze is gone, and the services start on the rest."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import judge
import kills
import processes

IMAGE_BYTES = 160 << 20
BETWEEN = (0, 0.05, 0.1, 0.3)  # seconds of load after the first acknowledgement


class NoLoopMounts(Exception):
    """This machine does not let us mount images."""


class Machine:
    """A disk image, mounted while the power is on."""

    def __init__(self, scratch):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="anju-torture-disk-", dir=scratch))
        self.image, self.data = self.directory / "disk.img", self.directory / "disk"
        self.data.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        try:
            self.mount()
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self.directory)
            raise NoLoopMounts(error.stderr.decode().strip()) from None

    def mount(self):
        # Nothing is written back by itself within the seconds that a mount lives: only what was synced is in the image.
        subprocess.run(["mount", "-o", "loop,commit=600", self.image, self.data], check=True, stderr=subprocess.PIPE)

    def unmount(self):
        subprocess.run(["umount", self.data], check=True)

    def freeze_image(self):
        """The bytes of the disk at this moment, without those that are only in the page cache of what is mounted."""
        copy = self.image.with_suffix(".copy")
        subprocess.run(["cp", "--sparse=always", self.image, copy], check=True)
        return copy

    def close(self, keep):
        subprocess.run(["umount", self.data], stderr=subprocess.DEVNULL)
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)


def all_threads_stopped(pid):
    try:
        states = [pathlib.Path(f"/proc/{pid}/task/{task}/stat").read_text().rpartition(")")[2].split()[0] for task in os.listdir(f"/proc/{pid}/task")]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return all(state in "TtZX" for state in states)


def fail_power(machine, suite, rng):
    """Freezes every process at one moment, keeps the disk of that moment, and starts everything on it."""
    for service in rng.sample(list(suite.services.values()), 4):
        service.signal(signal.SIGSTOP)
    until = time.monotonic() + 10
    while not all(all_threads_stopped(service.process.pid) for service in suite.services.values()) and time.monotonic() < until:
        time.sleep(0.001)  # a system call that has begun ends first
    copy = machine.freeze_image()
    for service in suite.services.values():
        if not service.reap():
            service.kill()
    machine.unmount()
    copy.rename(machine.image)
    machine.mount()
    for service in rng.sample(list(suite.services.values()), 4):
        name, times = rng.choice(processes.PLACES[service.name])
        service.start(f"{name}:{rng.randint(1, times)}" if rng.random() < 0.2 else "")
    for service in suite.services.values():
        service.wait_ready()


def round_of_power(options, number, failures, counts, deadline):
    """Returns the ledger, as kills.round_of_kills does."""
    seed = f"{options.seed}/power/{number}"
    rng = random.Random(seed)
    machine = Machine(options.scratch)
    suite = processes.Suite(options.scratch, disk=machine, disable=options.disable, reserve_mib=16)
    load = kills.Load(suite, seed, reporters=2, batch_max=40, pause=0.05)
    book, until = load.book, counts["power"] + failures
    try:
        while counts["power"] < until and time.monotonic() < deadline and not book.failures:
            acked, patience = book.counts["acked"], time.monotonic() + 5
            while book.counts["acked"] == acked and time.monotonic() < patience:
                time.sleep(0.01)  # something must be there to be lost
            time.sleep(rng.choice(BETWEEN))
            fail_power(machine, suite, rng)
            counts["power"] += 1
        for service in suite.services.values():
            if service.place:
                if not service.reap():
                    service.kill()
                service.start().wait_ready()
    except processes.Died as died:
        book.fail("died", str(died))
    finally:
        load.stop()
    judge.judge_round(suite, book, seed, load.watchers)
    suite.close(keep=options.keeps(book))
    book.directory = f"{suite.directory} and {machine.directory}"
    return book
