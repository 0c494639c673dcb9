// Journals whose rows are well-formed one by one and wrong together: every way in which blocks, keys, forks and witness can contradict each other is
// refused with DATA_LOSS that says what is wrong and where, at opening or by whoever reads there.
#include <functional>

#include "common/journal/journal.h"
#include "common/journal/restore.h"
#include "common/journal/tree.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using ::testing::HasSubstr;
using storage::SimulatedMedium;
using testing::HasReason;
using testing::IsOk;

// Encodes blocks that chain from a genesis.
class Chain {
 public:
  explicit Chain(std::string_view service = "plan", JournalId id = {7}) {
    identity_.service = std::string(service);
    identity_.id = id;
    identity_.created_us = 1;
    encoded_ = EncodeIdentity(identity_);
    hash_ = GenesisHash(encoded_);
  }
  // The encoded block of the next events, from `first` on if it is given.
  std::string Next(const std::vector<std::string>& events, uint64_t first = 0) {
    if (first == 0) first = sequence_ + 1;
    const Hash previous = hash_;
    std::string bytes = EncodeBlock({.first_sequence = first, .time_us = 5}, previous, events, &hash_);
    sequence_ = first + events.size() - 1;
    return bytes;
  }
  Position position() const { return {identity_.id, sequence_, hash_}; }
  const std::string& encoded() const { return encoded_; }
  const Identity& identity() const { return identity_; }

 private:
  Identity identity_;
  std::string encoded_;
  Hash hash_;
  uint64_t sequence_ = 0;
};

class StructureTest : public ::testing::Test {
 protected:
  // Rows and a witness as they are given.
  void Store(const std::vector<std::pair<std::string, std::string>>& rows, const std::optional<Position>& witness) {
    medium_ = std::make_unique<SimulatedMedium>(1);
    const auto disk = medium_->Boot();
    auto store = disk->OpenStore(kJournalStore, storage::StoreKind::kJournal);
    ASSERT_THAT(store, IsOk());
    storage::Batch batch;
    for (const auto& [key, value] : rows) batch.Put(key, value);
    ASSERT_THAT((*store)->Write(batch), IsOk());
    if (witness) {
      ASSERT_THAT(disk->WriteFileSynced(kWitnessFile, 0, EncodeWitnessSlot(*witness)), IsOk());
    }
  }
  absl::StatusOr<std::unique_ptr<Journal>> Open() {
    journal_ = nullptr;
    disk_ = medium_->Boot();
    return Journal::Open(*disk_, "plan", clock_);
  }
  void Refuses(std::string_view why) {
    const auto opened = Open();
    ASSERT_THAT(opened, HasReason(Reason::DATA_LOSS));
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr(std::string(why)));
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr(disk_->PathOf(kJournalStore))) << "says where";
  }
  void MustOpen() {
    auto opened = Open();
    ASSERT_THAT(opened, IsOk());
    journal_ = *std::move(opened);
  }

  std::unique_ptr<SimulatedMedium> medium_;
  FakeClock clock_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(StructureTest, TheLastBlockFollowsTheOneBeforeIt) {
  Chain whole;
  const std::string a = whole.Next({"a"}), b = whole.Next({"b"}), c = whole.Next({"c"});
  const auto identity = std::pair{IdentityKey(), whole.encoded()};
  Store({identity, {BlockKey(1), a}, {BlockKey(2), b}, {BlockKey(3), c}}, whole.position());
  MustOpen();
  EXPECT_EQ(journal_->durable(), whole.position());

  Store({identity, {BlockKey(3), c}}, whole.position());
  Refuses("lacks the block before its last one");
  Store({identity, {BlockKey(1), a}, {BlockKey(3), c}}, whole.position());
  Refuses("has a gap before its last block");
  Store({identity, {BlockKey(2), b}, {BlockKey(3), c}}, whole.position());
  Refuses("does not begin with its identity");
  Store({identity, {BlockKey(1), a}, {BlockKey(4), b}}, whole.position());
  Refuses("under the wrong key 4");
  Store({identity, {BlockKey(1), a}, {BlockKey(2) + "x", b}}, whole.position());
  Refuses("a key that is not a sequence");
  Store({identity, {BlockKey(1), b}, {BlockKey(2), b}}, whole.position());
  Refuses("under the wrong key 1");
  Store({identity, {BlockKey(1), a}, {BlockKey(2), b.substr(0, b.size() - 1)}}, whole.position());
  Refuses("wrong length");

  Chain other("plan", {8});
  const std::string foreign = other.Next({"a"}), second = other.Next({"b"});
  Store({identity, {BlockKey(1), a}, {BlockKey(2), second}}, other.position());
  Refuses("has a broken chain at its last block");
  Store({identity, {BlockKey(1), foreign}}, other.position());
  Refuses("has a broken chain at its last block");
}

TEST_F(StructureTest, BlocksInTheMiddleAreMissedByWhoReadsThem) {
  Chain whole;
  std::vector<std::string> blocks;
  for (const char* event : {"a", "b", "c", "d", "e"}) blocks.push_back(whole.Next({event}));
  std::vector<std::pair<std::string, std::string>> rows{{IdentityKey(), whole.encoded()}};
  for (size_t i = 0; i < blocks.size(); ++i) rows.emplace_back(BlockKey(i + 1), blocks[i]);
  rows.erase(rows.begin() + 3);  // the third block
  // Nothing that opening reads for itself is missing from a store that does not tell its tables.
  Store(rows, whole.position());
  const auto opened = Open();
  ASSERT_THAT(opened, HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("lacks blocks after sequence 2"));
}

// Damage that comes while the service runs: whoever reads there is told.
TEST_F(StructureTest, BlocksThatVanishOrChangeUnderAnOpenJournal) {
  Chain whole;
  std::vector<std::pair<std::string, std::string>> rows{{IdentityKey(), whole.encoded()}};
  std::vector<Position> ends{whole.position()};
  for (const char* event : {"a", "b", "c", "d", "e"}) {
    const uint64_t first = whole.position().sequence + 1;
    rows.emplace_back(BlockKey(first), whole.Next({event, event}));
    ends.push_back(whole.position());
  }
  Chain other("plan", {8});
  (void)other.Next({"a", "a"});
  const std::string foreign = other.Next({"x", "x"});
  const auto with = [&](const std::function<void(storage::Batch&)>& change, const std::function<void()>& look) {
    Store(rows, whole.position());
    MustOpen();
    const auto beside = disk_->OpenStore(kJournalStore, storage::StoreKind::kJournal);
    ASSERT_THAT(beside, IsOk());
    storage::Batch batch;
    change(batch);
    ASSERT_THAT((*beside)->Write(batch), IsOk());
    look();
  };
  const auto says = [&](const absl::Status& status, std::string_view why) {
    EXPECT_THAT(status, HasReason(Reason::DATA_LOSS));
    EXPECT_EQ(ErrorsOf(status).front().field, "") << "the journal is damaged, not the question";
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(why)));
  };
  with([](storage::Batch& batch) { batch.Delete(BlockKey(3)); }, [&] {
    says(journal_->ReadBlocks({}, 1 << 20).status(), "broken chain after sequence 2");
    says(journal_->ReadBlocks(ends[1], 1 << 20).status(), "broken chain after sequence 2");
    says(journal_->ReadBlocksContaining(3, 1).status(), "lacks the block of sequence 3");
    says(journal_->ReadBlocksContaining(1, 1 << 20).status(), "broken chain after sequence 2");
    EXPECT_THAT(journal_->ReadBlocks(ends[2], 1), HasReason(Reason::DATA_LOSS));
    EXPECT_THAT(journal_->ReadBlocks(ends[3], 1 << 20), IsOk()) << "the rest is whole";
    JournalTree tree(*journal_);
    EXPECT_THAT(tree.HeadAt(10), HasReason(Reason::DATA_LOSS));
  });
  with([](storage::Batch& batch) { batch.Delete(BlockKey(1)), batch.Delete(BlockKey(3)); }, [&] {
    says(journal_->ReadBlocks(ends[1], 1).status(), "lacks the block of sequence 2");
    says(journal_->ReadBlocksContaining(2, 1).status(), "lacks the block of sequence 2");
    says(journal_->ReadBlocks({}, 1).status(), "broken chain after sequence 0");
  });
  with([](storage::Batch& batch) { batch.Delete(BlockKey(7)), batch.Delete(BlockKey(9)); }, [&] {
    says(journal_->ReadBlocks(ends[3], 1).status(), "lacks the block of sequence 7");
    says(journal_->ReadBlocksContaining(9, 1).status(), "lacks the block of sequence 9");
  });
  with([&](storage::Batch& batch) { batch.Put(BlockKey(3), foreign); }, [&] {
    says(journal_->ReadBlocks({}, 1 << 20).status(), "broken chain after sequence 2");
    EXPECT_THAT(journal_->ReadBlocks(ends[2], 1), testing::HasReasonAt(Reason::DATA_LOSS, "after")) << "of another history";
    JournalTree tree(*journal_);
    EXPECT_THAT(tree.HeadAt(10), HasReason(Reason::DATA_LOSS));
  });
  with([&](storage::Batch& batch) { batch.Put(BlockKey(3), "?"); }, [&] {
    says(journal_->ReadBlocks(ends[2], 1).status(), "does not begin with ANJB");
    says(journal_->ReadBlocksContaining(4, 1).status(), "does not begin with ANJB");
    says(journal_->ReadBlocks({}, 1 << 20).status(), "does not begin with ANJB");
  });
}

// What a tree has taken in may be asked of the journal again: it has to be the same.
TEST_F(StructureTest, ATreeNoticesThatBlocksAreNotWhatTheyWere) {
  const auto rows_of = [](Chain& chain, const std::vector<std::string>& events) {
    std::vector<std::pair<std::string, std::string>> rows{{IdentityKey(), chain.encoded()}};
    for (const std::string& event : events) rows.emplace_back(BlockKey(rows.size()), chain.Next({event}));
    return rows;
  };
  Chain whole, changed;
  const auto rows = rows_of(whole, {"a", "b", "c", "d", "e", "f", "g", "h", "i"});
  const auto other = rows_of(changed, {"a", "x", "c", "d", "e", "f", "g", "h", "i"});
  Store(rows, whole.position());
  MustOpen();
  JournalTree tree(*journal_, 4);  // its chunks are of several blocks here, and read again
  const auto before = tree.Include(2, 9);
  ASSERT_THAT(before, IsOk());
  const auto beside = disk_->OpenStore(kJournalStore, storage::StoreKind::kJournal);
  ASSERT_THAT(beside, IsOk());
  const auto put = [&](const std::vector<std::pair<std::string, std::string>>& all) {
    storage::Batch batch;
    for (size_t i = 1; i < all.size(); ++i) batch.Put(all[i].first, all[i].second);
    ASSERT_THAT((*beside)->Write(batch), IsOk());
  };
  put(other);  // chains as well as the first
  EXPECT_THAT(tree.Include(2, 9), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(tree.HeadAt(2), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(tree.Extend(2, 9), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(tree.Include(9, 9), HasReason(Reason::DATA_LOSS)) << "the blocks after the chunks are compared too";
  put(rows);
  const auto again = tree.Include(2, 9);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->head.root, before->head.root);
  EXPECT_EQ(again->block_path, before->block_path);
}

TEST_F(StructureTest, AncestorsAreAListWithoutGapsThatEndsInTheIdentity) {
  Chain first;
  const std::string a = first.Next({"a"}), b = first.Next({"b"});
  Identity own = first.identity();
  own.id = {9};
  own.continues = first.position();
  const std::string encoded = EncodeIdentity(own);
  const Position witness{own.id, 2, GenesisHash(encoded)};
  const std::pair<std::string, std::string> identity{IdentityKey(), encoded}, ancestor{AncestorKey(0), first.encoded()}, one{BlockKey(1), a}, two{BlockKey(2), b};
  Store({identity, ancestor, one, two}, witness);
  MustOpen();
  EXPECT_EQ(journal_->durable(), first.position());

  Store({identity, {AncestorKey(1), first.encoded()}, one, two}, witness);
  Refuses("list of journals that it continues is damaged");
  Store({identity, one, two}, witness);
  Refuses("continues one that is not there");
  Store({identity, {AncestorKey(0), "?"}, one, two}, witness);
  Refuses("does not begin with ANJUJRNL");
  Store({identity, ancestor, {AncestorKey(0) + "x", "?"}, one, two}, witness);
  Refuses("list of journals that it continues is damaged");
  std::vector<std::pair<std::string, std::string>> many{identity, one, two};
  for (uint32_t i = 0; i <= kAncestorsMax; ++i) many.emplace_back(AncestorKey(i), first.encoded());
  Store(many, witness);
  Refuses("list of journals that it continues is damaged");
  Store({{IdentityKey(), "?"}, one, two}, witness);
  Refuses("does not begin with ANJUJRNL");

  // A restore that did not come to its last write, and one whose blocks are gone again.
  Store({ancestor, one, two}, witness);
  Refuses("has lost its identity");
  Store({one}, std::nullopt);
  Refuses("has lost its identity");
  Store({}, witness);
  Refuses("has lost its identity");
  Store({identity, ancestor, one}, witness);
  Refuses("ends before sequence 2, which it continues");
  Store({identity, ancestor}, witness);
  Refuses("ends before sequence 2, which it continues");
}

TEST_F(StructureTest, AForkIsWhereTheIdentitySays) {
  Chain first;
  const std::string a = first.Next({"a"}), b = first.Next({"b"}), c = first.Next({"c"});
  Chain other("plan", first.identity().id);
  const std::string x = other.Next({"x"}), y = other.Next({"y"});
  const auto restored = [&](const Position& continues) {
    Identity own = first.identity();
    own.id = {9};
    own.continues = continues;
    return own;
  };
  const auto store = [&](const Identity& own, const std::vector<std::pair<std::string, std::string>>& blocks, const Position& end) {
    std::vector<std::pair<std::string, std::string>> rows{{IdentityKey(), EncodeIdentity(own)}, {AncestorKey(0), first.encoded()}};
    rows.insert(rows.end(), blocks.begin(), blocks.end());
    Store(rows, end);
  };
  const auto own_block = [&](const Identity& own, uint64_t sequence, Hash* hash) {
    return EncodeBlock({.first_sequence = sequence, .time_us = 5}, GenesisHash(EncodeIdentity(own)), {"own"}, hash);
  };
  Hash hash;
  const Identity after_two = restored({first.identity().id, 2, other.position().block_hash});  // names x, y
  const std::string own = own_block(after_two, 3, &hash);
  const Position end{after_two.id, 3, hash};
  store(after_two, {{BlockKey(1), x}, {BlockKey(2), y}, {BlockKey(3), own}}, end);
  MustOpen();
  EXPECT_EQ(journal_->durable(), end);
  journal_ = nullptr;

  // The fork's block is another one, lies inside a block, or is not there; the first own block does not name its journal.
  store(after_two, {{BlockKey(1), a}, {BlockKey(2), b}, {BlockKey(3), own}}, end);
  Refuses("chain");
  store(after_two, {{BlockKey(1), a}, {BlockKey(2), b}, {BlockKey(3), c}}, first.position());
  Refuses("chain");
  Hash longer;
  const std::string two_own = EncodeBlock({.first_sequence = 4, .time_us = 5}, hash, {"more"}, &longer);
  const Position end4{after_two.id, 4, longer};
  store(after_two, {{BlockKey(1), x}, {BlockKey(2), y}, {BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  MustOpen();
  journal_ = nullptr;
  store(after_two, {{BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  Refuses("");
  store(after_two, {{BlockKey(1), a}, {BlockKey(2), b}, {BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  Refuses("does not have the block at sequence 2");
  store(after_two, {{BlockKey(1), a}, {BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  Refuses("does not have the block at sequence 2");
  store(after_two, {{BlockKey(2), y}, {BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  Refuses("does not begin with its identity after sequence 0");
  Chain alien("plan", {3});
  store(after_two, {{BlockKey(1), alien.Next({"x"})}, {BlockKey(2), y}, {BlockKey(3), own}, {BlockKey(4), two_own}}, end4);
  Refuses("does not begin with its identity after sequence 0");
}

TEST_F(StructureTest, TheWitnessIsOfThisJournal) {
  Chain whole;
  const std::string a = whole.Next({"a"});
  const Position first = whole.position();
  const std::string b = whole.Next({"b"});
  const std::vector<std::pair<std::string, std::string>> rows{{IdentityKey(), whole.encoded()}, {BlockKey(1), a}, {BlockKey(2), b}};
  Store(rows, std::nullopt);
  Refuses("its witness file is missing");
  Store(rows, Position{{1}, 2, whole.position().block_hash});
  Refuses("does not belong to its witness file");
  Store(rows, Position{whole.identity().id, 3, {}});
  Refuses("records are lost");
  Store(rows, Position{whole.identity().id, 2, {}});
  Refuses("with another history");
  Store(rows, first);  // one block ahead: the process died between the two syncs
  MustOpen();
  EXPECT_EQ(journal_->durable(), whole.position());
  journal_ = nullptr;

  // Before the first block a torn witness is written again; a long one without a valid slot was a later one.
  Store({rows.front()}, std::nullopt);
  MustOpen();
  journal_ = nullptr;
  Store({rows.front()}, std::nullopt);
  ASSERT_THAT(medium_->Boot()->WriteFileSynced(kWitnessFile, 0, std::string(20, 'x')), IsOk());
  MustOpen();
  journal_ = nullptr;
  Store({rows.front()}, std::nullopt);
  ASSERT_THAT(medium_->Boot()->WriteFileSynced(kWitnessFile, 0, std::string(kWitnessSlotBytes + 1, 'x')), IsOk());
  Refuses("no valid slot");
}

}  // namespace
}  // namespace anju::journal
