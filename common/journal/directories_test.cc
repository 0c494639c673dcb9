// Directories on RocksDB: which state is used, which is rebuilt, and which refuses the start.
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "common/journal/pipeline.h"
#include "common/journal/pipeline_testing.h"
#include "common/journal/restore.h"
#include "common/journal/state_writer.h"

namespace anju::journal {
namespace {

namespace fs = std::filesystem;
using testing::HasReason;
using testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PipelineOnRocksDB : public ::testing::Test {
 protected:
  std::string Path(std::string_view name) const { return directory_ / name; }
  // Opens, marks every name, closes; gives how many events were replayed.
  absl::StatusOr<size_t> Run(const std::vector<std::string>& names, uint32_t schema_version = kMarkSchema, const std::string& cache = "") {
    MarkModel model;
    Answers answers;
    ASSIGN_OR_RETURN(auto disk, storage::OpenRocksDisk(Path("data")));
    ASSIGN_OR_RETURN(auto pipeline, Pipeline::Open(*disk, "test", schema_version, model, clock_, {}));
    const size_t replayed = model.applied_count();
    cached_ = model.cached;
    if (!cache.empty()) {
      CHECK_OK(pipeline->Submit(std::make_unique<TestRequest>(answers, "", [=](Recorder& recorder) { recorder.rows().Put("cached", cache); })));
      cached_ = cache;
    }
    for (const std::string& name : names) {
      CHECK_OK(pipeline->Submit(std::make_unique<TestRequest>(answers, name, [=](Recorder& recorder) { recorder.Record(name); })));
    }
    pipeline = nullptr;
    CHECK(answers.ok().size() == names.size() + (cache.empty() ? 0 : 1));
    events_ = model.events;
    return replayed;
  }
  // Every byte of the directory.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(Path("data"))) {
      files[entry.path()] = entry.is_regular_file() ? testing::ReadFile(entry.path()) : "";
    }
    return files;
  }
  // What is said when it does not open; nothing may be changed by that.
  std::string Refused(Reason reason) {
    const auto before = Files();
    const absl::Status refused = Run({}).status();
    EXPECT_THAT(refused, HasReason(reason));
    EXPECT_EQ(Files(), before) << "nothing is changed";
    return std::string(refused.message());
  }
  void Copy(std::string_view from, std::string_view to) { fs::copy(Path(from), Path(to), fs::copy_options::recursive); }
  void PutBack(std::string_view from, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      fs::remove_all(Path("data/" + name));
      Copy(std::string(from) + "/" + name, "data/" + name);
    }
  }

  testing::TempDir directory_;
  FakeClock clock_;
  uint64_t events_ = 0;
  std::optional<std::string> cached_;
};

TEST_F(PipelineOnRocksDB, ADeletedStateIsRebuilt) {
  EXPECT_THAT(Run({"a", "b", "c"}), testing::IsOkAndHolds(0));
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(0));
  fs::remove_all(Path("data/state"));
  EXPECT_THAT(Run({"d"}), testing::IsOkAndHolds(3));
  EXPECT_EQ(events_, 4u);
}

// The rows were written after their events were durable: where the journal does not have those, it is the journal that lost something.
TEST_F(PipelineOnRocksDB, AStateAheadOfTheJournalIsRefused) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  Copy("data", "older");
  ASSERT_THAT(Run({"d", "e"}), IsOk());
  Copy("data", "newer");
  PutBack("older", {"journal", "witness"});
  const std::string words = Refused(Reason::DATA_LOSS);
  EXPECT_THAT(words, AllOf(HasSubstr(Path("data/state") + " stands at "), HasSubstr("/5, where " + Path("data/journal") + " never was: it ends at "),
                           HasSubstr("/3, so records are lost"), HasSubstr("Put the newer journal and witness back"),
                           HasSubstr("restore a backup into a new directory"), HasSubstr("to accept the loss, move the state directory away")));
  EXPECT_THAT(Run({}, kMarkSchema + 1), HasReason(Reason::DATA_LOSS)) << "a state that would be rebuilt anyhow tells it too";

  // Both ways out.
  PutBack("newer", {"journal", "witness"});
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(0));
  EXPECT_EQ(events_, 5u);
  PutBack("older", {"journal", "witness"});
  fs::rename(Path("data/state"), Path("state.old"));
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(3));
  EXPECT_EQ(events_, 3u);
}

TEST_F(PipelineOnRocksDB, AStateWhoseJournalIsGoneIsRefusedBeforeANewOneIsBegun) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  for (const char* name : {"data/journal", "data/witness"}) fs::remove_all(Path(name));
  EXPECT_THAT(Refused(Reason::DATA_LOSS), AllOf(HasSubstr(Path("data/state") + " stands at "), HasSubstr("/3, where " + Path("data/journal") + " is not there")));
  EXPECT_FALSE(fs::exists(Path("data/journal")));
}

TEST_F(PipelineOnRocksDB, AStateOfAnotherJournalIsRefused) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  fs::rename(Path("data"), Path("other"));
  ASSERT_THAT(Run({"x", "y", "z", "last"}), IsOk());
  PutBack("other", {"state"});
  EXPECT_THAT(Refused(Reason::DATA_LOSS), AllOf(HasSubstr("/3, where "), HasSubstr(" never was: it ends at "), HasSubstr("/4")));
}

TEST_F(PipelineOnRocksDB, AStateOfAnotherHistoryOfTheSameJournalIsRefused) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  Copy("data", "common");
  ASSERT_THAT(Run({"d"}), IsOk());
  Copy("data", "one");
  PutBack("common", {"journal", "witness", "state"});
  ASSERT_THAT(Run({"x"}), IsOk());
  PutBack("one", {"state"});
  EXPECT_THAT(Refused(Reason::DATA_LOSS), HasSubstr("/4, where " + Path("data/journal") + " never was: it ends at "));
}

TEST_F(PipelineOnRocksDB, AStateThatFoldsNoEventIsRebuiltBesideANewJournal) {
  ASSERT_THAT(Run({}, kMarkSchema, "plan 12"), IsOk());
  EXPECT_EQ(cached_, "plan 12");
  for (const char* name : {"data/journal", "data/witness"}) fs::remove_all(Path(name));
  ASSERT_THAT(Run({"a"}), IsOk());
  EXPECT_EQ(cached_, std::nullopt);
}

TEST_F(PipelineOnRocksDB, ARestoredJournalTakesAStateUpToItsForkAndRefusesOneBeyond) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  Copy("data", "older");
  ASSERT_THAT(Run({"d"}), IsOk());
  fs::rename(Path("data"), Path("newer"));
  {
    ASSERT_OK_AND_ASSIGN(auto from, storage::OpenRocksDisk(Path("older")));
    ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*from, "test", clock_));
    ASSERT_OK_AND_ASSIGN(auto to, storage::OpenRocksDisk(Path("data")));
    ASSERT_OK_AND_ASSIGN(auto restored, RestoredJournal::Begin(*to, "test", journal->lineage().encoded()));
    ASSERT_OK_AND_ASSIGN(auto blocks, journal->ReadBlocks({}, 1 << 20));
    for (std::string& block : blocks) ASSERT_THAT(restored->Add(std::move(block)), IsOk());
    ASSERT_THAT(restored->Finish(clock_), IsOk());
  }
  Copy("data", "restored");
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(3)) << "a restore brings no state";
  PutBack("older", {"state"});
  EXPECT_THAT(Run({"e"}), testing::IsOkAndHolds(0));
  EXPECT_EQ(events_, 4u);
  PutBack("restored", {"journal", "witness"});
  PutBack("newer", {"state"});
  EXPECT_THAT(Refused(Reason::DATA_LOSS), AllOf(HasSubstr("/4, where "), HasSubstr(" never was: it ends at ")));
}

TEST_F(PipelineOnRocksDB, AnotherServicesStateIsRefusedBeforeAJournalIsBegun) {
  for (const std::string_view key : {std::string_view("\0", 1), std::string_view("\0other", 6)}) {
    fs::remove_all(Path("data"));
    {
      ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(Path("data")));
      EXPECT_THAT(CheckUnowned(*disk, "rollups"), IsOk());
      ASSERT_OK_AND_ASSIGN(auto state, disk->OpenStore("state", storage::StoreKind::kState));
      storage::Batch rows;
      rows.Put(key, "form");
      ASSERT_THAT(state->Write(rows), IsOk());
      ASSERT_THAT(state->Flush(), IsOk());
      state = nullptr;
      EXPECT_THAT(CheckUnowned(*disk, "rollups"), IsOk());
    }
    EXPECT_THAT(Refused(Reason::NOT_EMPTY), HasSubstr(Path("data/state") + " is the state of the service aggregator, not of test"));
    EXPECT_FALSE(fs::exists(Path("data/journal")));
  }
}

// The other way round: a service without a journal in the directory of one that has one, or in what is left of it.
TEST_F(PipelineOnRocksDB, TheDirectoryIsOwnedAsLongAsAnyPartOfItIsThere) {
  ASSERT_THAT(Run({"a"}), IsOk());
  for (const auto& [name, words] : {std::pair("journal", " is the journal of the service test, and rollups keeps no journal"),
                                    std::pair("witness", " is the witness of another service's journal, and rollups keeps no journal"),
                                    std::pair("state", " is the state beside another service's journal, and rollups keeps no journal")}) {
    const auto before = Files();
    {
      ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(Path("data")));
      const absl::Status refused = CheckUnowned(*disk, "rollups");
      EXPECT_THAT(refused, HasReason(Reason::NOT_EMPTY));
      EXPECT_EQ(refused.message(), Path("data/") + name + words);
    }
    EXPECT_EQ(Files(), before);
    fs::remove_all(Path("data/") + name);
  }
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(Path("data")));
  EXPECT_THAT(CheckUnowned(*disk, "rollups"), IsOk());
}

TEST_F(PipelineOnRocksDB, AnEventThatCannotBeAppliedIsToldWithItsJournalAndSequence) {
  ASSERT_THAT(Run({"a", "b"}), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(Path("data")));
    ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*disk, "test", clock_));
    ASSERT_THAT(journal->Append({"c", "a"}, {}, 0), IsOk());
  }
  const auto opened = Run({});
  EXPECT_EQ(opened.status().message(), Path("data/journal") + ", sequence 4: marked twice: a");
}

TEST_F(PipelineOnRocksDB, AnUnreadableStateIsRebuilt) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  for (const auto& entry : fs::directory_iterator(Path("data/state"))) {
    if (entry.path().filename().string().starts_with("MANIFEST")) testing::WriteFile(entry.path(), "not a manifest at all");
  }
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(3));
  EXPECT_EQ(events_, 3u);
}

TEST_F(PipelineOnRocksDB, ADamagedRowIsRemovedSoThatTheNextStartRebuilds) {
  ASSERT_THAT(Run({"a", "b", "c"}), IsOk());
  for (const auto& entry : fs::directory_iterator(Path("data/state"))) {
    if (entry.path().extension() != ".sst") continue;
    std::string bytes = testing::ReadFile(entry.path());
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
    testing::WriteFile(entry.path(), bytes);
  }
  // The row of the position is in the same damaged block here, so even this start rebuilds.
  EXPECT_THAT(Run({}), testing::IsOkAndHolds(3));
  EXPECT_EQ(events_, 3u);
}

}  // namespace
}  // namespace anju::journal
