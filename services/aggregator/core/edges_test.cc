// Regions, documents and milestones at their edges: numbers that nobody has, rows that name them, circles of changes, and what no figure can hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/aggregator/core/documents.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/milestones.h"
#include "services/aggregator/core/plan_marks.h"
#include "services/aggregator/core/world_for_tests.h"

namespace anju::aggregator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakeCatalogue;
using testing::MakeRegion;

constexpr Period k2017{2017, 2017};
const Date kMay = MakeDate(2017, 5, 1), kEnd = MakeDate(2017, 12, 31);

TEST(DatedTreeEdges, NumbersThatNobodyHasAreNobodysParentChildOrArea) {
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  regions.Put({MakeRegion(4, "X4", 1)});    // 2 and 3 were never given out
  regions.Put({MakeRegion(5, "X5", 900)});  // whose parent is not there
  Region area = MakeRegion(6, "A", 1, RegionLevel::kUnit);
  area.kind = RegionKind::kArea;
  area.members = {4, 6, 2, 900, 5};
  regions.Put({area});
  const DatedTree tree(regions, {}, kEnd);
  EXPECT_EQ(tree.size(), 7u);
  EXPECT_THAT(tree.Children(1), ElementsAre(4, 6));
  EXPECT_EQ(tree.Parent(5), 0u);
  EXPECT_THAT(tree.Members(6), ElementsAre(4, 5)) << "neither itself nor who is not there";
  EXPECT_THAT(tree.Areas(4), ElementsAre(6));
  for (const RegionNumber nobody : {RegionNumber{2}, RegionNumber{900}}) {
    EXPECT_EQ(tree.Parent(nobody), 0u);
    EXPECT_THAT(tree.Children(nobody), IsEmpty());
    EXPECT_THAT(tree.Members(nobody), IsEmpty());
    EXPECT_THAT(tree.Areas(nobody), IsEmpty());
    EXPECT_THAT(tree.Received(nobody), IsEmpty());
    EXPECT_FALSE(tree.IsArea(nobody));
    EXPECT_FALSE(tree.IsGone(nobody));
    EXPECT_FALSE(tree.IsInvolved(nobody));
  }
  EXPECT_EQ(DatedTree({}, {}, kEnd).size(), 0u);
}

TEST(DatedTreeEdges, ChangesThatGoRoundOrNameNobodyAreLeftOut) {
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  for (const RegionNumber county : {2u, 3u, 4u}) {
    Region row = MakeRegion(county, "X" + std::to_string(county), 1);
    if (county == 4) row.valid_to = kMay;
    regions.Put({row});
  }
  Boundaries boundaries;
  const auto pass = [&](RegionNumber from, RegionNumber into, Date day) {
    boundaries.Add({.kind = BoundaryKind::kSplit, .date = day, .region = from, .into = into, .share = {1, 2}});
  };
  pass(2, 3, kMay);
  pass(3, 2, kMay);    // would count 2 through itself
  pass(2, 3, kMay);    // the same neighbours again
  pass(900, 2, kMay);
  pass(2, 900, kMay);
  pass(4, 3, kEnd);    // not yet
  const DatedTree tree(regions, boundaries, MakeDate(2017, 8, 1));
  ASSERT_EQ(tree.Received(3).size(), 2u);
  EXPECT_EQ(tree.Received(3)[0].from, 2u);
  EXPECT_THAT(tree.Received(2), IsEmpty());
  EXPECT_THAT(tree.Dependents(2), ElementsAre(3)) << "once, however often";
  EXPECT_TRUE(tree.IsInvolved(2));
  EXPECT_FALSE(tree.IsInvolved(4));
}

TEST(TreesEdges, OnlySoManyAreKeptAndWhatWentIsMadeAgain) {
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  for (uint32_t i = 0; i < 2 * Trees::kKeptMax; ++i) {
    Region row = MakeRegion(2 + i, "X" + std::to_string(i), 1);
    row.valid_from = Date{kMay.days + static_cast<int32_t>(i)};
    regions.Put({row});
  }
  const Boundaries none;
  const Trees trees(regions, none);
  const auto children = [&](int32_t day) { return trees.At(Date{kMay.days + day})->Children(1).size(); };
  const auto first = trees.At(kMay);
  EXPECT_EQ(trees.At(kMay), first) << "kept";
  const size_t before = children(0);
  for (uint32_t i = 0; i < 2 * Trees::kKeptMax; ++i) children(static_cast<int32_t>(i));
  EXPECT_NE(trees.At(kMay), first) << "the least recently used went";
  EXPECT_EQ(children(0), before);
  EXPECT_EQ(trees.At(Date{kMay.days + 2}), trees.At(Date{kMay.days + 2}));
}

Revision InForce(const std::vector<std::pair<DocumentInfo, Target>>& printed, Period period = k2017, std::optional<Date> day = std::nullopt) {
  Documents documents;
  const CellKey cell{1, 1, 1, period};
  uint64_t sequence = 0;
  for (const auto& [info, target] : printed) documents.Add(++sequence, info, {{.cell = cell, .layer = Layer::kCity, .target = target}});
  const Revision* revision = documents.InForceAt(cell, Layer::kCity, day, UINT64_MAX);
  return revision == nullptr ? Revision{} : *revision;
}

TEST(DocumentsEdges, WhichPrintedWordHolds) {
  const DocumentInfo one{.number = "1"}, two{.number = "2"}, three{.number = "3"};
  const Target none{.missing = Missing::kBlank}, absent{.missing = Missing::kAbsent}, ten{.amount = 10}, twenty{.amount = 20};
  EXPECT_EQ(InForce({}).sequence, 0u);
  EXPECT_EQ(InForce({{one, ten}, {two, twenty}}).sequence, 1u) << "the first number";
  EXPECT_EQ(InForce({{one, none}, {two, ten}, {three, twenty}}).sequence, 2u) << "a number over a blank";
  EXPECT_EQ(InForce({{one, absent}, {two, none}}).sequence, 2u) << "a word over nothing";
  EXPECT_EQ(InForce({{one, none}, {two, absent}}).sequence, 1u);
  EXPECT_EQ(InForce({{one, absent}, {two, absent}}).sequence, 1u);
  const auto amends = [](std::string number, std::optional<Date> from) { return DocumentInfo{.number = std::move(number), .amends = "1", .effective = from}; };
  EXPECT_EQ(InForce({{one, ten}, {amends("2", kMay), twenty}}).sequence, 2u);
  EXPECT_EQ(InForce({{one, ten}, {amends("2", kMay), twenty}}, k2017, MakeDate(2017, 4, 30)).sequence, 1u) << "not yet in force";
  EXPECT_EQ(InForce({{one, ten}, {amends("2", kMay), twenty}, {amends("3", MakeDate(2017, 4, 1)), ten}}).sequence, 2u) << "the later day holds";
  EXPECT_EQ(InForce({{one, ten}, {amends("2", kMay), twenty}, {amends("3", kMay), ten}}).sequence, 3u) << "of one day the later one";
  EXPECT_EQ(InForce({{one, ten}, {amends("2", std::nullopt), twenty}}).sequence, 2u) << "from the first day of the period";
  EXPECT_EQ(InForce({{amends("2", std::nullopt), twenty}, {one, ten}}).sequence, 1u) << "an amendment holds over first documents";
  // Of a stock: from always, to always.
  EXPECT_EQ(InForce({{one, ten}}, {}).sequence, 1u);
  EXPECT_EQ(InForce({{one, ten}}, {}, MakeDate(1990, 1, 1)).sequence, 1u);
}

TEST(MilestonesEdges, WhatNoFigureCanHoldIsNotSaid) {
  const auto judge = [](int64_t digits, uint32_t scale, int64_t base, int64_t actual) {
    return Judge({.cell = {1, 2, 3, k2017}, .by = kEnd, .share_digits = digits, .share_scale = scale}, base, actual, kMay);
  };
  EXPECT_EQ(judge(INT64_MAX, 0, INT64_MAX, 0).required, std::nullopt) << "too large";
  EXPECT_EQ(judge(INT64_MIN, 0, INT64_MAX, 0).required, std::nullopt) << "too small";
  EXPECT_EQ(judge(60, 17, 1'000, 0).required, std::nullopt) << "more decimals than can be";
  EXPECT_EQ(judge(60, 16, 1'000, 0).required, 1);
  EXPECT_EQ(judge(100, 0, INT64_MAX, INT64_MIN).difference, std::nullopt);
  EXPECT_EQ(judge(100, 0, INT64_MAX, INT64_MIN).state, MilestoneState::kAhead);
  Targets targets{};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), std::nullopt);
  for (size_t layer = 0; layer < kLayers; ++layer) targets[layer] = Target{.amount = static_cast<int64_t>(layer) + 1};
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCountry), static_cast<int64_t>(Layer::kNational) + 1);
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kProvince), static_cast<int64_t>(Layer::kProvince) + 1);
  EXPECT_EQ(AddressedTarget(targets, RegionLevel::kCity), static_cast<int64_t>(Layer::kCity) + 1);
  for (const RegionLevel level : {RegionLevel::kCounty, RegionLevel::kUnit}) EXPECT_EQ(AddressedTarget(targets, level), static_cast<int64_t>(Layer::kCounty) + 1);
}

TEST(DayIndexEdges, ADayIsPastOnceALaterOneHasBegun) {
  DayIndex days;
  EXPECT_FALSE(days.IsPast(kMay));
  days.Add(kMay, 3);
  EXPECT_FALSE(days.IsPast(kMay));
  EXPECT_TRUE(days.IsPast(Date{kMay.days - 1}));
}

TEST(DumpEdges, WhatTheRegistryDoesNotHaveIsDumpedAllTheSame) {
  State state(1);
  state.documents().Add(1, {.number = "1号"}, {{.cell = {900, 99, 98, k2017}, .layer = Layer::kCity, .target = {.amount = 100, .declared = 90}, .place = "附件\t1", .line = 4}});
  EXPECT_THAT(Dump(state), ElementsAre("revision\t?\t?\t?\t2017\t2\t2017-01-01\t2017-01-01\t100/90@1号\t\t附件\\t1\t4"));
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  Boundaries boundaries;
  boundaries.Add({.kind = BoundaryKind::kAbolish, .date = kMay, .region = 1, .document = "2号"});
  state.ReplaceRegistry(regions, MakeCatalogue(), boundaries);
  EXPECT_THAT(Dump(state), Contains("boundary\t2017-05-01\t4\tP\t\t0/1\t\t2号"));
}

}  // namespace
}  // namespace anju::aggregator
