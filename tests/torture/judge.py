"""Compares what clients were told and saw with the journals as they are in the end, and the journals with the model."""

import base64
import hashlib
import shutil
import time

import grpc

import blocks
import clients
import ledger
import model
import reporter
import stubs

ANSWER_SECONDS = 240  # on a machine that does much else
SENTENCES_MAX = 10  # of one kind; the rest is only counted


def token_of(plan, progress):
    """A token that asks for all of both journals."""
    basis = stubs.basis.Basis(plan=stubs.basis.Position(journal_id=plan.id, sequence=plan.sequence))
    if progress.sequence:
        basis.progress.add(journal_id=progress.id, sequence=progress.sequence)
    return base64.urlsafe_b64encode(basis.SerializeToString()).decode().rstrip("=")


class Plan:
    """The plan journal's regions and targets, and what of them a prefix holds."""

    def __init__(self, chain, book, fail):
        self.steps, self.codes, self.programmes, self.indicators, self.registered = [], {}, {}, {}, {}
        documents = {}
        for block in chain.blocks:
            for sequence, data in enumerate(block.events, block.first):
                event = stubs.plan_event.Event.FromString(data)
                for record in event.regions.regions:
                    self.codes[record.number] = record.code
                    if record.code in self.registered:
                        fail("doubled", f"region {record.code} is registered by {self.registered[record.code]} and {sequence}")
                    self.registered[record.code] = sequence
                    self.steps.append((sequence, "add_region", record.code, self.codes.get(record.parent, "")))
                self.programmes.update((record.number, record.code) for record in event.catalogue.programmes)
                self.indicators.update((record.number, record.code) for record in event.catalogue.indicators)
                if event.HasField("document"):
                    self.take_document(sequence, event.document, documents, book, fail)
        for kind, key, place in book.plans:
            present = (self.registered if kind == "region" else documents).get(key)
            if present is None or present > place[1] or not chain.says(*place):
                fail("lost", f"the import of {kind} {key}, acknowledged at {place[:2]}, is in the journal at {present}")

    def take_document(self, sequence, document, documents, book, fail):
        if document.number in documents:
            return fail("doubled", f"document {document.number} is in the journal at {documents[document.number]} and {sequence}")
        documents[document.number] = sequence
        printed = {(self.codes[row.region], self.programmes[row.programme], str(row.period.first_year)): row.amount for row in document.rows}
        if printed != book.documents.get(document.number):
            fail("wrong", f"document {document.number} is not what was sent")
        self.steps.append((sequence, "set_targets", printed))

    def apply_to(self, a_model, until):
        """Makes the plan side of a model that of a prefix."""
        a_model.parent, a_model.children, a_model.targets, a_model.memory = {}, {}, {}, {}
        for sequence, step, *arguments in self.steps:
            if sequence <= until:
                getattr(a_model, step)(*arguments)


class Judge:
    def __init__(self, suite, book, seed, dumps=True):
        self.suite, self.book, self.seed, self.dumps = suite, book, seed, dumps
        self.words = {}

    def fail(self, word, sentence):
        self.words[word] = self.words.get(word, 0) + 1
        if self.words[word] <= SENTENCES_MAX:
            self.book.fail(word, sentence)
        else:
            self.book.failures.append((word, ""))

    def judge(self, watchers):
        """Everything has stopped but the services, which are up and unarmed."""
        self.finish()
        chains = {name: self.read_again(name, watcher) for name, watcher in watchers.items()}
        self.plan, self.model = Plan(chains["plan"], self.book, self.fail), model.Model()
        self.replay(chains["plan"], chains["progress"])
        self.check_acks(chains["progress"])
        if not self.words:
            self.token = token_of(chains["plan"], chains["progress"])
            self.check_answers()
            self.check_bulletins()

    def finish(self):
        """Every number that was ever sent gets its verdict."""
        deadline = time.monotonic() + ANSWER_SECONDS
        for source in list(self.book.sources.values()):
            clerk = reporter.Reporter(self.book, self.suite["progress"].address, source.name, self.seed)
            while not clerk.session(finish=True) and time.monotonic() < deadline and not self.book.failures:
                time.sleep(0.05)
            clerk.channel.close()
            if source.acked < source.sent and not self.book.failures:
                self.fail("stuck", f"{source.name}: numbers after {source.acked} of {source.sent} get no verdict")

    def read_again(self, name, watcher):
        """The journal from its beginning: byte for byte what the watcher saw block by block over all the deaths."""
        fresh = clients.Watcher(self.book, self.suite[name].address, name, 0)
        status = stubs.STATUS(fresh.channel)
        position = ledger.patiently(lambda: status.GetStatus(stubs.status.GetStatusRequest(), timeout=ANSWER_SECONDS, wait_for_ready=True)).position
        for one in (watcher, fresh):
            if one.chain.sequence < position.sequence:
                ledger.patiently(lambda: one.catch_up(position.sequence, ANSWER_SECONDS))
        for ours, now in zip(watcher.chain.blocks, fresh.chain.blocks):
            if ours.data != now.data:
                self.fail("feed", f"the block of {name} at {ours.first} is not what was seen before")
        if watcher.chain.sequence > fresh.chain.sequence:
            self.fail("lost", f"{name} showed events up to {watcher.chain.sequence} and ends at {fresh.chain.sequence}")
        fresh.channel.close()
        return fresh.chain

    # ---- the model walks through the journals ----
    def replay(self, plan_chain, chain):
        names, keys, self.places, self.next = {}, {}, {}, {}
        wanted = {}
        for what, arguments, places, answer in self.book.seen:
            for journal, place in zip((plan_chain, chain), places):
                if not journal.says(*place):
                    self.fail("vanished", f"{what}{arguments} was seen at {place[:2]}, which is not in the journal")
            if answer is not None and len(places) > 1:
                wanted.setdefault(places[1][1], []).append((what, arguments, places[0][1], answer))
        for block in chain.blocks:
            known = lambda code, plan=block.plan: self.plan.registered.get(code, plan + 1) <= plan
            for sequence, data in enumerate(block.events, block.first):
                event = stubs.progress_event.Event.FromString(data)
                kind = event.WhichOneof("kind")
                if kind == "source":
                    names[event.source.number] = event.source.name
                elif kind == "series":
                    s = event.series
                    year = str(s.period.first_year) if s.period.first_year else ""
                    keys[s.number] = (self.plan.codes[s.region], self.plan.programmes[s.programme], self.plan.indicators[s.indicator], year)
                else:
                    self.step(sequence, kind, getattr(event, kind), names, keys, known)
            for what, arguments, plan, answer in wanted.get(block.last, ()):
                self.compare(what, arguments, plan, answer, f"at {plan}/{block.last}")

    def step(self, sequence, kind, event, names, keys, known):
        """One item in the journal: the next of its source, as it was sent, decided as the rules say."""
        name, number = names[event.source], event.source_sequence
        expected = self.next.get(name, 1)
        if number != expected:
            return self.fail("doubled" if number < expected else "lost", f"event {sequence}: {name} has number {number} where {expected} is next")
        self.next[name] = expected + 1
        source = self.book.sources.get(name)
        if source is None or number > source.sent:
            return self.fail("doubled", f"event {sequence}: {name} number {number} was never sent")
        item = source.items[number - 1]
        recorded = "accepted" if kind == "update" else event.reason
        if kind == "update" and (*keys[event.series], event.as_of_days, event.kind, event.amount, event.explanation) != (*item[:4], item[4], item[5], item[6], item[7]):
            self.fail("wrong", f"event {sequence} is not what {name} sent under {number}: {event}")
        told = source.verdicts.get(number, recorded)
        if told not in (recorded, "ALREADY_RECORDED"):
            self.fail("wrong", f"event {sequence}: {name} number {number} is {recorded}, the client was told {told}")
        decided = self.model.decide(sequence, item, known)
        if decided != recorded:
            self.fail("wrong", f"event {sequence}: {name} number {number} {item} is {recorded}, the rules say {decided}")
        self.places[name, number] = sequence

    def check_acks(self, chain):
        for name, number, place in self.book.acks:
            if not chain.says(*place):
                self.fail("lost", f"{name} was acknowledged at {place[:2]}, which is not in the journal")
            elif number and self.places.get((name, number), place[1] + 1) > place[1]:
                self.fail("lost", f"{name} number {number} was acknowledged at {place[1]} and is at {self.places.get((name, number))}")
        for source in self.book.sources.values():
            reached = self.next.get(source.name, 1) - 1
            for number, told in source.verdicts.items():
                if number > reached:
                    self.fail("lost", f"{source.name} number {number} was {told} and is not there")
            if reached < source.sent and not self.book.failures:
                self.fail("lost", f"{source.name}: {source.sent} were sent, {reached} are there")

    def compare(self, what, arguments, plan, answer, when):
        self.plan.apply_to(self.model, plan)
        expected = self.model.rollup(*arguments) if what == "rollup" else self.model.table(*arguments)
        if expected != answer:
            different = {key: (expected.get(key), answer.get(key)) for key in {*expected, *answer} if expected.get(key) != answer.get(key)}
            self.fail("wrong", f"{what}{arguments} {when}: (model, service) {dict(list(different.items())[:5])}")

    # ---- what the services say in the end ----
    def check_answers(self):
        book, keep = self.book, len(self.book.seen)
        reader = clients.Reader(book, self.suite["aggregator"].address, self.suite["ranking"].address, self.seed)
        for region in (model.PROVINCE, *model.CITIES):
            for year in model.YEARS:
                for ask in (reader.rollup, reader.table):
                    ledger.patiently(lambda: ask(region, year, self.token, ANSWER_SECONDS, True))
        for what, arguments, places, answer in book.seen[keep:]:
            self.compare(what, arguments, places[0][1], answer, "in the end")
        if self.dumps:
            before = self.dump(reader)
            aggregator = self.suite["aggregator"]
            aggregator.kill()
            shutil.rmtree(aggregator.directory / "state")
            aggregator.start().wait_ready()
            if self.dump(reader) != before:
                self.fail("wrong", "the aggregator's state derived again from nothing is another one")
        reader.channel.close()

    def dump(self, reader):
        request = stubs.aggregator.DumpRequest(at_least=self.token)
        return ledger.patiently(lambda: "".join(part.text for part in reader.rollups.Dump(request, timeout=ANSWER_SECONDS, wait_for_ready=True)))

    def check_bulletins(self):
        stub = stubs.BULLETIN(ledger.connect(self.suite["ranking"].address))
        for number, sha256 in self.book.bulletins.items():
            request = stubs.bulletin.GetBulletinRequest(number=number)
            content = ledger.patiently(lambda: stub.GetBulletin(request, timeout=ANSWER_SECONDS, wait_for_ready=True)).bulletin.content
            if hashlib.sha256(content).hexdigest() != sha256:
                self.fail("lost", f"bulletin {number} is not what was issued")


def judge_round(suite, book, seed, watchers):
    """Judges what has stopped without a failure so far; whatever goes wrong in judging is a failure too."""
    try:
        if not book.failures:
            Judge(suite, book, seed).judge(watchers)
    except grpc.RpcError as failure:  # asked patiently
        book.fail("stuck", f"no answer in the end: {failure.code()} {ledger.errors_of(failure) or failure.details()}")
    except blocks.Broken as broken:
        book.fail("feed", f"read again from the beginning: {broken}")
    except Exception as failure:
        book.fail("broken", f"judging: {failure!r}")
