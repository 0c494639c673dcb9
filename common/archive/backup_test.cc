// Backups of several journals and what a restore makes of them, on real directories.
#include "common/archive/backup.h"

#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "common/archive/archive_testing.h"
#include "common/archive/restore.h"
#include "common/journal/journal.h"
#include "common/testing/testing.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;
using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::TempDir;
using anju::testing::WriteFile;
using ::testing::HasSubstr;

// A journal made of bytes. `dies_after`: the connection is lost after so many blocks.
class PaperSource final : public Source {
 public:
  explicit PaperSource(const PaperJournal& journal, int dies_after = 1'000'000) : journal_(journal), dies_after_(dies_after) {}
  const journal::Lineage& lineage() const override { return journal_.lineage; }
  journal::Position end() const override { return journal_.end; }
  const std::string& name() const override { return name_; }
  absl::Status Copy(const journal::Position& after, const OnBlock& on_block) override {
    bool found = after.sequence == 0;
    for (const std::string& block : journal_.blocks) {
      const auto view = *journal::DecodeBlockPrefix(block);
      if (view.header.first_sequence > after.sequence) {
        if (!found) break;
        if (dies_after_-- == 0) return MakeError(Reason::UNAVAILABLE, "", name_, "gone");
        RETURN_IF_ERROR(on_block(block));
      }
      found = found || (view.header.last_sequence() == after.sequence && view.hash == after.block_hash);
    }
    return found ? absl::OkStatus() : MakeError(Reason::DATA_LOSS, "after", "", "not in this journal");
  }

 private:
  const PaperJournal journal_;
  int dies_after_;
  const std::string name_ = "paper";
};

using Sources = std::vector<std::unique_ptr<Source>>;
Sources Of(const std::vector<PaperJournal>& journals) {
  Sources sources;
  for (const PaperJournal& journal : journals) sources.push_back(std::make_unique<PaperSource>(journal));
  return sources;
}

std::map<std::string, std::string> Tree(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    if (file.is_regular_file()) files[file.path().string()] = ReadFile(file.path().string());
  }
  return files;
}

class BackupTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<BackedUp>> Take(const Sources& sources) { return BackUp(backup_, sources, clock_, {}); }
  absl::StatusOr<std::vector<Restored>> Put(const std::vector<std::string>& names = {}) { return Restore(backup_, data_, names, clock_, {}); }

  TempDir directory_;
  const std::string backup_ = directory_ / "backup", data_ = directory_ / "data";
  FakeClock clock_;
  PaperJournal plan_ = PaperJournal("plan", 1).Add(2, "plan"), progress_ = PaperJournal("progress", 2).Add(1, "a").Add(5, "b");
};

TEST_F(BackupTest, IsIncremental) {
  ASSERT_OK_AND_ASSIGN(const auto first, Take(Of({progress_, plan_})));
  EXPECT_EQ(6u, first[0].added_events);
  progress_.Add(3, "c");
  ASSERT_OK_AND_ASSIGN(const auto second, Take(Of({progress_, plan_})));
  EXPECT_EQ(3u, second[0].added_events);
  EXPECT_EQ(0u, second[1].added_events);
  EXPECT_EQ(0u, second[1].added_bytes);
  ASSERT_OK_AND_ASSIGN(const Manifest manifest, ReadFinishedManifest(backup_));
  for (const Entry& entry : manifest.entries) EXPECT_THAT(VerifyArchive(backup_, entry), IsOk()) << entry.name;
}

TEST_F(BackupTest, OneThatIsCutOffLeavesTheOneBeforeValidAndGoesOnNextTime) {
  // The very first: nothing is there yet, and that is said.
  Sources sources;
  sources.push_back(std::make_unique<PaperSource>(progress_, 1));
  sources.push_back(std::make_unique<PaperSource>(plan_));
  EXPECT_THAT(Take(sources), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(ReadFinishedManifest(backup_), HasReason(Reason::FILE_NOT_FOUND));
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  ASSERT_OK_AND_ASSIGN(const Manifest before, ReadFinishedManifest(backup_));
  progress_.Add(3, "c").Add(3, "d").Add(3, "e");
  sources.clear();
  sources.push_back(std::make_unique<PaperSource>(progress_, 2));
  sources.push_back(std::make_unique<PaperSource>(plan_));
  EXPECT_THAT(Take(sources), HasReason(Reason::UNAVAILABLE));
  EXPECT_EQ(before, *ReadFinishedManifest(backup_));
  for (const Entry& entry : before.entries) EXPECT_THAT(VerifyArchive(backup_, entry), IsOk());
  EXPECT_THAT(Take(Of({progress_, plan_})), IsOk());
}

TEST_F(BackupTest, SeveralJournalsOfProgressKeepTheirNames) {
  const PaperJournal other = PaperJournal("progress", 7).Add(4, "other");
  ASSERT_OK_AND_ASSIGN(const auto first, Take(Of({progress_, other, plan_})));
  EXPECT_EQ("progress-2", first[1].entry.name);
  ASSERT_OK_AND_ASSIGN(const auto second, Take(Of({other, progress_, plan_})));
  EXPECT_EQ("progress-2", second[0].entry.name);
  EXPECT_EQ(0u, second[0].added_events);
  EXPECT_THAT(Take(Of({progress_, plan_})), HasReason(Reason::NOT_EMPTY)) << "a journal cannot be left out";
  EXPECT_THAT(Take(Of({progress_, other, other, plan_})), HasReason(Reason::BAD_VALUE));
  EXPECT_THAT(Put({"progress-2"}), IsOk());
  EXPECT_TRUE(fs::is_directory(data_ + "/progress-2/journal"));
}

TEST_F(BackupTest, AnotherProgressJournalMayJoinAndTheirNumberIsBounded) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  const PaperJournal third = PaperJournal("progress", 8).Add(1, "third");
  ASSERT_OK_AND_ASSIGN(const auto joined, Take(Of({progress_, third, plan_})));
  EXPECT_EQ("progress-2", joined[1].entry.name);
  std::vector<PaperJournal> many{plan_};
  for (size_t seed = 0; seed < kEntriesMax; ++seed) many.emplace_back("progress", static_cast<uint8_t>(seed));
  const auto before = Tree(backup_);
  EXPECT_THAT(Take(Of(many)), HasReasonAt(Reason::BAD_VALUE, "progress"));
  EXPECT_EQ(before, Tree(backup_));
}

TEST_F(BackupTest, TellsHowFarItIs) {
  std::vector<std::string> told;
  const OnProgress on_progress = [&](const std::string& name, uint64_t sequence, uint64_t total) {
    told.push_back(name + " " + std::to_string(sequence) + "/" + std::to_string(total));
  };
  ASSERT_THAT(BackUp(backup_, Of({progress_, plan_}), clock_, on_progress), IsOk());
  EXPECT_THAT(told, ::testing::ElementsAre("progress 1/6", "progress 6/6", "plan 2/2"));
  told.clear();
  ASSERT_THAT(Restore(backup_, data_, {"progress", "progress"}, clock_, on_progress), IsOk()) << "a name given twice is one";
  EXPECT_THAT(told, ::testing::ElementsAre("progress 1/6", "progress 6/6"));
}

// A journal that is not what it says: the backup before stays, and the words name the source.
TEST_F(BackupTest, ASourceThatIsDamagedIsNamed) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  const auto before = *ReadFinishedManifest(backup_);
  PaperJournal damaged = PaperJournal(progress_).Add(2, "c").Add(1, "d");
  damaged.blocks[2][journal::kPrefixBytes + 5] ^= 1;
  const auto refused = Take(Of({damaged, plan_}));
  ASSERT_THAT(refused, HasReasonAt(Reason::DATA_LOSS, "backup"));
  EXPECT_EQ("paper 7", ErrorsOf(refused.status())[0].value);
  PaperJournal shorter = PaperJournal(progress_).Add(2, "c");
  shorter.blocks.pop_back();
  const auto ends = Take(Of({shorter, plan_}));
  ASSERT_THAT(ends, HasReasonAt(Reason::DATA_LOSS, "backup"));
  EXPECT_THAT(ErrorsOf(ends.status())[0].message, HasSubstr("ends before it said"));
  EXPECT_EQ(before, *ReadFinishedManifest(backup_));
  for (const Entry& entry : before.entries) EXPECT_THAT(VerifyArchive(backup_, entry), IsOk());
  EXPECT_THAT(Take(Of({PaperJournal(progress_).Add(2, "c"), plan_})), IsOk());
}

TEST_F(BackupTest, RefusesWithoutChangingAnything) {
  progress_.Add(2, "c");
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  const auto before = Tree(backup_);
  EXPECT_THAT(Take(Of({progress_, PaperJournal("plan", 9).Add(2, "x")})), HasReason(Reason::NOT_EMPTY));
  EXPECT_THAT(Take(Of({PaperJournal("progress", 2).Add(1, "a"), plan_})), HasReason(Reason::ROLLED_BACK));
  // As long as it was, with another history: an old state was put back and went on.
  const auto rewritten = Take(Of({PaperJournal("progress", 2).Add(1, "a").Add(5, "B").Add(20, "C"), plan_}));
  ASSERT_THAT(rewritten, HasReason(Reason::ROLLED_BACK));
  EXPECT_THAT(ErrorsOf(rewritten.status())[0].message, HasSubstr("another history"));
  {
    ASSERT_OK_AND_ASSIGN(const files::Descriptor lock, files::TakeLock(backup_, "another backup"));
    EXPECT_THAT(Take(Of({progress_, plan_})), HasReason(Reason::DIRECTORY_IN_USE));
  }
  EXPECT_EQ(before, Tree(backup_));
  // One that is vouched for and gone is not begun anew: it may be the only copy that reached so far.
  fs::rename(backup_ + "/plan.journal", directory_ / "aside");
  EXPECT_THAT(Take(Of({progress_, plan_})), HasReason(Reason::FILE_NOT_FOUND));
  fs::rename(directory_ / "aside", backup_ + "/plan.journal");
  // Archives that nothing vouches for are not continued.
  fs::remove(backup_ + "/manifest.json");
  EXPECT_THAT(Take(Of({progress_, plan_})), HasReason(Reason::FILE_NOT_FOUND));
}

// What a restore gives is what the service opens: the same blocks, positions named as before, and it goes on.
TEST_F(BackupTest, ARestoredJournalContinuesTheOldOne) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> restored, Put());
  ASSERT_EQ(2u, restored.size());
  EXPECT_EQ(progress_.lineage.current().id, restored[0].continued);
  EXPECT_EQ("", UnfinishedRestore(data_));
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(restored[0].directory));
    ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "progress", clock_));
    EXPECT_EQ(restored[0].journal, journal->identity().id);
    EXPECT_EQ(progress_.end, journal->durable());
    EXPECT_EQ(progress_.blocks, *journal->ReadBlocks({}, 1 << 20));
    ASSERT_THAT(journal->Append({"new"}, {}, 0), IsOk());
    EXPECT_THAT(journal::Journal::Open(*disk, "plan", clock_), ::testing::Not(IsOk()));
  }
  // The offline way back into the same backup, and from there once more.
  Sources sources;
  {
    ASSERT_OK_AND_ASSIGN(auto progress, OpenStoppedService(data_ + "/progress", "progress"));
    sources.push_back(std::move(progress));
    ASSERT_OK_AND_ASSIGN(auto plan, OpenStoppedService(data_ + "/plan", "plan"));
    sources.push_back(std::move(plan));
  }
  ASSERT_OK_AND_ASSIGN(const auto again, Take(sources));
  EXPECT_EQ(1u, again[0].added_events);
  sources.clear();
  fs::remove_all(data_);
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> twice, Put({"progress"}));
  EXPECT_EQ(restored[0].journal, twice[0].continued);
  ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(twice[0].directory));
  ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "progress", clock_));
  EXPECT_EQ(7u, journal->durable().sequence);
  EXPECT_EQ(3u, journal->lineage().identities().size());
}

TEST_F(BackupTest, AnEmptyJournalIsRestoredToo) {
  ASSERT_THAT(Take(Of({PaperJournal("progress", 2), plan_})), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> restored, Put());
  ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(restored[0].directory));
  ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "progress", clock_));
  EXPECT_EQ(0u, journal->durable().sequence);
}

TEST_F(BackupTest, RefusedRestoresLeaveNothing) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  EXPECT_THAT(Put({"ranking"}), HasReasonAt(Reason::BAD_VALUE, "service"));
  EXPECT_FALSE(fs::exists(data_));
  std::string bytes = ReadFile(backup_ + "/plan.journal");
  bytes[bytes.size() - 3] ^= 1;
  WriteFile(backup_ + "/plan.journal", bytes);
  EXPECT_THAT(Put(), HasReason(Reason::DATA_LOSS));
  EXPECT_FALSE(fs::exists(data_));
  EXPECT_THAT(Put({"progress"}), IsOk()) << "what is whole can be saved";
  EXPECT_THAT(Put({"progress"}), HasReason(Reason::NOT_EMPTY));
  {
    ASSERT_OK_AND_ASSIGN(const files::Descriptor lock, files::TakeLock(data_ + "/up.lock", "`anju up`"));
    EXPECT_THAT(Put({"plan"}), HasReason(Reason::DIRECTORY_IN_USE));
  }
  WriteFile(data_ + "/plan", "a file");
  bytes[bytes.size() - 3] ^= 1;
  WriteFile(backup_ + "/plan.journal", bytes);
  EXPECT_THAT(Put({"plan"}), HasReason(Reason::NOT_EMPTY));
}

// Killed before anything was complete: it begins anew. Killed after: it finishes what was declared, with the same journals.
TEST_F(BackupTest, AKilledRestoreIsFinishedByTheNext) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  fs::create_directories(data_ + "/progress.restoring/journal");
  WriteFile(data_ + "/progress.restoring/journal/CURRENT", "half");
  EXPECT_EQ(data_ + "/progress.restoring", UnfinishedRestore(data_));
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> restored, Put());

  // As it stands between the first rename and the second.
  const Manifest manifest = *ReadFinishedManifest(backup_);
  fs::rename(data_ + "/plan", data_ + "/plan.restoring");
  const std::string declaration = nlohmann::ordered_json{{"manifest", EncodeManifest(manifest)},
                                                         {"services",
                                                          {{{"name", "progress"}, {"journal", journal::ToHex(restored[0].journal)}, {"continues", journal::ToHex(restored[0].continued)}},
                                                           {{"name", "plan"}, {"journal", journal::ToHex(restored[1].journal)}, {"continues", journal::ToHex(restored[1].continued)}}}}}
                                      .dump(2) +
                                  "\n";
  WriteFile(data_ + "/restoring.json", declaration);
  EXPECT_THAT(Put({"plan"}), HasReason(Reason::NOT_EMPTY)) << "another restore than the one that was declared";
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> finished, Put());
  EXPECT_EQ(restored[1].journal, finished[1].journal);
  EXPECT_TRUE(fs::is_directory(data_ + "/plan/journal"));
  EXPECT_EQ("", UnfinishedRestore(data_));
}

// A declaration that this restore would not have written says that another one has not finished: nothing is touched.
TEST_F(BackupTest, ADeclarationOfAnotherRestoreIsLeftToIt) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  const std::string id = journal::ToHex(IdOf(3)), path = data_ + "/restoring.json";
  const std::string one = "{\"name\":\"progress\",\"journal\":\"" + id + "\",\"continues\":\"" + id + "\"}";
  for (const std::string& text :
       {std::string("half a decla"), std::string("[]"), std::string("{}"), std::string("{\"services\":{}}"), "{\"services\":[" + one + "]}",
        std::string("{\"services\":[1,1]}"), std::string("{\"services\":[{},{}]}"), "{\"services\":[{\"journal\":1}," + one + "]}",
        "{\"services\":[{\"journal\":\"not hex\"}," + one + "]}", "{\"services\":[{\"journal\":\"" + id + "\"}," + one + "]}",
        "{\"services\":[" + one + "," + one + "]}"}) {
    fs::create_directories(data_);
    WriteFile(path, text);
    EXPECT_THAT(Put(), HasReasonAt(Reason::NOT_EMPTY, "backup")) << text;
    EXPECT_EQ(text, ReadFile(path));
    EXPECT_EQ(path, UnfinishedRestore(data_));
    EXPECT_FALSE(fs::exists(data_ + "/plan")) << text;
  }
}

// What a killed restore had declared is finished only onto nothing: somebody's files are not replaced.
TEST_F(BackupTest, WhatCameIntoADirectoryMeanwhileStays) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> restored, Put());
  fs::rename(data_ + "/plan", data_ + "/plan.restoring");
  fs::create_directory(data_ + "/plan");
  WriteFile(data_ + "/plan/letter", "mine");
  nlohmann::ordered_json services = nlohmann::ordered_json::array();
  for (const Restored& one : restored) services.push_back({{"name", one.entry.name}, {"journal", journal::ToHex(one.journal)}, {"continues", journal::ToHex(one.continued)}});
  WriteFile(data_ + "/restoring.json", nlohmann::ordered_json{{"manifest", EncodeManifest(*ReadFinishedManifest(backup_))}, {"services", services}}.dump(2) + "\n");
  EXPECT_THAT(Put(), HasReason(Reason::NOT_EMPTY));
  EXPECT_EQ("mine", ReadFile(data_ + "/plan/letter"));
  EXPECT_TRUE(fs::exists(data_ + "/plan.restoring/journal"));
  fs::remove_all(data_ + "/plan");
  ASSERT_OK_AND_ASSIGN(const std::vector<Restored> finished, Put());
  EXPECT_EQ(restored[1].journal, finished[1].journal);
  EXPECT_TRUE(fs::is_directory(data_ + "/plan/journal"));
  EXPECT_EQ("", UnfinishedRestore(data_));
}

TEST_F(BackupTest, ABackupThatLacksAnArchiveIsNotRestored) {
  ASSERT_THAT(Take(Of({progress_, plan_})), IsOk());
  fs::remove(backup_ + "/plan.journal");
  EXPECT_THAT(Put(), HasReason(Reason::FILE_NOT_FOUND));
  EXPECT_FALSE(fs::exists(data_));
  EXPECT_EQ("", UnfinishedRestore(data_)) << "of what is not there nothing is unfinished";
}

class StoppedTest : public BackupTest {
 protected:
  void Fill(const std::string& path, int blocks) {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(path));
    ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock_));
    for (int i = 0; i < blocks; ++i) ASSERT_THAT(journal->Append({"one", "two"}, {}, 0), IsOk());
  }
  const std::string store_ = directory_ / "plan";
};

TEST_F(StoppedTest, ReadsWhatTheServiceWouldOpen) {
  Fill(store_, 5);
  const auto before = Tree(store_);
  ASSERT_OK_AND_ASSIGN(const auto source, OpenStoppedService(store_, "plan"));
  EXPECT_EQ(10u, source->end().sequence);
  int blocks = 0;
  ASSERT_THAT(source->Copy({}, [&](std::string_view) { return ++blocks, absl::OkStatus(); }), IsOk());
  EXPECT_EQ(5, blocks);
  EXPECT_EQ(before, Tree(store_));
  EXPECT_THAT(source->Copy({source->lineage().current().id, 3, {}}, {}), HasReasonAt(Reason::DATA_LOSS, "after"));
}

TEST_F(StoppedTest, RefusesWhatTheServiceWouldRefuse) {
  Fill(store_, 5);
  EXPECT_THAT(OpenStoppedService(store_, "ranking"), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(OpenStoppedService(directory_ / "none", "plan"), HasReason(Reason::FILE_NOT_FOUND));
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(store_));
    EXPECT_THAT(OpenStoppedService(store_, "plan"), HasReason(Reason::DIRECTORY_IN_USE));
  }
  const std::string witness = ReadFile(store_ + "/witness");
  // One block less than the journal: it died between two syncs.
  const size_t newer = journal::DecodeWitness(witness)->slot * journal::kWitnessSlotBytes;
  std::string behind = witness;
  behind.replace(newer, 64, std::string(64, '\0'));
  WriteFile(store_ + "/witness", behind);
  EXPECT_THAT(OpenStoppedService(store_, "plan"), IsOk());
  WriteFile(store_ + "/witness", std::string(128, '\0'));
  EXPECT_THAT(OpenStoppedService(store_, "plan"), HasReason(Reason::DATA_LOSS));
  fs::remove(store_ + "/witness");
  EXPECT_THAT(OpenStoppedService(store_, "plan"), HasReason(Reason::DATA_LOSS));
  Fill(directory_ / "other", 9);
  fs::copy(directory_ / "other/witness", store_ + "/witness");
  EXPECT_THAT(OpenStoppedService(store_, "plan"), HasReason(Reason::DATA_LOSS));
}

}  // namespace
}  // namespace anju::archive
