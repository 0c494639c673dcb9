// Opening, appending, reading, and every kind of damage the journal must notice.
#include "common/journal/journal.h"

#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

class JournalTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Journal>> Open(std::string_view service = "plan") {
    journal_ = nullptr;
    disk_ = medium_.Boot();
    return Journal::Open(*disk_, service, clock_);
  }
  void MustOpen() {
    auto opened = Open();
    ASSERT_THAT(opened, IsOk());
    journal_ = *std::move(opened);
  }
  Position MustAppend(const std::vector<std::string>& events) {
    auto position = journal_->Append(events, {}, 0);
    EXPECT_THAT(position, IsOk());
    return *position;
  }
  std::vector<std::string> EventsAfter(const Position& after) {
    auto blocks = journal_->ReadBlocks(after, 1 << 20);
    EXPECT_THAT(blocks, IsOk());
    std::vector<std::string> events;
    for (const std::string& bytes : *blocks) {
      auto block = DecodeBlock(bytes);
      EXPECT_THAT(block, IsOk());
      events.insert(events.end(), block->events.begin(), block->events.end());
    }
    return events;
  }

  SimulatedMedium medium_{1};
  FakeClock clock_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, StartsEmptyAndKeepsItsIdentity) {
  MustOpen();
  const JournalId id = journal_->identity().id;
  EXPECT_NE(id, JournalId{});
  EXPECT_EQ(journal_->durable().sequence, 0u);
  EXPECT_THAT(EventsAfter({}), ::testing::IsEmpty());
  MustOpen();
  EXPECT_EQ(journal_->identity().id, id);
  EXPECT_EQ(journal_->identity().service, "plan");
}

TEST_F(JournalTest, AppendsAndReadsAfterReopening) {
  MustOpen();
  const Position first = MustAppend({"a", "b"});
  const Position second = MustAppend({"c"});
  EXPECT_EQ(first.sequence, 2u);
  EXPECT_EQ(second.sequence, 3u);
  EXPECT_EQ(journal_->durable(), second);
  MustOpen();
  EXPECT_EQ(journal_->durable(), second);
  EXPECT_THAT(EventsAfter({}), ::testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(EventsAfter(first), ::testing::ElementsAre("c"));
  EXPECT_THAT(EventsAfter(second), ::testing::IsEmpty());
  EXPECT_EQ(MustAppend({"d"}).sequence, 4u);
}

TEST_F(JournalTest, BlockTimesNeverGoBack) {
  MustOpen();
  MustAppend({"a"});
  const int64_t time = journal_->last_time_us();
  clock_.AdvanceMicros(-60'000'000);
  MustAppend({"b"});
  EXPECT_EQ(journal_->last_time_us(), time);
  MustOpen();
  EXPECT_EQ(journal_->last_time_us(), time);
}

TEST_F(JournalTest, ReadsInPortionsOfAtLeastOneBlock) {
  MustOpen();
  for (char c = 'a'; c <= 'f'; ++c) MustAppend({std::string(100, c)});
  std::string seen;
  Position at;
  while (at.sequence < 6) {
    ASSERT_OK_AND_ASSIGN(auto blocks, journal_->ReadBlocks(at, 1));
    ASSERT_EQ(blocks.size(), 1u);
    ASSERT_OK_AND_ASSIGN(BlockView block, DecodeBlock(blocks[0]));
    seen += block.events[0][0];
    at = {journal_->identity().id, block.header.last_sequence(), block.hash};
  }
  EXPECT_EQ(seen, "abcdef");
  ASSERT_OK_AND_ASSIGN(auto two, journal_->ReadBlocks({}, 2 * (kPrefixBytes + 104)));
  EXPECT_EQ(two.size(), 2u);
}

TEST_F(JournalTest, FindsTheBlockThatContainsASequence) {
  MustOpen();
  MustAppend({"a", "b", "c"});
  MustAppend({"d", "e"});
  const struct {
    uint64_t sequence;
    size_t blocks;
    uint64_t first;
  } cases[] = {{0, 2, 1}, {1, 2, 1}, {3, 2, 1}, {4, 1, 4}, {5, 1, 4}};
  for (const auto& c : cases) {
    ASSERT_OK_AND_ASSIGN(auto blocks, journal_->ReadBlocksContaining(c.sequence, 1 << 20));
    ASSERT_EQ(blocks.size(), c.blocks) << c.sequence;
    ASSERT_OK_AND_ASSIGN(BlockView block, DecodeBlock(blocks[0]));
    EXPECT_EQ(block.header.first_sequence, c.first) << c.sequence;
  }
  ASSERT_OK_AND_ASSIGN(auto beyond, journal_->ReadBlocksContaining(6, 1 << 20));
  EXPECT_TRUE(beyond.empty());
}

TEST_F(JournalTest, RefusesPositionsThatAreNotItsOwn) {
  MustOpen();
  const Position first = MustAppend({"a", "b"});
  MustAppend({"c"});
  const auto refused = [&](Position position) {
    EXPECT_THAT(journal_->ReadBlocks(position, 1000), HasReasonAt(Reason::DATA_LOSS, "after"));
  };
  Position position = first;
  position.block_hash = {};
  EXPECT_THAT(EventsAfter(position), ::testing::ElementsAre("c")) << "a hash of zeros is not given";
  position.sequence = 1;
  refused(position);  // inside a block
  position.sequence = 4;
  refused(position);  // beyond the end
  position = first;
  position.block_hash[0] ^= 1;
  refused(position);  // another history
  position = first;
  position.journal_id[0] ^= 1;
  refused(position);  // another journal
  position.sequence = 0;
  EXPECT_EQ(EventsAfter(position).size(), 3u) << "before the first event is in every journal";
}

TEST_F(JournalTest, ListenersHearOfEveryDurablePosition) {
  MustOpen();
  std::vector<uint64_t> heard;
  const uint64_t id = journal_->AddListener([&](const Position& position) { heard.push_back(position.sequence); });
  MustAppend({"a", "b"});
  MustAppend({"c"});
  journal_->RemoveListener(id);
  MustAppend({"d"});
  EXPECT_THAT(heard, ::testing::ElementsAre(2, 3));
}

TEST_F(JournalTest, AFailedAppendIsTheLastOne) {
  MustOpen();
  MustAppend({"a"});
  medium_.CrashAfter(1);
  EXPECT_THAT(journal_->Append({"b"}, {}, 0), HasReason(Reason::STORAGE_FAILED));
  EXPECT_EQ(journal_->durable().sequence, 1u);
  EXPECT_THAT(journal_->Append({"c"}, {}, 0), HasReason(Reason::STORAGE_FAILED));
}

TEST_F(JournalTest, AnotherServicesJournalIsNotOurs) {
  MustOpen();
  EXPECT_THAT(Open("progress"), HasReason(Reason::NOT_EMPTY));
}

TEST_F(JournalTest, WhoeverIsAskedWhetherItAgreesIsAskedBeforeAnythingIsWritten) {
  std::vector<std::optional<uint64_t>> asked;
  absl::Status answer = MakeError(Reason::NOT_EMPTY, "", "", "no");
  const auto open = [&] {
    journal_ = nullptr;
    disk_ = medium_.Boot();
    return Journal::Open(*disk_, "plan", clock_, [&](const Journal* found) {
      asked.push_back(found == nullptr ? std::nullopt : std::optional(found->durable().sequence));
      return answer;
    }).status();
  };
  EXPECT_THAT(open(), HasReason(Reason::NOT_EMPTY));
  EXPECT_EQ(medium_.operations(), 0u) << "no journal was begun";
  answer = absl::OkStatus();
  EXPECT_THAT(open(), IsOk());
  MustOpen();
  MustAppend({"a", "b"});
  const uint64_t before = medium_.operations();
  answer = MakeError(Reason::NOT_EMPTY, "", "", "no");
  EXPECT_THAT(open(), HasReason(Reason::NOT_EMPTY));
  EXPECT_EQ(medium_.operations(), before);
  EXPECT_THAT(asked, ::testing::ElementsAre(std::nullopt, std::nullopt, std::optional<uint64_t>(2)));
}

TEST_F(JournalTest, ALostLastRecordIsDataLossByItsWitness) {
  MustOpen();
  MustAppend({"a"});
  MustAppend({"b"});
  ASSERT_TRUE(medium_.DropLast("journal"));
  auto opened = Open();
  EXPECT_THAT(opened, HasReason(Reason::DATA_LOSS));
  EXPECT_NE(opened.status().message().find("records are lost"), absl::string_view::npos) << opened.status();
  EXPECT_THAT(Open(), HasReason(Reason::DATA_LOSS)) << "looking must change nothing";
}

TEST_F(JournalTest, ALostJournalIsDataLossByItsWitness) {
  MustOpen();
  MustAppend({"a"});
  journal_ = nullptr;
  ASSERT_THAT(disk_->DestroyStore("journal"), IsOk());
  EXPECT_THAT(Open(), HasReason(Reason::DATA_LOSS));
}

TEST_F(JournalTest, BothWitnessSlotsDamagedIsDataLoss) {
  MustOpen();
  MustAppend({"a"});
  ASSERT_THAT(disk_->WriteFileSynced("witness", 10, "x"), IsOk());
  ASSERT_THAT(disk_->WriteFileSynced("witness", 74, "x"), IsOk());
  EXPECT_THAT(Open(), HasReason(Reason::DATA_LOSS));
}

TEST_F(JournalTest, AnOldWitnessIsDataLoss) {
  MustOpen();
  MustAppend({"a"});
  ASSERT_OK_AND_ASSIGN(auto old, disk_->ReadFile("witness"));
  MustAppend({"b"});
  MustAppend({"c"});
  ASSERT_THAT(disk_->WriteFileSynced("witness", 0, *old), IsOk());
  EXPECT_THAT(Open(), HasReason(Reason::DATA_LOSS));
}

// Died between the two syncs: the block is there, its witness is not. Nobody was answered, and it stays.
TEST_F(JournalTest, OneBlockAheadOfTheWitnessIsKeptAndWitnessed) {
  MustOpen();
  MustAppend({"a"});
  ASSERT_OK_AND_ASSIGN(auto old, disk_->ReadFile("witness"));
  const Position second = MustAppend({"b"});
  ASSERT_THAT(disk_->WriteFileSynced("witness", 0, *old), IsOk());
  MustOpen();
  EXPECT_EQ(journal_->durable(), second);
  ASSERT_OK_AND_ASSIGN(auto caught_up, disk_->ReadFile("witness"));
  ASSERT_OK_AND_ASSIGN(Witness witness, DecodeWitness(*caught_up));
  EXPECT_EQ(witness.position, second);
}

// A flipped bit is found at opening when it is in the last block, and by whoever reads it elsewhere.
TEST_F(JournalTest, EveryFlippedBitIsFoundByOpeningOrReading) {
  MustOpen();
  for (const char* event : {"one", "two", "three"}) MustAppend({event});
  const size_t bits = (EncodeIdentity(journal_->identity()).size() + 3 * (kPrefixBytes + 4) + 11) * 8;
  for (size_t bit = 0; bit < bits; ++bit) {
    SCOPED_TRACE(bit);
    journal_ = nullptr;
    ASSERT_TRUE(medium_.FlipBit("journal", bit));
    auto opened = Open();
    absl::Status found = opened.status();
    if (opened.ok()) {
      auto blocks = (*opened)->ReadBlocks({}, 1 << 20);
      found = blocks.status();
      // The chain of hashes is followed by every read; the events themselves are hashed by who must not trust.
      for (size_t i = 0; found.ok() && i < blocks->size(); ++i) found = DecodeBlock((*blocks)[i]).status();
    }
    EXPECT_TRUE(testing::StatusOf(found).code() == absl::StatusCode::kDataLoss || ::anju::HasReason(found, Reason::SCHEMA_TOO_NEW)) << found;
    ASSERT_TRUE(medium_.FlipBit("journal", bit));
  }
  MustOpen();
  EXPECT_THAT(EventsAfter({}), ::testing::ElementsAre("one", "two", "three"));
}

TEST(JournalOnRocksDB, SurvivesReopening) {
  testing::TempDir directory;
  FakeClock clock;
  Position end;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*disk, "plan", clock));
    for (int i = 0; i < 50; ++i) {
      ASSERT_OK_AND_ASSIGN(end, journal->Append({"event " + std::to_string(i), std::string(10'000, 'x')}, {}, 0));
    }
  }
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*disk, "plan", clock));
  EXPECT_EQ(journal->durable(), end);
  ASSERT_OK_AND_ASSIGN(auto blocks, journal->ReadBlocks({}, 64 << 20));
  EXPECT_EQ(blocks.size(), 50u);
}

}  // namespace
}  // namespace anju::journal
