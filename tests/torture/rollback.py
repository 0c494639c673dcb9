"""An old copy of a store put back: refused where the witness remembers more, else noticed by every follower and client that holds a position beyond it."""

import random
import shutil
import time

import grpc

import judge
import kills
import ledger
import processes
import stubs


def copy_of(service, name):
    """Its directory, stopped cleanly; the service goes on."""
    service.terminate()
    copy = service.directory.parent / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(service.directory, copy)
    service.start().wait_ready()
    return copy


def put_back(service, copy, parts=("journal", "state", "cells", "witness")):
    for part in parts:
        old, now = copy / part, service.directory / part
        if now.is_dir():
            shutil.rmtree(now)
        elif now.exists():
            now.unlink()
        if old.is_dir():
            shutil.copytree(old, now)
        elif old.exists():
            shutil.copy2(old, now)


def refuses_position(address, position):
    """Whether a follower that stands there is told that it is not in this journal."""
    channel = ledger.connect(address)
    journal, sequence, block_hash = position
    after = stubs.basis.Position(journal_id=journal, sequence=sequence, block_hash=block_hash)

    def ask():
        for _ in stubs.FEED(channel).Follow(stubs.feed.FollowRequest(after=after), timeout=5, wait_for_ready=True):
            return False
        return False
    try:
        return ledger.patiently(ask)
    except grpc.RpcError as failure:
        return [(reason, field) for reason, field, _ in ledger.errors_of(failure)] == [("DATA_LOSS", "after")]
    finally:
        channel.close()


def follows(suite, name):
    """Whether what a service has derived is of the journal as it is now: where it stands is a position of that."""
    channels = {of: ledger.connect(suite[of].address) for of in ("progress", name)}

    def status(of):
        return ledger.patiently(lambda: stubs.STATUS(channels[of]).GetStatus(stubs.status.GetStatusRequest(), timeout=10, wait_for_ready=True))
    try:
        owner = status("progress").position
        for at in status(name).basis.basis.progress:
            if at.journal_id != owner.journal_id or at.sequence > owner.sequence:
                return False
            position = stubs.FEED(channels["progress"]).GetPosition(stubs.feed.GetPositionRequest(sequence=at.sequence), timeout=10).position
            if at.block_hash != position.block_hash:
                return False
        return True
    finally:
        for channel in channels.values():
            channel.close()


def wait_for_followers(suite, book):
    until = time.monotonic() + 30
    for name in ("aggregator", "ranking"):
        while not follows(suite, name):
            if time.monotonic() > until:
                return book.fail("silent", f"{name} still shows what the journal put back does not have")
            time.sleep(0.05)
    return None


def wait_for_refusal(suite, book):
    """Until the aggregator says that it does not follow an older copy of what it has applied."""
    channel = ledger.connect(suite["aggregator"].address)
    until = time.monotonic() + 30
    try:
        while True:
            status = ledger.patiently(lambda: stubs.STATUS(channel).GetStatus(stubs.status.GetStatusRequest(), timeout=10, wait_for_ready=True))
            if any(followed.name == "progress" and followed.problem.startswith("ROLLED_BACK") for followed in status.following):
                return
            if time.monotonic() > until:
                book.fail("silent", "the aggregator does not say that an older copy was put back")
                return
            time.sleep(0.05)
    finally:
        channel.close()


def load_for(suite, seed, seconds, book=None):
    load = kills.Load(suite, seed, reporters=2, batch_max=40, pause=0.05, book=book)
    time.sleep(seconds)
    load.stop()
    return load


def round_of_rollbacks(options, number, times, counts, deadline):
    seed = f"{options.seed}/rollback/{number}"
    rng = random.Random(seed)
    suite = processes.Suite(options.scratch, disable=options.disable)
    load = load_for(suite, seed, 1.5)
    book = load.book
    try:
        while times > 0 and time.monotonic() < deadline and not book.failures:
            times -= 1
            # Of the two only progress is held against its witness.
            of_plan = rng.random() < 0.35 and "witness" not in (options.disable or "")
            one = rollback_of_plan if of_plan else rollback_of_progress
            one(suite, book, rng, f"{seed}/{times}")
            counts["rollbacks"] += 1
    except processes.Died as died:
        book.fail("died", str(died))
    suite.close(keep=options.keeps(book))
    book.directory = suite.directory
    return book


def end_of(service):
    """The last sequence of its journal."""
    channel = ledger.connect(service.address)
    try:
        return ledger.patiently(lambda: stubs.FEED(channel).GetJournal(stubs.feed.GetJournalRequest(), timeout=10, wait_for_ready=True)).position.sequence
    finally:
        channel.close()


def old_and_newest(suite, book, rng, seed, name, more, seconds):
    """A copy of a service, what it recorded after that (at least `more` events: not every import that is acknowledged records one), and then, killed,
    its newest copy: both, and where its journal stood; None when the load found something."""
    service = suite[name]
    old = copy_of(service, f"{name}.old")
    had = now = end_of(service)
    until, turn = time.monotonic() + seconds, 0
    while not turn or (now < had + more and not book.failures and time.monotonic() < until):
        turn += 1
        load = load_for(suite, f"{seed}/newer/{turn}", rng.choice((0.7, 1.5)), book)
        now = end_of(service)
    if now < had + more and not book.failures:
        book.fail("broken", f"{name} recorded {now - had} events in {seconds} s: there is no older copy to put back")
    judge.judge_round(suite, book, seed, load.watchers)
    if book.failures:
        return None
    seen = load.watchers[name].chain
    newest = service.directory.parent / f"{name}.new"
    service.kill()
    shutil.rmtree(newest, ignore_errors=True)
    shutil.copytree(service.directory, newest)
    return old, newest, (seen.id, seen.sequence, seen.hash)


def rollback_of_progress(suite, book, rng, seed):
    progress = suite["progress"]
    copies = old_and_newest(suite, book, rng, seed, "progress", 10, 60)
    if copies is None:
        return
    copy, newest, position = copies

    # The witness stays: it knows better. (So would a state that was flushed since, which is not for sure.)
    put_back(progress, copy, ("journal", "state"))
    progress.start(expect=(70,))
    if progress.wait_ready():
        book.fail("silent", "an older journal was taken up although the witness knows of a newer one")
        progress.kill()
    elif f"{progress.directory}" not in progress.tail():
        book.fail("silent", f"the refusal does not name what is older: {progress.tail()}")
    # The whole directory: nothing in it can tell, but everybody else can, at once and after as much has been recorded again.
    put_back(progress, copy)
    progress.start().wait_ready()
    if not refuses_position(progress.address, position):
        book.fail("silent", f"a follower at {position[:2]} was not told that an older copy had been put back")
    wait_for_refusal(suite, book)
    if book.failures:
        return None
    if rng.random() < 0.5:
        return go_on_with(suite, book, seed, newest)
    give_up(suite, book)
    until, turn = time.monotonic() + 30, 0
    while not turn or (not book.failures and book.token_at <= position[1] and time.monotonic() < until):
        turn += 1
        load = load_for(suite, f"{seed}/{turn}", 1, book)
    if not refuses_position(progress.address, position):
        book.fail("silent", f"a follower at {position[:2]} was not told, now that the journal is as long again")
    # Derived figures are those of the journal as it is now.
    judge.judge_round(suite, book, seed, load.watchers)
    # And the newest copy again: what had been followed since is not in it.
    if rng.random() < 0.5 and not book.failures:
        progress.kill()
        put_back(progress, newest)
        progress.start().wait_ready()
        wait_for_refusal(suite, book)
        give_up(suite, book)
        load = load_for(suite, f"{seed}/newest", 1, book)
        judge.judge_round(suite, book, seed, load.watchers)
    return None


def go_on_with(suite, book, seed, newest):
    """The newest copy back in its place: everything goes on, and nothing at all was lost."""
    suite["progress"].kill()
    put_back(suite["progress"], newest)
    suite["progress"].start().wait_ready()
    wait_for_followers(suite, book)
    load = load_for(suite, f"{seed}/newest", 1, book)
    judge.judge_round(suite, book, seed, load.watchers)


def give_up(suite, book):
    """Nobody has the newer copy: what was derived from it goes, and is derived from what is there."""
    aggregator = suite["aggregator"]
    aggregator.kill()
    shutil.rmtree(aggregator.directory / "state")
    aggregator.start().wait_ready()
    wait_for_followers(suite, book)
    book.forget_progress()


def refuses_reports(suite):
    """True: progress takes nothing because plan's journal is not the one it knows. False: it takes reports. None: it did not say."""
    channel = ledger.connect(suite["progress"].address)
    opening = stubs.progress.ReportRequest(open=stubs.progress.Open(source="probe"))
    try:
        return None if next(stubs.PROGRESS(channel).Report(iter([opening]), timeout=5, wait_for_ready=True), None) is None else False
    except grpc.RpcError as failure:
        return True if [(reason, field) for reason, field, _ in ledger.errors_of(failure)] == [("NOT_READY", "plan")] else None
    finally:
        channel.close()


def rollback_of_plan(suite, book, rng, seed):
    """Figures were decided under plans that are gone: nothing is taken any more until they are back, and then everything goes on."""
    plan = suite["plan"]
    copies = old_and_newest(suite, book, rng, seed, "plan", 2, 60)
    if copies is None:
        return None
    copy, newest, position = copies
    put_back(plan, copy)
    plan.start().wait_ready()
    if not refuses_position(plan.address, position):
        book.fail("silent", f"a follower at {position[1]} was not told that an older plan had been put back")
    until = time.monotonic() + 20
    while not refuses_reports(suite):
        if time.monotonic() > until:
            return book.fail("silent", "progress goes on under an older plan than it has decided under")
        time.sleep(0.1)
    until = time.monotonic() + 2  # and not for a moment only, while it makes sure
    while time.monotonic() < until:
        if refuses_reports(suite) is False:
            return book.fail("silent", "progress goes on under an older plan than it has decided under, after it had noticed")
        time.sleep(0.05)
    plan.kill()
    put_back(plan, newest)
    plan.start().wait_ready()
    load = load_for(suite, f"{seed}/back", 1.5, book)
    return judge.judge_round(suite, book, seed, load.watchers)
