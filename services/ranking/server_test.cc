// The ranking service as callers see it: a real server that follows a real (small) aggregator.
#include "services/ranking/server.h"

#include <chrono>
#include <cstdio>
#include <future>
#include <random>
#include <thread>

#include <grpcpp/generic/generic_stub.h>

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "services/ranking/core/table_fixture.h"
#include "services/ranking/server_fixture.h"
#include "services/ranking/test_aggregator.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;
using testing::WaitUntil;
using std::chrono::milliseconds;

TEST_F(RankingServer, AnswersFromTheSnapshotWithEveryDefaultFilledIn) {
  ASSERT_OK_AND_ASSIGN(auto table, RankNow());
  EXPECT_EQ(Line(table), "1 533401 62.05|2 533422 61.20|3 533423 61.02|");
  EXPECT_EQ(table.rows(1).key(), "153/250");
  EXPECT_EQ(table.rows(1).name(), "德钦县");
  EXPECT_EQ(table.total().value(), "61.58");
  EXPECT_EQ(table.region(), "533400");
  EXPECT_EQ(table.region_name(), "迪庆藏族自治州");
  EXPECT_EQ(table.as_of(), "2017-06-30");
  EXPECT_EQ(table.unit(), "套");
  EXPECT_EQ(table.expected(), 3u);
  EXPECT_EQ(table.reported(), 3u);
  EXPECT_TRUE(table.current());
  EXPECT_EQ(table.basis().token(), aggregator_.Edit([](World& world) { return world.Stamp().token(); }));
  EXPECT_EQ(table.definition().of(), "target");
  EXPECT_EQ(table.definition().by(), v1::SORT_KEY_RATE);
  EXPECT_EQ(table.definition().layer(), types::v1::LAYER_CITY);
  EXPECT_EQ(table.definition().ties(), v1::TIE_STYLE_COMPETITION);
  EXPECT_EQ(table.definition().rounding(), v1::ROUNDING_HALF_UP);
  EXPECT_EQ(table.definition().digits(), 2u);
  EXPECT_EQ(table.definition().total_digits(), 2u);
}

TEST_F(RankingServer, ColumnsTakeTheWordsOfPlanFilesForLayersAndAnswerWithOne) {
  ASSERT_THAT(RankNow(), IsOk());
  v1::GetLeagueTableRequest request = StartsRequest();
  for (const char* column : {"rate.市", "target.city:starts", "target.provincial:starts", "target:starts", "starts"}) request.mutable_definition()->add_columns(column);
  ASSERT_OK_AND_ASSIGN(auto table, Rank(request));
  EXPECT_EQ((std::vector<std::string>(table.definition().columns().begin(), table.definition().columns().end())),
            (std::vector<std::string>{"rate.city", "target.city:starts", "target.province:starts", "target:starts", "starts"}));
  EXPECT_EQ((std::vector<std::string>(table.rows(0).columns().begin(), table.rows(0).columns().end())),
            (std::vector<std::string>{"62.05", "2000", "", "2000", "1241"}));
}

TEST_F(RankingServer, AWaitingCallIsAnsweredByTheFrameThatIncludesItsToken) {
  ASSERT_THAT(RankNow(), IsOk());
  const aggregator::v1::Frame frame = ChangeStarts(kWeixi, 1475);
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_at_least(frame.to().token());
  EXPECT_THAT(Rank(request, milliseconds(300)), HasReason(Reason::BEHIND));  // not sent yet
  absl::StatusOr<v1::GetLeagueTableResponse> answer;
  std::thread caller([&] { answer = Rank(request); });
  aggregator_.Push(frame);
  caller.join();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(Line(*answer), "1 533423 100.00|2 533401 62.05|3 533422 61.20|");
  EXPECT_EQ(answer->basis().token(), frame.to().token());
}

TEST_F(RankingServer, AnEmptyFrameCarriesTheBasisOn) {
  ASSERT_THAT(RankNow(), IsOk());
  aggregator::v1::Frame frame = ChangeStarts(kWeixi, 900);
  frame.clear_cells();
  aggregator_.Push(frame);
  ASSERT_OK_AND_ASSIGN(auto table, RankNow());
  EXPECT_EQ(table.basis().token(), frame.to().token());
  EXPECT_EQ(Line(table), "1 533401 62.05|2 533422 61.20|3 533423 61.02|");
}

TEST_F(RankingServer, AFrameThatDoesNotFollowIsNotAppliedAndTheStreamStartsAgainFromOurBasisThenWithASnapshot) {
  ASSERT_THAT(RankNow(), IsOk());
  const std::string before = aggregator_.Edit([](World& world) { return world.Stamp().token(); });
  ChangeStarts(kWeixi, 1);                                                // lost on the way
  const aggregator::v1::Frame beyond = ChangeStarts(kDeqin, 250);        // its `from` is not ours
  aggregator_.Push(beyond);
  ASSERT_TRUE(WaitUntil([&] { return aggregator_.streams().size() == 2; }));
  EXPECT_FALSE(aggregator_.streams()[0].has_from());
  ASSERT_TRUE(aggregator_.streams()[1].has_from());
  EXPECT_EQ(aggregator_.streams()[1].from().progress(0).sequence(), 0u);
  ASSERT_OK_AND_ASSIGN(auto unchanged, Rank(StartsRequest()));
  EXPECT_EQ(unchanged.basis().token(), before);
  EXPECT_EQ(Line(unchanged), "1 533401 62.05|2 533422 61.20|3 533423 61.02|");
  aggregator_.Push(beyond);                                              // still does not fit: the basis is of no use
  ASSERT_TRUE(WaitUntil([&] { return aggregator_.streams().size() == 3; }));
  EXPECT_FALSE(aggregator_.streams()[2].has_from());
  ASSERT_OK_AND_ASSIGN(auto resynced, RankNow());
  EXPECT_EQ(Line(resynced), "1 533422 100.00|2 533401 62.05|3 533423 0.07|");
}

TEST_F(RankingServer, AFrameOfWordsThatItDoesNotKnowIsNotAppliedAndToldUntilTheAggregatorSaysItOtherwise) {
  ASSERT_OK_AND_ASSIGN(const auto before, RankNow());
  aggregator_.set_answers_with_snapshot(false);
  aggregator::v1::Frame later = ChangeStarts(kWeixi, 1475);
  const aggregator::v1::Frame readable = later;
  *later.add_regions() = ToProto(aggregator_.Edit([](World& world) { return world.registry.regions.Rows(kWeixi)->front(); }));
  later.mutable_regions(0)->set_kind("moon_base");
  aggregator_.Push(later);
  std::string problem;  // told until the next stream stands, so it is looked at once
  ASSERT_TRUE(WaitUntil([&] {
    problem = Status().following(0).problem();
    return problem.find("region 6 has a kind that this version does not know") != std::string::npos;
  }));
  EXPECT_NE(problem.find("moon_base"), std::string::npos) << problem;
  ASSERT_OK_AND_ASSIGN(const auto still, Rank(StartsRequest()));
  EXPECT_EQ(still.SerializeAsString(), before.SerializeAsString());
  ASSERT_TRUE(WaitUntil([&] { return aggregator_.streams().size() >= 2; }));
  EXPECT_TRUE(aggregator_.streams()[1].has_from()) << "what was applied is not thrown away";
  aggregator_.Push(readable);
  ASSERT_OK_AND_ASSIGN(const auto after, RankNow());
  EXPECT_EQ(after.rows(0).region(), "533423");
}

TEST_F(RankingServer, ASnapshotTakesEffectOnlyWhenItsLastMessageHasArrived) {
  ASSERT_THAT(RankNow(), IsOk());
  aggregator_.set_answers_with_snapshot(false);
  ChangeStarts(kShangri, 2000);
  ChangeStarts(kDeqin, 250);
  std::vector<aggregator::v1::Frame> snapshot = aggregator_.Edit([](World& world) { return world.Snapshot(3); });
  aggregator_.Push(snapshot[0]);
  aggregator_.Push(snapshot[1]);
  v1::GetLeagueTableRequest wait = StartsRequest();
  wait.set_at_least(snapshot[2].to().token());
  EXPECT_THAT(Rank(wait, milliseconds(300)), HasReason(Reason::BEHIND));
  ASSERT_OK_AND_ASSIGN(auto old, Rank(StartsRequest()));
  EXPECT_EQ(Line(old), "1 533401 62.05|2 533422 61.20|3 533423 61.02|");

  // A stream that ends in the middle: what came of it is forgotten, and the rest alone is nothing.
  aggregator_.EndStream();
  ASSERT_TRUE(WaitUntil([&] { return aggregator_.streams().size() >= 2; }));
  EXPECT_EQ(Line(*Rank(StartsRequest())), Line(old));
  for (const aggregator::v1::Frame& message : snapshot) aggregator_.Push(message);
  ASSERT_OK_AND_ASSIGN(auto fresh, Rank(wait));
  EXPECT_EQ(Line(fresh), "1 533401 100.00|1 533422 100.00|3 533423 61.02|");
}

TEST_F(RankingServer, WithTheAggregatorDownCurrentTablesAnswerWithTheirBasisAndDatedOnesSayWhyNot) {
  ASSERT_OK_AND_ASSIGN(auto before, RankNow());
  StopAggregator();
  ASSERT_OK_AND_ASSIGN(auto current, Rank(StartsRequest()));
  EXPECT_EQ(current.SerializeAsString(), before.SerializeAsString());
  v1::GetLeagueTableRequest dated = StartsRequest();
  dated.set_as_of("2017-06-30");
  EXPECT_THAT(Rank(dated), HasReason(Reason::UNAVAILABLE));
  ASSERT_TRUE(WaitUntil([&] { return !Status().following(0).connected(); }));
  EXPECT_EQ(Status().name(), "ranking");
  EXPECT_EQ(Status().following(0).address(), aggregator_address_);
  EXPECT_NE(Status().following(0).problem(), "");
  EXPECT_EQ(Status().basis().token(), before.basis().token());

  StartAggregator();
  const aggregator::v1::Frame frame = ChangeStarts(kWeixi, 1475);
  aggregator_.Push(frame);
  ASSERT_OK_AND_ASSIGN(auto after, RankNow());
  EXPECT_EQ(after.rows(0).region(), "533423");
  EXPECT_THAT(Rank(dated), IsOk());
  EXPECT_TRUE(Status().following(0).connected());
}

TEST_F(RankingServer, RestartedWhileTheAggregatorIsDownItAnswersTheSameFromItsOwnStore) {
  ASSERT_THAT(RankNow(), IsOk());
  aggregator_.Push(ChangeStarts(kWeixi, 1475));
  ASSERT_OK_AND_ASSIGN(auto before, RankNow());
  StopAggregator();
  ranking_.reset();
  StartRanking();
  ASSERT_OK_AND_ASSIGN(auto after, Rank(StartsRequest()));
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
  StartAggregator();
  const size_t streams = aggregator_.streams().size();
  ASSERT_TRUE(WaitUntil([&] { return aggregator_.streams().size() > streams; }));
  EXPECT_EQ(aggregator_.streams().back().from().progress(0).sequence(), 1u);  // goes on where it was
}

TEST_F(RankingServer, PassesTheTokenOnToTheAggregatorAndItsRefusalBack) {
  ASSERT_THAT(RankNow(), IsOk());
  v1::GetLeagueTableRequest request = StartsRequest();
  request.set_as_of("2017-06-30");
  // More progress than we have applied: only the aggregator can know, and it is the one to wait.
  request.set_at_least(aggregator_.Edit([](World& world) {
    World later = world;
    later.progress_sequence = 9;
    return later.Stamp().token();
  }));
  ASSERT_OK_AND_ASSIGN(auto table, Rank(request));
  EXPECT_FALSE(table.current());
  ASSERT_EQ(aggregator_.columns_requests().size(), 1u);
  EXPECT_EQ(aggregator_.columns_requests()[0].at_least(), request.at_least());
  EXPECT_EQ(aggregator_.columns_requests()[0].moments(0).as_of(), "2017-06-30");
  EXPECT_EQ(aggregator_.columns_requests()[0].keys_size(), 1);  // numerator and target are one cell
  aggregator_.RefuseColumns(rpc::ToGrpc(MakeError(Reason::BEHIND, "at_least", "", "not yet")));
  EXPECT_THAT(Rank(request), HasReason(Reason::BEHIND));
}

TEST_F(RankingServer, BeforeTheFirstSnapshotItSaysThatItIsNotReady) {
  ranking_.reset();
  StopAggregator();
  testing::TempDir fresh;
  auto started = Server::Start({fresh.path(), "127.0.0.1:0", aggregator_address_});
  ASSERT_THAT(started, IsOk());
  channel_ = rpc::Connect((*started)->address());
  EXPECT_THAT(Rank(StartsRequest()), HasReason(Reason::NOT_READY));
}

TEST_F(RankingServer, RefusesEachBadRequestWithItsReasonAndField) {
  ASSERT_THAT(RankNow(), IsOk());
  struct Bad {
    Reason reason;
    const char* field;
    std::function<void(v1::GetLeagueTableRequest&)> change;
  };
  using Request = v1::GetLeagueTableRequest;
  const Bad bads[] = {
      {Reason::MISSING_FIELD, "region", [](Request& r) { r.clear_region(); }},
      {Reason::UNKNOWN_REGION, "region", [](Request& r) { r.set_region("月球"); }},
      {Reason::BAD_DATE, "as_of", [](Request& r) { r.set_as_of("2017-02-30"); }},
      {Reason::BAD_TOKEN, "at_least", [](Request& r) { r.set_at_least("not a token"); }},
      {Reason::MISSING_FIELD, "programme", [](Request& r) { r.mutable_definition()->clear_programme(); }},
      {Reason::UNKNOWN_PROGRAMME, "programme", [](Request& r) { r.mutable_definition()->set_programme("moon"); }},
      {Reason::MISSING_FIELD, "indicator", [](Request& r) { r.mutable_definition()->clear_indicator(); }},
      {Reason::UNKNOWN_INDICATOR, "indicator", [](Request& r) { r.mutable_definition()->set_indicator("moon"); }},
      {Reason::UNKNOWN_INDICATOR, "of", [](Request& r) { r.mutable_definition()->set_of("moon"); }},
      {Reason::UNKNOWN_INDICATOR, "columns", [](Request& r) { r.mutable_definition()->add_columns("target:moon"); }},
      {Reason::MISSING_FIELD, "then_by_indicator", [](Request& r) { r.mutable_definition()->set_then_by(v1::SORT_KEY_INDICATOR); }},
      {Reason::BAD_PERIOD, "year", [](Request& r) { r.mutable_definition()->set_year("17"); }},
      {Reason::BAD_PERIOD, "year", [](Request& r) { r.mutable_definition()->clear_year(); }},
      {Reason::BAD_VALUE, "digits", [](Request& r) { r.mutable_definition()->set_digits(4'000'000'000u); }},
      {Reason::BAD_VALUE, "by", [](Request& r) { r.mutable_definition()->set_by(v1::SORT_KEY_ORDER); }},
      {Reason::BAD_VALUE, "by", [](Request& r) { r.mutable_definition()->set_by(static_cast<v1::SortKey>(77)); }},
      {Reason::BAD_VALUE, "layer", [](Request& r) { r.mutable_definition()->set_layer(static_cast<types::v1::Layer>(9)); }},
      {Reason::UNKNOWN_INDICATOR, "columns", [](Request& r) { r.mutable_definition()->add_columns("target.city:moon"); }},
      {Reason::BAD_VALUE, "columns", [](Request& r) { r.mutable_definition()->add_columns("target.village:starts"); }},
      {Reason::BAD_VALUE, "columns", [](Request& r) { r.mutable_definition()->add_columns("rate.village"); }},
      {Reason::BAD_DATE, "tree", [](Request& r) { r.mutable_view()->set_tree("today"); }},
      {Reason::BAD_DATE, "known_on", [](Request& r) { r.mutable_view()->set_known_on("2017"); }},
      {Reason::BAD_TOKEN, "at", [](Request& r) { r.mutable_view()->set_at("not a token"); }},
      {Reason::BAD_VALUE, "review", [](Request& r) { r.mutable_view()->set_review(static_cast<types::v1::ReviewFilter>(9)); }},
      {Reason::BAD_VALUE, "max_staleness_ms", [](Request& r) { r.mutable_view()->set_max_staleness_ms(-1); }},
      {Reason::BAD_VALUE, "limit", [](Request& r) { r.set_limit(10'001); }},
      {Reason::BAD_DATE, "since", [](Request& r) { r.set_since("yesterday"); }},
      {Reason::BAD_TOKEN, "since_at", [](Request& r) { r.set_since_at("not a token"); }},
      {Reason::BAD_VALUE, "since", [](Request& r) { r.set_as_of("2017-06-30"); r.set_since("2017-07-01"); }},
      {Reason::BAD_VALUE, "since", [](Request& r) { r.set_since("2017-05-31"); r.set_since_at(r.at_least().empty() ? "CgA" : ""); }},
      {Reason::BAD_VALUE, "columns", [](Request& r) { for (int i = 0; i < 99; ++i) r.mutable_definition()->add_columns("built"); }},
      {Reason::MIXED_UNITS, "of", [](Request& r) { r.mutable_definition()->set_of("investment"); }},
      {Reason::TIE_NOT_BROKEN, "then_by", [](Request& r) { r.mutable_definition()->set_ties(v1::TIE_STYLE_ORDINAL); }},
      {Reason::NO_FIGURES, "year", [](Request& r) { r.mutable_definition()->set_year("2016"); }},
  };
  for (const Bad& bad : bads) {
    v1::GetLeagueTableRequest request = StartsRequest();
    bad.change(request);
    EXPECT_THAT(Rank(request), HasReasonAt(bad.reason, std::string(bad.field))) << request.ShortDebugString();
  }
  v1::GetLeagueTableRequest both = StartsRequest();
  both.mutable_definition()->set_programme("moon");
  both.mutable_definition()->set_of("moon");
  EXPECT_EQ(ErrorsOf(Rank(both).status()).size(), 2u);
  v1::GetLeagueTableRequest other_year = StartsRequest();
  other_year.mutable_definition()->set_year("2016");
  EXPECT_EQ(ErrorsOf(Rank(other_year).status())[0].candidates, std::vector<std::string>{"2017"});
}

TEST_F(RankingServer, ALimitGivesTheFirstRowsAndCountsTheWholeTable) {
  ASSERT_THAT(RankNow(), IsOk());
  aggregator::v1::Frame frame = ChangeStarts(kDeqin, 250);
  aggregator_.Edit([&](World& world) {
    aggregator::v1::Cell cell = world.Cell(kWeixi, kStarts, 2017);
    cell.clear_actual();
    *frame.add_cells() = world.Cell(kWeixi, kStarts, 2017) = cell;
  });
  aggregator_.Push(frame);
  v1::GetLeagueTableRequest current = StartsRequest(), dated = StartsRequest(), moved = StartsRequest();
  dated.set_as_of("2017-06-30");
  moved.set_as_of("2017-06-30");
  moved.set_since("2017-05-31");
  for (v1::GetLeagueTableRequest request : {current, dated, moved}) {
    SCOPED_TRACE(request.ShortDebugString());
    ASSERT_OK_AND_ASSIGN(const auto whole, RankNow(request));
    EXPECT_EQ(whole.ranked_total(), 2u);
    EXPECT_EQ(whole.unranked_total(), 1u);
    EXPECT_EQ(whole.unranked_size(), 1);
    for (const uint32_t limit : {1u, 2u, 3u, 10'000u, 1u}) {  // more than before, and fewer again
      request.set_limit(limit);
      ASSERT_OK_AND_ASSIGN(const auto top, RankNow(request));
      v1::GetLeagueTableResponse expected = whole;
      while (static_cast<uint32_t>(expected.rows_size()) > limit) expected.mutable_rows()->RemoveLast();
      expected.clear_unranked();
      EXPECT_EQ(top.SerializeAsString(), expected.SerializeAsString()) << top.DebugString();
    }
  }
}

TEST_F(RankingServer, ARequestOfOtherBytesIsRefused) {
  ASSERT_THAT(RankNow(), IsOk());
  grpc::GenericStub stub(channel_);
  for (const char* method : {"GetLeagueTable", "GetStanding"}) {
    grpc::ClientContext context;
    const grpc::Slice slice(std::string("\x0a\xff"));
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, std::string("/anju.ranking.v1.RankingService/") + method, grpc::StubOptions(), &request, &response,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    EXPECT_THAT(rpc::FromGrpc(done.get_future().get()), HasReason(Reason::BAD_VALUE));
  }
}

TEST_F(RankingServer, CurrentDatedAndKnownPathsAgreeOnRandomCells) {
  const uint32_t seed = 20170630;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const Date day = MakeDate(2017, 6, 30);
  ASSERT_THAT(RankNow(), IsOk());
  int tables = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    // One frame with random cells; both sides hold the same world afterwards.
    aggregator::v1::Frame frame = aggregator_.Edit([&](World& world) {
      aggregator::v1::Frame step = world.Change(world.Cell(kDiqing, kStarts, 2017));
      for (uint32_t region = kDiqing; region <= kWeixi; ++region) {
        for (uint32_t indicator : {kStarts, kCompletions, kBuilt, kAllotted, kEntries, kExits}) {
          const bool stock = indicator == kBuilt || indicator == kAllotted;
          for (int year : {2017, 0}) {
            if ((year == 0 && !stock) || random() % 3 == 0) continue;
            aggregator::v1::Cell& cell = world.Cell(region, indicator, year);
            cell.clear_targets();
            cell.clear_actual();
            if (!(stock && year != 0) && random() % 4 != 0) {
              cell.set_actual(random() % 50);
              if (random() % 2) cell.set_declared(random() % 50); else cell.clear_declared();
              cell.clear_notes();
              if (random() % 4 == 0) cell.add_notes()->set_explanation("补报");
              cell.set_review(static_cast<types::v1::ReviewState>(random() % 4));
              cell.set_newest_as_of_days(day.days - static_cast<int>(random() % 60));
              if (stock && random() % 2) cell.set_year_start(random() % 50);
            }
            for (types::v1::Layer layer : {types::v1::LAYER_PROVINCE, types::v1::LAYER_CITY}) {
              if (year == 0 || random() % 2) continue;
              aggregator::v1::LayerTarget* target = cell.add_targets();
              target->set_layer(layer);
              if (random() % 3 == 0) target->set_declared(random() % 40);
              if (random() % 4) target->set_target(random() % 40);
              else target->set_missing(static_cast<types::v1::Missing>(2 + random() % 3));
            }
            *step.add_cells() = cell;
          }
        }
      }
      return step;
    });
    aggregator_.Push(frame);
    v1::GetLeagueTableRequest request = StartsRequest();
    v1::Definition& definition = *request.mutable_definition();
    const char* indicators[] = {"starts", "completions", "built", "allotted_total"};
    definition.set_indicator(indicators[random() % 4]);
    const v1::SortKey keys[] = {v1::SORT_KEY_RATE, v1::SORT_KEY_VALUE, v1::SORT_KEY_NET_NEW, v1::SORT_KEY_GAP, v1::SORT_KEY_TARGET_GAP};
    definition.set_by(keys[random() % 5]);
    if (random() % 2) definition.set_of(indicators[random() % 4]);
    definition.set_then_by(static_cast<v1::SortKey>(random() % 6));
    definition.set_ties(static_cast<v1::TieStyle>(random() % 4));
    definition.set_zero_unranked(random() % 2);
    definition.set_ascending(random() % 2);
    definition.add_columns("target:built");
    definition.add_columns("starts");
    definition.add_columns("target.province:completions");
    definition.add_columns("rate.city");
    absl::StatusOr<v1::GetLeagueTableResponse> current = RankNow(request);
    // As known at the present basis, and the same beside an earlier moment.
    v1::GetLeagueTableRequest known_request = request;
    known_request.mutable_view()->set_at(aggregator_.Edit([](World& world) { return world.Stamp().token(); }));
    absl::StatusOr<v1::GetLeagueTableResponse> known = Rank(known_request);
    known_request.set_since("2017-01-31");
    absl::StatusOr<v1::GetLeagueTableResponse> moved = Rank(known_request);
    request.set_as_of(current.ok() && !current->as_of().empty() ? current->as_of() : "2017-06-30");
    absl::StatusOr<v1::GetLeagueTableResponse> dated = Rank(request);
    ASSERT_EQ(current.status(), dated.status());
    ASSERT_EQ(current.status(), known.status());
    ASSERT_EQ(current.status(), moved.status());
    if (!current.ok()) continue;
    ++tables;
    EXPECT_TRUE(current->current());
    EXPECT_FALSE(dated->current());
    current->clear_current();
    EXPECT_EQ(current->SerializeAsString(), known->SerializeAsString()) << current->DebugString() << known->DebugString();
    for (int i = 0; i < moved->rows_size(); ++i) {  // the fake has the same figures at every date
      EXPECT_EQ(moved->rows(i).previous_rank(), moved->rows(i).rank());
      EXPECT_EQ(moved->rows(i).rank_change(), 0);
      EXPECT_EQ(moved->rows(i).key(), current->rows(i).key());
    }
    EXPECT_EQ(dated->tree(), request.as_of());
    current->set_as_of(request.as_of());
    current->set_tree(request.as_of());
    EXPECT_EQ(current->SerializeAsString(), dated->SerializeAsString()) << current->DebugString() << dated->DebugString();
  }
  EXPECT_GT(tables, 30);
}

TEST_F(RankingServer, MeasuresATableOfThreeThousandPeersOverTheWire) {
  ASSERT_THAT(RankNow(), IsOk());
  aggregator_.Edit([](World& world) {
    std::mt19937 random(3000);
    for (uint32_t number = 100; number < 3100; ++number) {
      world.AddRegion({.number = number, .code = "R" + std::to_string(number), .name = "县" + std::to_string(number), .parent = kDiqing,
                       .level = RegionLevel::kCounty});
      aggregator::v1::Cell& cell = world.Cell(number, kStarts, 2017);
      cell.set_actual(random() % 5'000);
      cell.set_newest_as_of_days(MakeDate(2017, 6, 30).days);
      aggregator::v1::LayerTarget* target = cell.add_targets();
      target->set_layer(types::v1::LAYER_CITY);
      target->set_target(1 + random() % 5'000);
    }
    ++world.plan_sequence;
  });
  for (const aggregator::v1::Frame& message : aggregator_.Edit([](World& world) { return world.Snapshot(8); })) aggregator_.Push(message);
  ASSERT_OK_AND_ASSIGN(auto first, RankNow());
  ASSERT_EQ(first.rows_size(), 3003);
  const auto measure = [&](const char* what, int rounds, const std::function<v1::GetLeagueTableRequest(int)>& request) {
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) ASSERT_THAT(Rank(request(i)), IsOk());
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - before);
    std::printf("%s over the wire: %lld us each\n", what, static_cast<long long>(spent.count() / rounds));
  };
  measure("a table of 3003 peers, asked for first", 54, [](int i) {
    v1::GetLeagueTableRequest request = StartsRequest();
    request.mutable_definition()->set_digits(i % 9);
    request.mutable_definition()->set_ties(static_cast<v1::TieStyle>(1 + i / 9 % 3));
    request.mutable_definition()->set_ascending(i / 27 == 1);
    return request;
  });
  measure("a table of 3003 peers that is kept", 50, [](int) { return StartsRequest(); });
  measure("its first 20 rows", 500, [](int) {
    v1::GetLeagueTableRequest request = StartsRequest();
    request.set_limit(20);
    return request;
  });
}

TEST(RankingHandlers, RefuseACallerWhoseSubtreeDoesNotCoverTheRegion) {
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
  store->Replace(World().Snapshot());
  Handlers handlers(*store, ConnectColumns(rpc::Connect("127.0.0.1:1"), "127.0.0.1:1"));
  auto ask = [&](const rpc::Caller& caller) {
    absl::Status answer;
    handlers.GetLeagueTable(caller, StartsRequest(), std::chrono::system_clock::now() + std::chrono::seconds(5),
                            [&](absl::StatusOr<TableResponse> response) { answer = response.status(); });
    return answer;
  };
  EXPECT_THAT(ask({.identity = "clerk", .role = rpc::Role::kAnalyst, .region = "533422"}), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask({.identity = "nobody", .role = rpc::Role::kAnalyst, .region = ""}), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(ask({.identity = "prefecture", .role = rpc::Role::kAnalyst, .region = "533400"}), IsOk());
}

}  // namespace
}  // namespace anju::ranking
