// Following a column over a real stream: the whole first, every step once with its cause, resumed from any token, and the basis carried on.
#include <gtest/gtest.h>

#include <future>

#include "services/aggregator/column_followers.h"
#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::Find;
using testing::k2017;

class ColumnsTest : public testing::ServerTest {
 protected:
  static v1::FollowColumnRequest Request(const std::string& from = "") {
    v1::FollowColumnRequest request;
    request.set_region("C");
    request.set_from(from);
    v1::ColumnKey* key = request.add_keys();
    key->set_programme("shantytown.urban");
    key->set_indicator("starts");
    key->mutable_period()->set_first_year(2017);
    key->mutable_period()->set_last_year(2017);
    return request;
  }
  struct Following {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::ColumnStep>> reader;
    // The next message that is more than a heartbeat.
    v1::ColumnStep Next() {
      v1::ColumnStep step;
      while (reader->Read(&step)) {
        if (!told.has_plan()) {
          EXPECT_FALSE(step.has_from());
        } else {
          EXPECT_EQ(step.from().SerializeAsString(), told.SerializeAsString());
        }
        told = step.to().basis();
        if (step.full() || step.has_cause()) return step;
      }
      ADD_FAILURE() << rpc::FromGrpc(reader->Finish());
      return step;
    }
    types::v1::Basis told;
  };
  std::unique_ptr<Following> Follow(const v1::FollowColumnRequest& request) {
    auto following = std::make_unique<Following>();
    following->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    following->reader = stub_->FollowColumn(&following->context, request);
    return following;
  }
  // How a stream that cannot be followed ends.
  absl::Status Refused(const v1::FollowColumnRequest& request) {
    const auto following = Follow(request);
    v1::ColumnStep step;
    EXPECT_FALSE(following->reader->Read(&step));
    return rpc::FromGrpc(following->reader->Finish());
  }
};

TEST_F(ColumnsTest, EveryStepComesOnceWithItsCauseAndAgainWhenResumed) {
  Seed();
  Report({2, 3, 1, k2017}, 10, MakeDate(2017, 5, 31));
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  const auto live = Follow(Request());
  const v1::ColumnStep whole = live->Next();
  EXPECT_TRUE(whole.full());
  EXPECT_EQ(whole.regions_size(), 3);
  EXPECT_GT(whole.programmes_size(), 0);
  EXPECT_EQ(Find(whole.cells(), {1, 3, 1, k2017})->actual(), 10);
  EXPECT_EQ(whole.to().token(), Token());

  const journal::Position late = Report({2, 3, 1, k2017}, 30, MakeDate(2017, 6, 30), UpdateKind::kCumulative, {.flags = {}, .explanation = "补报"});
  std::vector<v1::ColumnStep> steps = {live->Next()};
  EXPECT_FALSE(steps[0].full());
  EXPECT_EQ(steps[0].cause().kind(), "update");
  EXPECT_EQ(steps[0].cause().sequence(), late.sequence);
  EXPECT_EQ(steps[0].cause().update().region(), "A");
  EXPECT_EQ(steps[0].cause().update().explanation(), "补报");
  EXPECT_EQ(steps[0].cause().update().amount(), 30);
  EXPECT_EQ(steps[0].cells_size(), 2);  // the county and the city; not the other county
  EXPECT_EQ(steps[0].to().token(), Token());

  Report({2, 3, 5, k2017}, 7);                            // not of this column
  Report({2, 3, 1, k2017}, 20, MakeDate(2017, 6, 1));     // a figure in between: nothing is seen of it now
  Report({3, 3, 1, k2017}, 4);
  steps.push_back(live->Next());
  EXPECT_EQ(Find(steps[1].cells(), {1, 3, 1, k2017})->actual(), 34);
  // It says from where it came, right before, although nothing was told of the events in between.
  journal::Position before = progress_at_;
  --before.sequence;
  EXPECT_EQ(rpc::MakeStamp(steps[1].from(), 0).token(), TokenOf(plan_at_, before));
  Review(late, ReviewState::kReviewed);
  steps.push_back(live->Next());
  EXPECT_EQ(steps[2].cause().kind(), "review");
  ASSERT_EQ(steps[2].cells_size(), 1);
  EXPECT_EQ(steps[2].cells(0).review(), types::v1::REVIEW_STATE_REVIEWED);
  plan_at_ = plan_.Append({testing::DocumentEvent("文1", {{.cell = {2, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 50}}})});
  steps.push_back(live->Next());
  EXPECT_TRUE(steps[3].full());
  EXPECT_EQ(steps[3].cause().kind(), "document");
  EXPECT_EQ(steps[3].cause().document(), "文1");
  EXPECT_EQ(steps[3].programmes_size(), 0);  // nothing new in the catalogue
  live->context.TryCancel();

  const auto expect_rest = [&](size_t from, const std::string& token) {
    const auto resumed = Follow(Request(token));
    EXPECT_TRUE(resumed->Next().full());
    for (size_t i = from; i < steps.size(); ++i) {
      const v1::ColumnStep again = resumed->Next();
      EXPECT_EQ(again.cause().SerializeAsString(), steps[i].cause().SerializeAsString());
      EXPECT_EQ(again.to().token(), steps[i].to().token());
      EXPECT_EQ(again.from().SerializeAsString(), steps[i].from().SerializeAsString());
      ASSERT_EQ(again.cells_size(), steps[i].cells_size());
      for (int cell = 0; cell < again.cells_size(); ++cell) {
        EXPECT_EQ(again.cells(cell).SerializeAsString(), steps[i].cells(cell).SerializeAsString());
      }
    }
    resumed->context.TryCancel();
  };
  expect_rest(0, whole.to().token());
  for (size_t i = 0; i + 1 < steps.size(); ++i) expect_rest(i + 1, steps[i].to().token());
  server_.reset();
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  expect_rest(1, steps[0].to().token());
}

TEST_F(ColumnsTest, AMessageWithoutChangesCarriesTheBasisOn) {
  Seed();
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  const auto live = Follow(Request());
  EXPECT_TRUE(live->Next().full());
  Report({2, 3, 5, k2017}, 7);  // not of this column
  v1::ColumnStep step;
  do {
    ASSERT_TRUE(live->reader->Read(&step));
    EXPECT_FALSE(step.has_cause());
    EXPECT_EQ(step.cells_size(), 0);
  } while (step.to().token() != Token());
  live->context.TryCancel();
}

TEST_F(ColumnsTest, MilestonesComeAlongWhenAskedFor) {
  Seed();
  plan_.Append({testing::DocumentEvent("文1", {{.cell = {2, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 100}},
                                              {.cell = {3, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 100}}})});
  std::vector<Milestone> milestones;
  for (RegionNumber region : {2, 3}) milestones.push_back({.cell = {region, 3, 1, k2017}, .by = MakeDate(2017, 9, 30), .share_digits = 60});
  plan_at_ = plan_.Append({testing::MilestonesEvent("文1", milestones)});
  Report({2, 3, 1, k2017}, 10, MakeDate(2017, 8, 31));
  Report({3, 3, 1, k2017}, 10, MakeDate(2017, 8, 31));
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  v1::FollowColumnRequest request = Request();
  request.set_milestones(true);
  const auto live = Follow(request);
  const v1::ColumnStep whole = live->Next();
  ASSERT_EQ(whole.milestones_size(), 2);
  EXPECT_EQ(whole.milestones(0).state(), v1::MILESTONE_STATE_AHEAD);
  Report({2, 3, 1, k2017}, 70, MakeDate(2017, 8, 31));
  const v1::ColumnStep met = live->Next();
  ASSERT_EQ(met.milestones_size(), 1);
  EXPECT_EQ(met.milestones(0).state(), v1::MILESTONE_STATE_MET);
  // The day moves on beyond the milestone: whoever has not reached it has missed it, without a word of its own.
  Report({2, 3, 1, k2017}, 80, MakeDate(2017, 10, 31));
  const v1::ColumnStep moved = live->Next();
  ASSERT_EQ(moved.milestones_size(), 2);
  EXPECT_EQ(moved.milestones(1).milestone().region(), 3u);
  EXPECT_EQ(moved.milestones(1).state(), v1::MILESTONE_STATE_MISSED);
  live->context.TryCancel();
  // Whoever comes later walks all at once, and is told of each step as it was then.
  request.set_from(whole.to().token());
  const auto later = Follow(request);
  EXPECT_EQ(later->Next().milestones_size(), 2);
  for (const v1::ColumnStep& step : {met, moved}) {
    const v1::ColumnStep again = later->Next();
    ASSERT_EQ(again.milestones_size(), step.milestones_size());
    for (int i = 0; i < step.milestones_size(); ++i) EXPECT_EQ(again.milestones(i).SerializeAsString(), step.milestones(i).SerializeAsString());
  }
  later->context.TryCancel();
}

TEST_F(ColumnsTest, WhatCannotBeFollowedIsRefused) {
  Seed();
  Report({2, 3, 1, k2017}, 10);
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  v1::FollowColumnRequest request = Request();
  request.set_region("Z");
  EXPECT_THAT(Refused(request), HasReason(Reason::UNKNOWN_REGION));
  request.clear_region();
  EXPECT_THAT(Refused(request), HasReason(Reason::MISSING_FIELD));
  request = Request();
  request.clear_keys();
  EXPECT_THAT(Refused(request), HasReason(Reason::EMPTY_REQUEST));
  EXPECT_THAT(Refused(Request("%")), HasReason(Reason::BAD_TOKEN));
  journal::Position ahead = progress_at_;
  ahead.sequence += 10;
  EXPECT_THAT(Refused(Request(TokenOf(plan_at_, ahead))), HasReason(Reason::UNKNOWN_BASIS));
}

TEST_F(ColumnsTest, FollowersAreBoundedAndEndWithTheService) {
  Seed();
  StartServer();
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  std::vector<std::unique_ptr<Following>> following;
  for (size_t i = 0; i < kColumnFollowersMax; ++i) {
    following.push_back(Follow(Request()));
    following.back()->Next();
  }
  EXPECT_THAT(Refused(Request()), HasReason(Reason::OVERLOADED));
  auto stopped = std::async(std::launch::async, [&] { server_.reset(); });
  for (const auto& one : following) {
    v1::ColumnStep step;
    while (one->reader->Read(&step)) {
    }
    EXPECT_THAT(rpc::FromGrpc(one->reader->Finish()), HasReason(Reason::UNAVAILABLE));
  }
  stopped.get();
}

}  // namespace
}  // namespace anju::aggregator
