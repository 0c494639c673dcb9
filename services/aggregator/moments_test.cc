// Questions at other moments than now over real feeds: known_on, at, tree, review, freshness; columns at several moments; restarts remember the past.
#include <gtest/gtest.h>

#include <filesystem>

#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::WaitUntil;
using testing::Find;
using testing::k2017;
using testing::MakeRegion;

struct Clocked {
  FakeClock clock{MakeDate(2017, 7, 1)};
};
class MomentsTest : private Clocked, public testing::ServerTest {
 protected:
  MomentsTest() : ServerTest(clock) {}
  // A moment after midnight: what was recorded before is durable.
  void On(Date day) {
    clock.Set(day);
    clock.AdvanceMicros(kDayMarginUs);
  }

  absl::StatusOr<v1::GetRollupResponse> At(const types::v1::View& view, const std::string& as_of = "", int deadline_ms = 10'000) {
    v1::GetRollupRequest request;
    request.set_region("C");
    request.set_year("2017");
    request.set_as_of(as_of);
    *request.mutable_view() = view;
    if (view.known_on().empty() && view.at().empty()) request.set_at_least(Token());
    return GetRollup(request, deadline_ms);
  }
  static types::v1::View KnownOn(const std::string& day) {
    types::v1::View view;
    view.set_known_on(day);
    return view;
  }
  static types::v1::View AtToken(const std::string& token) {
    types::v1::View view;
    view.set_at(token);
    return view;
  }
  // Figure of the city; -1 when there is none.
  static int64_t City(const absl::StatusOr<v1::GetRollupResponse>& rollup) {
    EXPECT_THAT(rollup, IsOk());
    if (!rollup.ok()) return -2;
    const v1::Cell* cell = Find(rollup->cells(), {1, 3, 1, k2017});
    return cell == nullptr || !cell->has_actual() ? -1 : cell->actual();
  }
};

TEST_F(MomentsTest, AnAnswerIsAsItWasKnownOnADayAndAtABasisAlsoAfterARestartAndARebuild) {
  On(MakeDate(2017, 7, 1));
  Seed();
  StartServer();
  On(MakeDate(2017, 7, 3));
  Report({2, 3, 1, k2017}, 10);
  const std::string third = Token();
  On(MakeDate(2017, 7, 5));
  Report({3, 3, 1, k2017}, 5);
  Report({2, 3, 1, k2017}, 7, MakeDate(2017, 6, 20));  // late: the newer date still holds
  const std::string fifth = Token();
  Report({2, 3, 1, k2017}, 12, MakeDate(2017, 6, 30), UpdateKind::kCorrection);
  On(MakeDate(2017, 7, 9));

  const auto expect_all = [&] {
    EXPECT_EQ(City(At({})), 17);
    EXPECT_EQ(City(At(KnownOn("2017-07-09"))), 17);
    EXPECT_EQ(City(At(KnownOn("2017-07-05"))), 17);
    EXPECT_EQ(City(At(KnownOn("2017-07-04"))), 10);
    EXPECT_EQ(City(At(KnownOn("2017-07-03"))), 10);
    EXPECT_EQ(City(At(KnownOn("2017-07-02"))), -1);
    EXPECT_EQ(City(At(AtToken(third))), 10);
    EXPECT_EQ(City(At(AtToken(fifth))), 15);
    EXPECT_EQ(City(At(AtToken(fifth), "2017-06-25")), 7);
  };
  expect_all();
  // The answer carries the basis that was asked for, and no times.
  ASSERT_OK_AND_ASSIGN(const auto past, At(AtToken(third)));
  EXPECT_EQ(past.basis().token(), third);
  EXPECT_EQ(past.basis().recorded_time_us(), 0);
  EXPECT_EQ(past.basis().complete_until_us(), 0);
  ASSERT_OK_AND_ASSIGN(const auto day, At(KnownOn("2017-07-04")));
  EXPECT_EQ(day.basis().token(), third);
  EXPECT_EQ(day.tree(), "2017-12-31");

  server_.reset();
  StartServer();
  expect_all();
  server_.reset();
  std::filesystem::remove_all(directory_ / "state");
  StartServer();
  EXPECT_EQ(City(At({})), 17);  // waits until everything is there again
  expect_all();
}

TEST_F(MomentsTest, WhatWasKnownOnADayIsNotToldBeforeEverythingOfThatDayIsRead) {
  On(MakeDate(2017, 7, 1));
  Seed();
  On(MakeDate(2017, 7, 3));
  Report({2, 3, 1, k2017}, 10);
  On(MakeDate(2017, 7, 5));
  progress_.Stop();
  StartServer();
  v1::GetRollupRequest plan_read;
  plan_read.set_region("C");
  plan_read.set_year("2017");
  plan_read.set_at_least(TokenOf(plan_at_, {}));
  ASSERT_THAT(GetRollup(plan_read), IsOk());
  EXPECT_THAT(At(KnownOn("2017-07-03"), "", 300), HasReason(Reason::BEHIND));
  EXPECT_THAT(At(KnownOn("2017-06-30"), "", 300), HasReason(Reason::BEHIND));
  EXPECT_EQ(City(At(KnownOn("2017-07-05"))), -1);  // today goes on: what there is
  progress_.Serve();
  EXPECT_EQ(City(At(KnownOn("2017-07-03"))), 10);  // waited for
  EXPECT_THAT(At(KnownOn("2017-06-30")), HasReason(Reason::BEFORE_FIRST_RECORD));
  // Another day is beyond what is stored, and not known to be over while progress does not answer; what lies before it is.
  On(MakeDate(2017, 7, 7));
  plan_at_ = plan_.Append({testing::ChecksEvent()});
  EXPECT_THAT(At(KnownOn("2017-07-05")), IsOk());
  server_.reset();
  progress_.Stop();
  StartServer();
  EXPECT_EQ(City(At(KnownOn("2017-07-02"), "")), -1);
  EXPECT_THAT(At(KnownOn("2017-07-03"), "", 300), HasReason(Reason::BEHIND));
}

TEST_F(MomentsTest, APositionInsideABlockIsABasisToo) {
  Seed();
  std::vector<std::string> events;
  for (int64_t amount : {1, 2}) {
    for (std::string& event : testing::ProgressEvents(book_.Update({2, 3, 1, k2017}, {.as_of = MakeDate(2017, 6, 30), .amount = amount}))) {
      events.push_back(std::move(event));
    }
  }
  progress_at_ = progress_.Append(events, plan_at_);  // opens the series, 1, 2
  StartServer();
  EXPECT_EQ(City(At({})), 2);
  journal::Position inside = progress_at_;
  inside.sequence = 2;
  EXPECT_EQ(City(At(AtToken(TokenOf(plan_at_, inside)))), 1);
}

TEST_F(MomentsTest, EveryMomentThatIsNoneIsToldWhy) {
  On(MakeDate(2017, 7, 3));
  Seed();
  Report({2, 3, 1, k2017}, 10);
  StartServer();
  EXPECT_EQ(City(At({})), 10);
  EXPECT_THAT(At(KnownOn("2017-07-02")), HasReason(Reason::BEFORE_FIRST_RECORD));
  EXPECT_THAT(At(KnownOn("2017-07-04")), HasReason(Reason::FUTURE_DATE));
  EXPECT_THAT(At(KnownOn("2017-07")), HasReason(Reason::BAD_DATE));
  EXPECT_THAT(At(AtToken("nonsense!")), HasReason(Reason::BAD_TOKEN));
  types::v1::View view = KnownOn("2017-07-03");
  view.set_at(Token());
  EXPECT_THAT(At(view), HasReason(Reason::BAD_VALUE));
  view = {};
  view.set_tree("2017-13-01");
  EXPECT_THAT(At(view), HasReason(Reason::BAD_DATE));
  view = {};
  view.set_review(static_cast<types::v1::ReviewFilter>(9));
  EXPECT_THAT(At(view), HasReason(Reason::BAD_VALUE));
  view = {};
  view.set_max_staleness_ms(-1);
  EXPECT_THAT(At(view), HasReason(Reason::BAD_VALUE));
  // Of other journals; ahead; figures without the plan they were decided under.
  journal::Position other = progress_at_;
  other.journal_id.fill(9);
  EXPECT_THAT(At(AtToken(TokenOf(plan_at_, other))), HasReason(Reason::UNKNOWN_BASIS));
  journal::Position ahead = progress_at_;
  ahead.sequence += 100;
  EXPECT_THAT(At(AtToken(TokenOf(plan_at_, ahead))), HasReason(Reason::UNKNOWN_BASIS));
  journal::Position behind = plan_at_;
  behind.sequence = 1;
  EXPECT_THAT(At(AtToken(TokenOf(behind, progress_at_))), HasReason(Reason::UNKNOWN_BASIS));
  ASSERT_OK_AND_ASSIGN(const auto unnamed, At(AtToken(TokenOf(plan_at_, {}))));
  EXPECT_EQ(City(unnamed), -1);  // a journal that is not named is looked at before its first event
}

TEST_F(MomentsTest, ABasisThatIsOnItsWayIsWaitedFor) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 10);
  EXPECT_EQ(City(At(AtToken(Token()))), 10);
}

TEST_F(MomentsTest, OnlyFiguresThatAreReviewedFarEnoughCountAndReviewsAreKnownFromTheirDay) {
  On(MakeDate(2017, 7, 1));
  Seed();
  StartServer();
  On(MakeDate(2017, 7, 2));
  const journal::Position first = Report({2, 3, 1, k2017}, 10, MakeDate(2017, 5, 31));
  Report({2, 3, 1, k2017}, 20, MakeDate(2017, 6, 30), UpdateKind::kCumulative, {.flags = {{"jump", 4, 10}}, .explanation = "集中开工"});
  On(MakeDate(2017, 7, 3));
  Review(first, ReviewState::kReviewed);
  On(MakeDate(2017, 7, 4));
  Review(first, ReviewState::kConfirmed);
  const auto with = [](types::v1::View view, types::v1::ReviewFilter filter) {
    view.set_review(filter);
    return view;
  };
  EXPECT_EQ(City(At({})), 20);
  EXPECT_EQ(City(At(with({}, types::v1::REVIEW_FILTER_REVIEWED))), 10);
  EXPECT_EQ(City(At(with({}, types::v1::REVIEW_FILTER_CONFIRMED))), 10);
  EXPECT_EQ(City(At(with(KnownOn("2017-07-03"), types::v1::REVIEW_FILTER_CONFIRMED))), -1);
  EXPECT_EQ(City(At(with(KnownOn("2017-07-02"), types::v1::REVIEW_FILTER_REVIEWED))), -1);
  const auto expect_notes = [&] {
    ASSERT_OK_AND_ASSIGN(const auto all, At({}));
    const v1::Cell* cell = Find(all.cells(), {2, 3, 1, k2017});
    ASSERT_NE(cell, nullptr);
    EXPECT_EQ(cell->review(), types::v1::REVIEW_STATE_UNSPECIFIED);
    ASSERT_EQ(cell->notes_size(), 1);
    EXPECT_EQ(cell->notes(0).explanation(), "集中开工");
    EXPECT_EQ(cell->notes(0).flags(0).rule(), "jump");
    EXPECT_EQ(cell->notes(0).journal_id(), journal::ToHex(progress_at_.journal_id));
    ASSERT_OK_AND_ASSIGN(const auto confirmed, At(with({}, types::v1::REVIEW_FILTER_CONFIRMED)));
    const v1::Cell* older = Find(confirmed.cells(), {2, 3, 1, k2017});
    EXPECT_EQ(older->review(), types::v1::REVIEW_STATE_CONFIRMED);
    EXPECT_EQ(older->notes_size(), 0);
  };
  expect_notes();
  server_.reset();  // notes and reviews come back from the state
  StartServer();
  expect_notes();
}

TEST_F(MomentsTest, TheTreeOfANamedDayAppliesToThePastAndThePastIsNotChanged) {
  On(MakeDate(2017, 7, 1));
  Seed();
  Report({2, 3, 1, k2017}, 10, MakeDate(2017, 3, 31));
  Report({3, 3, 1, k2017}, 5, MakeDate(2017, 3, 31));
  StartServer();
  ASSERT_OK_AND_ASSIGN(const auto before, At({}, "2017-04-01"));
  // B becomes D, which goes on with everything, on 1 June.
  On(MakeDate(2017, 7, 8));
  RegionTree regions;
  const Date day = MakeDate(2017, 6, 1);
  Region old = MakeRegion(3, "B", 1);
  old.valid_to = day;
  Region renamed = MakeRegion(4, "D", 1);
  renamed.valid_from = day;
  regions.Put({old});
  regions.Put({renamed});
  plan_at_ = plan_.Append({testing::BoundariesEvent(regions, {{.kind = BoundaryKind::kRecode, .date = day, .region = 3, .into = 4, .share = {1, 1}}})});
  EXPECT_EQ(City(At({})), 15);
  ASSERT_OK_AND_ASSIGN(const auto now, At({}));
  EXPECT_EQ(Find(now.cells(), {4, 3, 1, k2017})->actual(), 5);
  ASSERT_OK_AND_ASSIGN(const auto after, At({}, "2017-04-01"));
  ASSERT_EQ(after.cells_size(), before.cells_size());
  for (int i = 0; i < after.cells_size(); ++i) EXPECT_EQ(after.cells(i).SerializeAsString(), before.cells(i).SerializeAsString());
  types::v1::View today;
  today.set_tree("2017-07-01");
  ASSERT_OK_AND_ASSIGN(const auto applied, At(today, "2017-04-01"));
  EXPECT_EQ(applied.tree(), "2017-07-01");
  EXPECT_EQ(Find(applied.cells(), {4, 3, 1, k2017})->actual(), 5);
  EXPECT_EQ(Find(applied.cells(), {3, 3, 1, k2017}), nullptr);
  // As known before the change nobody has heard of D.
  types::v1::View ignorant = KnownOn("2017-07-07");
  ignorant.set_tree("2017-07-01");
  ASSERT_OK_AND_ASSIGN(const auto was, At(ignorant));
  EXPECT_EQ(Find(was.cells(), {3, 3, 1, k2017})->actual(), 5);
}

TEST_F(MomentsTest, ColumnsAtSeveralMomentsComeFromOneLookAndEachIsAsGetColumnAnswersIt) {
  On(MakeDate(2017, 7, 1));
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 10, MakeDate(2017, 5, 31));
  const std::string early = Token();
  On(MakeDate(2017, 7, 2));
  Report({2, 3, 1, k2017}, 20);
  v1::GetColumnsRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  v1::ColumnKey* key = request.add_keys();
  key->set_programme("shantytown.urban");
  key->set_indicator("starts");
  key->mutable_period()->set_first_year(2017);
  key->mutable_period()->set_last_year(2017);
  request.add_moments();
  request.add_moments()->set_as_of("2017-06-01");
  *request.add_moments()->mutable_view() = AtToken(early);
  *request.add_moments()->mutable_view() = KnownOn("2017-07-01");
  ASSERT_OK_AND_ASSIGN(const auto columns, Call(&v1::AggregatorService::Stub::GetColumns, request));
  ASSERT_EQ(columns.columns_size(), 4);
  const auto figure = [&](int i) { return Find(columns.columns(i).cells(), {1, 3, 1, k2017})->actual(); };
  EXPECT_EQ(figure(0), 20);
  EXPECT_EQ(figure(1), 10);
  EXPECT_EQ(figure(2), 10);
  EXPECT_EQ(figure(3), 10);
  for (int i = 0; i < 4; ++i) {
    v1::GetColumnRequest one;
    one.set_region("C");
    *one.mutable_keys() = request.keys();
    one.set_as_of(request.moments(i).as_of());
    *one.mutable_view() = request.moments(i).view();
    ASSERT_OK_AND_ASSIGN(auto column, GetColumn(one));
    column.mutable_basis()->clear_complete_until_us();
    v1::GetColumnResponse expected = columns.columns(i);
    expected.mutable_basis()->clear_complete_until_us();
    EXPECT_EQ(column.SerializeAsString(), expected.SerializeAsString());
  }
  request.clear_moments();
  EXPECT_THAT(Call(&v1::AggregatorService::Stub::GetColumns, request), HasReason(Reason::EMPTY_REQUEST));
  for (int i = 0; i <= kMomentsMax; ++i) request.add_moments();
  EXPECT_THAT(Call(&v1::AggregatorService::Stub::GetColumns, request), HasReason(Reason::TOO_MANY_ROWS));
}

// On the machine's clock: how fresh an answer is.
class FreshnessTest : public testing::ServerTest {};

TEST_F(FreshnessTest, AnAnswerIsCompleteUntilAMomentThatMovesOnAndAStaleOneIsRefused) {
  Seed();
  Report({2, 3, 1, k2017}, 10);
  StartServer();
  v1::GetRollupRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  request.mutable_view()->set_max_staleness_ms(3'000);
  ASSERT_OK_AND_ASSIGN(const auto fresh, GetRollup(request));
  const int64_t until = fresh.basis().complete_until_us();
  EXPECT_GE(until, fresh.basis().recorded_time_us());
  EXPECT_GE(until, RealClock().NowMicros() - 3'500'000);
  request.clear_view();
  EXPECT_TRUE(WaitUntil([&] {
    const auto later = GetRollup(request);
    return later.ok() && later->basis().complete_until_us() > until;
  }));
  // A frame without changes tells it to followers.
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto reader = stub_->FollowFrames(&context, {});
  v1::Frame frame;
  do ASSERT_TRUE(reader->Read(&frame));
  while (!frame.last());
  int64_t told = frame.to().complete_until_us();
  for (int more = 0; more < 2; ++more) {
    ASSERT_TRUE(reader->Read(&frame));
    EXPECT_EQ(frame.from().SerializeAsString(), frame.to().basis().SerializeAsString());
    EXPECT_EQ(frame.cells_size(), 0);
    EXPECT_GE(frame.to().complete_until_us(), told);
    told = frame.to().complete_until_us();
  }
  context.TryCancel();

  progress_.Stop();
  request.mutable_view()->set_max_staleness_ms(100);
  EXPECT_TRUE(WaitUntil([&] { return anju::HasReason(GetRollup(request, 150).status(), Reason::STALE); }));
  // Without a bound the answer goes on, and says how old it is.
  request.clear_view();
  EXPECT_THAT(GetRollup(request), IsOk());
}

}  // namespace
}  // namespace anju::aggregator
