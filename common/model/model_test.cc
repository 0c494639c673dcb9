// The model's rules by hand: what a series says on a day, what becomes of figures when regions change, and that each rule matters.
#include <gtest/gtest.h>

#include "common/model/figures.h"

namespace anju::model {
namespace {

constexpr Period kYear{2017, 2017};
const Date kJanuary = MakeDate(2017, 1, 31), kMarch = MakeDate(2017, 3, 31), kMay = MakeDate(2017, 5, 31), kJune = MakeDate(2017, 6, 1), kJuly = MakeDate(2017, 7, 31);

Series SeriesOf(Number region, std::vector<Report> reports, Number programme = 1, size_t journal = 0) {
  Series series{.key = {region, programme, 1, kYear}, .journal = journal, .reports = {}};
  uint64_t sequence = 0;
  for (Report& report : reports) {
    report.sequence = ++sequence;
    series.Add(report);
  }
  return series;
}

TEST(SeriesTest, AFigureIsTheLastThatStandsAndWhatFollowsIt) {
  const Series series = SeriesOf(1, {{kMarch, Kind::kCumulative, 100}, {kMay, Kind::kIncrement, 20}, {kMay, Kind::kReduction, 5}, {kJanuary, Kind::kIncrement, 7}});
  EXPECT_FALSE(FigureOn(series, Date{kJanuary.days - 1}).has_value());
  EXPECT_EQ(FigureOn(series, kJanuary)->amount, 7);
  EXPECT_EQ(FigureOn(series, kJanuary)->base, kDistantPast);
  EXPECT_EQ(FigureOn(series, kMarch)->amount, 100);
  const Reported newest = *FigureOn(series, kDistantFuture);
  EXPECT_EQ(newest.amount, 115);
  EXPECT_EQ(newest.as_of, kMay);
  EXPECT_EQ(newest.base, kMarch);
  EXPECT_EQ(newest.in_force.size(), 3u);
}

TEST(SeriesTest, WhatStandsReplacesWhatItsDayHad) {
  const Series series = SeriesOf(1, {{kMarch, Kind::kCumulative, 100}, {kMarch, Kind::kIncrement, 20}, {kMay, Kind::kIncrement, 1}, {kMarch, Kind::kCorrection, 90}, {kMarch, Kind::kIncrement, 3}});
  EXPECT_EQ(series.reports.size(), 3u);
  EXPECT_EQ(FigureOn(series, kMarch)->amount, 93);
  EXPECT_EQ(FigureOn(series, kMay)->amount, 94);
}

// A city (1) with two counties (2, 3); `more` rows and changes come in an event of their own.
std::vector<PlanEvent> Plan(PlanEvent more = {}) {
  PlanEvent tree, catalogue;
  tree.rows = {{.region = 1, .code = "R1", .level = "city"}, {.region = 2, .code = "R2", .parent = 1}, {.region = 3, .code = "R3", .parent = 1}};
  catalogue.programmes = {{.number = 1, .code = "all"}, {.number = 2, .code = "urban", .parent = 1}};
  catalogue.indicators = {{.number = 1, .code = "starts"}};
  return {tree, catalogue, std::move(more)};
}

Cell CellOf(const std::vector<PlanEvent>& plan, const std::vector<Series>& series, Number region, std::optional<Rule> without = {}, std::optional<Date> as_of = {}) {
  return Figures(plan, series, {.as_of = as_of, .tree = {}, .plan = plan.size(), .without = without}).At({region, 1, 1, kYear});
}

TEST(FiguresTest, ChildrenComeBeforeProgrammesAndThoseBeforeWhatWasReported) {
  const std::vector<Series> series = {SeriesOf(1, {{kMay, Kind::kCumulative, 1000}}), SeriesOf(1, {{kMay, Kind::kCumulative, 70}}, 2), SeriesOf(2, {{kMarch, Kind::kCumulative, 40}}),
                                      SeriesOf(3, {{kMay, Kind::kCumulative, 2}}, 2)};
  const Cell cell = CellOf(Plan(), series, 1);
  EXPECT_EQ(cell.actual, 42);
  EXPECT_EQ(cell.declared, 1000);
  EXPECT_EQ(cell.newest, kMay);
  EXPECT_EQ(CellOf(Plan(), series, 1, {}, kMarch).actual, 40);
  EXPECT_EQ(CellOf(Plan(), {series[0], series[1]}, 1).actual, 70);
  EXPECT_EQ(CellOf(Plan(), {series[0]}, 1).actual, 1000);
  EXPECT_FALSE(CellOf(Plan(), {series[0]}, 1).declared.has_value());
}

TEST(FiguresTest, OfTwoJournalsTheNewerFigureCountsAndTheFirstWhereEqual) {
  const Series first = SeriesOf(2, {{kMarch, Kind::kCumulative, 1}}), same_day = SeriesOf(2, {{kMarch, Kind::kCumulative, 2}}, 1, 1), later = SeriesOf(2, {{kMay, Kind::kCumulative, 3}}, 1, 1);
  EXPECT_EQ(CellOf(Plan(), {first, same_day}, 2).actual, 1);
  EXPECT_EQ(CellOf(Plan(), {same_day, first}, 2).actual, 2);
  EXPECT_EQ(CellOf(Plan(), {first, later}, 2).actual, 3);
}

// In June county 3 is split between 2 and a new county 4, one to two.
PlanEvent Split() {
  PlanEvent split;
  split.rows = {{.region = 3, .code = "R3", .parent = 1, .to = kJune}, {.region = 4, .code = "R4", .parent = 1, .from = kJune}};
  split.changes = {{.kind = ChangeKind::kSplit, .date = kJune, .region = 3, .into = 2, .numerator = 1, .denominator = 3},
                   {.kind = ChangeKind::kSplit, .date = kJune, .region = 3, .into = 4, .numerator = 2, .denominator = 3}};
  return split;
}

TEST(FiguresTest, SharesOfASplitMakeTheWhole) {
  const std::vector<Series> series = {SeriesOf(3, {{kMay, Kind::kCumulative, 100}})};
  EXPECT_EQ(CellOf(Plan(Split()), series, 2).actual, 33);
  EXPECT_EQ(CellOf(Plan(Split()), series, 4).actual, 67);
  EXPECT_EQ(CellOf(Plan(Split()), series, 1).actual, 100);
  EXPECT_EQ(CellOf(Plan(Split()), series, 1, Rule::kRemainders).actual, 99);
  EXPECT_EQ(CellOf(Plan(Split()), series, 2, {}, kMay).actual, std::nullopt);
}

TEST(FiguresTest, WhatASuccessorReportsCoversWhatWasPassedOn) {
  const std::vector<Series> series = {SeriesOf(3, {{kMay, Kind::kCumulative, 100}}), SeriesOf(4, {{kJuly, Kind::kCumulative, 80}})};
  EXPECT_EQ(CellOf(Plan(Split()), series, 4).actual, 80);
  EXPECT_EQ(CellOf(Plan(Split()), series, 4, Rule::kCovered).actual, 147);
}

TEST(FiguresTest, WhatFormerChildrenReportReplacesAFigureFromBeforeTheyLeft) {
  PlanEvent moved;  // both counties go to another city in June
  moved.rows = {{.region = 5, .code = "R5", .level = "city"}};
  for (const Number county : {2, 3}) {
    const std::string code = "R" + std::to_string(county);
    moved.rows.push_back({.region = county, .code = code, .parent = 1, .to = kJune});
    moved.rows.push_back({.region = county, .code = code, .parent = 5, .from = kJune});
  }
  const std::vector<Series> series = {SeriesOf(1, {{kMay, Kind::kCumulative, 50}}), SeriesOf(2, {{kMay, Kind::kCumulative, 50}})};
  EXPECT_EQ(CellOf(Plan(moved), series, 5).actual, 50);
  EXPECT_EQ(CellOf(Plan(moved), series, 1).actual, std::nullopt);
  EXPECT_EQ(CellOf(Plan(moved), series, 1).declared, 50);
  EXPECT_EQ(CellOf(Plan(moved), series, 1, Rule::kFormerChildren).actual, 50);
}

TEST(FiguresTest, TargetsAreAmendedAndFollowTheTree) {
  const auto printed = [](Number region, int64_t target) { return PrintedCell{.key = {region, 1, 1, kYear}, .layer = 3, .target = target, .declared = {}}; };
  PlanEvent document, amendment;
  document.document = Document{.number = "one", .amends = "", .first = "one", .issued = kJanuary, .effective = {}, .cells = {printed(1, 300), printed(2, 100), printed(3, 90)}};
  amendment.document = Document{.number = "two", .amends = "one", .first = "one", .issued = {}, .effective = kMarch, .cells = {printed(2, 110)}};
  std::vector<PlanEvent> plan = Plan(document);
  plan.push_back(amendment);
  EXPECT_EQ(CellOf(plan, {}, 2).targets[2]->amount, 110);
  EXPECT_EQ(CellOf(plan, {}, 2).targets[2]->document, "two");
  EXPECT_EQ(CellOf(plan, {}, 2, Rule::kAmendments).targets[2]->amount, 100);
  EXPECT_EQ(CellOf(plan, {}, 2, {}, kJanuary).targets[2]->amount, 100);
  plan.push_back(Split());
  EXPECT_EQ(CellOf(plan, {}, 2).targets[2]->amount, 140);
  EXPECT_EQ(CellOf(plan, {}, 4).targets[2]->amount, 60);
  EXPECT_EQ(CellOf(plan, {}, 2, Rule::kTargetsFollow).targets[2]->amount, 110);
}

TEST(FiguresTest, ATreeThatContainsItselfIsSaidToBeUnsound) {
  std::vector<PlanEvent> plan = Plan();
  plan[0].rows[0].parent = 2;
  const std::vector<Series> series = {SeriesOf(3, {{kMay, Kind::kCumulative, 1}})};
  Figures figures(plan, series, {.as_of = {}, .tree = {}, .plan = plan.size()});
  figures.At({1, 1, 1, kYear});
  EXPECT_FALSE(figures.sound());
}

}  // namespace
}  // namespace anju::model
