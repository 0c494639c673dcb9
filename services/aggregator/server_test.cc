// The whole service on a loopback port, following real feeds: answers, waiting, restarts, rebuilds, frames.
#include "services/aggregator/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <thread>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "services/aggregator/core/world_for_tests.h"
#include "services/aggregator/upstream_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::TempDir;
using anju::testing::WaitUntil;
using testing::CatalogueEvent;
using testing::DocumentEvent;
using testing::MakeCatalogue;
using testing::MakeRegion;
using testing::ProgressEvents;
using testing::RandomWorld;
using testing::RegionsEvent;
using testing::SeriesBook;
using testing::Upstream;

constexpr Period k2017{2017, 2017};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : plan_("plan"), progress_("progress") {}

  Options OptionsOf(const std::string& directory) const {
    return {.data = directory, .listen = "127.0.0.1:0", .plan = plan_.address(), .progress = {progress_.address()}};
  }
  void StartServer() {
    auto server = Server::Start(OptionsOf(directory_.path()));
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::AggregatorService::NewStub(rpc::Connect(server_->address()));
  }
  // Regions 1 C (city), 2 A, 3 B (counties); the catalogue of world_for_tests.
  void Seed() {
    RegionTree regions;
    regions.Put({MakeRegion(1, "C", 0, RegionLevel::kCity)});
    regions.Put({MakeRegion(2, "A", 1)});
    regions.Put({MakeRegion(3, "B", 1)});
    plan_.Append({RegionsEvent(regions)});
    plan_at_ = plan_.Append({CatalogueEvent(MakeCatalogue())});
  }
  journal::Position Report(const CellKey& cell, int64_t amount, Date as_of = MakeDate(2017, 6, 30)) {
    return progress_at_ = progress_.Append(ProgressEvents(book_.Update(cell, {.as_of = as_of, .amount = amount})), plan_at_);
  }
  // A token for everything appended so far.
  std::string Token() const { return TokenOf(plan_at_, progress_at_); }
  static std::string TokenOf(const journal::Position& plan, const journal::Position& progress) {
    types::v1::Basis basis;
    *basis.mutable_plan() = rpc::ToProto(plan);
    if (progress.sequence > 0) *basis.add_progress() = rpc::ToProto(progress);
    return rpc::MakeStamp(basis, 0).token();
  }

  absl::StatusOr<v1::GetRollupResponse> GetRollup(const v1::GetRollupRequest& request, int deadline_ms = 10'000) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
    v1::GetRollupResponse response;
    const grpc::Status status = stub_->GetRollup(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::GetRollupResponse> Rollup(const std::string& region, const std::string& year, const std::string& token,
                                               const std::string& as_of = "") {
    v1::GetRollupRequest request;
    request.set_region(region);
    request.set_year(year);
    request.set_at_least(token);
    request.set_as_of(as_of);
    return GetRollup(request);
  }
  absl::StatusOr<v1::GetColumnResponse> GetColumn(const v1::GetColumnRequest& request) {
    grpc::ClientContext context;
    v1::GetColumnResponse response;
    const grpc::Status status = stub_->GetColumn(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  static absl::StatusOr<std::string> Dump(v1::AggregatorService::Stub& stub, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::DumpRequest request;
    request.set_at_least(token);
    const auto reader = stub.Dump(&context, request);
    std::string text;
    for (v1::DumpResponse part; reader->Read(&part);) text += part.text();
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return rpc::FromGrpc(status);
    return text;
  }
  status::v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    status::v1::GetStatusResponse response;
    EXPECT_TRUE(status::v1::StatusService::NewStub(rpc::Connect(server_->address()))->GetStatus(&context, {}, &response).ok());
    return response;
  }

  Upstream plan_, progress_;
  TempDir directory_;
  SeriesBook book_;
  journal::Position plan_at_, progress_at_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::AggregatorService::Stub> stub_;
};

const v1::Cell* Find(const google::protobuf::RepeatedPtrField<v1::Cell>& cells, const CellKey& key) {
  for (const v1::Cell& cell : cells) {
    if (cell.region() == key.region && cell.programme() == key.programme && cell.indicator() == key.indicator &&
        cell.period().first_year() == key.period.first && cell.period().last_year() == key.period.last) {
      return &cell;
    }
  }
  return nullptr;
}

TEST_F(ServerTest, ReportThenReadWhatIncludesIt) {
  Seed();
  plan_at_ = plan_.Append({DocumentEvent("文1", {{.cell = {2, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 10}},
                                               {.cell = {3, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 30}},
                                               {.cell = {3, 4, 1, {2015, 2018}}, .layer = Layer::kCity, .target = {.amount = 5}}})});
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  Report({3, 3, 1, k2017}, 8);
  Report({3, 5, 3, {}}, 100, MakeDate(2016, 12, 31));
  Report({3, 5, 3, {}}, 140);
  ASSERT_OK_AND_ASSIGN(const auto rollup, Rollup("C", "2017", Token()));
  const v1::Cell* city = Find(rollup.cells(), {1, 3, 1, k2017});
  ASSERT_NE(city, nullptr);
  EXPECT_EQ(city->actual(), 12);
  ASSERT_EQ(city->targets_size(), 1);
  EXPECT_EQ(city->targets(0).layer(), types::v1::LAYER_CITY);
  EXPECT_EQ(city->targets(0).target(), 40);
  EXPECT_EQ(city->targets(0).document(), "");
  EXPECT_FALSE(city->own());
  EXPECT_FALSE(city->has_declared());
  EXPECT_EQ(city->newest_as_of_days(), MakeDate(2017, 6, 30).days);
  EXPECT_EQ(Find(rollup.cells(), {2, 3, 1, k2017})->targets(0).document(), "文1");
  const v1::Cell* stock = Find(rollup.cells(), {1, 5, 3, k2017});
  ASSERT_NE(stock, nullptr);
  EXPECT_EQ(stock->actual(), 140);
  EXPECT_EQ(stock->year_start(), 100);
  ASSERT_EQ(rollup.regions_size(), 3);
  EXPECT_EQ(rollup.regions(0).code(), "C");
  EXPECT_EQ(rollup.regions(1).code(), "A");
  EXPECT_EQ(rollup.programmes_size(), 7);
  EXPECT_EQ(rollup.indicators_size(), 5);
  EXPECT_EQ(rollup.notes_size(), 2);  // the city and county B
  EXPECT_EQ(rollup.basis().basis().progress(0).sequence(), progress_at_.sequence);
  EXPECT_GT(rollup.basis().recorded_time_us(), 0);

  // A correction changes the next answer that names its token.
  Report({2, 3, 1, k2017}, 6, MakeDate(2017, 7, 31));
  ASSERT_OK_AND_ASSIGN(const auto corrected, Rollup("名C", "2017", Token()));
  EXPECT_EQ(Find(corrected.cells(), {1, 3, 1, k2017})->actual(), 14);
  ASSERT_OK_AND_ASSIGN(const auto dated, Rollup("C", "2017", Token(), "2017-06-30"));
  EXPECT_EQ(Find(dated.cells(), {1, 3, 1, k2017})->actual(), 12);
}

TEST_F(ServerTest, AtLeastWaitsUntilItIsAppliedAndSaysBehindAtTheDeadline) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  journal::Position next = progress_at_;
  ++next.sequence;  // the next update's: its series is open
  v1::GetRollupRequest request;
  request.set_region("C");
  request.set_at_least(TokenOf(plan_at_, next));
  EXPECT_EQ(GetRollup(request, 200).status().code(), absl::StatusCode::kDeadlineExceeded);
  absl::StatusOr<v1::GetRollupResponse> answer;
  std::thread waiting([&] { answer = GetRollup(request); });
  Report({2, 3, 1, k2017}, 5, MakeDate(2017, 7, 31));
  waiting.join();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(Find(answer->cells(), {1, 3, 1, k2017})->actual(), 5);
}

TEST_F(ServerTest, EveryBadRequestIsToldWhatIsWrongWithIt) {
  StartServer();
  plan_.Stop();
  ASSERT_TRUE(WaitUntil([&] { return !Status().following(0).connected(); }));
  plan_.Serve();
  Seed();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "", Token()), IsOk());
  EXPECT_THAT(Rollup("", "2017", ""), HasReasonAt(Reason::MISSING_FIELD, "region"));
  EXPECT_THAT(Rollup("Z", "2017", ""), HasReason(Reason::UNKNOWN_REGION));
  EXPECT_THAT(Rollup("C", "2017Q5", ""), HasReasonAt(Reason::BAD_PERIOD, "year"));
  EXPECT_THAT(Rollup("C", "2017", "no token"), HasReason(Reason::BAD_TOKEN));
  EXPECT_THAT(Rollup("C", "2017", "", "2017-02-30"), HasReasonAt(Reason::BAD_DATE, "as_of"));
  v1::GetRollupRequest request;
  request.set_region("C");
  request.set_programme("none");
  request.set_indicator("none");
  const auto both = GetRollup(request);
  EXPECT_EQ(ErrorsOf(both.status()).size(), 2U);

  v1::GetColumnRequest column;
  EXPECT_THAT(GetColumn(column), HasReason(Reason::MISSING_FIELD));
  column.set_region("C");
  EXPECT_THAT(GetColumn(column), HasReason(Reason::EMPTY_REQUEST));
  v1::ColumnKey* key = column.add_keys();
  key->set_programme("all");
  key->set_indicator("starts");
  EXPECT_THAT(GetColumn(column), HasReason(Reason::BAD_PERIOD));  // a flow without a year
  *key->mutable_period() = ToProto(k2017);
  EXPECT_THAT(GetColumn(column), IsOk());
  while (column.keys_size() <= kKeysMax) *column.add_keys() = *key;
  EXPECT_THAT(GetColumn(column), HasReasonAt(Reason::TOO_MANY_ROWS, "keys"));
}

TEST_F(ServerTest, BeforeThePlanJournalIsSeenItIsNotReady) {
  plan_.Stop();
  StartServer();
  EXPECT_THAT(Rollup("C", "2017", ""), HasReason(Reason::NOT_READY));
  EXPECT_FALSE(Status().following(0).connected());
  EXPECT_NE(Status().following(0).problem(), "");
}

TEST_F(ServerTest, ABlockWaitsForThePlanPositionItNames) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  // The next block depends on a plan event that is yet to come.
  journal::Position later = plan_at_;
  ++later.sequence;
  plan_at_ = later;
  Report({2, 3, 1, k2017}, 9, MakeDate(2017, 7, 31));
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().find("waits for position 3") != std::string::npos; }));
  EXPECT_EQ(Status().following(1).lag(), 1U);
  ASSERT_OK_AND_ASSIGN(const auto before, Rollup("C", "2017", ""));
  EXPECT_EQ(Find(before.cells(), {1, 3, 1, k2017})->actual(), 4);
  plan_at_ = plan_.Append({DocumentEvent("文1", {})});
  ASSERT_OK_AND_ASSIGN(const auto after, Rollup("C", "2017", Token()));
  EXPECT_EQ(Find(after.cells(), {1, 3, 1, k2017})->actual(), 9);
  EXPECT_EQ(Status().following(1).lag(), 0U);
}

TEST_F(ServerTest, AColumnHoldsTheParentAndAllPeersOfOneBasisAndBothPathsAgree) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  Report({2, 5, 3, {}}, 7, MakeDate(2016, 12, 31));
  Report({2, 5, 3, {}}, 9);
  v1::GetColumnRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  v1::ColumnKey* flow = request.add_keys();
  flow->set_programme("all");
  flow->set_indicator("starts");
  *flow->mutable_period() = ToProto(k2017);
  v1::ColumnKey* stock = request.add_keys();
  stock->set_programme("all");
  stock->set_indicator("built");
  *stock->mutable_period() = ToProto(k2017);
  ASSERT_OK_AND_ASSIGN(const auto current, GetColumn(request));
  request.set_as_of("2017-12-31");
  ASSERT_OK_AND_ASSIGN(const auto dated, GetColumn(request));
  EXPECT_EQ(current.SerializeAsString(), dated.SerializeAsString());
  ASSERT_EQ(current.regions_size(), 3);  // B too, though nothing is known of it
  ASSERT_EQ(current.cells_size(), 4);
  EXPECT_EQ(current.cells(0).region(), 1U);
  EXPECT_EQ(current.cells(1).actual(), 9);
  EXPECT_EQ(current.cells(1).year_start(), 7);
  EXPECT_EQ(current.cells(1).period().first_year(), 2017);
}

// Two progress services and a plan that grows meanwhile.
class RandomFeedsTest : public ServerTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(RandomFeedsTest, LiveRestartedRebuiltAndSwappedAggregatorsGiveTheSameDump) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  RandomWorld world(GetParam());
  Upstream second("progress");
  Options options = OptionsOf(directory_.path());
  options.progress.push_back(second.address());
  const auto start = [&] {
    auto server = Server::Start(options);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::AggregatorService::NewStub(rpc::Connect(server_->address()));
  };
  start();
  plan_at_ = plan_.Append({RegionsEvent(world.regions()), CatalogueEvent(MakeCatalogue())});
  SeriesBook books[2];
  journal::Position at[2];
  for (int i = 0; i < 120; ++i) {
    const uint32_t dice = world.Below(12);
    if (dice == 0) {
      world.ChangeTree();
      plan_at_ = plan_.Append({RegionsEvent(world.regions())});
    } else if (dice == 1) {
      plan_at_ = plan_.Append({DocumentEvent("D" + std::to_string(i), world.AnyDocument())});
    } else {
      const uint32_t slot = world.Below(2);
      std::vector<std::string> events;
      for (uint32_t n = 1 + world.Below(3); n > 0; --n) {
        for (std::string& event : ProgressEvents(books[slot].Update(world.AnyCell(), world.AnyEntry(0)))) events.push_back(std::move(event));
      }
      at[slot] = (slot == 0 ? progress_ : second).Append(events, plan_at_);
    }
    if (i == 60) {
      server_.reset();  // a restart in the middle resumes from what it stored
      start();
    }
  }
  types::v1::Basis basis;
  *basis.mutable_plan() = rpc::ToProto(plan_at_);
  for (const journal::Position& position : at) *basis.add_progress() = rpc::ToProto(position);
  const std::string token = rpc::MakeStamp(basis, 0).token();
  ASSERT_OK_AND_ASSIGN(const std::string live, Dump(*stub_, token));
  EXPECT_GT(std::count(live.begin(), live.end(), '\n'), 60);

  server_.reset();
  start();
  ASSERT_OK_AND_ASSIGN(const std::string restarted, Dump(*stub_, token));
  EXPECT_EQ(restarted, live);

  server_.reset();
  std::filesystem::remove_all(directory_ / "state");
  start();
  ASSERT_OK_AND_ASSIGN(const std::string rebuilt, Dump(*stub_, token));
  EXPECT_EQ(rebuilt, live);

  server_.reset();
  TempDir other;
  options.data = other.path();
  std::swap(options.progress[0], options.progress[1]);
  start();
  ASSERT_OK_AND_ASSIGN(const std::string swapped, Dump(*stub_, token));
  EXPECT_EQ(swapped, live);
  server_.reset();  // before its directory goes
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomFeedsTest, ::testing::Values(1, 2, 3));

TEST_F(ServerTest, ARestartAnswersFromItsOwnStateWhileNobodyElseRuns) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  server_.reset();
  plan_.Stop();
  progress_.Stop();
  StartServer();
  ASSERT_OK_AND_ASSIGN(const auto answer, Rollup("C", "2017", Token()));
  EXPECT_EQ(Find(answer.cells(), {1, 3, 1, k2017})->actual(), 4);
}

TEST_F(ServerTest, WhenAJournalIsReplacedEverythingIsDerivedAgain) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  // The progress service lost its data: another journal on the same address.
  progress_.Replace();
  book_ = {};
  Report({3, 3, 1, k2017}, 6);
  ASSERT_OK_AND_ASSIGN(const auto progress_lost, Rollup("C", "2017", Token()));
  EXPECT_EQ(Find(progress_lost.cells(), {1, 3, 1, k2017})->actual(), 6);
  EXPECT_EQ(Find(progress_lost.cells(), {2, 3, 1, k2017}), nullptr);
  // Both did.
  plan_.Replace();
  progress_.Replace();
  book_ = {};
  Seed();
  Report({2, 3, 1, k2017}, 7);
  ASSERT_OK_AND_ASSIGN(const auto both_lost, Rollup("C", "2017", Token()));
  EXPECT_EQ(Find(both_lost.cells(), {1, 3, 1, k2017})->actual(), 7);
}

TEST_F(ServerTest, ADirectoryInUseIsRefused) {
  StartServer();
  EXPECT_THAT(Server::Start(OptionsOf(directory_.path())), HasReason(Reason::DIRECTORY_IN_USE));
}

// What a follower of frames knows.
class Mirror {
 public:
  // Checks the step and applies it; false when it does not follow on.
  bool Apply(const v1::Frame& frame) {
    if (frame.snapshot()) {
      if (!in_snapshot_) cells_.clear();
      in_snapshot_ = !frame.last();
    } else if (frame.from().SerializeAsString() != basis_.SerializeAsString()) {
      return false;
    }
    for (const v1::Cell& cell : frame.cells()) {
      const CellKey key{cell.region(), cell.programme(), cell.indicator(), FromProto(cell.period())};
      if (cell.targets().empty() && !cell.has_actual() && !cell.own()) {
        cells_.erase(key);
      } else {
        cells_[key] = cell.SerializeAsString();
      }
    }
    if (frame.last()) basis_ = frame.to().basis();
    ++frames_;
    return true;
  }
  const std::map<CellKey, std::string>& cells() const { return cells_; }
  const types::v1::Basis& basis() const { return basis_; }
  int frames() const { return frames_; }

 private:
  std::map<CellKey, std::string> cells_;
  types::v1::Basis basis_;
  bool in_snapshot_ = false;
  int frames_ = 0;
};

// Reads frames until the basis includes a token's; returns whether the first message was a snapshot.
bool FollowUntil(v1::AggregatorService::Stub& stub, const v1::FollowFramesRequest& request, const std::string& token, Mirror* mirror) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto reader = stub.FollowFrames(&context, request);
  bool snapshot_first = false, first = true;
  for (v1::Frame frame; reader->Read(&frame);) {
    if (std::exchange(first, false)) snapshot_first = frame.snapshot();
    EXPECT_TRUE(mirror->Apply(frame));
    if (frame.last() && rpc::Includes(mirror->basis(), *rpc::ParseToken(token))) break;
  }
  EXPECT_TRUE(rpc::Includes(mirror->basis(), *rpc::ParseToken(token)));
  context.TryCancel();
  reader->Finish();
  return snapshot_first;
}

TEST_F(ServerTest, AFollowerOfFramesKnowsWhatASnapshotSays) {
  RandomWorld world(7);
  StartServer();
  plan_at_ = plan_.Append({RegionsEvent(world.regions()), CatalogueEvent(MakeCatalogue())});
  Mirror mirror;
  std::thread feeding([&] {
    for (int i = 0; i < 150; ++i) {
      if (world.Below(20) == 0) {
        world.ChangeTree();
        plan_at_ = plan_.Append({RegionsEvent(world.regions())});
      } else if (world.Below(10) == 0) {
        plan_at_ = plan_.Append({DocumentEvent("D" + std::to_string(i), world.AnyDocument())});
      } else {
        progress_at_ = progress_.Append(ProgressEvents(book_.Update(world.AnyCell(), world.AnyEntry(0))), plan_at_);
      }
    }
  });
  // Some of it while it happens, the rest by resuming.
  while (mirror.frames() < 5) {
    v1::FollowFramesRequest request;
    if (mirror.frames() > 0) *request.mutable_from() = mirror.basis();
    grpc::ClientContext context;
    const auto reader = stub_->FollowFrames(&context, request);
    v1::Frame frame;
    ASSERT_TRUE(reader->Read(&frame));
    ASSERT_TRUE(mirror.Apply(frame));
    context.TryCancel();
    reader->Finish();
  }
  feeding.join();
  v1::FollowFramesRequest resume;
  *resume.mutable_from() = mirror.basis();
  EXPECT_FALSE(FollowUntil(*stub_, resume, Token(), &mirror)) << "a follower in step needs no snapshot";
  Mirror fresh;
  EXPECT_TRUE(FollowUntil(*stub_, {}, Token(), &fresh));
  EXPECT_EQ(mirror.cells(), fresh.cells());
  EXPECT_GT(fresh.cells().size(), 50U);

  // A follower of other journals gets a snapshot; one at the end hears the next step, also after a restart.
  v1::FollowFramesRequest foreign;
  foreign.mutable_from()->mutable_plan()->set_journal_id(std::string(32, 'a'));
  foreign.mutable_from()->mutable_plan()->set_sequence(1);
  Mirror other;
  EXPECT_TRUE(FollowUntil(*stub_, foreign, Token(), &other));
  EXPECT_EQ(other.cells(), fresh.cells());
  server_.reset();
  StartServer();
  *resume.mutable_from() = mirror.basis();
  progress_at_ = progress_.Append(ProgressEvents(book_.Update(world.AnyCell(), world.AnyEntry(0))), plan_at_);
  EXPECT_FALSE(FollowUntil(*stub_, resume, Token(), &mirror));
}

TEST_F(ServerTest, StreamsEndWhenTheServiceStops) {
  Seed();
  StartServer();
  grpc::ClientContext context;
  const auto reader = stub_->FollowFrames(&context, {});
  v1::Frame frame;
  ASSERT_TRUE(reader->Read(&frame));
  std::thread stopping([&] { server_.reset(); });
  while (reader->Read(&frame)) {
  }
  EXPECT_THAT(rpc::FromGrpc(reader->Finish()), HasReason(Reason::UNAVAILABLE));
  stopping.join();
}

}  // namespace
}  // namespace anju::aggregator
