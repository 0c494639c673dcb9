"""A clerk's program as bad as they come: it speaks the Report stream by itself, repeats, reorders, cheats, leaves gaps and opens streams twice."""

import queue
import random
import threading
import time

import grpc

import ledger
import stubs

progress = stubs.progress
ACCEPTED, UNCHANGED, REFUSED, ALREADY, CONFLICT = range(5)


class Stream:
    """One open Report stream."""

    def __init__(self, stub, source, plan_at_least, timeout):
        self.requests, self.defined = queue.Queue(), {}
        self.call = stub.Report(iter(self.requests.get, None), timeout=timeout)
        self.requests.put(progress.ReportRequest(open=progress.Open(source=source.name, plan_at_least=plan_at_least)))
        self.source = source

    def fill(self, items, first, contents):
        items.first_sequence = first
        for region, programme, indicator, year, day, kind, amount, explanation in contents:
            key = (region, programme, indicator, year)
            index = self.defined.get(key)
            if index is None:
                index = self.defined[key] = len(self.defined)
                items.definitions.add(index=index, region=region, programme=programme, indicator=indicator, plan_year=year)
            items.items.add(series=index, as_of_days=day, amount=amount, kind=kind, explanation=explanation)

    def send(self, first, contents):
        request = progress.ReportRequest()
        self.fill(request.items, first, contents)
        self.requests.put(request)

    def close(self):
        self.requests.put(None)


class Reporter(threading.Thread):
    def __init__(self, book, address, name, seed, batch_max=200, pause=0.0):
        super().__init__(daemon=True, name=name)
        self.book, self.source, self.random = book, book.source(name), random.Random(f"{seed}/reporter/{name}")
        self.channel = ledger.connect(address)
        self.stub = stubs.PROGRESS(self.channel)
        self.batch_max, self.pause = batch_max, pause

    def run(self):
        try:
            while not self.book.stop.is_set():
                self.session()
                if self.pause:
                    self.book.stop.wait(self.random.random() * self.pause)
        except Exception as failure:  # a bug of this program must not pass for a quiet client
            self.book.fail("broken", f"{self.name}: {failure!r}")
        finally:
            self.channel.close()

    # ---- one stream ----
    def session(self, finish=False):
        """Opens a stream, sends something, takes what comes. Returns True when everything sent got its verdict."""
        source, rng = self.source, self.random
        self.book.count("streams")
        if not finish and rng.random() < 0.1:
            return self.batch()
        stream = Stream(self.stub, source, self.book.token if rng.random() < 0.2 else "", rng.choice((0.5, 2, 10)) if not finish else 30)
        try:
            standing = next(stream.call, None)
            if standing is None:
                return False  # the service is going
            self.check_standing(standing.acked_sequence)
            stream.acked = standing.acked_sequence
            if finish:
                self.resend_unknown(stream)
            elif rng.random() < 0.05:
                return self.replace(stream)
            else:
                for _ in range(rng.randint(1, 6)):
                    self.burst(stream)
                if rng.random() < 0.05:
                    self.gap(stream)
            stream.close()
            for response in stream.call:
                self.take(stream, response)
            return True
        except grpc.RpcError as failure:
            return self.ended(failure)
        finally:
            stream.close()
            stream.call.cancel()

    def ended(self, failure):
        code, reasons = failure.code(), ledger.errors_of(failure)
        if code == grpc.StatusCode.DATA_LOSS or (reasons and reasons[0][0] in ("DATA_LOSS", "ROLLED_BACK")):
            self.book.fail("lost", f"{self.name}: {reasons or failure.details()}")
        elif code == grpc.StatusCode.FAILED_PRECONDITION and reasons and reasons[0][0] == "SEQUENCE_GAP":
            self.book.count("gaps")
        elif reasons and reasons[0][0] == "DISK_FULL":
            self.book.count("full")
            time.sleep(0.05)
        elif code == grpc.StatusCode.RESOURCE_EXHAUSTED or (reasons and reasons[0][0] in ("STORAGE_FAILED", "NOT_READY", "UNKNOWN_BASIS")):
            time.sleep(0.02)
        elif code not in ledger.EXPECTED_ENDS:
            self.book.fail("wrong", f"{self.name}: {code} {reasons or failure.details()}")
        elif code == grpc.StatusCode.UNAVAILABLE:
            time.sleep(0.02)
        return False

    def check_standing(self, acked):
        if acked < self.source.acked:
            self.book.fail("lost", f"{self.name}: the service knows numbers up to {acked}, but acknowledged {self.source.acked}")
        if acked > self.source.sent:
            self.book.fail("doubled", f"{self.name}: the service knows numbers up to {acked}, but only {self.source.sent} were ever sent")

    def burst(self, stream):
        """New items mostly, or a piece of the past again, or a cheat."""
        source, rng = self.source, self.random
        chance = rng.random()
        if chance < 0.15 and stream.acked > 0:
            first = max(1, stream.acked - rng.choice((5, 50, 300, 5000)))
            last = min(stream.acked, first + rng.randint(0, self.batch_max - 1))
            self.push(stream, first, last)
        elif chance < 0.2 and source.acked > 0:
            number = max(1, source.acked - rng.randrange(100))
            item = source.item(number)
            stream.send(number, [item[:6] + (item[6] + 1,) + item[7:]])
        else:
            # Resumes where the service stands, sometimes a little before.
            first = max(1, getattr(stream, "next", stream.acked + 1) - (rng.randrange(20) if rng.random() < 0.2 else 0))
            last = first + min(rng.choice((0, 5, 30, self.batch_max - 1)), self.batch_max - 1)
            source.sent = max(source.sent, last)
            stream.next = max(last + 1, getattr(stream, "next", 1))
            self.push(stream, first, last)

    def push(self, stream, first, last):
        self.source.item(last)
        stream.send(first, self.source.items[first - 1:last])

    def gap(self, stream):
        first = max(self.source.sent, stream.acked) + 3
        self.source.item(first)
        stream.send(first, [self.source.items[first - 1]])

    def replace(self, stream):
        """A second stream of the source ends the first, and what the first had under way is counted once at most."""
        self.burst(stream)
        second = Stream(self.stub, self.source, "", 5)
        try:
            standing = next(second.call, None)
            if standing is None:
                return False
            self.check_standing(standing.acked_sequence)
            second.acked = standing.acked_sequence
            self.burst(second)
            second.close()
            for response in second.call:
                self.take(second, response)
            self.book.count("replaced")
        except grpc.RpcError as failure:
            self.ended(failure)
        finally:
            second.close()
            second.call.cancel()
        for response in stream.call:
            self.take(stream, response)
        return False

    def batch(self):
        """ReportBatch: one item, because figures of one request are compared with each other."""
        source = self.source
        first = max(1, source.acked + (1 if self.random.random() < 0.7 else -self.random.randrange(50)))
        source.sent = max(source.sent, first)
        request = progress.ReportBatchRequest(open=progress.Open(source=source.name))
        holder = Stream.__new__(Stream)
        holder.defined, holder.acked = {}, source.acked
        source.item(first)
        holder.fill(request.items, first, source.items[first - 1:first])
        try:
            response = self.stub.ReportBatch(request, timeout=2)
            self.check_standing(response.acked_sequence)
            if response.acked_sequence >= first:
                listed = {v.source_sequence: v for v in response.verdicts}
                verdict = listed.get(first)
                self.learn(first, "accepted" if verdict is None else self.word(verdict), verdict is not None and verdict.repeated)
                source.acked = max(source.acked, response.acked_sequence)
                self.remember(response)
            return True
        except grpc.RpcError as failure:
            return self.ended(failure)

    def resend_unknown(self, stream):
        """At the end: every number whose verdict is not known is sent once more, until each has one."""
        source = self.source
        unknown = [n for n in range(max(1, source.sent - ledger.WINDOW + 600), source.sent + 1) if n not in source.verdicts]
        for start in range(unknown[0], source.sent + 1, 200) if unknown else ():
            self.push(stream, start, min(start + 199, source.sent))

    def again(self, numbers):
        """Sends the last numbers once more and nothing new; True when all was answered."""
        stream = Stream(self.stub, self.source, "", 10)
        try:
            standing = next(stream.call, None)
            if standing is None:
                return False
            stream.acked = self.source.acked = standing.acked_sequence
            if stream.acked:
                self.push(stream, max(1, stream.acked - numbers), stream.acked)
            stream.close()
            for response in stream.call:
                self.take(stream, response)
            return True
        except grpc.RpcError as failure:
            if failure.code() == grpc.StatusCode.DATA_LOSS:
                raise
            return self.ended(failure)
        finally:
            stream.close()
            stream.call.cancel()

    # ---- answers ----
    @staticmethod
    def word(verdict):
        if verdict.verdict == REFUSED:
            return verdict.error.reason
        return ("accepted", "UNCHANGED", "", "ALREADY_RECORDED", "CONFLICT")[verdict.verdict]

    def take(self, stream, response):
        listed = set()
        for verdict in response.verdicts:
            word = self.word(verdict)
            if word == "CONFLICT":
                self.book.count("conflicts")
                continue
            listed.add(verdict.source_sequence)
            self.learn(verdict.source_sequence, word, verdict.repeated)
        for number in range(stream.acked + 1, response.acked_sequence + 1):
            if number not in listed:
                self.learn(number, "accepted", False)
        stream.acked = max(stream.acked, response.acked_sequence)
        self.source.acked = max(self.source.acked, stream.acked)
        self.remember(response)

    def learn(self, number, word, repeated):
        if repeated:
            self.book.count("repeats")
        known = self.source.verdicts.get(number)
        if word == "ALREADY_RECORDED":
            if known is None:
                self.source.verdicts[number] = word
            return
        if known is None or known == "ALREADY_RECORDED":
            self.source.verdicts[number] = word
            self.book.count("acked")
        elif known != word:
            self.book.fail("wrong", f"{self.name}: number {number} was {known} and is now {word}")

    def remember(self, response):
        stamp = response.basis
        for position in stamp.basis.progress:
            self.book.acks.append((self.source.name, response.acked_sequence, ledger.place(position)))
            if position.sequence >= self.book.token_at:
                self.book.token, self.book.token_at = stamp.token, position.sequence
