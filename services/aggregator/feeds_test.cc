// Feeds in and frames out over the wire: any order, restarts, lost journals, followers.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <thread>

#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::WaitUntil;
using testing::CatalogueEvent;
using testing::DocumentEvent;
using testing::Find;
using testing::k2017;
using testing::MakeCatalogue;
using testing::ProgressEvents;
using testing::RandomWorld;
using testing::RegionsEvent;
using testing::SeriesBook;
using testing::ServerTest;
using testing::Upstream;

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

// What a bulletin of an earlier day is proved by is asked of the owners: it is not kept here.
TEST_F(ServerTest, HeadsOfABasisOfThePastComeFromTheOwnersOfTheJournals) {
  Seed();
  StartServer();
  const journal::Position plan = plan_at_, progress = Report({2, 3, 1, k2017}, 4);
  Report({2, 3, 1, k2017}, 9, MakeDate(2017, 7, 31));
  plan_at_ = plan_.Append({DocumentEvent("文1", {})});
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  ASSERT_OK_AND_ASSIGN(const types::v1::Basis past, rpc::ParseToken(TokenOf(plan, progress)));
  v1::GetHeadsRequest request;
  *request.mutable_basis() = past;
  ASSERT_EQ(past.progress(0).block_hash(), "");
  const auto heads = [&] { return Call(&v1::AggregatorService::Stub::GetHeads, request, 2'000); };
  ASSERT_OK_AND_ASSIGN(const v1::GetHeadsResponse told, heads());
  EXPECT_EQ(*rpc::FromProto(told.basis().plan()), plan);
  EXPECT_EQ(told.basis().plan().tree_size(), 2U);
  ASSERT_EQ(told.basis().progress_size(), 1);
  EXPECT_EQ(*rpc::FromProto(told.basis().progress(0)), progress);
  EXPECT_EQ(told.basis().progress(0).tree_root().size(), 32U);
  // Journals that are not ours, positions that have not come about, and an owner that does not answer.
  request.mutable_basis()->mutable_progress(0)->set_journal_id(std::string(32, 'a'));
  EXPECT_THAT(heads(), HasReason(Reason::UNKNOWN_BASIS));
  *request.mutable_basis() = past;
  request.mutable_basis()->mutable_plan()->set_sequence(99);
  EXPECT_FALSE(heads().ok());
  *request.mutable_basis() = past;
  progress_.Stop();
  EXPECT_THAT(heads(), HasReason(Reason::UNAVAILABLE));
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
  std::vector<uint64_t> updates[2];
  size_t changes = 0;
  for (int i = 0; i < 120; ++i) {
    const uint32_t dice = world.Below(16);
    if (dice == 0) {
      world.ChangeTree();
      plan_at_ = plan_.Append({RegionsEvent(world.regions()), testing::ChecksEvent()});
    } else if (dice == 1) {
      plan_at_ = plan_.Append({DocumentEvent(world.AnyDocumentInfo(i), world.AnyDocument())});
    } else if (dice == 2) {
      world.ChangeBoundary();
      const std::vector<BoundaryEvent>& all = world.boundaries().all();
      plan_at_ = plan_.Append({testing::BoundariesEvent(world.regions(), {all.begin() + static_cast<ptrdiff_t>(changes), all.end()})});
      changes = all.size();
    } else if (dice == 3 || dice == 4) {
      const uint32_t slot = world.Below(2);
      if (updates[slot].empty()) continue;
      const ProgressChange review{.kind = ProgressChange::Kind::kReview,
                                  .update = updates[slot][world.Below(static_cast<uint32_t>(updates[slot].size()))],
                                  .review = static_cast<ReviewState>(1 + world.Below(3))};
      at[slot] = (slot == 0 ? progress_ : second).Append(ProgressEvents({review}), plan_at_);
    } else {
      const uint32_t slot = world.Below(2);
      std::vector<std::string> events;
      for (uint32_t n = 1 + world.Below(3); n > 0; --n) {
        for (std::string& event : ProgressEvents(books[slot].Update(world.AnyCell(), world.AnyEntry(0)))) events.push_back(std::move(event));
      }
      at[slot] = (slot == 0 ? progress_ : second).Append(events, plan_at_);
      updates[slot].push_back(at[slot].sequence);
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
  options.data = directory_ / "other";
  std::swap(options.progress[0], options.progress[1]);
  start();
  ASSERT_OK_AND_ASSIGN(const std::string swapped, Dump(*stub_, token));
  EXPECT_EQ(swapped, live);
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
  // Plan did, and the progress service still names the old one: nothing of the two is mixed, and the status says why.
  plan_.Replace();
  plan_at_ = {};
  Seed();
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().find("whose numbers mean other things") != std::string::npos; }))
      << Status().ShortDebugString();
  EXPECT_EQ(Status().basis().basis().progress_size(), 0);
  ASSERT_OK_AND_ASSIGN(const auto plan_lost, Rollup("C", "2017", TokenOf(plan_at_, {})));
  EXPECT_EQ(plan_lost.cells_size(), 0);
  // Both did.
  plan_.Replace();
  progress_.Replace();
  book_ = {};
  Seed();
  Report({2, 3, 1, k2017}, 7);
  ASSERT_OK_AND_ASSIGN(const auto both_lost, Rollup("C", "2017", Token()));
  EXPECT_EQ(Find(both_lost.cells(), {1, 3, 1, k2017})->actual(), 7);
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

types::v1::Basis BasisOf(uint64_t plan, std::vector<std::pair<char, uint64_t>> progress, char plan_id = 'p') {
  types::v1::Basis basis;
  basis.mutable_plan()->set_sequence(plan);
  if (plan > 0) basis.mutable_plan()->set_journal_id(std::string(32, plan_id));
  for (const auto& [id, sequence] : progress) {
    types::v1::Position* position = basis.add_progress();
    position->set_journal_id(std::string(32, id));
    position->set_sequence(sequence);
  }
  return basis;
}

TEST(FramesTest, AFollowerWaitsForAsLongAsItsBasisCanStillBeReached) {
  const types::v1::Basis ahead = BasisOf(9, {{'a', 5}, {'b', 7}});
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(0, {}), 2));
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(9, {}), 2)) << "both progress services are down";
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(9, {{'a', 5}}), 2));
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(9, {{'a', 4}, {'b', 7}}), 2));
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(8, {{'a', 5}, {'b', 7}}), 2));
  EXPECT_FALSE(MayStillReach(ahead, BasisOf(9, {{'a', 5}, {'b', 8}}), 2)) << "we are ahead";
  EXPECT_TRUE(MayStillReach(ahead, BasisOf(8, {{'a', 5}, {'b', 8}}), 2)) << "a snapshot now would go back in one of the two";
  EXPECT_FALSE(MayStillReach(ahead, BasisOf(9, {{'a', 5}, {'c', 1}}), 2)) << "a journal was replaced";
  EXPECT_FALSE(MayStillReach(ahead, BasisOf(1, {}, 'q'), 2)) << "plan's was";
  EXPECT_FALSE(MayStillReach(ahead, BasisOf(9, {{'a', 5}}), 1)) << "b is not followed any more";
}

TEST_F(ServerTest, AFollowerThatIsAheadOfARebuiltAggregatorIsNotThrownBack) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  Report({3, 3, 1, k2017}, 6);
  Mirror mirror;
  FollowUntil(*stub_, {}, Token(), &mirror);
  const auto cells = mirror.cells();
  // The state is gone and the progress service is down: only plan can be read again.
  server_.reset();
  std::filesystem::remove_all(directory_ / "state");
  progress_.Stop();
  StartServer();
  ASSERT_TRUE(WaitUntil([&] { return Status().basis().basis().plan().sequence() == plan_at_.sequence; }));
  v1::FollowFramesRequest request;
  *request.mutable_from() = mirror.basis();
  grpc::ClientContext context;
  const auto reader = stub_->FollowFrames(&context, request);
  progress_.Serve();
  Report({2, 3, 1, k2017}, 9, MakeDate(2017, 7, 31));
  const types::v1::Basis before = mirror.basis();
  for (v1::Frame frame; reader->Read(&frame);) {
    EXPECT_TRUE(!frame.last() || rpc::Includes(frame.to().basis(), before)) << frame.to().basis().ShortDebugString();
    ASSERT_TRUE(mirror.Apply(frame));
    if (frame.last() && rpc::Includes(mirror.basis(), *rpc::ParseToken(Token()))) break;
  }
  EXPECT_EQ(mirror.cells().size(), cells.size());
  context.TryCancel();
  reader->Finish();
}

TEST_F(ServerTest, AFollowerAheadOfAnOlderCopyOfAJournalGetsASnapshot) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  progress_.Keep();
  Report({3, 3, 1, k2017}, 6);
  Mirror mirror;
  FollowUntil(*stub_, {}, Token(), &mirror);
  const uint64_t seen = mirror.basis().progress(0).sequence();
  // Nobody who derives remembers more; only the follower does.
  server_.reset();
  std::filesystem::remove_all(directory_ / "state");
  progress_.PutBack();
  StartServer();
  v1::FollowFramesRequest request;
  *request.mutable_from() = mirror.basis();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto reader = stub_->FollowFrames(&context, request);
  v1::Frame frame;
  ASSERT_TRUE(reader->Read(&frame));
  EXPECT_TRUE(frame.snapshot());
  ASSERT_TRUE(frame.last());
  EXPECT_LT(frame.to().basis().progress(0).sequence(), seen);
  context.TryCancel();
  reader->Finish();
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
