// The tree of a journal: heads and proofs of every block and event against the whole list of leaves, growth, chunks, and a journal that continues another.
#include "common/journal/tree.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "common/journal/hash.h"
#include "common/journal/restore.h"
#include "common/proof/merkle.h"
#include "common/status/macros.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using testing::HasReasonAt;
using testing::IsOk;

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// A journal and what an auditor would know of it: every block's end, with the root of the tree there.
class TreeTest : public ::testing::Test {
 protected:
  TreeTest() : disk_(medium_.Boot()) {
    auto opened = Journal::Open(*disk_, "progress", clock_);
    CHECK_OK(opened.status());
    journal_ = *std::move(opened);
  }
  void Append(size_t events) {
    std::vector<std::string> list;
    for (size_t i = 0; i < events; ++i) list.push_back("event " + std::to_string(journal_->durable().sequence + i + 1));
    auto position = journal_->Append(list, {}, 0);
    ASSERT_THAT(position, IsOk());
    Know(*position);
  }
  void Know(const Position& end) {
    all_.Add(View(end.block_hash));
    heads_.push_back({.position = end, .size = heads_.size() + 1, .root = all_.Root()});
  }
  // Blocks of 1, 2, … 5 events in turn.
  void AppendBlocks(size_t count) {
    for (size_t i = 0; i < count; ++i) Append(heads_.size() % 5 + 1);
  }
  const TreeHead& HeadOf(uint64_t sequence) const {
    return *std::find_if(heads_.begin(), heads_.end(), [&](const TreeHead& head) { return head.position.sequence >= sequence; });
  }
  // What a third party does with a proof.
  static void Check(const InclusionPath& path, uint64_t sequence) {
    EXPECT_EQ(path.event, "event " + std::to_string(sequence));
    const auto root = proof::RootOfAuditPath(proof::LeafHash(path.event), path.index, path.count, path.event_path);
    ASSERT_TRUE(root.has_value());
    const Hash block = Sha256({std::string_view("\x02", 1), View(path.previous_hash), path.block_header, View(*root)});
    ASSERT_EQ(proof::RootOfAuditPath(proof::LeafHash(View(block)), path.block_index, path.head.size, path.block_path), path.head.root);
  }
  void CheckHead(const absl::StatusOr<TreeHead>& got, const TreeHead& want) {
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->position, want.position);
    EXPECT_EQ(got->size, want.size);
    EXPECT_EQ(got->root, want.root);
  }

  storage::SimulatedMedium medium_{1};
  FakeClock clock_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Journal> journal_;
  MerkleBuilder all_;
  std::vector<TreeHead> heads_;
};

TEST_F(TreeTest, EveryHeadEveryEventEveryPair) {
  AppendBlocks(37);
  for (const size_t chunks_max : {size_t{2}, size_t{4}, size_t{16}, JournalTree::kChunksMax}) {
    JournalTree tree(*journal_, chunks_max);
    for (const TreeHead& head : heads_) CheckHead(tree.HeadAt(head.position.sequence), head);
    const uint64_t end = journal_->durable().sequence;
    for (const TreeHead& head : heads_) {
      for (uint64_t sequence = 1; sequence <= head.position.sequence; ++sequence) {
        const auto path = tree.Include(sequence, head.position.sequence);
        ASSERT_THAT(path, IsOk()) << sequence << " at " << head.position.sequence;
        EXPECT_EQ(path->head.root, head.root);
        Check(*path, sequence);
      }
      const auto path = tree.Extend(head.position.sequence, end);
      ASSERT_THAT(path, IsOk());
      EXPECT_TRUE(proof::IsConsistent(head.size, head.root, heads_.back().size, heads_.back().root, path->path));
    }
  }
}

TEST_F(TreeTest, GrowsWithTheJournal) {
  JournalTree tree(*journal_, 8);
  EXPECT_THAT(tree.HeadAt(1), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  for (int i = 0; i < 100; ++i) {
    AppendBlocks(1);
    CheckHead(tree.HeadAt(heads_.back().position.sequence), heads_.back());
    const TreeHead& half = heads_[heads_.size() / 2];
    CheckHead(tree.HeadAt(half.position.sequence), half);
    const auto path = tree.Extend(half.position.sequence, heads_.back().position.sequence);
    ASSERT_THAT(path, IsOk());
    EXPECT_TRUE(proof::IsConsistent(half.size, half.root, heads_.back().size, heads_.back().root, path->path));
  }
  // A tree asked first for a place long ago, then for a later one.
  JournalTree other(*journal_, 8);
  CheckHead(other.HeadAt(heads_[2].position.sequence), heads_[2]);
  const auto path = other.Extend(heads_[2].position.sequence, heads_[98].position.sequence);
  ASSERT_THAT(path, IsOk());
  EXPECT_TRUE(proof::IsConsistent(3, heads_[2].root, 99, heads_[98].root, path->path));
}

TEST_F(TreeTest, HoldsNoMoreThanItsChunks) {
  AppendBlocks(2'000);
  JournalTree small(*journal_, 16), whole(*journal_);
  CheckHead(small.HeadAt(heads_.back().position.sequence), heads_.back());
  CheckHead(whole.HeadAt(heads_.back().position.sequence), heads_.back());
  // Fewer than 16 chunks of 256 blocks with the levels above them, and the blocks after them.
  EXPECT_LE(small.bytes(), 16 * (2 * sizeof(Hash) + 8) + 256 * (sizeof(Hash) + 8));
  EXPECT_LE(whole.bytes(), 2'000 * (2 * sizeof(Hash) + 8));
}

TEST_F(TreeTest, SaysWhatCannotBeProved) {
  AppendBlocks(4);  // ends at 1, 3, 6, 10
  JournalTree tree(*journal_);
  EXPECT_THAT(tree.HeadAt(0), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(tree.HeadAt(11), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(tree.HeadAt(5), HasReasonAt(Reason::BAD_VALUE, "sequence"));
  EXPECT_THAT(tree.Include(0, 6), HasReasonAt(Reason::BAD_VALUE, "sequence"));
  EXPECT_THAT(tree.Include(7, 6), HasReasonAt(Reason::BAD_VALUE, "at_sequence"));
  EXPECT_THAT(tree.Include(11, 6), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(tree.Include(2, 5), HasReasonAt(Reason::BAD_VALUE, "at_sequence"));
  EXPECT_THAT(tree.Include(2, 11), HasReasonAt(Reason::UNKNOWN_BASIS, "at_sequence"));
  EXPECT_THAT(tree.Extend(10, 6), HasReasonAt(Reason::BAD_VALUE, "from_sequence"));
  EXPECT_THAT(tree.Extend(11, 6), HasReasonAt(Reason::UNKNOWN_BASIS, "from_sequence"));
  EXPECT_THAT(tree.Extend(2, 6), HasReasonAt(Reason::BAD_VALUE, "from_sequence"));
  EXPECT_THAT(tree.Extend(3, 7), HasReasonAt(Reason::BAD_VALUE, "to_sequence"));
  const auto same = tree.Extend(6, 6);
  ASSERT_THAT(same, IsOk());
  EXPECT_TRUE(same->path.empty());
}

// The blocks before a restore are leaves too, under the name of the journal that recorded them: a head from before proves against one from after.
TEST_F(TreeTest, AJournalThatContinuesAnotherContinuesItsTree) {
  AppendBlocks(9);
  JournalTree before(*journal_);
  const TreeHead old_head = *before.HeadAt(heads_[6].position.sequence);

  storage::SimulatedMedium medium(2);
  std::unique_ptr<storage::Disk> disk = medium.Boot();
  {
    auto restored = RestoredJournal::Begin(*disk, "progress", journal_->lineage().encoded());
    ASSERT_THAT(restored, IsOk());
    auto blocks = journal_->ReadBlocks({}, 1 << 20);
    ASSERT_THAT(blocks, IsOk());
    for (std::string& block : *blocks) {
      if (DecodeBlockPrefix(block)->header.last_sequence() > heads_[7].position.sequence) break;
      ASSERT_THAT((*restored)->Add(std::move(block)), IsOk());
    }
    ASSERT_THAT((*restored)->Finish(clock_), IsOk());
  }
  const JournalId old_id = journal_->identity().id;
  journal_ = nullptr;
  auto opened = Journal::Open(*disk, "progress", clock_);
  ASSERT_THAT(opened, IsOk());
  journal_ = *std::move(opened);
  heads_.resize(8);
  all_ = {};
  for (const TreeHead& head : heads_) all_.Add(View(head.position.block_hash));
  AppendBlocks(12);
  ASSERT_NE(heads_.back().position.journal_id, old_id);
  for (const size_t chunks_max : {size_t{2}, JournalTree::kChunksMax}) {
    JournalTree after(*journal_, chunks_max);
    for (const TreeHead& head : heads_) CheckHead(after.HeadAt(head.position.sequence), head);
    const auto path = after.Extend(old_head.position.sequence, heads_.back().position.sequence);
    ASSERT_THAT(path, IsOk());
    EXPECT_EQ(path->from.position.journal_id, old_id);
    EXPECT_TRUE(proof::IsConsistent(old_head.size, old_head.root, heads_.back().size, heads_.back().root, path->path));
    const auto event = after.Include(3, heads_.back().position.sequence);
    ASSERT_THAT(event, IsOk());
    Check(*event, 3);
  }
  journal_ = nullptr;
}

// Not a test: prints what the first proof and every other one cost in a journal of some million events on a real disk.
TEST(TreeMeasure, DISABLED_MillionsOfEvents) {
  testing::TempDir directory;
  auto disk = storage::OpenRocksDisk(directory / "progress");
  ASSERT_THAT(disk, IsOk());
  FakeClock clock;
  auto opened = Journal::Open(**disk, "progress", clock);
  ASSERT_THAT(opened, IsOk());
  Journal& journal = **opened;
  const size_t events = 4'000'000, per_block = 800;
  std::vector<std::string> block(per_block);
  for (size_t i = 0; i < events; i += per_block) {
    for (size_t j = 0; j < per_block; ++j) block[j] = "an update of some 22 b" + std::to_string(i + j);
    ASSERT_THAT(journal.Append(block, {}, 0), IsOk());
  }
  JournalTree tree(journal);
  const auto timed = [](const char* what, auto call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    std::printf("%s: %.2f ms\n", what, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  };
  timed("first head, the whole journal walked", [&] { ASSERT_THAT(tree.HeadAt(events), IsOk()); });
  timed("inclusion", [&] {
    const auto path = tree.Include(events / 3, events);
    ASSERT_THAT(path, IsOk());
    std::printf("nodes: %zu in the block, %zu in the tree of %zu blocks; held: %zu bytes\n", path->event_path.size(), path->block_path.size(), static_cast<size_t>(path->head.size), tree.bytes());
  });
  timed("consistency", [&] { ASSERT_THAT(tree.Extend(events / 4, events), IsOk()); });
  JournalTree small(journal, 64);
  timed("first head with chunks of 128 blocks", [&] { ASSERT_THAT(small.HeadAt(events), IsOk()); });
  timed("inclusion with chunks of 128 blocks", [&] { ASSERT_THAT(small.Include(events / 3, events), IsOk()); });
}

}  // namespace
}  // namespace anju::journal
