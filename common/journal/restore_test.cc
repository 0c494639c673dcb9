// Journals restored from the blocks of others: what they are afterwards, what is refused, and that no crash leaves half of one.
#include "common/journal/restore.h"

#include <chrono>
#include <cstdio>

#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

// What a backup holds of one journal.
struct Copy {
  std::vector<std::string> identities;
  std::vector<std::string> blocks;
};

Copy CopyOf(const Journal& journal) {
  auto blocks = journal.ReadBlocks({}, 1 << 30);
  EXPECT_THAT(blocks, IsOk());
  return {journal.lineage().encoded(), *blocks};
}

absl::StatusOr<Identity> Restore(storage::Disk& disk, const Copy& copy, Clock& clock) {
  auto restored = RestoredJournal::Begin(disk, "plan", copy.identities);
  if (!restored.ok()) return restored.status();
  for (const std::string& block : copy.blocks) {
    if (absl::Status added = (*restored)->Add(block); !added.ok()) return added;
  }
  return (*restored)->Finish(clock);
}

// One machine with a journal in it.
struct Machine {
  explicit Machine(Clock& clock) : clock(clock) {}
  absl::Status Open() {
    journal = nullptr;
    disk = nullptr;
    disk = medium.Boot();
    auto opened = Journal::Open(*disk, "plan", clock);
    if (!opened.ok()) return opened.status();
    journal = *std::move(opened);
    return absl::OkStatus();
  }
  absl::Status RestoreFrom(const Copy& copy) {
    disk = medium.Boot();
    if (auto restored = Restore(*disk, copy, clock); !restored.ok()) return restored.status();
    return Open();
  }
  Position Append(const std::vector<std::string>& events) {
    auto position = journal->Append(events, {}, 0);
    EXPECT_THAT(position, IsOk());
    return *position;
  }
  std::string Events(const Position& after = {}) {
    std::string events;
    auto blocks = journal->ReadBlocks(after, 1 << 20);
    EXPECT_THAT(blocks, IsOk());
    for (const std::string& bytes : *blocks) {
      auto block = DecodeBlock(bytes);
      EXPECT_THAT(block, IsOk());
      for (std::string_view event : block->events) events += event;
    }
    return events;
  }

  Clock& clock;
  SimulatedMedium medium{1};
  std::unique_ptr<storage::Disk> disk;
  std::unique_ptr<Journal> journal;
};

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() {
    EXPECT_THAT(old_.Open(), IsOk());
    ab_ = old_.Append({"a", "b"});
    c_ = old_.Append({"c"});
    copy_ = CopyOf(*old_.journal);
    lost_ = old_.Append({"d"});
  }
  FakeClock clock_;
  Machine old_{clock_};
  Position ab_, c_, lost_;
  Copy copy_;  // up to c
};

TEST_F(RestoreTest, ContinuesUnderANewIdAndKeepsTheOldNames) {
  Machine machine(clock_);
  ASSERT_THAT(machine.RestoreFrom(copy_), IsOk());
  const JournalId id = machine.journal->identity().id;
  EXPECT_NE(id, c_.journal_id);
  EXPECT_EQ(machine.journal->identity().continues, c_);
  EXPECT_EQ(machine.journal->durable(), c_) << "what it has was recorded by the old one";
  EXPECT_EQ(machine.journal->lineage().fork(), 3u);
  EXPECT_GE(machine.journal->last_time_us(), old_.journal->identity().created_us);
  EXPECT_EQ(CopyOf(*machine.journal).blocks, copy_.blocks) << "byte for byte";

  const Position own = machine.Append({"x"});
  EXPECT_EQ(own.journal_id, id);
  EXPECT_EQ(own.sequence, 4u);
  ASSERT_THAT(machine.Open(), IsOk());
  EXPECT_EQ(machine.journal->durable(), own);
  EXPECT_EQ(machine.Events(), "abcx");
  EXPECT_EQ(machine.Events(ab_), "cx");
  EXPECT_EQ(machine.Events(c_), "x");
  EXPECT_EQ(machine.Events(own), "");
  const Position by_new_name{id, 2, ab_.block_hash};
  EXPECT_EQ(machine.Events(by_new_name), "cx");
  ASSERT_OK_AND_ASSIGN(auto from_own, machine.journal->ReadBlocksContaining(4, 1 << 20));
  ASSERT_OK_AND_ASSIGN(auto from_old, machine.journal->ReadBlocksContaining(2, 1 << 20));
  EXPECT_EQ(from_own.size(), 1u);
  EXPECT_EQ(from_old.size(), 3u);
  ASSERT_OK_AND_ASSIGN(BlockView block, DecodeBlockPrefix(from_own.front()));
  EXPECT_EQ(block.previous_hash, GenesisHash(EncodeIdentity(machine.journal->identity())));
}

TEST_F(RestoreTest, PositionsBeyondTheForkAreLostAndSaidToBe) {
  Machine machine(clock_);
  ASSERT_THAT(machine.RestoreFrom(copy_), IsOk());
  for (int appended = 0; appended < 2; ++appended) {
    auto read = machine.journal->ReadBlocks(lost_, 1000);
    EXPECT_THAT(read, HasReasonAt(Reason::DATA_LOSS, "after"));
    EXPECT_NE(read.status().message().find("restored"), absl::string_view::npos) << read.status();
    machine.Append({"x"});
  }
}

TEST_F(RestoreTest, OnceMoreAndOnceMore) {
  Machine second(clock_);
  ASSERT_THAT(second.RestoreFrom(copy_), IsOk());
  const Position x = second.Append({"x", "y"});
  const Copy of_second = CopyOf(*second.journal);
  const Position lost_again = second.Append({"z"});

  Machine third(clock_);  // restored, and nothing recorded before the next one is
  ASSERT_THAT(third.RestoreFrom(of_second), IsOk());
  const JournalId third_id = third.journal->identity().id;
  EXPECT_EQ(third.journal->durable(), x);
  Machine fourth(clock_);
  ASSERT_THAT(fourth.RestoreFrom(CopyOf(*third.journal)), IsOk());
  EXPECT_EQ(fourth.journal->durable(), x);
  EXPECT_EQ(fourth.journal->lineage().identities().size(), 4u);
  EXPECT_TRUE(fourth.journal->lineage().Knows(third_id));
  const Position w = fourth.Append({"w"});
  EXPECT_EQ(w.journal_id, fourth.journal->identity().id);
  ASSERT_THAT(fourth.Open(), IsOk());
  EXPECT_EQ(fourth.Events(), "abcxyw");
  EXPECT_EQ(fourth.Events(c_), "xyw");
  EXPECT_EQ(fourth.Events(x), "w");
  for (const Position& position : {lost_, lost_again, Position{third_id, 6, {}}}) {
    EXPECT_THAT(fourth.journal->ReadBlocks(position, 1000), HasReasonAt(Reason::DATA_LOSS, "after"));
  }
}

TEST_F(RestoreTest, AnEmptyJournalBecomesANewEmptyOne) {
  Machine empty(clock_), machine(clock_);
  ASSERT_THAT(empty.Open(), IsOk());
  ASSERT_THAT(machine.RestoreFrom(CopyOf(*empty.journal)), IsOk());
  EXPECT_NE(machine.journal->identity().id, empty.journal->identity().id);
  EXPECT_EQ(machine.journal->durable().sequence, 0u);
  EXPECT_EQ(machine.journal->identity().continues, Position{});
  machine.Append({"x"});
  ASSERT_THAT(machine.Open(), IsOk());
  EXPECT_EQ(machine.Events(), "x");
}

TEST_F(RestoreTest, DamagedOrForeignBackupsAreRefusedByTheFirstWrongSequence) {
  const auto refused = [&](const Copy& copy, std::string_view value) {
    SimulatedMedium medium(1);
    auto disk = medium.Boot();
    auto restored = Restore(*disk, copy, clock_);
    EXPECT_THAT(restored, HasReason(Reason::DATA_LOSS));
    EXPECT_EQ(ErrorsOf(restored.status()).front().value, value) << restored.status();
  };
  for (size_t at : {size_t{16}, kHeaderBytes, kHeaderBytes + 32, kPrefixBytes + 4}) {
    Copy copy = copy_;
    copy.blocks[1][at] ^= 1;
    refused(copy, "3");
  }
  Copy gap = copy_, repeated = copy_, foreign = copy_, short_of_fork = copy_, other_service = copy_;
  gap.blocks.erase(gap.blocks.begin());
  refused(gap, "1");
  repeated.blocks.push_back(repeated.blocks.back());
  refused(repeated, "4");
  Machine other(clock_);
  ASSERT_THAT(other.Open(), IsOk());
  foreign.identities = other.journal->lineage().encoded();
  refused(foreign, "1");
  other_service.identities = {EncodeIdentity({"progress", JournalId{1}, 0, {}})};
  refused(other_service, "progress");

  Machine second(clock_);
  ASSERT_THAT(second.RestoreFrom(copy_), IsOk());
  second.Append({"x"});
  short_of_fork.identities = second.journal->lineage().encoded();
  short_of_fork.blocks.pop_back();
  refused(short_of_fork, "3");
  // The old journal's own next block in the place of the new one's first.
  Copy spliced = copy_;
  spliced.identities = second.journal->lineage().encoded();
  spliced.blocks = CopyOf(*old_.journal).blocks;
  refused(spliced, "4");
}

TEST_F(RestoreTest, ADirectoryThatHoldsAJournalIsNotTouched) {
  Machine machine(clock_);
  ASSERT_THAT(machine.Open(), IsOk());
  const Position x = machine.Append({"x"});
  machine.journal = nullptr;
  EXPECT_THAT(Restore(*machine.disk, copy_, clock_), HasReason(Reason::NOT_EMPTY));
  ASSERT_THAT(machine.Open(), IsOk());
  EXPECT_EQ(machine.journal->durable(), x);
}

// The power fails at every operation: the journal is there whole, or there is none to open.
TEST_F(RestoreTest, ACrashLeavesAllOrNothingUsable) {
  bool finished = false;
  for (uint64_t operations = 1; !finished; ++operations) {
    SCOPED_TRACE(operations);
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SimulatedMedium medium(seed);
      auto disk = medium.Boot();
      medium.CrashAfter(operations);
      finished = Restore(*disk, copy_, clock_).ok();
      medium.Crash();
      disk = medium.Boot();
      auto opened = Journal::Open(*disk, "plan", clock_);
      EXPECT_TRUE(opened.ok() || !finished) << opened.status();
      if (opened.ok()) {
        EXPECT_TRUE((*opened)->durable() == c_ || (*opened)->durable().sequence == 0) << (*opened)->durable().sequence;
        EXPECT_TRUE((*opened)->durable() == c_ || (*opened)->lineage().identities().size() == 1);
        continue;
      }
      EXPECT_THAT(opened, HasReason(Reason::DATA_LOSS));
      EXPECT_THAT(Restore(*disk, copy_, clock_), HasReason(Reason::NOT_EMPTY));
    }
    ASSERT_LT(operations, 100u);
  }
}

TEST_F(RestoreTest, AWitnessOfTheRestoredJournalFitsNoOther) {
  Machine one(clock_), two(clock_);
  ASSERT_THAT(one.RestoreFrom(copy_), IsOk());
  ASSERT_THAT(two.RestoreFrom(copy_), IsOk());
  ASSERT_OK_AND_ASSIGN(auto witness, one.disk->ReadFile(kWitnessFile));
  ASSERT_OK_AND_ASSIGN(auto kept, two.disk->ReadFile(kWitnessFile));
  ASSERT_THAT(two.disk->WriteFileSynced(kWitnessFile, 0, *witness), IsOk());
  EXPECT_THAT(two.Open(), HasReason(Reason::DATA_LOSS));

  // Its first own block and the witness are two syncs: died between them, or lost the block afterwards.
  ASSERT_THAT(two.disk->WriteFileSynced(kWitnessFile, 0, *kept), IsOk());
  ASSERT_THAT(two.Open(), IsOk());
  const Position x = two.Append({"x"});
  ASSERT_OK_AND_ASSIGN(auto after_x, two.disk->ReadFile(kWitnessFile));
  ASSERT_THAT(two.disk->WriteFileSynced(kWitnessFile, kWitnessSlotBytes, std::string(kWitnessSlotBytes, '\0')), IsOk());
  ASSERT_THAT(two.Open(), IsOk());
  EXPECT_EQ(two.journal->durable(), x);
  ASSERT_THAT(two.disk->WriteFileSynced(kWitnessFile, 0, *after_x), IsOk());
  two.journal = nullptr;
  ASSERT_TRUE(two.medium.DropLast("journal"));
  EXPECT_THAT(two.Open(), HasReason(Reason::DATA_LOSS));
}

// Every bit of identities and blocks of a restored journal is covered by opening or reading.
// A chain of `count` journals after `first`; each continues the one before it, `later` events later.
std::vector<std::string> ChainOf(Identity first, size_t count, uint64_t later) {
  std::vector<std::string> identities{EncodeIdentity(first)};
  for (size_t i = 1; i < count; ++i) {
    Identity next = first;
    next.id = {static_cast<uint8_t>(i), 77};
    if (later > 0) next.continues = {first.id, first.continues.sequence + later, Hash{static_cast<uint8_t>(i)}};
    identities.push_back(EncodeIdentity(next));
    first = next;
  }
  return identities;
}

// Only so many names are kept: those of journals that recorded nothing go first, and without such there is an end.
TEST_F(RestoreTest, NoMoreJournalsInARowThanMayBe) {
  Identity first;
  first.service = "plan";
  first.id = {9};
  SimulatedMedium medium(3);
  {
    const auto disk = medium.Boot();
    ASSERT_THAT(Restore(*disk, {ChainOf(first, kAncestorsMax + 1, 0), {}}, clock_), IsOk());
  }
  Machine opened(clock_);
  opened.disk = medium.Boot();
  auto journal = Journal::Open(*opened.disk, "plan", clock_);
  ASSERT_THAT(journal, IsOk());
  EXPECT_EQ((*journal)->lineage().identities().size(), kAncestorsMax + 1) << "itself and as many as may be";
  EXPECT_TRUE((*journal)->lineage().Knows({64, 77})) << "the newest names are kept";

  // Blocks of one event each, each recorded by a journal of its own.
  Copy copy;
  Identity identity = first;
  std::vector<std::string> identities{EncodeIdentity(identity)};
  for (uint64_t sequence = 1; sequence <= kAncestorsMax + 1; ++sequence) {
    Hash hash;
    copy.blocks.push_back(EncodeBlock({.first_sequence = sequence, .time_us = 1}, GenesisHash(identities.back()), {"e"}, &hash));
    if (identities.size() > kAncestorsMax) break;
    identity.continues = {identity.id, sequence, hash};
    identity.id = {static_cast<uint8_t>(sequence), 78};
    identities.push_back(EncodeIdentity(identity));
  }
  copy.identities = identities;
  ASSERT_EQ(identities.size(), kAncestorsMax + 1);
  SimulatedMedium full(4);
  const auto disk = full.Boot();
  const auto refused = Restore(*disk, copy, clock_);
  EXPECT_THAT(refused, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(ErrorsOf(refused.status()).front().value, std::to_string(kAncestorsMax + 1));
  const auto nothing = Journal::Open(*disk, "plan", clock_);
  ASSERT_THAT(nothing, IsOk()) << "nothing was written";
  EXPECT_EQ((*nothing)->durable().sequence, 0u);
}

TEST_F(RestoreTest, WhatANewerVersionWroteIsSaidToBe) {
  SimulatedMedium medium(3);
  const auto disk = medium.Boot();
  Copy newer = copy_;
  newer.blocks[1][4] = 2;
  EXPECT_THAT(Restore(*disk, newer, clock_), HasReason(Reason::SCHEMA_TOO_NEW));
  newer = copy_;
  newer.identities[0][8] = 2;
  EXPECT_THAT(Restore(*disk, newer, clock_), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(Restore(*disk, {{}, copy_.blocks}, clock_), HasReasonAt(Reason::DATA_LOSS, "identities"));
}

TEST_F(RestoreTest, EveryFlippedBitIsFound) {
  Machine machine(clock_);
  ASSERT_THAT(machine.RestoreFrom(copy_), IsOk());
  machine.Append({"x"});
  size_t bytes = 0;
  for (const std::string& identity : machine.journal->lineage().encoded()) bytes += identity.size();
  for (const std::string& block : CopyOf(*machine.journal).blocks) bytes += block.size();
  for (size_t bit = 0; bit < bytes * 8; ++bit) {
    machine.journal = nullptr;
    ASSERT_TRUE(machine.medium.FlipBit("journal", bit));
    absl::Status found = machine.Open();
    if (found.ok()) {
      auto blocks = machine.journal->ReadBlocks({}, 1 << 20);
      found = blocks.status();
      for (size_t i = 0; found.ok() && i < blocks->size(); ++i) found = DecodeBlock((*blocks)[i]).status();
    }
    EXPECT_TRUE(::anju::HasReason(found, Reason::DATA_LOSS) || ::anju::HasReason(found, Reason::SCHEMA_TOO_NEW)) << bit << " " << found;
    machine.journal = nullptr;
    ASSERT_TRUE(machine.medium.FlipBit("journal", bit));
  }
  ASSERT_THAT(machine.Open(), IsOk());
  EXPECT_EQ(machine.Events(), "abcx");
}

// Printed, not judged: machines differ. The bar is a million events a second where a clerk's update takes 22 bytes.
TEST(RestoreOnRocksDB, ManyEvents) {
  constexpr int kBlocks = 200, kEvents = 5'000;
  FakeClock clock;
  SimulatedMedium medium(1);
  auto simulated = medium.Boot();
  ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*simulated, "plan", clock));
  for (int i = 0; i < kBlocks; ++i) {
    std::vector<std::string> events(kEvents, std::string(22, static_cast<char>('a' + i % 26)));
    ASSERT_THAT(journal->Append(events, {}, 0), IsOk());
  }
  const Copy copy = CopyOf(*journal);

  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_THAT(Restore(*disk, copy, clock), IsOk());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("restored %d events in %.2f s: %.2f million/s\n", kBlocks * kEvents, seconds, kBlocks * kEvents / seconds / 1e6);
  ASSERT_OK_AND_ASSIGN(auto restored, Journal::Open(*disk, "plan", clock));
  EXPECT_EQ(restored->durable(), journal->durable());
}

}  // namespace
}  // namespace anju::journal
