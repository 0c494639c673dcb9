// The journal of a stopped service row by row: each way in which its rows, its identities and its witness can contradict each other is refused, with words
// that say what is wrong, and what can only be told while blocks are copied is told there.
#include <filesystem>
#include <map>
#include <optional>

#include "common/archive/archive_testing.h"
#include "common/archive/source.h"
#include "common/journal/journal.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;
using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Rows = std::map<std::string, std::string>;

Rows RowsOf(const PaperJournal& journal) {
  const std::vector<std::string>& identities = journal.lineage.encoded();
  Rows rows{{journal::IdentityKey(), identities.back()}};
  for (uint32_t i = 0; i + 1 < identities.size(); ++i) rows[journal::AncestorKey(i)] = identities[i];
  for (const std::string& block : journal.blocks) rows[journal::BlockKey(journal::DecodeBlockPrefix(block)->header.first_sequence)] = block;
  return rows;
}

std::string WitnessOf(const PaperJournal& journal) { return journal::EncodeWitnessSlot(journal.lineage.WitnessOf(journal.end)); }

class StoppedServiceTest : public ::testing::Test {
 protected:
  void Store(const Rows& rows, const std::optional<std::string>& witness) {
    fs::remove_all(path_);
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(path_));
    ASSERT_OK_AND_ASSIGN(const auto store, disk->OpenStore(journal::kJournalStore, storage::StoreKind::kJournal));
    storage::Batch batch;
    for (const auto& [key, value] : rows) batch.Put(key, value);
    ASSERT_THAT(store->Write(batch), IsOk());
    if (witness) {
      ASSERT_THAT(disk->WriteFileSynced(journal::kWitnessFile, 0, *witness), IsOk());
    }
  }
  // Refused at opening, with these words.
  void Refuses(const Rows& rows, std::string_view why) {
    Store(rows, WitnessOf(whole_));
    const auto source = OpenStoppedService(path_, "plan");
    ASSERT_THAT(source, HasReasonAt(Reason::DATA_LOSS, "backup")) << why;
    EXPECT_THAT(ErrorsOf(source.status())[0].message, HasSubstr(std::string(why)));
    EXPECT_THAT(ErrorsOf(source.status())[0].value, HasSubstr(path_)) << "says where";
  }

  TempDir directory_;
  const std::string path_ = directory_ / "plan";
  const PaperJournal whole_ = PaperJournal().Add(1, "one").Add(3, "three").Add(2, "two");
  const Rows rows_ = RowsOf(whole_);
};

TEST_F(StoppedServiceTest, IsReadAsItIs) {
  const PaperJournal restored = whole_.Restored(2).Add(2, "own");
  Store(RowsOf(restored), WitnessOf(restored));
  ASSERT_OK_AND_ASSIGN(const auto source, OpenStoppedService(path_, "plan"));
  EXPECT_EQ(source->end(), restored.end);
  EXPECT_EQ(source->name(), path_);
  EXPECT_EQ(source->lineage().encoded(), restored.lineage.encoded());
  std::vector<std::string> blocks;
  const auto take = [&](std::string_view block) { return blocks.emplace_back(block), absl::OkStatus(); };
  ASSERT_THAT(source->Copy(whole_.end, take), IsOk());
  EXPECT_THAT(blocks, ElementsAre(restored.blocks.back()));
  EXPECT_THAT(source->Copy({}, [](std::string_view) { return MakeError(Reason::STORAGE_FAILED, "path", "archive", "no room"); }), HasReason(Reason::STORAGE_FAILED))
      << "what the taker says ends it";
  // Positions that are not in it: inside a block, of another history, of another journal, beyond the fork under the old name, beyond the end.
  journal::Position rewritten = whole_.end;
  rewritten.block_hash[0] ^= 1;
  for (const journal::Position& after : {journal::Position{IdOf(1), 3, whole_.end.block_hash}, rewritten, journal::Position{IdOf(9), 6, whole_.end.block_hash},
                                         journal::Position{IdOf(1), 8, restored.end.block_hash}, journal::Position{IdOf(2), 9, restored.end.block_hash}}) {
    EXPECT_THAT(source->Copy(after, take), HasReasonAt(Reason::DATA_LOSS, "after")) << after.sequence;
  }
}

TEST_F(StoppedServiceTest, IdentitiesAreAListWithoutGaps) {
  const PaperJournal restored = whole_.Restored(2).Add(2, "own");
  const Rows rows = RowsOf(restored);
  Rows changed = rows;
  changed.erase(journal::IdentityKey());
  Refuses(changed, "no identity");
  changed = rows;
  changed.erase(journal::AncestorKey(0));
  Refuses(changed, "continues one that is not there");
  changed[journal::AncestorKey(1)] = whole_.lineage.encoded()[0];
  Refuses(changed, "list of journals that it continues is damaged");
  changed = rows;
  for (uint32_t i = 0; i <= journal::kAncestorsMax; ++i) changed[journal::AncestorKey(i)] = whole_.lineage.encoded()[0];
  Refuses(changed, "list of journals that it continues is damaged");
  changed = rows;
  changed[journal::IdentityKey()] = "?";
  Refuses(changed, "ANJUJRNL");
  changed = rows;
  changed.erase(journal::BlockKey(7));
  changed.erase(journal::BlockKey(5));
  Refuses(changed, "ends before the position that it continues");
  Refuses(RowsOf(PaperJournal("ranking").Add(1, "x")), "another service: ranking, not plan");
}

TEST_F(StoppedServiceTest, TheEndIsABlockUnderItsOwnKeyBehindAnother) {
  Rows changed = rows_;
  changed.erase(journal::BlockKey(1));
  changed.erase(journal::BlockKey(2));
  Refuses(changed, "lacks the block before its last one");
  changed = rows_;
  changed[journal::BlockKey(2)] = "?";
  Refuses(changed, "ANJB");
  changed = rows_;
  changed[journal::BlockKey(5)] = "?";
  Refuses(changed, "ANJB");
  changed = rows_;
  changed[journal::BlockKey(8)] = whole_.blocks[2];
  Refuses(changed, "under the wrong key 8");
  changed = rows_;
  changed[journal::BlockKey(5) + "x"] = whole_.blocks[2];
  Store(changed, WitnessOf(whole_));
  EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::DATA_LOSS)) << "a key that is not a sequence";
  // A later version's block is not damage.
  changed = rows_;
  changed[journal::BlockKey(5)][4] = 99;
  Store(changed, WitnessOf(whole_));
  EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::SCHEMA_TOO_NEW));
}

// Opening looks at the ends alone: whoever copies reads everything, and is told.
TEST_F(StoppedServiceTest, BlocksInTheMiddleAreMissedWhereTheyAreRead) {
  const PaperJournal longer = PaperJournal(whole_).Add(1, "four").Add(1, "five");
  Rows rows = RowsOf(longer);
  rows[journal::BlockKey(2)] = "?";
  Store(rows, WitnessOf(longer));
  ASSERT_OK_AND_ASSIGN(auto source, OpenStoppedService(path_, "plan"));
  int taken = 0;
  const auto take = [&](std::string_view) { return ++taken, absl::OkStatus(); };
  const absl::Status damaged = source->Copy({}, take);
  ASSERT_THAT(damaged, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(ErrorsOf(damaged)[0].value, path_ + " 2");
  EXPECT_EQ(taken, 1);
  EXPECT_THAT(source->Copy(longer.lineage.PositionOf(4, {}), take), HasReasonAt(Reason::DATA_LOSS, "backup")) << "the journal is damaged, not the question";
  EXPECT_THAT(source->Copy(whole_.end, take), IsOk()) << "the rest is whole";
  EXPECT_EQ(taken, 3);
}

TEST_F(StoppedServiceTest, TheWitnessKnowsTheEndOrTheBlockBeforeIt) {
  const PaperJournal before = PaperJournal().Add(1, "one").Add(3, "three"), first = PaperJournal().Add(1, "one"), empty;
  const std::string torn(2 * journal::kWitnessSlotBytes, '\0');
  for (const std::string& witness : {WitnessOf(whole_), WitnessOf(before)}) {
    Store(rows_, witness);
    EXPECT_THAT(OpenStoppedService(path_, "plan"), IsOk());
  }
  Store(rows_, WitnessOf(first));
  EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::DATA_LOSS)) << "two blocks more than the witness";
  Store(RowsOf(before), WitnessOf(whole_));
  const auto cut = OpenStoppedService(path_, "plan");
  ASSERT_THAT(cut, HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(ErrorsOf(cut.status())[0].message, HasSubstr("ends at sequence 4 but its witness remembers 6"));
  Store(rows_, std::nullopt);
  EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::DATA_LOSS));
  Store(rows_, torn);
  EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::DATA_LOSS));
  // A service that was killed in its very first start has written its identity and no witness, or a torn one.
  for (const std::optional<std::string>& witness : {std::optional(WitnessOf(empty)), std::optional(torn), std::optional<std::string>()}) {
    Store(RowsOf(empty), witness);
    ASSERT_OK_AND_ASSIGN(const auto source, OpenStoppedService(path_, "plan"));
    EXPECT_EQ(source->end().sequence, 0u);
    EXPECT_THAT(source->Copy({}, [](std::string_view) { return absl::InternalError("there is none"); }), IsOk());
    EXPECT_THAT(source->Copy(first.end, {}), HasReasonAt(Reason::DATA_LOSS, "after"));
  }
  // A restored one without blocks of its own: what the old journal's witness knew vouches for nothing here.
  const PaperJournal restored = whole_.Restored(2);
  Store(RowsOf(restored), WitnessOf(restored));
  EXPECT_THAT(OpenStoppedService(path_, "plan"), IsOk());
  for (const PaperJournal* old : {&whole_, &before}) {
    Store(RowsOf(restored), WitnessOf(*old));
    EXPECT_THAT(OpenStoppedService(path_, "plan"), HasReason(Reason::DATA_LOSS));
  }
}

}  // namespace
}  // namespace anju::archive
