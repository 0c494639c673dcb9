// What one cell on the wire says to the core: every word of it, and none that is not there.
#include "services/ranking/store/records.h"

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

}  // namespace
}  // namespace anju::ranking
