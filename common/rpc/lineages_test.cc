// Bases across journals that were restored: what is contained, what is lost, and what is of another journal.
#include "common/rpc/lineages.h"

#include "common/testing/testing.h"

namespace anju::rpc {
namespace {

using testing::HasReasonAt;
using testing::IsOk;

const std::string kA(32, 'a'), kB(32, 'b'), kC(32, 'c'), kOther(32, 'd');

types::v1::Position At(const std::string& id, uint64_t sequence) {
  types::v1::Position position;
  position.set_journal_id(id);
  position.set_sequence(sequence);
  return position;
}

types::v1::Basis BasisOf(types::v1::Position plan, std::vector<types::v1::Position> progress = {}) {
  types::v1::Basis basis;
  *basis.mutable_plan() = std::move(plan);
  for (types::v1::Position& position : progress) *basis.add_progress() = std::move(position);
  return basis;
}

// a recorded 1..10, b recorded nothing, c is the journal now.
Lineages Known() {
  types::v1::Lineage lineage;
  lineage.set_journal_id(kC);
  *lineage.add_ends() = At(kA, 10);
  *lineage.add_ends() = At(kB, 10);
  Lineages lineages;
  lineages.Add(lineage);
  return lineages;
}

TEST(LineagesTest, AnOldPositionIsContainedUpToWhereItWasContinued) {
  const struct {
    types::v1::Position have, want;
    bool covered;
  } cases[] = {
      {At(kC, 12), At(kA, 10), true},  {At(kC, 12), At(kA, 11), false}, {At(kC, 12), At(kB, 9), true},      {At(kC, 12), At(kB, 11), false},
      {At(kC, 12), At(kC, 12), true},  {At(kC, 12), At(kC, 13), false}, {At(kA, 10), At(kA, 10), true},     {At(kA, 8), At(kC, 8), true},
      {At(kA, 10), At(kC, 11), false}, {At(kA, 11), At(kA, 11), false}, {At(kC, 12), At(kOther, 1), false}, {At(kOther, 5), At(kOther, 4), true},
  };
  const Lineages lineages = Known();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.have.ShortDebugString() + " / " + c.want.ShortDebugString());
    EXPECT_EQ(Includes(BasisOf(c.have), BasisOf(c.want), lineages), c.covered);
    EXPECT_EQ(Includes(BasisOf({}, {At(kOther, 1), c.have}), BasisOf({}, {c.want}), lineages), c.covered || (c.want.journal_id() == kOther && c.want.sequence() == 1));
  }
  EXPECT_FALSE(Includes(BasisOf(At(kC, 12)), BasisOf(At(kA, 10)))) << "nobody knows";
}

TEST(LineagesTest, LostPositionsAreSaidToBe) {
  const Lineages lineages = Known();
  EXPECT_THAT(lineages.CheckNotLost(BasisOf(At(kA, 10), {At(kC, 99), At(kOther, 99)}), "at"), IsOk());
  EXPECT_THAT(lineages.CheckNotLost(BasisOf(At(kA, 11)), "at"), HasReasonAt(Reason::ROLLED_BACK, "at"));
  EXPECT_THAT(lineages.CheckNotLost(BasisOf({}, {At(kOther, 1), At(kB, 11)}), "at_least"), HasReasonAt(Reason::ROLLED_BACK, "at_least"));
  EXPECT_THAT(Lineages().CheckNotLost(BasisOf(At(kA, 11)), "at"), IsOk());
}

TEST(LineagesTest, ANewLineageTakesThePlaceOfTheOld) {
  Lineages lineages = Known();
  types::v1::Lineage again;
  again.set_journal_id(kOther);
  for (const auto& end : {At(kA, 8), At(kC, 8)}) *again.add_ends() = end;
  lineages.Add(again);
  EXPECT_TRUE(lineages.IsLost(At(kA, 10)));
  EXPECT_FALSE(lineages.IsLost(At(kB, 11))) << "nothing is said of it any more";
  EXPECT_TRUE(lineages.AreOne(kA, kOther));
}

TEST(LineagesTest, ComesFromTheIdentitiesOfAJournal) {
  const journal::Identity a{"plan", {1}, 0, {}};
  const journal::Identity b{"plan", {2}, 0, {{1}, 5, {7}}};
  const journal::Identity c{"plan", {3}, 0, {{1}, 5, {7}}};
  ASSERT_OK_AND_ASSIGN(const journal::Lineage lineage, journal::Lineage::FromIdentities({EncodeIdentity(a), EncodeIdentity(b), EncodeIdentity(c)}));
  const types::v1::Lineage message = ToProto(lineage);
  EXPECT_EQ(message.journal_id(), journal::ToHex(c.id));
  ASSERT_EQ(message.ends_size(), 2);
  EXPECT_EQ(message.ends(1).journal_id(), journal::ToHex(b.id));
  Lineages lineages;
  lineages.Add(lineage);
  lineages.Add(journal::Lineage());
  EXPECT_TRUE(lineages.IsLost(At(journal::ToHex(a.id), 6)));
  EXPECT_FALSE(lineages.IsLost(At(journal::ToHex(b.id), 5)));
}

}  // namespace
}  // namespace anju::rpc
