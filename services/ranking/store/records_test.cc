// What one cell on the wire says to the core: every word of it, and none that is not there.
#include "services/ranking/store/records.h"

#include <random>

#include <gtest/gtest.h>

namespace anju::ranking {
namespace {

TEST(Records, EveryWordOfACellIsTaken) {
  aggregator::v1::Cell cell;
  const Figures none = FiguresOf(cell);
  EXPECT_FALSE(none.actual.has_value());
  EXPECT_FALSE(none.year_start.has_value());
  EXPECT_FALSE(none.declared.has_value());
  EXPECT_EQ(none.review, ReviewState::kReported);
  cell.set_actual(5);
  cell.set_year_start(6);
  cell.set_declared(7);
  cell.set_newest_as_of_days(17'000);
  cell.add_notes();
  const Figures whole = FiguresOf(cell);
  EXPECT_EQ(whole.actual, 5);
  EXPECT_EQ(whole.year_start, 6);
  EXPECT_EQ(whole.declared, 7);
  EXPECT_EQ(whole.newest_as_of, Date{17'000});
  EXPECT_EQ(whole.notes.size(), 1u);
  for (const auto& [said, meant] : {std::pair{types::v1::REVIEW_STATE_RETURNED, ReviewState::kReturned}, {types::v1::REVIEW_STATE_REVIEWED, ReviewState::kReviewed},
                                    {types::v1::REVIEW_STATE_CONFIRMED, ReviewState::kConfirmed}, {types::v1::REVIEW_STATE_UNSPECIFIED, ReviewState::kReported}}) {
    cell.set_review(said);
    EXPECT_EQ(FiguresOf(cell).review, meant);
  }
}

TEST(Records, TargetsSayWhyTheyAreMissing) {
  for (const auto& [said, meant] : {std::pair{types::v1::MISSING_BLANK, Missing::kBlank}, {types::v1::MISSING_NO_TASK, Missing::kNoTask},
                                    {types::v1::MISSING_NOT_PUBLISHED, Missing::kNotPublished}, {types::v1::MISSING_ABSENT, Missing::kAbsent}}) {
    aggregator::v1::Cell cell;
    aggregator::v1::LayerTarget* target = cell.add_targets();
    target->set_layer(types::v1::LAYER_CITY);
    target->set_missing(said);
    EXPECT_EQ(FiguresOf(cell).target(Layer::kCity).missing, meant);
    target->set_target(9);
    target->set_declared(8);
    const Figures figures = FiguresOf(cell);
    EXPECT_EQ(figures.target(Layer::kCity).missing, Missing::kNumber);
    EXPECT_EQ(figures.target(Layer::kCity).amount, 9);
    EXPECT_EQ(figures.target(Layer::kCity).declared, 8);
    // Layers of a later version are passed over.
    cell.add_targets()->set_layer(static_cast<types::v1::Layer>(99));
    cell.add_targets()->set_layer(static_cast<types::v1::Layer>(0));
    EXPECT_EQ(FiguresOf(cell).target(Layer::kCity).amount, 9);
  }
}

TEST(Records, WhatIsKeptOfACellSaysTheSameWhenItComesBack) {
  std::mt19937 random(20170630);
  const auto maybe = [&](auto set) { if (random() % 2 == 0) set(static_cast<int64_t>(random()) - (int64_t{1} << 31)); };
  for (int round = 0; round < 2'000; ++round) {
    Figures figures;
    maybe([&](int64_t value) { figures.actual = value; });
    maybe([&](int64_t value) { figures.declared = value; });
    maybe([&](int64_t value) { figures.year_start = value; });
    maybe([&](int64_t value) { figures.newest_as_of = Date{static_cast<int32_t>(value % 30'000)}; });
    maybe([&](int64_t) { figures.own = true; });
    figures.review = static_cast<ReviewState>(random() % 4);
    maybe([&](int64_t value) {
      aggregator::v1::FigureNote note;
      note.set_explanation(std::to_string(value));
      figures.notes.push_back(note.SerializeAsString());
    });
    for (const Layer layer : kLayers) {
      Target& target = figures.mutable_target(layer);
      target.missing = static_cast<Missing>(random() % 5);
      if (target.known()) target.amount = static_cast<int64_t>(random());
      maybe([&](int64_t value) { target.declared = value; });
    }
    const ColumnKey column{static_cast<ProgrammeNumber>(random() % 9 + 1), {static_cast<IndicatorNumber>(random() % 9 + 1), random() % 2 == 0 ? Period{} : Period{2016, 2018}}};
    aggregator::v1::Cell cell;
    FillCell(column, 7, figures, &cell);
    ASSERT_EQ(FiguresOf(cell), figures) << cell.ShortDebugString();
    ASSERT_EQ(ColumnOf(cell), column);
    ASSERT_EQ(cell.region(), 7u);
  }
}

}  // namespace
}  // namespace anju::ranking
