// Chains of identities: which hold together, whose sequences are whose, and what the blocks at a fork must name.
#include "common/journal/lineage.h"

#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using testing::HasReason;

JournalId Id(uint8_t n) { return JournalId{n}; }
Hash HashOf(uint8_t n) { return Hash{n, n}; }

std::string Encoded(uint8_t id, Position continues = {}, std::string_view service = "plan") {
  return EncodeIdentity({std::string(service), Id(id), 1000 + id, continues});
}

// 1 records 1..10, 2 continues it and records 11..15, 3 continues that and records from 16 on.
Lineage Three() {
  auto lineage = Lineage::FromIdentities({Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}), Encoded(3, {Id(2), 15, HashOf(15)})});
  EXPECT_TRUE(lineage.ok()) << lineage.status();
  return *lineage;
}

TEST(Lineage, NamesEachSequenceByTheJournalThatRecordedIt) {
  const Lineage lineage = Three();
  EXPECT_EQ(lineage.fork(), 15u);
  const struct {
    uint64_t sequence;
    uint8_t owner;
  } cases[] = {{0, 3}, {1, 1}, {10, 1}, {11, 2}, {15, 2}, {16, 3}, {1'000'000, 3}};
  for (const auto& c : cases) EXPECT_EQ(lineage.OwnerOf(c.sequence), Id(c.owner)) << c.sequence;
  EXPECT_EQ(lineage.PositionOf(11, HashOf(1)), (Position{Id(2), 11, HashOf(1)}));
}

TEST(Lineage, ContainsWhatWasRecordedUpToEachFork) {
  const Lineage lineage = Three();
  const struct {
    uint8_t id;
    uint64_t sequence;
    bool contained;
  } cases[] = {{1, 0, true}, {1, 10, true}, {1, 11, false}, {2, 5, true}, {2, 15, true}, {2, 16, false}, {3, 1, true}, {3, 99, true}, {4, 0, false}, {4, 1, false}};
  for (const auto& c : cases) EXPECT_EQ(lineage.Contains(Id(c.id), c.sequence), c.contained) << int{c.id} << "/" << c.sequence;
  for (uint8_t id = 1; id <= 3; ++id) EXPECT_TRUE(lineage.Knows(Id(id)));
  EXPECT_FALSE(lineage.Knows(Id(4)));
}

TEST(Lineage, ABlockAtAForkNamesTheIdentityThatBeginsThere) {
  const Lineage lineage = Three();
  const auto genesis = [&](size_t i) { return GenesisHash(lineage.encoded()[i]); };
  EXPECT_TRUE(lineage.Chains(1, {}, genesis(0)));
  EXPECT_FALSE(lineage.Chains(1, {}, genesis(2)));
  EXPECT_TRUE(lineage.Chains(5, HashOf(4), HashOf(4)));
  EXPECT_FALSE(lineage.Chains(5, HashOf(4), HashOf(5)));
  EXPECT_TRUE(lineage.Chains(11, HashOf(10), genesis(1)));
  EXPECT_FALSE(lineage.Chains(11, HashOf(9), genesis(1))) << "the block before it is not the one continued";
  EXPECT_FALSE(lineage.Chains(11, HashOf(10), HashOf(10))) << "the old journal's own next block";
  EXPECT_TRUE(lineage.Chains(16, HashOf(15), genesis(2)));
  EXPECT_EQ(lineage.ForkHash(10), HashOf(10));
  EXPECT_EQ(lineage.ForkHash(11), std::nullopt);
  EXPECT_EQ(lineage.ForkHash(0), std::nullopt);
}

TEST(Lineage, ABlockBelongsToOneJournalAndEndsAsTheNextOneSays) {
  const Lineage lineage = Three();
  const auto block = [](uint64_t first, uint32_t count, Hash hash) {
    BlockView view;
    view.header.first_sequence = first;
    view.header.count = count;
    view.previous_hash = HashOf(8);
    view.hash = hash;
    return view;
  };
  EXPECT_TRUE(lineage.Fits(HashOf(8), block(9, 2, HashOf(10))));
  EXPECT_FALSE(lineage.Fits(HashOf(7), block(9, 2, HashOf(10))));
  EXPECT_FALSE(lineage.Fits(HashOf(8), block(9, 2, HashOf(11)))) << "not the block that was continued";
  EXPECT_FALSE(lineage.Fits(HashOf(8), block(9, 3, HashOf(11)))) << "across the fork";
}

TEST(Lineage, AWitnessBeforeTheFirstOwnBlockNamesTheJournalItself) {
  const Lineage lineage = Three();
  EXPECT_EQ(lineage.WitnessOf({Id(2), 15, HashOf(15)}), (Position{Id(3), 15, GenesisHash(lineage.encoded()[2])}));
  const Position own{Id(3), 16, HashOf(16)};
  EXPECT_EQ(lineage.WitnessOf(own), own);
}

// Two restores in a row: the first journal never recorded anything, but its name is known.
TEST(Lineage, AJournalMayContinueOneThatRecordedNothing) {
  const Position end{Id(1), 10, HashOf(10)};
  ASSERT_OK_AND_ASSIGN(const Lineage lineage, Lineage::FromIdentities({Encoded(1), Encoded(2, end), Encoded(3, end)}));
  EXPECT_EQ(lineage.OwnerOf(10), Id(1));
  EXPECT_EQ(lineage.OwnerOf(11), Id(3));
  EXPECT_TRUE(lineage.Knows(Id(2)));
  EXPECT_FALSE(lineage.Contains(Id(2), 11));
  EXPECT_TRUE(lineage.Chains(11, HashOf(10), GenesisHash(lineage.encoded()[2])));
  EXPECT_FALSE(lineage.Chains(11, HashOf(10), GenesisHash(lineage.encoded()[1])));

  ASSERT_OK_AND_ASSIGN(const Lineage empty, Lineage::FromIdentities({Encoded(1), Encoded(2)}));
  EXPECT_EQ(empty.OwnerOf(1), Id(2));
  EXPECT_FALSE(empty.Contains(Id(1), 1));
  EXPECT_EQ(empty.PreviousOf(1, {}), GenesisHash(empty.encoded()[1]));
}

TEST(Lineage, IdentitiesThatDoNotContinueEachOtherAreDataLoss) {
  const std::vector<std::vector<std::string>> broken = {
      {},
      {Encoded(2, {Id(1), 10, HashOf(10)})},                                                       // its ancestor is missing
      {Encoded(1), Encoded(2, {Id(9), 10, HashOf(10)})},                                           // another ancestor
      {Encoded(1), Encoded(1, {Id(1), 10, HashOf(10)})},                                           // itself
      {Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}, "progress")},                               // another service
      {Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}), Encoded(3, {Id(2), 9, HashOf(9)})},        // back beyond the fork
      {Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}), Encoded(3, {Id(1), 12, HashOf(12)})},      // past its parent
      {Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}), Encoded(3, {Id(1), 10, HashOf(11)})},      // another block at the same fork
      {Encoded(1), Encoded(2, {Id(1), 10, HashOf(10)}), Encoded(3)},                               // begins anew
      {Encoded(1).substr(1)},
  };
  for (size_t i = 0; i < broken.size(); ++i) EXPECT_THAT(Lineage::FromIdentities(broken[i]), HasReason(Reason::DATA_LOSS)) << i;

  std::vector<std::string> many = {Encoded(1)};
  for (uint8_t id = 2; id <= kAncestorsMax + 2; ++id) many.push_back(Encoded(id, {Id(id - 1), id, HashOf(id)}));
  EXPECT_THAT(Lineage::FromIdentities(many), HasReason(Reason::DATA_LOSS)) << "more than kAncestorsMax";
  many.pop_back();
  EXPECT_TRUE(Lineage::FromIdentities(many).ok());
}

}  // namespace
}  // namespace anju::journal
