// Watch: every transition once, in order, whatever breaks on the way.
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "services/ranking/server_fixture.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;
using testing::WaitUntil;

v1::WatchRequest StartsWatch() {
  v1::WatchRequest request;
  request.set_region("533400");
  *request.mutable_definition() = StartsRequest().definition();
  return request;
}

// A client of one watch. Reads when it is told to.
class Watching {
 public:
  Watching(std::shared_ptr<grpc::Channel> channel, const v1::WatchRequest& request) : stub_(v1::RankingService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_->Watch(&context_, request);
  }
  ~Watching() {
    context_.TryCancel();
    if (reader_ != nullptr) Finish();
  }
  // The next message of any kind; nullopt at the end of the stream.
  std::optional<v1::WatchEvent> Next() {
    v1::WatchEvent event;
    if (!reader_->Read(&event)) return std::nullopt;
    return event;
  }
  // The next one with changes.
  std::optional<v1::WatchEvent> NextChange() {
    while (auto event = Next()) {
      if (event->changes_size() > 0) return event;
    }
    return std::nullopt;
  }
  absl::Status Finish() {
    v1::WatchEvent event;
    while (reader_->Read(&event)) {
    }
    const absl::Status status = rpc::FromGrpc(reader_->Finish());
    reader_.reset();
    return status;
  }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<v1::RankingService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> reader_;
};

// "533423 3>1 533401 1>2" of an event's changes.
std::string Told(const v1::WatchEvent& event) {
  std::string text;
  const auto state = [](const v1::RowState& s) { return s.reason().empty() ? std::to_string(s.rank()) : s.reason(); };
  for (const v1::RowChange& change : event.changes()) {
    text += (text.empty() ? "" : " ") + change.region() + " " + state(change.from()) + ">" + state(change.to());
  }
  return text;
}

class RankingWatch : public RankingServer {
 protected:
  void SetUp() override { ASSERT_THAT(RankNow(), IsOk()); }
  // One update of a region's starts.
  types::v1::BasisStamp Report(uint32_t region, int64_t starts) {
    return aggregator_.Step([&](World& world) { world.Cell(region, kStarts, 2017).set_actual(starts); }, {region, kDiqing});
  }
  std::string TokenNow() {
    return aggregator_.Edit([](World& world) { return world.Stamp().token(); });
  }
  absl::Status Refusal(const v1::WatchRequest& request) { return Watching(channel_, request).Finish(); }
};

TEST_F(RankingWatch, BeginsWithItsBasisThenTellsOfEachStepOnceWithItsCause) {
  Watching watch(channel_, StartsWatch());
  auto first = watch.Next();
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->has_from());
  EXPECT_EQ(first->changes_size(), 0);
  EXPECT_EQ(first->to().token(), TokenNow());

  Report(kOwnLevel, 7);                               // a peer from now on, without a target
  const types::v1::BasisStamp before = aggregator_.Edit([](World& world) { return world.Stamp(); });
  const types::v1::BasisStamp after = Report(kWeixi, 1475);
  auto own_level = watch.NextChange();
  ASSERT_TRUE(own_level);
  EXPECT_EQ(Told(*own_level), "533400-BJ ABSENT>NO_TARGET");
  auto weixi = watch.NextChange();
  ASSERT_TRUE(weixi);
  EXPECT_EQ(Told(*weixi), "533423 3>1 533401 1>2 533422 2>3");
  EXPECT_EQ(weixi->changes(0).from().value(), "61.02");
  EXPECT_EQ(weixi->changes(0).to().value(), "100.00");
  EXPECT_EQ(weixi->changes(0).to().key(), "1/1");
  EXPECT_EQ(weixi->changes(0).name(), "维西县");
  EXPECT_EQ(rpc::MakeStamp(weixi->from(), 0).token(), before.token());
  EXPECT_EQ(weixi->to().token(), after.token());
  EXPECT_EQ(weixi->cause().sequence(), 2u);
  EXPECT_EQ(weixi->to().recorded_time_us(), 0);  // the same whenever it is told
  EXPECT_NE(first->to().recorded_time_us(), 0);
}

TEST_F(RankingWatch, ABookmarkComesAtLeastOnceASecondAlsoWhileTheAggregatorIsDown) {
  Watching watch(channel_, StartsWatch());
  ASSERT_TRUE(watch.Next());
  const std::string quiet = Report(kWeixi, 900).token();  // nothing changes
  for (const bool down : {false, true}) {
    if (down) {
      aggregator_.EndColumns();
      StopAggregator();
    }
    for (int i = 0; i < 2; ++i) {
      const auto asked = std::chrono::steady_clock::now();
      auto bookmark = watch.Next();
      ASSERT_TRUE(bookmark);
      EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(1'500));
      EXPECT_EQ(bookmark->changes_size(), 0);
      EXPECT_FALSE(bookmark->has_cause());
      EXPECT_EQ(bookmark->to().token(), quiet);
    }
  }
}

TEST_F(RankingWatch, GoesOnFromAnyTokenWithoutLosingOrRepeatingAnything) {
  std::vector<v1::WatchEvent> all;
  std::string begin;
  {
    Watching watch(channel_, StartsWatch());
    begin = watch.Next()->to().token();
    for (int i = 0; i < 6; ++i) Report(i % 2 ? kWeixi : kDeqin, 200 + 100 * i);
    for (int i = 0; i < 6; ++i) all.push_back(*watch.NextChange());
  }
  for (size_t from = 0; from <= all.size(); ++from) {
    SCOPED_TRACE(from);
    v1::WatchRequest request = StartsWatch();
    request.set_from(from == 0 ? begin : all[from - 1].to().token());
    Watching watch(channel_, request);
    auto first = watch.Next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->to().token(), request.from());
    EXPECT_EQ(first->changes_size(), 0);
    for (size_t i = from; i < all.size(); ++i) {
      auto event = watch.NextChange();
      ASSERT_TRUE(event);
      EXPECT_EQ(event->SerializeAsString(), all[i].SerializeAsString());
    }
  }
  v1::WatchRequest unknown = StartsWatch();
  World other;
  other.progress_sequence = 99;
  unknown.set_from(other.Stamp().token());
  EXPECT_THAT(Refusal(unknown), HasReasonAt(Reason::UNKNOWN_BASIS, std::string("from")));
}

TEST_F(RankingWatch, AStreamThatBreaksIsOpenedAgainFromTheLastBasis) {
  Watching watch(channel_, StartsWatch());
  ASSERT_TRUE(watch.Next());
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    const std::string last = Report(kWeixi, 1000 + round).token();
    auto event = watch.NextChange();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->to().token(), last);
    aggregator_.EndColumns();
    if (round == 1) {
      StopAggregator();
      StartAggregator();
    }
    ASSERT_TRUE(WaitUntil([&] { return aggregator_.followed_columns().size() == static_cast<size_t>(round) + 2; }));
    EXPECT_EQ(aggregator_.followed_columns().back().from(), last);
  }
}

TEST_F(RankingWatch, StandingsBordersAndThresholdsTellOnlyOfTheirOwn) {
  struct Case {
    const char* name;
    std::function<void(v1::WatchRequest&)> subject;
    const char* told;  // by the three steps below, joined with |
  };
  const Case cases[] = {
      {"standing", [](auto& r) { r.set_subject(v1::SUBJECT_STANDING); r.set_region_watched("德钦县"); }, "533422 2>3|533422 3>2"},
      {"top", [](auto& r) { r.set_subject(v1::SUBJECT_TOP); r.set_border(1); }, "533423 3>1 533401 1>2|533401 2>1 533423 1>3"},
      {"bottom", [](auto& r) { r.set_subject(v1::SUBJECT_BOTTOM); r.set_border(1); }, "533423 3>1 533422 2>3|533422 3>2 533423 1>3"},
      {"threshold", [](auto& r) { r.set_subject(v1::SUBJECT_THRESHOLD); r.set_threshold("61.0169"); }, "533423 1>3"},
  };
  for (const Case& given : cases) {
    SCOPED_TRACE(given.name);
    v1::WatchRequest request = StartsWatch();
    given.subject(request);
    Watching watch(channel_, request);
    ASSERT_TRUE(watch.Next());
    Report(kWeixi, 1475);
    Report(kWeixi, 899);  // 60.949 %: below the threshold, while 900 (61.01695 %) was above it
    const std::string last = Report(kWeixi, 900).token();
    std::string told;
    std::optional<v1::WatchEvent> event;
    // The last step tells the threshold of its return; the others nothing more.
    do {
      event = watch.Next();
      ASSERT_TRUE(event);
      if (event->changes_size() > 0 && event->to().token() != last) told += (told.empty() ? "" : "|") + Told(*event);
    } while (event->to().token() != last);
    EXPECT_EQ(told, given.told);
    EXPECT_EQ(event->changes_size() > 0, std::string(given.name) == "threshold");
    if (event->changes_size() > 0) EXPECT_TRUE(event->changes(0).to().inside());
  }
}

TEST_F(RankingWatch, AMilestoneTellsWhenItIsMissedAndMetAfterAll) {
  const auto set_state = [&](aggregator::v1::MilestoneState state) {
    aggregator_.Step([&](World& world) {
      world.milestones.clear();
      aggregator::v1::MilestoneStatus status;
      status.mutable_milestone()->set_region(kDeqin);
      status.mutable_milestone()->set_by_days(MakeDate(2017, 6, 30).days);
      status.set_document("云建保〔2017〕1号");
      status.set_state(state);
      world.milestones.push_back(status);
    }, {kDeqin});
  };
  set_state(aggregator::v1::MILESTONE_STATE_AHEAD);
  v1::WatchRequest request = StartsWatch();
  request.set_subject(v1::SUBJECT_MILESTONE);
  Watching watch(channel_, request);
  ASSERT_TRUE(watch.Next());
  set_state(aggregator::v1::MILESTONE_STATE_MISSED);
  set_state(aggregator::v1::MILESTONE_STATE_MISSED);
  set_state(aggregator::v1::MILESTONE_STATE_MET);
  auto missed = watch.NextChange();
  ASSERT_TRUE(missed);
  ASSERT_EQ(missed->changes_size(), 1);
  EXPECT_EQ(missed->changes(0).region(), "533422");
  EXPECT_FALSE(missed->changes(0).to().inside());
  EXPECT_EQ(missed->changes(0).to().rank(), 2u);
  EXPECT_EQ(missed->changes(0).milestone().document(), "云建保〔2017〕1号");
  auto met = watch.NextChange();
  ASSERT_TRUE(met);
  EXPECT_TRUE(met->changes(0).to().inside());
  EXPECT_EQ(met->cause().sequence(), 4u);
}

TEST(WatchedColumn, MilestonesOfRegionsThatReportedNothingAreComparedToo) {
  World world;
  Watched watched{.registry = std::make_shared<const Registry>(world.registry), .definition = StartsByRate(), .subject = {.kind = SubjectKind::kMilestone}};
  watched.plan = *MakePlan(watched.definition, watched.registry->catalogue);
  WatchedColumn column(watched);
  const auto add = [](aggregator::v1::ColumnStep& step, uint32_t region, aggregator::v1::MilestoneState state) {
    step.add_milestones()->mutable_milestone()->set_region(region);
    step.mutable_milestones(step.milestones_size() - 1)->set_state(state);
  };
  aggregator::v1::ColumnStep whole;
  whole.set_full(true);
  const auto regions = world.Column(kDiqing, watched.Request("").keys(), MakeDate(2017, 12, 31));
  *whole.mutable_regions() = regions.regions();
  *whole.mutable_cells() = regions.cells();
  add(whole, kDeqin, aggregator::v1::MILESTONE_STATE_MISSED);
  add(whole, kShangri, aggregator::v1::MILESTONE_STATE_AHEAD);
  ASSERT_OK_AND_ASSIGN(auto begun, column.Apply(whole));
  EXPECT_TRUE(begun.empty());
  aggregator::v1::ColumnStep step;  // 维西县 reports; the day moves on for everybody
  *step.add_cells() = world.Cell(kWeixi, kStarts, 2017);
  add(step, kDeqin, aggregator::v1::MILESTONE_STATE_MISSED);
  add(step, kShangri, aggregator::v1::MILESTONE_STATE_MISSED);
  ASSERT_OK_AND_ASSIGN(auto changes, column.Apply(step));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].region(), "533401");
  ASSERT_OK_AND_ASSIGN(auto repeated, column.Apply(whole));  // 香格里拉市 is ahead again: nothing to tell
  EXPECT_TRUE(repeated.empty());
}

TEST_F(RankingWatch, AWholeColumnMayBringAndTakeRegions) {
  Watching watch(channel_, StartsWatch());
  ASSERT_TRUE(watch.Next());
  aggregator_.Step([](World& world) {
    world.AddRegion({.number = 50, .code = "533499", .name = "新县", .parent = kDiqing, .level = RegionLevel::kCounty});
    aggregator::v1::Cell& cell = world.Cell(50, kStarts, 2017);
    cell.set_actual(10);
    cell.add_targets()->set_layer(types::v1::LAYER_CITY);
    cell.mutable_targets(0)->set_target(10);
  }, {}, /*full=*/true);
  auto came = watch.NextChange();
  ASSERT_TRUE(came);
  EXPECT_EQ(Told(*came), "533499 ABSENT>1 533401 1>2 533422 2>3 533423 3>4");
  aggregator_.Step([](World& world) {
    Region closed = world.registry.regions.Rows(kWeixi)->front();
    closed.valid_to = MakeDate(2017, 7, 1);
    world.registry.regions.Put({closed});
  }, {}, /*full=*/true);
  auto gone = watch.NextChange();
  ASSERT_TRUE(gone);
  EXPECT_EQ(Told(*gone), "533423 4>ABSENT");
  EXPECT_EQ(gone->changes(0).name(), "维西县");
}

TEST_F(RankingWatch, ASlowReaderHoldsUpItsOwnStreamOnlyAndMissesNothing) {
  constexpr int kSteps = 300;
  // Wide rows, so that what the connection itself holds is soon full: thirty megabytes of events in all.
  aggregator_.Edit([](World& world) {
    const std::string wide(480, 'x');
    for (uint32_t number = 100; number < 300; ++number) {
      world.AddRegion({.number = number, .code = "R" + std::to_string(number), .name = wide + std::to_string(number), .parent = kDiqing,
                       .level = RegionLevel::kCounty});
      aggregator::v1::Cell& cell = world.Cell(number, kStarts, 2017);
      cell.set_actual(number);
      cell.add_targets()->set_layer(types::v1::LAYER_CITY);
      cell.mutable_targets(0)->set_target(1'000);
    }
  });
  Watching slow(channel_, StartsWatch());
  auto begin = slow.Next();
  ASSERT_TRUE(begin);
  // Each step lifts a region above all others or drops it below them: two hundred changes in an event. Whole columns, so that the steps
  // themselves do not fit into what the connection to the aggregator holds either.
  std::vector<std::string> tokens;
  for (int i = 0; i < kSteps; ++i) {
    tokens.push_back(aggregator_.Step([&](World& world) { world.Cell(150, kStarts, 2017).set_actual(i % 2 ? 1 : 1'000); }, {}, /*full=*/true).token());
  }
  v1::WatchRequest request = StartsWatch();
  request.set_from(begin->to().token());
  Watching quick(rpc::Connect(ranking_->address()), request);
  for (const std::string& token : tokens) {
    auto event = quick.NextChange();
    ASSERT_TRUE(event);
    ASSERT_EQ(event->to().token(), token);
  }
  EXPECT_LT(aggregator_.written_steps(), 2 * kSteps);  // the other one has not taken all of its steps
  for (const std::string& token : tokens) {
    auto event = slow.NextChange();
    ASSERT_TRUE(event);
    ASSERT_EQ(event->to().token(), token);
  }
}

TEST_F(RankingWatch, EndsWithTheServiceAndWithItsCaller) {
  auto watch = std::make_unique<Watching>(channel_, StartsWatch());
  ASSERT_TRUE(watch->Next());
  Watching cancelled(channel_, StartsWatch());
  ASSERT_TRUE(cancelled.Next());
  cancelled.Cancel();
  EXPECT_FALSE(cancelled.Finish().ok());
  absl::Status end;
  std::thread reader([&] { end = watch->Finish(); });
  const auto begin = std::chrono::steady_clock::now();
  ranking_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2'500));  // no drain had to run out of patience
  reader.join();
  EXPECT_THAT(end, HasReason(Reason::UNAVAILABLE));
}

TEST_F(RankingWatch, MoreThanTheLimitAreRefusedAndPlacesBecomeFreeAgain) {
  // A server of its own: the fake aggregator takes a thread for each stream, more than the suite's servers give to such services.
  ranking_.reset();
  TestAggregator many{World()};
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&many);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(ranking_, Server::Start({directory.path(), "127.0.0.1:0", "127.0.0.1:" + std::to_string(port)}));
  channel_ = rpc::Connect(ranking_->address());
  ASSERT_THAT(RankNow(), IsOk());
  std::vector<std::unique_ptr<Watching>> all;
  for (size_t i = 0; i < Watches::kWatchersMax; ++i) {
    all.push_back(std::make_unique<Watching>(channel_, StartsWatch()));
    ASSERT_TRUE(all.back()->Next());
  }
  EXPECT_THAT(Refusal(StartsWatch()), HasReason(Reason::OVERLOADED));
  all.clear();
  EXPECT_TRUE(WaitUntil([&] { return Watching(channel_, StartsWatch()).Next().has_value(); }));
  many.EndStream();
  many.EndColumns();
  ranking_.reset();
  server->Shutdown();
}

TEST_F(RankingWatch, RefusesWhatCannotBeWatched) {
  const auto with = [](const std::function<void(v1::WatchRequest&)>& change) {
    v1::WatchRequest request = StartsWatch();
    change(request);
    return request;
  };
  const auto at = [](Reason reason, const char* field) { return HasReasonAt(reason, std::string(field)); };
  EXPECT_THAT(Refusal(with([](auto& r) { r.clear_region(); })), at(Reason::MISSING_FIELD, "region"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_region("月球"); })), HasReason(Reason::UNKNOWN_REGION));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(static_cast<v1::Subject>(9)); })), at(Reason::BAD_VALUE, "subject"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_TOP); })), at(Reason::BAD_VALUE, "border"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_BOTTOM); r.set_border(10'001); })), at(Reason::BAD_VALUE, "border"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_THRESHOLD); })), at(Reason::MISSING_FIELD, "threshold"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_THRESHOLD); r.set_threshold("60%"); })), at(Reason::BAD_NUMBER, "threshold"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_STANDING); })), at(Reason::MISSING_FIELD, "region_watched"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_subject(v1::SUBJECT_STANDING); r.set_region_watched("月球"); })),
              at(Reason::UNKNOWN_REGION, "region_watched"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_from("not a token"); })), at(Reason::BAD_TOKEN, "from"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.mutable_definition()->clear_indicator(); })), at(Reason::MISSING_FIELD, "indicator"));
  EXPECT_THAT(Refusal(with([](auto& r) { r.set_review(static_cast<types::v1::ReviewFilter>(7)); })), at(Reason::BAD_VALUE, "review"));
  StopAggregator();
  EXPECT_THAT(Refusal(StartsWatch()), HasReason(Reason::UNAVAILABLE));
}

// Random steps: the events, applied to the table at the beginning, give the table at the end.
TEST_F(RankingWatch, EventsTurnTheFirstTableIntoTheLast) {
  const uint32_t seed = 20171231;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Watching watch(channel_, StartsWatch());
  ASSERT_TRUE(watch.Next());
  std::map<std::string, std::string> rows;
  const auto line = [](const auto& row) { return std::to_string(row.rank()) + " " + row.value() + " " + row.reason(); };
  const auto table = [&] {
    std::map<std::string, std::string> lines;
    v1::GetLeagueTableRequest request = StartsRequest();
    request.mutable_view()->set_at(TokenNow());
    const auto answer = Rank(request);
    EXPECT_THAT(answer, IsOk());
    for (const v1::Row& row : answer->rows()) lines[row.region()] = line(row);
    for (const v1::Row& row : answer->unranked()) lines[row.region()] = line(row);
    return lines;
  };
  rows = table();
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    std::string last;
    for (int i = 0; i < 5; ++i) Report(kOwnLevel + random() % 5, random() % 2'000);
    last = Report(kDeqin, 3'000 + round).token();  // certainly a change
    std::optional<v1::WatchEvent> event;
    do {
      event = watch.Next();
      ASSERT_TRUE(event);
      for (const v1::RowChange& change : event->changes()) {
        if (change.from().reason() == "ABSENT") ASSERT_EQ(rows.count(change.region()), 0u);
        else ASSERT_EQ(rows[change.region()], line(change.from()));
        if (change.to().reason() == "ABSENT") rows.erase(change.region());
        else rows[change.region()] = line(change.to());
      }
    } while (event->to().token() != last);
    ASSERT_EQ(rows, table());
  }
}

}  // namespace
}  // namespace anju::ranking
