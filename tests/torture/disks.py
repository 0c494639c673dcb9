"""Disks that fail: every system call on a store's files may answer EIO or ENOSPC once, and a disk may really be full."""

import pathlib
import random
import shutil
import subprocess
import tempfile
import time

import grpc

import judge
import kills
import ledger
import processes
import stubs

CALLS = ("fdatasync", "fsync", "write", "pwrite64", "openat", "rename", "ftruncate", "fallocate", "pread64", "read")
WRITTEN = {"plan": ("journal", "state"), "progress": ("journal", "state"), "aggregator": ("state",), "ranking": ("journal", "state", "cells")}
FILES_AHEAD = 24     # numbers of files that a store may use before it ends
TRIAL_SECONDS = 1.2  # under load, for the call to come about
ENDS = (70, 74)      # says why and ends; 70: what was to be read at the start could not be

FULL_BYTES, RESERVE_MIB = 96 << 20, 16


def paths_of(service):
    """Every file that the service may read or write next; strace then looks at no other descriptor."""
    paths = [service.directory / "witness", service.directory]
    for store in WRITTEN[service.name]:
        directory = service.directory / store
        existing = list(directory.glob("*"))
        numbers = [int("".join(filter(str.isdigit, path.name)) or 0) for path in existing if not path.name.startswith("LOG")]
        first = max(numbers, default=0)
        paths += [directory, *(path for path in existing if not path.name.startswith("LOG"))]
        for number in range(first + 1, first + FILES_AHEAD):
            paths += [directory / f"{number:06}.{suffix}" for suffix in ("log", "sst", "dbtmp")]
            paths.append(directory / f"MANIFEST-{number:06}")
    return [str(path) for path in paths]


def strace(service, rng):
    """The command that makes one call of the service fail, and what to call it."""
    call, error, when = rng.choice(CALLS), rng.choice(("EIO", "EIO", "ENOSPC")), rng.choice((1, 1, 2, 3, rng.randint(4, 40)))
    wrapper = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]
    for path in paths_of(service):
        wrapper += ["-P", path]
    return wrapper, f"{error} at {call} number {when} of {service.name}"


def round_of_errors(options, number, times, counts, deadline):
    seed = f"{options.seed}/io/{number}"
    rng = random.Random(seed)
    suite = processes.Suite(options.scratch, disable=options.disable)
    load = kills.Load(suite, seed, reporters=2, batch_max=40, pause=0.2)
    book = load.book
    try:
        for _ in range(times):
            if book.failures or time.monotonic() > deadline:
                break
            service = suite[rng.choice(processes.NAMES)]
            service.terminate() if rng.random() < 0.3 else service.kill()
            wrapper, what = strace(service, rng)
            service.start(wrapper=wrapper)
            try:
                code = service.process.wait(TRIAL_SECONDS)
                counts["io_ended"] += 1
                if code not in ENDS:
                    book.fail("died", f"{what}: it ended with {code}: {service.tail()}")
            except subprocess.TimeoutExpired:
                service.kill()  # nothing came of it, or it never came about
            counts["io"] += 1
            service.start()
            service.wait_ready()
    except processes.Died as died:
        book.fail("died", f"after an error: {died}")
    finally:
        load.stop()
    judge.judge_round(suite, book, seed, load.watchers)
    suite.close(keep=options.keeps(book))
    book.directory = suite.directory
    return book


class NoMounts(Exception):
    """This machine does not let us mount a small disk."""


class SmallDisk:
    """A tmpfs with a ballast file that leaves as much room as one likes."""

    def __init__(self, scratch):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="anju-torture-small-", dir=scratch))
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", self.data], check=True, stderr=subprocess.PIPE)
        except subprocess.CalledProcessError as error:
            self.data.rmdir()
            raise NoMounts(error.stderr.decode().strip()) from None

    def leave(self, left):
        """Fills the disk until only so many bytes are left; a moment later the services have used some of them."""
        ballast = self.data / "ballast"
        ballast.unlink(missing_ok=True)
        size = shutil.disk_usage(self.data).free - left
        if size > 0:
            subprocess.run(["fallocate", "-l", str(size), ballast], check=True)

    def close(self, keep):
        if not keep:  # else it stays mounted, with the stores
            subprocess.run(["umount", self.data], check=False)
            self.data.rmdir()


def wait_for(condition, seconds, book, what):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return book.fail("stuck", f"{what} did not come about within {seconds} s")
        if book.failures:
            return None
        time.sleep(0.02)
    return None


def round_of_full_disks(options, number, times, counts, deadline):
    """Nearly full: refused with DISK_FULL while reads go on, and healed without a restart. Really full: 74, and nothing is lost."""
    seed = f"{options.seed}/full/{number}"
    rng = random.Random(seed)
    disk = SmallDisk(options.scratch)
    suite = processes.Suite(options.scratch, disk=disk, disable=options.disable, reserve_mib=RESERVE_MIB)
    load = kills.Load(suite, seed, reporters=2, batch_max=200, pause=0.02)
    book = load.book
    try:
        for _ in range(times):
            if book.failures or time.monotonic() > deadline:
                break
            refused = book.counts["full"]
            disk.leave((RESERVE_MIB - 1) << 20)
            wait_for(lambda: book.counts["full"] > refused + 3, 30, book, "a refusal with DISK_FULL")
            channel = ledger.connect(suite["aggregator"].address)
            request = stubs.aggregator.GetRollupRequest(region="53", year="2017")
            ledger.patiently(lambda: stubs.AGGREGATOR(channel).GetRollup(request, timeout=10))  # reads go on
            channel.close()
            if rng.random() < 0.5:
                disk.leave(0)  # not even what is kept for restarts
                service = suite[rng.choice(processes.NAMES)]
                service.kill()
                service.start()
                try:
                    code = service.process.wait(1)
                    if code not in ENDS:
                        book.fail("died", f"on a full disk {service.name} ended with {code}: {service.tail()}")
                except subprocess.TimeoutExpired:
                    service.kill()
                disk.leave(60 << 20)
                service.start().wait_ready()
            disk.leave(60 << 20)
            acked = book.counts["acked"]
            wait_for(lambda: book.counts["acked"] > acked, 30, book, "an acknowledgement after there was room again")
            counts["full"] += 1
    except (processes.Died, grpc.RpcError) as failure:
        book.fail("died", f"on a full disk: {failure}")
    finally:
        load.stop()
    judge.judge_round(suite, book, seed, load.watchers)
    suite.close(keep=options.keeps(book))
    book.directory = suite.directory
    return book
