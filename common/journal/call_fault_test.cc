// Every call to the disk that opening, reading, proving, restoring and replaying make fails once: the failure comes out as what it was, nothing is
// answered from half of what was asked for, and afterwards everything is as it was.
#include "common/storage/fault_calls.h"

#include <cerrno>

#include "common/journal/pipeline_testing.h"
#include "common/journal/restore.h"
#include "common/journal/tree.h"
#include "common/storage/rocks.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/system_calls.h"

namespace anju::journal {
namespace {

using storage::FailEachCall;
using storage::SimulatedMedium;
using testing::HasReason;
using testing::IsOk;
using testing::TempDir;

// All events of a journal in one line; what is read must chain.
absl::StatusOr<std::string> Events(const Journal& journal, const Position& after = {}) {
  std::string events;
  Position at = after;
  while (at.sequence < journal.durable().sequence) {
    ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal.ReadBlocks(at, 1));
    for (const std::string& bytes : blocks) {
      ASSIGN_OR_RETURN(const BlockView block, DecodeBlock(bytes));
      for (std::string_view event : block.events) events += event;
      at = journal.lineage().PositionOf(block.header.last_sequence(), block.hash);
    }
  }
  return events;
}

absl::Status AppendTo(storage::Disk& disk, Clock& clock, const std::vector<std::vector<std::string>>& blocks) {
  ASSIGN_OR_RETURN(const auto journal, Journal::Open(disk, "plan", clock));
  for (const auto& events : blocks) RETURN_IF_ERROR(journal->Append(events, {}, 0).status());
  return absl::OkStatus();
}

absl::Status RestoreInto(storage::Disk& disk, Clock& clock, const std::vector<std::string>& identities, const std::vector<std::string>& blocks) {
  ASSIGN_OR_RETURN(const auto restored, RestoredJournal::Begin(disk, "plan", identities));
  for (const std::string& block : blocks) RETURN_IF_ERROR(restored->Add(block));
  return restored->Finish(clock).status();
}

// A journal of "abc" and one restored from it that went on with "de".
class CallFaultTest : public ::testing::Test {
 protected:
  CallFaultTest() {
    const auto disk = old_.Boot();
    CHECK_OK(AppendTo(*disk, clock_, {{"a", "b"}, {"c"}}));
    const auto journal = Journal::Open(*disk, "plan", clock_);
    CHECK_OK(journal.status());
    identities_ = (*journal)->lineage().encoded();
    blocks_ = *(*journal)->ReadBlocks({}, 1 << 20);
    const auto restored = restored_.Boot();
    CHECK_OK(RestoreInto(*restored, clock_, identities_, blocks_));
    CHECK_OK(AppendTo(*restored, clock_, {{"d"}, {"e"}}));
  }
  // What failed is said to have failed: a disk that cannot be read is no damage, and a damaged row is.
  static void Judge(Reason reason, const std::string& failed, const absl::Status& outcome) {
    if (failed.empty()) {
      EXPECT_THAT(outcome, IsOk());
    } else if (!failed.starts_with("next ") || !outcome.ok()) {  // a step beyond what was asked for may fail unnoticed
      EXPECT_THAT(outcome, HasReason(reason)) << failed;
    }
  }

  FakeClock clock_;
  SimulatedMedium old_{1}, restored_{2};
  std::vector<std::string> identities_, blocks_;
};

TEST_F(CallFaultTest, OfOpeningAndReading) {
  for (const Reason reason : {Reason::STORAGE_FAILED, Reason::DATA_LOSS}) {
    const uint64_t failed = FailEachCall(reason, [&] { return restored_.Boot(); }, [&](storage::Disk& disk) -> absl::Status {
      ASSIGN_OR_RETURN(const auto journal, Journal::Open(disk, "plan", clock_));
      ASSIGN_OR_RETURN(const std::string all, Events(*journal));
      EXPECT_EQ(all, "abcde");
      ASSIGN_OR_RETURN(const auto last, journal->ReadBlocksContaining(5, 1));
      EXPECT_EQ(last.size(), 1u);
      return absl::OkStatus();
    }, [&](const std::string& call, const absl::Status& outcome) { Judge(reason, call, outcome); });
    EXPECT_GT(failed, 30u);
  }
}

TEST_F(CallFaultTest, OfOpeningForTheFirstTime) {
  uint64_t round = 0;
  std::unique_ptr<SimulatedMedium> medium;
  const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] {
    medium = std::make_unique<SimulatedMedium>(++round);
    return medium->Boot();
  }, [&](storage::Disk& disk) { return AppendTo(disk, clock_, {{"a"}, {"b"}}); }, [&](const std::string& call, const absl::Status& outcome) {
    Judge(Reason::STORAGE_FAILED, call, outcome);
    const auto disk = medium->Boot();
    const auto journal = Journal::Open(*disk, "plan", clock_);
    ASSERT_THAT(journal, IsOk()) << call;
    const auto events = Events(**journal);
    ASSERT_THAT(events, IsOk());
    EXPECT_TRUE(std::string("ab").starts_with(*events)) << call << ": " << *events;
  });
  EXPECT_GT(failed, 8u);
}

TEST_F(CallFaultTest, OfTheOnesThatProofsNeed) {
  for (const size_t chunks_max : {size_t{2}, JournalTree::kChunksMax}) {
    const auto prove = [&](storage::Disk& disk) -> absl::Status {
      ASSIGN_OR_RETURN(const auto journal, Journal::Open(disk, "plan", clock_));
      JournalTree tree(*journal, chunks_max);
      for (const auto& [sequence, at] : {std::pair<uint64_t, uint64_t>{2, 2}, {1, 5}, {3, 4}, {5, 5}}) {
        ASSIGN_OR_RETURN(const InclusionPath path, tree.Include(sequence, at));
        EXPECT_EQ(path.event, std::string(1, static_cast<char>('a' + sequence - 1)));
      }
      ASSIGN_OR_RETURN(const ConsistencyPath path, tree.Extend(2, 5));
      EXPECT_EQ(path.from.size, 1u);
      EXPECT_EQ(path.to.size, 4u);
      return tree.HeadAt(3).status();
    };
    const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] { return restored_.Boot(); }, prove,
                                         [](const std::string& call, const absl::Status& outcome) { Judge(Reason::STORAGE_FAILED, call, outcome); });
    EXPECT_GT(failed, 30u);
  }
}

// A tree that could not read on one question answers the next one.
TEST_F(CallFaultTest, ATreeOutlivesAFailedQuestion) {
  storage::FaultCalls calls;
  const auto target = restored_.Boot();
  const auto disk = DiskWithFault(*target, calls);
  auto opened = Journal::Open(*disk, "plan", clock_);
  ASSERT_THAT(opened, IsOk());
  JournalTree whole(**opened);
  const auto expected = whole.HeadAt(5);
  ASSERT_THAT(expected, IsOk());
  for (uint64_t nth = 1;; ++nth) {
    JournalTree tree(**opened, 2);
    calls = {.nth = nth};
    const auto head = tree.HeadAt(5);
    if (calls.failed.empty()) break;
    Judge(Reason::STORAGE_FAILED, calls.failed, head.status());
    calls = {};
    const auto again = tree.HeadAt(5);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->root, expected->root);
  }
}

TEST_F(CallFaultTest, OfARestore) {
  uint64_t round = 0;
  std::unique_ptr<SimulatedMedium> medium;
  const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] {
    medium = std::make_unique<SimulatedMedium>(++round);
    return medium->Boot();
  }, [&](storage::Disk& disk) { return RestoreInto(disk, clock_, identities_, blocks_); }, [&](const std::string& call, const absl::Status& outcome) {
    Judge(Reason::STORAGE_FAILED, call, outcome);
    // Half a restore is nobody's journal: either it can be opened whole, or it is refused, or there is nothing yet.
    const auto disk = medium->Boot();
    const auto journal = Journal::Open(*disk, "plan", clock_);
    if (!journal.ok()) {
      EXPECT_FALSE(outcome.ok());
      EXPECT_THAT(journal, HasReason(Reason::DATA_LOSS)) << call;
      return;
    }
    const auto events = Events(**journal);
    ASSERT_THAT(events, IsOk());
    EXPECT_EQ(*events, outcome.ok() ? "abc" : "") << call;
  });
  EXPECT_GT(failed, 5u);
}

// Blocks of several MiB are written before the end: that may fail too, and then nothing more is taken.
TEST_F(CallFaultTest, OfALargeRestore) {
  SimulatedMedium large(9);
  std::vector<std::string> blocks, identities;
  {
    const auto disk = large.Boot();
    const std::string event(3 << 20, 'x');
    ASSERT_THAT(AppendTo(*disk, clock_, {{event}, {event}, {event}, {event}, {event}}), IsOk());
    const auto journal = Journal::Open(*disk, "plan", clock_);
    ASSERT_THAT(journal, IsOk());
    identities = (*journal)->lineage().encoded();
    blocks = *(*journal)->ReadBlocks({}, 1 << 30);
  }
  std::unique_ptr<SimulatedMedium> medium;
  const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] {
    medium = std::make_unique<SimulatedMedium>(3);
    return medium->Boot();
  }, [&](storage::Disk& disk) -> absl::Status {
    ASSIGN_OR_RETURN(const auto restored, RestoredJournal::Begin(disk, "plan", identities));
    for (size_t i = 0; i < blocks.size(); ++i) {
      const absl::Status added = restored->Add(blocks[i]);
      if (added.ok()) continue;
      EXPECT_EQ(restored->Add(blocks[i]), added) << "it takes nothing after an error";
      EXPECT_EQ(restored->Finish(clock_).status(), added);
      return added;
    }
    return restored->Finish(clock_).status();
  }, [](const std::string& call, const absl::Status& outcome) { Judge(Reason::STORAGE_FAILED, call, outcome); });
  EXPECT_GT(failed, 7u);
}

// On RocksDB opening also looks where its tables end.
TEST_F(CallFaultTest, OfLookingAtTheSeamsOfTables) {
  TempDir directory;
  const storage::RocksSettings small{.journal_buffer_bytes = 64 << 10, .state_buffer_bytes = 64 << 10};
  const auto boot = [&] {
    auto disk = storage::OpenRocksDiskWith(directory / "data", small);
    CHECK_OK(disk.status());
    return *std::move(disk);
  };
  for (int life = 0; life < 2; ++life) {
    const auto disk = boot();
    std::vector<std::vector<std::string>> blocks;
    for (int i = 0; i < 30; ++i) blocks.push_back({std::string(5'000, static_cast<char>('a' + i % 26))});
    ASSERT_THAT(AppendTo(*disk, clock_, blocks), IsOk());
  }
  const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, boot, [&](storage::Disk& disk) { return Journal::Open(disk, "plan", clock_).status(); },
                                       [](const std::string& call, const absl::Status& outcome) { Judge(Reason::STORAGE_FAILED, call, outcome); });
  EXPECT_GT(failed, 20u);
}

// A store that was created and never written: the process died before its identity.
TEST_F(CallFaultTest, OfOpeningWhatHasNoIdentityYet) {
  uint64_t round = 0;
  const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] {
    SimulatedMedium medium(++round);
    auto disk = medium.Boot();
    CHECK_OK(disk->OpenStore(kJournalStore, storage::StoreKind::kJournal).status());
    return disk;
  }, [&](storage::Disk& disk) { return Journal::Open(disk, "plan", clock_).status(); },
     [](const std::string& call, const absl::Status& outcome) { Judge(Reason::STORAGE_FAILED, call, outcome); });
  EXPECT_GT(failed, 6u);
}

// Without random bytes there is no new id, and nothing is begun under an old one.
TEST_F(CallFaultTest, OfRandomBytes) {
  SimulatedMedium medium(8), restored(9);
  const auto disk = medium.Boot(), other = restored.Boot();
  {
    const testing::FailingCall failing(1, EIO, "RAND_bytes");
    EXPECT_THAT(Journal::Open(*disk, "plan", clock_), HasReason(Reason::STORAGE_FAILED));
  }
  {
    const testing::FailingCall failing(1, EIO, "RAND_bytes");
    EXPECT_THAT(RestoreInto(*other, clock_, identities_, blocks_), HasReason(Reason::STORAGE_FAILED));
  }
  EXPECT_THAT(AppendTo(*disk, clock_, {{"a"}}), IsOk());
  // Nothing of it was written yet: whoever opens the directory begins a journal that continues none.
  const auto begun = Journal::Open(*other, "plan", clock_);
  ASSERT_THAT(begun, IsOk());
  EXPECT_EQ((*begun)->durable().sequence, 0u);
  EXPECT_EQ((*begun)->lineage().encoded().size(), 1u);
}

absl::Status Live(storage::Disk& disk, FakeClock& clock, int marks, std::map<std::string, uint64_t>* found, uint64_t flush_events) {
  absl::Status fatal;
  MarkModel model;
  Answers answers;
  PipelineOptions options{.threads = false, .state_flush_events = flush_events, .on_fatal = [&](const absl::Status& status) { fatal = status; }};
  ASSIGN_OR_RETURN(auto pipeline, Pipeline::Open(disk, "plan", kMarkSchema, model, clock, options));
  for (int i = 0; i < marks; ++i) {
    const std::string mark = std::to_string(i);
    (void)pipeline->Submit(std::make_unique<TestRequest>(answers, mark, [mark, &model](Recorder& recorder) {
      if (!model.marks.contains(mark)) recorder.Record(mark);
    }));
    pipeline->Step(PipelineStep::kDecide);
    pipeline->Step(PipelineStep::kWrite);
  }
  pipeline = nullptr;
  *found = model.marks;
  return fatal;
}

// Of a start that replays and of the work after it; the next start has every mark, once (MarkModel refuses a second one).
TEST_F(CallFaultTest, OfReplayingIntoTheState) {
  for (const uint64_t flush_events : {uint64_t{2}, uint64_t{1'000}}) {
    std::unique_ptr<SimulatedMedium> medium;
    const uint64_t failed = FailEachCall(Reason::STORAGE_FAILED, [&] {
      medium = std::make_unique<SimulatedMedium>(5);
      const auto disk = medium->Boot();
      std::map<std::string, uint64_t> marks;
      CHECK_OK(Live(*disk, clock_, 4, &marks, 1'000));
      CHECK_OK(disk->DestroyStore("state"));
      return medium->Boot();
    }, [&](storage::Disk& disk) {
      std::map<std::string, uint64_t> marks;
      return Live(disk, clock_, 7, &marks, flush_events);
    }, [&](const std::string& call, const absl::Status& outcome) {
      Judge(Reason::STORAGE_FAILED, call, outcome);
      const auto disk = medium->Boot();
      std::map<std::string, uint64_t> marks;
      ASSERT_THAT(Live(*disk, clock_, 7, &marks, 1'000), IsOk()) << call;
      EXPECT_EQ(marks.size(), 7u) << call;
    });
    EXPECT_GT(failed, 30u);
  }
}

// A state that turns out to be damaged while it is opened is made again from the journal, at once or by the next start; a damaged journal is not.
TEST_F(CallFaultTest, DamageOfTheStateIsMendedFromTheJournal) {
  std::unique_ptr<SimulatedMedium> medium;
  std::map<std::string, uint64_t> marks;
  const uint64_t failed = FailEachCall(Reason::DATA_LOSS, [&] {
    medium = std::make_unique<SimulatedMedium>(6);
    const auto disk = medium->Boot();
    CHECK_OK(Live(*disk, clock_, 4, &marks, 1));
    return medium->Boot();
  }, [&](storage::Disk& disk) { return Live(disk, clock_, 4, &marks, 1); }, [&](const std::string& call, const absl::Status& outcome) {
    const bool reads_state = call.ends_with(" state") && !call.starts_with("write") && !call.starts_with("flush") && !call.starts_with("destroy");
    if (!outcome.ok() && reads_state) {
      EXPECT_THAT(outcome, HasReason(Reason::STORAGE_FAILED)) << call << ": start again";
    } else if (!call.empty() && !reads_state) {
      EXPECT_THAT(outcome, HasReason(Reason::DATA_LOSS)) << call;
    }
    const auto disk = medium->Boot();
    ASSERT_THAT(Live(*disk, clock_, 4, &marks, 1'000), IsOk()) << call;
    EXPECT_EQ(marks.size(), 4u) << call;
  });
  EXPECT_GT(failed, 20u);
}

}  // namespace
}  // namespace anju::journal
