// Tables at other moments: views, freshness, movement, and one region's standing.
#include <chrono>
#include <thread>

#include "services/ranking/server_fixture.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

class RankingViews : public RankingServer {
 protected:
  void SetUp() override { ASSERT_THAT(RankNow(), IsOk()); }

  absl::StatusOr<v1::GetStandingResponse> Stand(const v1::GetStandingRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    v1::GetStandingResponse response;
    const grpc::Status status = v1::RankingService::NewStub(channel_)->GetStanding(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  v1::GetStandingRequest StandingRequest(const std::string& region) {
    v1::GetStandingRequest request;
    request.set_region(region);
    *request.mutable_definition() = StartsRequest().definition();
    request.set_at_least(aggregator_.Edit([](World& world) { return world.Stamp().token(); }));
    return request;
  }
  // The present world with this many starts of 维西县.
  World WithWeixi(int64_t starts) {
    World world = aggregator_.Edit([](World& now) { return now; });
    world.Cell(kWeixi, kStarts, 2017).set_actual(starts);
    return world;
  }
};

TEST_F(RankingViews, AViewOfThePastIsOneColumnAtItsBasisAndNotTheCurrentTable) {
  World past = WithWeixi(1475);
  past.progress_sequence = 77;
  aggregator_.SetWorldAt(past.Stamp().token(), past);
  v1::GetLeagueTableRequest request = StartsRequest();
  request.mutable_view()->set_at(past.Stamp().token());
  ASSERT_OK_AND_ASSIGN(auto table, Rank(request));
  EXPECT_EQ(Line(table), "1 533423 100.00|2 533401 62.05|3 533422 61.20|");
  EXPECT_EQ(table.basis().token(), past.Stamp().token());
  EXPECT_FALSE(table.current());
  EXPECT_EQ(table.tree(), "2017-12-31");
  EXPECT_EQ(aggregator_.columns_requests().back().region(), "533400");
  request.mutable_view()->set_at(rpc::MakeStamp({}, 0).token());
  request.mutable_view()->set_review(types::v1::REVIEW_FILTER_REVIEWED);
  ASSERT_OK_AND_ASSIGN(auto reviewed, Rank(request));  // an empty token names nothing
  EXPECT_EQ(aggregator_.columns_requests().back().moments(0).view().review(), types::v1::REVIEW_FILTER_REVIEWED);
  past.progress_sequence = 78;
  request.mutable_view()->set_at(past.Stamp().token());
  EXPECT_THAT(Rank(request), HasReasonAt(Reason::UNKNOWN_BASIS, std::string("at")));
}

TEST_F(RankingViews, NamesAndChildrenAreThoseOfTheAnswerOnTheDayOfTheTree) {
  aggregator_.Edit([](World& world) {
    // 维西县 was renamed on 1 June 2017; our own registry has not heard of it.
    Region before = world.registry.regions.Rows(kWeixi)->front(), after = before;
    before.valid_to = after.valid_from = MakeDate(2017, 6, 1);
    after.name = "维西新区";
    world.registry.regions.Put({before, after});
  });
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_as_of("2017-06-30");
  ASSERT_OK_AND_ASSIGN(auto renamed, Rank(request));
  EXPECT_EQ(renamed.rows(2).name(), "维西新区");
  request.mutable_view()->set_tree("2017-05-31");
  ASSERT_OK_AND_ASSIGN(auto earlier, Rank(request));
  EXPECT_EQ(earlier.rows(2).name(), "维西县");
  EXPECT_EQ(earlier.tree(), "2017-05-31");
  EXPECT_EQ(earlier.as_of(), "2017-06-30");
}

TEST_F(RankingViews, ATableMustBeAsFreshAsItIsAskedToBe) {
  v1::GetLeagueTableRequest request = StartsRequest();
  request.mutable_view()->set_max_staleness_ms(60'000);
  EXPECT_THAT(Rank(request, std::chrono::milliseconds(300)), HasReasonAt(Reason::STALE, std::string("max_staleness_ms")));
  // A frame without changes says that nothing else has been recorded until now.
  const aggregator::v1::Frame fresh = aggregator_.Edit([](World& world) {
    world.complete_until_us = RealClock().NowMicros();
    aggregator::v1::Frame frame;
    *frame.mutable_from() = world.Stamp().basis();
    *frame.mutable_to() = world.Stamp();
    frame.set_last(true);
    return frame;
  });
  absl::StatusOr<v1::GetLeagueTableResponse> answer;
  std::thread caller([&] { answer = Rank(request); });
  aggregator_.Push(fresh);
  caller.join();
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(answer->current());
  EXPECT_EQ(answer->basis().complete_until_us(), fresh.to().complete_until_us());
  EXPECT_EQ(answer->basis().token(), fresh.to().token());
  v1::GetLeagueTableRequest dated = request;
  dated.set_as_of("2017-06-30");
  ASSERT_THAT(Rank(dated), IsOk());
  EXPECT_EQ(aggregator_.columns_requests().back().moments(0).view().max_staleness_ms(), 60'000);  // the aggregator's to wait for
}

TEST_F(RankingViews, MovementSinceADateComparesTwoColumnsOfOneLook) {
  aggregator_.SetWorldAsOf("2017-05-31", WithWeixi(1000));
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_as_of("2017-06-30");
  request.set_since("2017-05-31");
  request.mutable_view()->set_review(types::v1::REVIEW_FILTER_CONFIRMED);
  ASSERT_OK_AND_ASSIGN(auto table, Rank(request));
  EXPECT_EQ(Line(table), "1 533401 62.05|2 533422 61.20|3 533423 61.02|");
  EXPECT_EQ(table.rows(2).previous_rank(), 1u);
  EXPECT_EQ(table.rows(2).previous_value(), "67.80");
  EXPECT_EQ(table.rows(2).value_change(), "-6.78");
  EXPECT_EQ(table.rows(2).rank_change(), -2);
  EXPECT_EQ(table.rows(0).rank_change(), 1);
  EXPECT_EQ(table.total().value_change(), "0.00");
  EXPECT_FALSE(table.total().has_rank_change());
  EXPECT_EQ(table.since(), "2017-05-31");
  EXPECT_EQ(table.since_basis().token(), table.basis().token());
  const std::vector<aggregator::v1::GetColumnsRequest> asked = aggregator_.columns_requests();
  ASSERT_EQ(asked.size(), 1u);
  const auto& moments = asked[0].moments();
  ASSERT_EQ(moments.size(), 2);
  EXPECT_EQ(moments[1].as_of(), "2017-05-31");
  EXPECT_EQ(moments[1].view().review(), types::v1::REVIEW_FILTER_CONFIRMED);
}

TEST_F(RankingViews, MovementSinceADayAfterTheFiguresIsRefused) {
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_since("2017-07-01");  // the newest figures are of 30 June
  EXPECT_THAT(Rank(request), HasReasonAt(Reason::BAD_VALUE, std::string("since")));
  request.set_since("2017-06-30");
  EXPECT_THAT(Rank(request), IsOk());
}

TEST_F(RankingViews, MovementSinceABasisComparesTheSameDate) {
  World past = WithWeixi(0);
  past.progress_sequence = 5;
  aggregator_.SetWorldAt(past.Stamp().token(), past);
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_since_at(past.Stamp().token());
  ASSERT_OK_AND_ASSIGN(auto table, Rank(request));
  EXPECT_EQ(table.rows(2).previous_value(), "0.00");
  EXPECT_EQ(table.rows(2).rank_change(), 0);
  EXPECT_EQ(table.since_basis().token(), past.Stamp().token());
  EXPECT_EQ(table.since(), "");
  EXPECT_NE(table.basis().token(), past.Stamp().token());
}

TEST_F(RankingViews, RowsCarryNotesAndReviewStatesAlsoAfterARestart) {
  aggregator_.Push(aggregator_.Edit([](World& world) {
    aggregator::v1::Cell cell = world.Cell(kDeqin, kStarts, 2017);
    cell.set_review(types::v1::REVIEW_STATE_RETURNED);
    aggregator::v1::FigureNote* note = cell.add_notes();
    note->set_sequence(9);
    note->set_explanation("集中开工");
    note->add_flags()->set_rule("jump");
    return world.Change(cell);
  }));
  for (const bool restarted : {false, true}) {
    if (restarted) {
      ranking_.reset();
      StartRanking();
    }
    ASSERT_OK_AND_ASSIGN(auto table, RankNow());
    EXPECT_EQ(table.rows(1).review(), types::v1::REVIEW_STATE_RETURNED);
    ASSERT_EQ(table.rows(1).notes_size(), 1);
    EXPECT_EQ(table.rows(1).notes(0).explanation(), "集中开工");
    EXPECT_EQ(table.rows(1).notes(0).flags(0).rule(), "jump");
    EXPECT_EQ(table.rows(0).notes_size(), 0);
  }
}

TEST_F(RankingViews, AStandingTellsPlaceNeighboursMovementYearAndMilestones) {
  aggregator_.SetWorldAsOf("2017-05-31", WithWeixi(1000));
  aggregator_.SetWorldAsOf("2017-01-31", WithWeixi(905));
  aggregator_.Edit([](World& world) {
    for (uint32_t region : {kDiqing, kWeixi, kDeqin}) {
      aggregator::v1::MilestoneStatus status;
      status.mutable_milestone()->set_region(region);
      status.set_state(aggregator::v1::MILESTONE_STATE_AHEAD);
      world.milestones.push_back(status);
    }
  });
  ASSERT_OK_AND_ASSIGN(auto standing, Stand(StandingRequest("维西县")));
  EXPECT_EQ(standing.row().region(), "533423");
  EXPECT_EQ(standing.row().rank(), 3u);
  EXPECT_EQ(standing.ranked(), 3u);
  EXPECT_EQ(standing.parent(), "533400");
  EXPECT_EQ(standing.definition().layer(), types::v1::LAYER_CITY);
  EXPECT_EQ(standing.above().row().region(), "533422");
  EXPECT_EQ(standing.above().gap(), "3");             // 903/1475 > 153/250 ≥ 902.7/1475
  EXPECT_FALSE(standing.has_below());
  ASSERT_GE(standing.reasons_size(), 3);
  EXPECT_EQ(standing.reasons(0).value(), "36/59");
  EXPECT_EQ(standing.reasons(1).word(), "BETTER");
  EXPECT_EQ(standing.reasons(1).count(), 2u);
  EXPECT_EQ(standing.row().previous_rank(), 1u);      // since the end of May
  EXPECT_EQ(standing.row().rank_change(), -2);
  EXPECT_EQ(standing.since(), "2017-05-31");
  ASSERT_EQ(standing.year_size(), 6);                 // January to June
  EXPECT_EQ(standing.year(0).as_of(), "2017-01-31");
  EXPECT_EQ(standing.year(0).rank(), 2u);
  EXPECT_EQ(standing.year(0).value(), "61.36");
  EXPECT_EQ(standing.year(4).rank(), 1u);
  EXPECT_EQ(standing.year(5).as_of(), "2017-06-30");
  EXPECT_EQ(standing.year(5).rank(), 3u);
  EXPECT_EQ(standing.best_rank(), 1u);
  EXPECT_EQ(standing.worst_rank(), 3u);
  EXPECT_EQ(standing.as_of(), "2017-06-30");
  ASSERT_EQ(standing.milestones_size(), 1);
  EXPECT_EQ(standing.milestones(0).milestone().region(), uint32_t{kWeixi});
  // One look at the state, pinned to the basis of our own cells.
  const std::vector<aggregator::v1::GetColumnsRequest> asked = aggregator_.columns_requests();
  ASSERT_EQ(asked.size(), 1u);
  for (const auto& moment : asked[0].moments()) EXPECT_EQ(moment.view().at(), standing.basis().token());
  ASSERT_EQ(aggregator_.milestone_requests().size(), 1u);
  EXPECT_EQ(aggregator_.milestone_requests()[0].view().at(), standing.basis().token());
  EXPECT_EQ(aggregator_.milestone_requests()[0].year(), "2017");
}

TEST_F(RankingViews, AStandingOfADateOrAViewComesFromItsOwnBasis) {
  World past = WithWeixi(1475);
  past.progress_sequence = 5;
  aggregator_.SetWorldAt(past.Stamp().token(), past);
  v1::GetStandingRequest request = StandingRequest("533423");
  request.mutable_view()->set_at(past.Stamp().token());
  ASSERT_OK_AND_ASSIGN(auto known, Stand(request));
  EXPECT_EQ(known.row().rank(), 1u);
  EXPECT_EQ(known.basis().token(), past.Stamp().token());
  EXPECT_EQ(known.below().row().region(), "533401");
  EXPECT_EQ(known.below().gap(), "-560");             // 915/1475 < 1241/2000 < 916/1475
  EXPECT_EQ(known.year_size(), 6);

  request = StandingRequest("533423");
  request.set_as_of("2017-03-15");
  request.set_since("2017-01-31");
  aggregator_.SetWorldAsOf("2017-01-31", WithWeixi(1475));
  ASSERT_OK_AND_ASSIGN(auto dated, Stand(request));
  EXPECT_EQ(dated.row().rank(), 3u);
  EXPECT_EQ(dated.row().rank_change(), -2);
  ASSERT_EQ(dated.year_size(), 3);
  EXPECT_EQ(dated.year(2).as_of(), "2017-03-15");
  EXPECT_EQ(dated.year(0).rank(), 1u);
  EXPECT_EQ(aggregator_.columns_requests().back().moments_size(), 4);

  request.clear_since();
  request.set_since_at(past.Stamp().token());
  ASSERT_OK_AND_ASSIGN(auto since_basis, Stand(request));
  EXPECT_EQ(since_basis.row().previous_rank(), 1u);
  EXPECT_EQ(since_basis.since_basis().token(), past.Stamp().token());
}

TEST_F(RankingViews, AStandingSaysWhoHasNone) {
  EXPECT_THAT(Stand(StandingRequest("月球")), HasReasonAt(Reason::UNKNOWN_REGION, std::string("region")));
  EXPECT_THAT(Stand(StandingRequest("533400")), HasReasonAt(Reason::BAD_VALUE, std::string("region")));  // nobody above it
  EXPECT_THAT(Stand(StandingRequest("533400-KFQ")), HasReason(Reason::NO_FIGURES));
  v1::GetStandingRequest request = StandingRequest("533423");
  request.mutable_definition()->set_year("2016");
  EXPECT_THAT(Stand(request), HasReason(Reason::NO_FIGURES));
  StopAggregator();
  EXPECT_THAT(Stand(StandingRequest("533423")), HasReason(Reason::UNAVAILABLE));
}

}  // namespace
}  // namespace anju::ranking
