// Aggregator and ranking below gRPC.
#include "tests/simulation/derived.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/handlers.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/frame_taker.h"
#include "services/ranking/handlers.h"
#include "services/ranking/store/bulletins_model.h"
#include "services/ranking/store/records.h"
#include "services/ranking/store/schema.h"
#include "services/ranking/store/store.h"

namespace anju::simulation {
namespace {

constexpr int64_t kWaitUs = 1'500'000;  // how long an answer is waited for here
constexpr size_t kFramesQueuedMax = 4;

const rpc::Caller& Local() {
  static const rpc::Caller caller{.identity = "local", .role = rpc::Role::kOperator, .everywhere = true};
  return caller;
}

std::chrono::system_clock::time_point Never() { return std::chrono::system_clock::now() + std::chrono::hours(12); }

// Calls that wait for a basis. The services' own waiting rooms wait in real time, so nobody is let in before it is his turn.
class Waiting {
 public:
  struct Waiter {
    types::v1::Basis want;
    int64_t until_us = 0;
    std::function<void()> go;
    std::function<void(const absl::Status&)> give_up;
  };
  template <typename Response>
  void Add(Context& context, const std::string& token, std::function<void()> go, const rpc::Finish<Response>& finish) {
    const absl::StatusOr<types::v1::Basis> want = rpc::ParseToken(token);
    if (!want.ok()) return finish(want.status());
    waiters_.push_back({*want, context.scheduler.now_us() + kWaitUs, std::move(go), [finish](const absl::Status& status) { finish(status); }});
  }
  void Look(Context& context, bool seen, const types::v1::Basis& have) {
    std::vector<Waiter> all = std::exchange(waiters_, {});
    for (Waiter& waiter : all) {
      if (seen && rpc::Includes(have, waiter.want)) {
        waiter.go();
      } else if (waiter.until_us <= context.scheduler.now_us()) {
        waiter.give_up(MakeError(Reason::BEHIND, "at_least", "", "not applied in time"));
      } else {
        waiters_.push_back(std::move(waiter));
      }
    }
  }
  void Clear() { waiters_.clear(); }

 private:
  std::vector<Waiter> waiters_;
};

// For answers that are kept as the bytes that go out; this network carries messages.
template <typename Response>
rpc::Finish<rpc::Encoded<Response>> Decoded(Context& context, rpc::Finish<Response> finish) {
  return [&context, finish = std::move(finish)](absl::StatusOr<rpc::Encoded<Response>> encoded) {
    if (!encoded.ok()) return finish(encoded.status());
    Response response;
    if (!response.ParseFromString(encoded->bytes)) context.Violated("an answer is no message");
    finish(std::move(response));
  };
}

class AggregatorNode_ final : public AggregatorNode {
 public:
  AggregatorNode_(Context& context, uint64_t seed, Node& plan, std::vector<Node*> progress)
      : AggregatorNode(context, "aggregator", seed), plan_(plan), progress_(std::move(progress)) {}
  ~AggregatorNode_() override { AggregatorNode_::Close(); }

  void Accept(const std::string& method, const std::shared_ptr<Connection>& connection) override {
    namespace v1 = aggregator::v1;
    if (method == "FollowFrames") return FollowFrames(connection);
    if (method == "GetRollup") {
      return Answer<v1::GetRollupRequest, v1::GetRollupResponse>(
          connection, [this](aggregator::Handlers& handlers, const rpc::Caller& caller, const v1::GetRollupRequest& request, aggregator::Deadline deadline,
                             rpc::Finish<v1::GetRollupResponse> finish) { handlers.GetRollup(caller, request, deadline, Decoded(context_, std::move(finish))); });
    }
    if (method == "GetColumns") return Answer<v1::GetColumnsRequest, v1::GetColumnsResponse>(connection, &aggregator::Handlers::GetColumns);
    if (method == "GetMilestoneStatus") {
      return Answer<v1::GetMilestoneStatusRequest, v1::GetMilestoneStatusResponse>(connection, &aggregator::Handlers::GetMilestoneStatus);
    }
    context_.Violated("the aggregator has no method " + method);
  }
  types::v1::Basis Basis() const override { return applier_ == nullptr ? types::v1::Basis() : applier_->Stamp().basis(); }
  std::vector<std::string> Dump() const override {
    return applier_->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); });
  }
  std::vector<std::string> SnapshotRows() const override;

 protected:
  absl::Status Open() override {
    ASSIGN_OR_RETURN(applier_, aggregator::Applier::Open(*disk_, progress_.size(), [this](const absl::Status& status) { Fatal(status); }));
    frames_ = std::make_unique<aggregator::Frames>(*applier_, /*thread=*/false);
    upstreams_ = std::make_unique<aggregator::Upstreams>(std::vector<std::string>());
    heads_ = std::make_unique<aggregator::UpstreamHeads>(std::vector<std::string>());
    handlers_ = std::make_unique<aggregator::Handlers>(*applier_, *frames_, *upstreams_, *heads_, clock_);
    applier_->set_on_applied([this] { moved_ = true; });
    clients_.resize(1 + progress_.size());
    for (size_t feed = 0; feed < clients_.size(); ++feed) Follow(feed);
    return absl::OkStatus();
  }
  void Close() override {
    clients_.clear();
    streams_.clear();
    waiting_.Clear();
    handlers_ = nullptr;
    heads_ = nullptr;
    upstreams_ = nullptr;
    frames_ = nullptr;
    applier_ = nullptr;
  }
  void Turn() override {
    Random& random = context_.scheduler.random;
    if (restart_) {
      restart_ = false;
      for (size_t feed = 0; feed < clients_.size(); ++feed) {
        if (std::exchange(start_over_[feed], false)) Follow(feed);
      }
    }
    if (moved_ || random.OneIn(20)) {
      moved_ = false;
      frames_->Turn();
    }
    for (const auto& client : clients_) client->Look();
    for (Stream& stream : streams_) {
      while (stream.connection->open() && stream.connection->queued() < kFramesQueuedMax) {
        const absl::StatusOr<aggregator::FrameBytes> frame = frames_->Next(*stream.follower);
        if (!frame.ok()) {
          stream.connection->End(frame.status());
          break;
        }
        if (*frame == nullptr) break;
        stream.connection->Answer(**frame);
      }
    }
    std::erase_if(streams_, [](const Stream& stream) { return !stream.connection->open(); });
    if (random.OneIn(100)) {
      Trace("flushes");
      applier_->Flush();
    }
    waiting_.Look(context_, applier_->plan_seen(), Basis());
  }

 private:
  struct Stream {
    std::shared_ptr<Connection> connection;
    std::shared_ptr<aggregator::Frames::Follower> follower;
  };

  void Follow(size_t feed) {
    feed::Callbacks callbacks;
    callbacks.on_block = [this, feed](const journal::BlockView& block, std::string_view, const journal::Position& after) {
      const uint64_t before = (feed == 0 ? applier_->plan_position() : applier_->position(feed - 1)).sequence;
      const absl::Status applied = feed == 0 ? applier_->ApplyPlan(block, after) : applier_->ApplyProgress(feed - 1, block, after);
      const uint64_t now = (feed == 0 ? applier_->plan_position() : applier_->position(feed - 1)).sequence;
      if (now < before) context_.Violated("the aggregator went back in a journal");
      Trace("applied", now);
      return applied;
    };
    callbacks.on_bookmark = [this, feed](const journal::Position&) {
      if (feed == 0) applier_->MarkPlanSeen();
    };
    callbacks.on_fresh = [this, feed](const journal::Position& upstream, int64_t sent_us) { applier_->MarkFresh(feed, upstream, sent_us); };
    callbacks.on_lineage = [this, feed](const journal::Lineage& lineage) {
      applier_->SetLineage(feed, lineage);
      return absl::OkStatus();
    };
    callbacks.on_data_loss = [this, feed](const feed::Lost& lost) {
      // Disks of this world lose nothing that was acknowledged, and nobody puts old copies back: what a feed has lost, a restore has.
      if (lost.end && applier_->HasFollowed(feed, lost.end->journal_id)) context_.Violated("a journal went back");
      ++context_.counts["derived again"];
      applier_->StartOver();
      for (size_t other = 0; other < clients_.size(); ++other) start_over_[other] = other != feed;
      restart_ = true;
      return journal::Position{};
    };
    const journal::Position from = feed == 0 ? applier_->plan_position() : applier_->position(feed - 1);
    clients_[feed] = std::make_unique<FeedClient>(context_, *this, feed == 0 ? plan_ : *progress_[feed - 1], from, std::move(callbacks),
                                                  [this, feed](const journal::BlockView& block) {
                                                    return !start_over_[feed] && (feed == 0 || applier_->PlanReached(block.header));
                                                  });
  }

  void FollowFrames(const std::shared_ptr<Connection>& connection) {
    connection->on_request = [this, weak = std::weak_ptr<Connection>(connection)](const std::string& bytes) {
      const auto connection = weak.lock();
      aggregator::v1::FollowFramesRequest request;
      if (connection == nullptr || !up || !request.ParseFromString(bytes)) return;
      Run([&] {
        auto follower = handlers_->FollowFrames(Local(), request, [] {});
        if (!follower.ok()) return connection->End(follower.status());
        streams_.push_back({connection, *std::move(follower)});
        moved_ = true;
      });
    };
    connection->on_gone = [connection] {};
  }

  template <typename Request, typename Response, typename Handle>
  void Answer(const std::shared_ptr<Connection>& connection, Handle handle) {
    Serve<Request, Response>(connection, [this, handle](const Request& request, rpc::Finish<Response> finish) {
      // Whoever names a basis to be read at is answered by what is here: that it came about, or not.
      auto go = [this, handle, &request, finish] {
        auto answered = std::make_shared<bool>(false);
        std::invoke(handle, *handlers_, Local(), request, Never(), [finish, answered](absl::StatusOr<Response> response) {
          *answered = true;
          finish(std::move(response));
        });
        if (!*answered) context_.Violated("the aggregator waited where nothing was to be waited for");
      };
      waiting_.Add<Response>(context_, request.at_least(), go, finish);
    });
  }

  Node& plan_;
  const std::vector<Node*> progress_;
  std::unique_ptr<aggregator::Applier> applier_;
  std::unique_ptr<aggregator::Frames> frames_;
  std::unique_ptr<aggregator::Upstreams> upstreams_;
  std::unique_ptr<aggregator::UpstreamHeads> heads_;
  std::unique_ptr<aggregator::Handlers> handlers_;
  std::vector<std::unique_ptr<FeedClient>> clients_;
  std::vector<Stream> streams_;
  Waiting waiting_;
  bool moved_ = false;
  bool restart_ = false;
  std::map<size_t, bool> start_over_;
};

// What the ranking service asks the aggregator, over the simulated network.
class SimulatedColumns final : public ranking::Columns {
 public:
  SimulatedColumns(Context& context, Node& owner, Node& aggregator, std::function<types::v1::Basis(types::v1::Basis)> heads)
      : context_(context), owner_(owner), aggregator_(aggregator), heads_(std::move(heads)) {}
  ~SimulatedColumns() override { Cancel(); }
  void Cancel() override {
    auto pending = std::exchange(pending_, {});
    for (auto& [number, cancel] : pending) cancel();
  }
  void Get(const aggregator::v1::GetColumnsRequest& request, Deadline, Done<aggregator::v1::GetColumnsResponse> done) override {
    Ask("GetColumns", request, std::move(done));
  }
  void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline, Done<aggregator::v1::GetMilestoneStatusResponse> done) override {
    Ask("GetMilestoneStatus", request, std::move(done));
  }
  // The aggregator asks the owners of the journals; here it is they who are asked.
  void GetHeads(const types::v1::Basis& basis, Deadline, Done<types::v1::Basis> done) override { done(heads_(basis)); }

 private:
  template <typename Request, typename Response>
  void Ask(const std::string& method, const Request& request, Done<Response> done) {
    const uint64_t number = ++last_;
    // Held once, so that a cancelled call lets go of what waits for it.
    auto held = std::make_shared<Done<Response>>(std::move(done));
    pending_[number] = [held] {
      const Done<Response> done = std::exchange(*held, nullptr);
      done(MakeError(Reason::UNAVAILABLE, "", "", "cancelled"));
    };
    context_.network.Call(owner_, aggregator_, method, request.SerializeAsString(), kWaitUs, [this, number, held](absl::StatusOr<std::string> bytes) {
      const Done<Response> done = std::exchange(*held, nullptr);
      if (done == nullptr) return;  // cancelled, perhaps with this
      pending_.erase(number);
      Response response;
      if (!bytes.ok()) return done(ErrorsOf(bytes.status()).empty() ? MakeError(Reason::UNAVAILABLE, "", "", "no answer") : bytes.status());
      CHECK(response.ParseFromString(*bytes));
      done(std::move(response));
    });
  }

  Context& context_;
  Node& owner_;
  Node& aggregator_;
  const std::function<types::v1::Basis(types::v1::Basis)> heads_;
  uint64_t last_ = 0;
  std::map<uint64_t, std::function<void()>> pending_;
};

// Cells, and what they are of.
std::vector<std::string> RowsOf(const ranking::Contents& contents) {
  std::vector<std::string> rows;
  contents.cells.ForEachPage([&](const ranking::ColumnKey& column, uint32_t, const ranking::Cells::PageCells& cells) {
    for (const auto& [region, figures] : cells) {
      aggregator::v1::Cell cell;
      ranking::FillCell(column, region, figures, &cell);
      // What has lost its last figure is a cell without one; a snapshot leaves it out.
      if (cell.targets().empty() && !cell.has_actual() && !cell.own()) continue;
      rows.push_back("cell " + cell.ShortDebugString());
    }
  });
  for (const RegionNumber number : contents.registry->regions.Numbers()) {
    for (const Region& row : *contents.registry->regions.Rows(number)) rows.push_back("region " + ToProto(row).ShortDebugString());
  }
  for (const auto& [number, programme] : contents.registry->catalogue.programmes()) rows.push_back("programme " + ToProto(programme).ShortDebugString());
  for (const auto& [number, indicator] : contents.registry->catalogue.indicators()) rows.push_back("indicator " + ToProto(indicator).ShortDebugString());
  return rows;
}

std::vector<std::string> AggregatorNode_::SnapshotRows() const {
  aggregator::Frames frames(*applier_, /*thread=*/false);
  auto follower = frames.Follow(std::nullopt, [] {});
  CHECK_OK(follower.status());
  frames.Turn();
  std::vector<aggregator::v1::Frame> snapshot;
  while (true) {
    const auto frame = frames.Next(**follower);
    CHECK_OK(frame.status());
    if (*frame == nullptr) break;
    aggregator::v1::Frame message;
    CHECK(message.ParseFromString(**frame));
    if (message.snapshot()) snapshot.push_back(std::move(message));  // news of freshness may come behind it
  }
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  auto store = ranking::Store::Open(*disk, /*thread=*/false);
  CHECK_OK(store.status());
  (*store)->Replace(snapshot);
  return RowsOf(*(*store)->Read());
}

// In a journal that both name; one that was restored goes on under another name.
bool WentBack(const types::v1::Basis& before, const types::v1::Basis& now) {
  bool back = before.plan().journal_id() == now.plan().journal_id() && now.plan().sequence() < before.plan().sequence();
  for (const types::v1::Position& was : before.progress()) {
    for (const types::v1::Position& is : now.progress()) back |= was.journal_id() == is.journal_id() && is.sequence() < was.sequence();
  }
  return back;
}

class RankingNode_ final : public RankingNode {
 public:
  RankingNode_(Context& context, uint64_t seed, Node& aggregator, Node& plan, std::vector<Node*> progress)
      : RankingNode(context, "ranking", seed), aggregator_(aggregator), plan_(plan), progress_(std::move(progress)) {}
  ~RankingNode_() override { RankingNode_::Close(); }

  void Accept(const std::string& method, const std::shared_ptr<Connection>& connection) override {
    namespace v1 = ranking::v1;
    using ranking::Bulletins;
    if (method == "GetLeagueTable") {
      return Serve<v1::GetLeagueTableRequest, v1::GetLeagueTableResponse>(
          connection, [this](const v1::GetLeagueTableRequest& request, rpc::Finish<v1::GetLeagueTableResponse> finish) {
            waiting_.Add<v1::GetLeagueTableResponse>(
                context_, request.at_least(),
                [this, &request, finish] { handlers_->GetLeagueTable(Local(), request, Never(), Decoded(context_, finish)); }, finish);
          });
    }
    if (method == "DefineTemplate") return Bulletin<v1::DefineTemplateRequest, v1::DefineTemplateResponse>(connection, &Bulletins::DefineTemplate);
    if (method == "DraftBulletin") return Bulletin<v1::DraftBulletinRequest, v1::DraftBulletinResponse>(connection, &Bulletins::DraftBulletin);
    if (method == "IssueBulletin") return Bulletin<v1::IssueBulletinRequest, v1::IssueBulletinResponse>(connection, &Bulletins::IssueBulletin);
    if (method == "GetBulletin") return Bulletin<v1::GetBulletinRequest, v1::GetBulletinResponse>(connection, &Bulletins::GetBulletin);
    if (method == "ComposeBulletin") return Bulletin<v1::ComposeBulletinRequest, v1::ComposeBulletinResponse>(connection, &Bulletins::ComposeBulletin);
    context_.Violated("ranking has no method " + method);
  }
  types::v1::Basis Basis() const override { return store_ == nullptr ? types::v1::Basis() : store_->Read()->stamp.basis(); }
  std::vector<std::string> Rows() override { return RowsOf(*store_->Read()); }

 protected:
  absl::Status Open() override {
    ASSIGN_OR_RETURN(store_, ranking::Store::Open(*disk_, /*thread=*/false));
    model_ = std::make_unique<ranking::BulletinsModel>();
    RETURN_IF_ERROR(OpenPipeline("ranking", ranking::schema::kBulletinSchemaVersion, *model_));
    const auto columns = [this] {
      return std::make_unique<SimulatedColumns>(context_, *this, aggregator_, [this](types::v1::Basis basis) { return WithHeads(std::move(basis)); });
    };
    bulletins_ = std::make_unique<ranking::Bulletins>(*store_, columns(), *model_, *pipeline_);
    handlers_ = std::make_unique<ranking::Handlers>(*store_, columns());
    taker_ = std::make_unique<ranking::FrameTaker>(*store_);
    Connect();
    return absl::OkStatus();
  }
  void Close() override {
    if (connection_ != nullptr) connection_->Drop();
    connection_ = nullptr;
    waiting_.Clear();
    handlers_ = nullptr;
    if (bulletins_ != nullptr) {
      // Calls under way go from the pipeline to the aggregator and back: everybody is told until nobody is left.
      for (int i = 0; i < 8; ++i) {
        Drain();
        bulletins_->Cancel();
      }
      Drain();
    }
    bulletins_ = nullptr;
    ClosePipeline();
    model_ = nullptr;
    taker_ = nullptr;
    store_ = nullptr;
  }
  void TurnMore() override {
    if (context_.scheduler.random.OneIn(40)) {
      if (const absl::Status flushed = store_->Flush(); !flushed.ok()) return Fatal(flushed);
    }
    waiting_.Look(context_, store_->Read()->ready, Basis());
  }

 private:
  void Connect() {
    const auto request = taker_->Begin();
    connection_ = context_.network.Open(*this, aggregator_, "FollowFrames");
    connection_->on_answer = [this, life = life](const std::string& bytes) {
      if (this->life != life || taker_ == nullptr) return;
      Run([&] { Take(bytes); });
    };
    connection_->on_end = [this, life = life](const absl::Status& status) {
      if (this->life != life || taker_ == nullptr) return;
      taker_->End(status);
      Again();
    };
    connection_->Send(request.SerializeAsString());
  }
  void Again() {
    connection_ = nullptr;
    context_.scheduler.After(context_.scheduler.random.Between(50'000, 500'000), [this, life = life] {
      if (this->life == life && taker_ != nullptr && connection_ == nullptr) Connect();
    });
  }
  void Take(const std::string& bytes) {
    aggregator::v1::Frame frame;
    if (!frame.ParseFromString(bytes)) return context_.Violated("a frame did not arrive as it was sent");
    const bool snapshot = frame.snapshot();
    const types::v1::Basis before = Basis();
    const ranking::FrameTaker::Step step = taker_->Take(frame);
    if (step == ranking::FrameTaker::Step::kMisfit) {
      ++context_.counts["frames that did not fit"];
      taker_->EndWithMisfit();
      connection_->Drop();
      return Again();
    }
    if (step != ranking::FrameTaker::Step::kApplied) return;
    Trace("applied a frame", snapshot);
    if (!snapshot && WentBack(before, Basis())) context_.Violated("ranking went back without a snapshot");
    waiting_.Look(context_, store_->Read()->ready, Basis());
    bulletins_->Wake();
  }

  types::v1::Basis WithHeads(types::v1::Basis basis) const {
    const auto fill = [](Node& node, types::v1::Position* position) {
      if (node.journal() == nullptr || position->sequence() == 0 || !position->block_hash().empty()) return;
      const auto blocks = node.journal()->ReadBlocksContaining(position->sequence(), 1);
      if (!blocks.ok() || blocks->empty()) return;
      const auto block = journal::DecodeBlockPrefix(blocks->front());
      if (block.ok() && block->header.last_sequence() == position->sequence()) {
        position->set_block_hash(std::string(reinterpret_cast<const char*>(block->hash.data()), block->hash.size()));
      }
    };
    fill(plan_, basis.mutable_plan());
    for (types::v1::Position& position : *basis.mutable_progress()) {
      for (Node* node : progress_) {
        if (node->journal() != nullptr && journal::ToHex(node->journal()->identity().id) == position.journal_id()) fill(*node, &position);
      }
    }
    return basis;
  }

  template <typename Request, typename Response>
  void Bulletin(const std::shared_ptr<Connection>& connection,
                void (ranking::Bulletins::*handle)(const rpc::Caller&, const Request&, ranking::Bulletins::Deadline, rpc::Finish<Response>)) {
    Serve<Request, Response>(connection, [this, handle](const Request& request, rpc::Finish<Response> finish) {
      (bulletins_.get()->*handle)(Local(), request, Never(), std::move(finish));
      Poke();
    });
  }

  Node& aggregator_;
  Node& plan_;
  const std::vector<Node*> progress_;
  std::unique_ptr<ranking::Store> store_;
  std::unique_ptr<ranking::BulletinsModel> model_;
  std::unique_ptr<ranking::Bulletins> bulletins_;
  std::unique_ptr<ranking::Handlers> handlers_;
  std::unique_ptr<ranking::FrameTaker> taker_;
  std::shared_ptr<Connection> connection_;
  Waiting waiting_;
};

}  // namespace

std::unique_ptr<AggregatorNode> NewAggregatorNode(Context& context, uint64_t seed, Node& plan, std::vector<Node*> progress) {
  return std::make_unique<AggregatorNode_>(context, seed, plan, std::move(progress));
}
std::unique_ptr<RankingNode> NewRankingNode(Context& context, uint64_t seed, Node& aggregator, Node& plan, std::vector<Node*> progress) {
  return std::make_unique<RankingNode_>(context, seed, aggregator, plan, std::move(progress));
}

std::vector<std::string> DumpFromZero(uint64_t seed, const journal::Journal& plan, const std::vector<const journal::Journal*>& progress) {
  Random random(seed);
  storage::SimulatedMedium medium(seed);
  const auto disk = medium.Boot();
  auto applier = aggregator::Applier::Open(*disk, progress.size(), [](const absl::Status& status) { CHECK_OK(status); });
  CHECK_OK(applier.status());
  std::vector<const journal::Journal*> journals = {&plan};
  journals.insert(journals.end(), progress.begin(), progress.end());
  for (size_t feed = 0; feed < journals.size(); ++feed) (*applier)->SetLineage(feed, journals[feed]->lineage());
  std::vector<journal::Position> at(journals.size());
  while (true) {
    std::vector<size_t> behind;
    for (size_t i = 0; i < journals.size(); ++i) {
      if (at[i].sequence < journals[i]->durable().sequence) behind.push_back(i);
    }
    if (behind.empty()) break;
    const size_t feed = behind[random.Below(behind.size())];
    const auto blocks = journals[feed]->ReadBlocks(at[feed], 1);
    CHECK_OK(blocks.status());
    const auto block = journal::DecodeBlock(blocks->front());
    CHECK_OK(block.status());
    if (feed > 0 && !(*applier)->PlanReached(block->header)) continue;
    const journal::Position after = journals[feed]->lineage().PositionOf(block->header.last_sequence(), block->hash);
    CHECK_OK(feed == 0 ? (*applier)->ApplyPlan(*block, after) : (*applier)->ApplyProgress(feed - 1, *block, after));
    at[feed] = after;
  }
  return (*applier)->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); });
}

}  // namespace anju::simulation
