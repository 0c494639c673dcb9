// Booting and dying; the steps of a pipeline; feeds served and followed.
#include "tests/simulation/node.h"

#include "anju/feed/v1/feed.pb.h"
#include "common/feed/feed.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::simulation {
namespace {

constexpr int64_t kStartUs = 1'498'000'000'000'000;  // 2017-06-21, about seven in the morning in Shanghai
constexpr int64_t kTickUsMin = 3'000, kTickUsMax = 25'000;
constexpr int64_t kDownUsMax = 600'000;               // until a dead service is started again
constexpr uint64_t kStateFlushEvents = 150;           // small, so that states lie behind by all amounts
constexpr size_t kQueueMax = 64;
constexpr size_t kAnswersQueuedMax = 4;               // messages of one stream on their way: the transport's backpressure

}  // namespace

Context::Context(uint64_t seed)
    : scheduler(seed), network(scheduler, [](Machine& server, const std::string& method, const std::shared_ptr<Connection>& connection) {
        static_cast<Node&>(server).Accept(method, connection);
      }) {}

void Context::Violated(const std::string& what) {
  if (violation.empty()) violation = what;
}

Node::Node(Context& context, std::string name, uint64_t seed)
    : Machine(std::move(name)), context_(context), clock_(context.scheduler, kStartUs), medium_(std::make_unique<storage::SimulatedMedium>(seed)) {
  up = false;
}

Node::~Node() = default;

void Node::Trace(std::string_view what, uint64_t number) { context_.scheduler.Trace(name + " " + std::string(what), number); }

void Node::Start() {
  if (up) return;
  ++life;
  disk_ = medium_->Boot();
  ended_ = false;
  Run([&] { refused_ = Open(); });
  if (ended_ && refused_.ok()) refused_ = MakeError(Reason::STORAGE_FAILED, "", "", "the process ended while it started");
  if (!refused_.ok()) {
    Trace("refuses to start", static_cast<uint64_t>(refused_.code()));
    ++context_.counts["starts refused"];
    Run([&] { Close(); });
    disk_ = nullptr;
    context_.scheduler.After(context_.scheduler.random.Between(10'000, kDownUsMax), [this, life = life] {
      if (this->life != life || held_) return;
      Start();
    });
    return;
  }
  up = true;
  Trace("is up", life);
  ++context_.counts["starts"];
  if (context_.on_boot) context_.on_boot(*this);
  Tick();
}

void Node::Die(Death death) {
  if (disk_ == nullptr) return;
  Trace(death == Death::kPower ? "loses power" : "dies", life);
  up = false;
  ++life;
  context_.network.Died(*this);
  if (death == Death::kPower) {
    medium_->Crash();
  } else {
    medium_->Boot();  // what the dying process still tries reaches no disk
  }
  medium_->CrashAfter(0);
  medium_->FailAfter(0);
  Run([&] { Close(); });
  disk_ = nullptr;
  context_.scheduler.After(context_.scheduler.random.Between(10'000, kDownUsMax), [this, life = life] {
    if (this->life == life && !held_) Start();
  });
}

void Node::Fatal(const absl::Status& status) {
  ended_ = true;
  if (!up) return;
  up = false;
  ++context_.counts["ended by an error of the disk"];
  context_.scheduler.After(0, [this, life = life] {
    if (this->life == life) Die(Death::kItself);
  });
}

void Node::Soon(int64_t delay_us_max, std::function<void()> what) {
  context_.scheduler.After(context_.scheduler.random.Between(0, delay_us_max), [this, life = life, what = std::move(what)] {
    if (this->life == life && up) Run(what);
  });
}

void Node::Tick() {
  context_.scheduler.After(context_.scheduler.random.Between(kTickUsMin, kTickUsMax), [this, life = life] {
    if (this->life != life || !up) return;
    Run([&] { Turn(); });
    if (this->life == life && up) Tick();
  });
}

absl::Status OwnerNode::OpenPipeline(std::string_view service, uint32_t schema_version, journal::Model& model) {
  journal::PipelineOptions options;
  options.threads = false;
  options.queue_max = kQueueMax;
  options.state_flush_events = kStateFlushEvents;
  options.on_fatal = [this](const absl::Status& status) { Fatal(status); };
  ASSIGN_OR_RETURN(pipeline_, journal::Pipeline::Open(*disk_, service, schema_version, model, clock_, options));
  listener_ = pipeline_->journal().AddListener([this](const journal::Position& durable) {
    Trace("durable", durable.sequence);
    if (context_.on_durable) context_.on_durable(*this);
    Soon(3'000, [this] { Pump(); });
  });
  return absl::OkStatus();
}

void OwnerNode::Drain() {
  if (pipeline_ == nullptr) return;
  pipeline_->journal().RemoveListener(listener_);
  while (pipeline_->Step(journal::PipelineStep::kWrite) || pipeline_->Step(journal::PipelineStep::kDecide)) {
  }
}

void OwnerNode::ClosePipeline() {
  for (Stream& stream : streams_) stream.connection->on_gone = nullptr;
  streams_.clear();
  pipeline_ = nullptr;
}

bool OwnerNode::Step(journal::PipelineStep step) {
  if (pipeline_ == nullptr || !up || !pipeline_->Step(step)) return false;
  Trace(step == journal::PipelineStep::kDecide ? "decided" : step == journal::PipelineStep::kWrite ? "wrote" : "flushed");
  return true;
}

void OwnerNode::Turn() {
  Random& random = context_.scheduler.random;
  // The threads may come to their turns in any order, and not at all.
  if (!random.OneIn(4)) Step(journal::PipelineStep::kWrite);
  if (!random.OneIn(4)) Step(journal::PipelineStep::kDecide);
  if (random.OneIn(2)) Step(journal::PipelineStep::kWrite);
  if (random.OneIn(150)) Step(journal::PipelineStep::kFlush);
  Pump();
  TurnMore();
}

void OwnerNode::Poke() {
  Soon(3'000, [this] { Step(journal::PipelineStep::kDecide); });
  Soon(9'000, [this] { Step(journal::PipelineStep::kWrite); });
}

void OwnerNode::ServeFeed(const std::shared_ptr<Connection>& connection) {
  connection->on_request = [this, weak = std::weak_ptr<Connection>(connection)](const std::string& bytes) {
    const auto connection = weak.lock();
    feed::v1::FollowRequest request;
    if (connection == nullptr || pipeline_ == nullptr || !request.ParseFromString(bytes)) return;
    const absl::StatusOr<journal::Position> after = rpc::FromProto(request.after());
    if (!after.ok()) return connection->End(after.status());
    streams_.push_back({connection, std::make_unique<feed::Sending>(pipeline_->journal(), clock_, *after), 0});
  };
  connection->on_gone = [this, raw = connection.get()] { std::erase_if(streams_, [raw](const Stream& stream) { return stream.connection.get() == raw; }); };
}

void OwnerNode::Pump() {
  if (pipeline_ == nullptr || !up) return;
  std::erase_if(streams_, [](const Stream& stream) { return !stream.connection->open(); });
  const int64_t now_us = context_.scheduler.now_us();
  for (Stream& stream : streams_) {
    if (stream.connection->queued() >= kAnswersQueuedMax) continue;
    feed::v1::FollowResponse response;
    const absl::StatusOr<bool> filled = stream.sending->Next(now_us >= stream.bookmark_due_us, &response);
    if (!filled.ok()) {
      Trace("ends a feed", static_cast<uint64_t>(filled.status().code()));
      stream.connection->End(filled.status());
      continue;
    }
    if (!*filled) continue;
    stream.bookmark_due_us = now_us + feed::kBookmarkIntervalMs * 1000;
    stream.connection->Answer(response.SerializeAsString());
  }
}

FeedClient::FeedClient(Context& context, Node& owner, Node& upstream, journal::Position from, feed::Callbacks callbacks,
                       std::function<bool(const journal::BlockView&)> ready)
    : context_(context), owner_(owner), upstream_(upstream), chain_(upstream.name, from), callbacks_(std::move(callbacks)), ready_(std::move(ready)),
      backoff_us_(feed::kBackoffMsMin * 1000) {
  Connect();
}

FeedClient::~FeedClient() {
  *alive_ = false;
  if (connection_ != nullptr) connection_->Drop();
}

void FeedClient::Connect() {
  inbox_.clear();
  feed::v1::FollowRequest request;
  *request.mutable_after() = rpc::ToProto(chain_.Begin());
  connection_ = context_.network.Open(owner_, upstream_, "Follow");
  connection_->on_answer = [this, alive = alive_](std::string bytes) {
    if (!*alive) return;
    inbox_.push_back(std::move(bytes));
    Look();
  };
  connection_->on_end = [this, alive = alive_](const absl::Status& status) {
    if (*alive) Ended(status);
  };
  connection_->Send(request.SerializeAsString());
}

void FeedClient::Look() {
  const auto alive = alive_;
  Node* const before = std::exchange(context_.running, &owner_);
  while (*alive && !inbox_.empty() && owner_.up) {
    feed::v1::FollowResponse response;
    if (!response.ParseFromString(inbox_.front())) {
      context_.Violated("a feed's message did not arrive as it was sent");
      break;
    }
    bool ready = true;
    for (const std::string& bytes : response.blocks()) {
      const absl::StatusOr<journal::BlockView> block = journal::DecodeBlockPrefix(bytes);
      if (ready_ && block.ok()) ready = ready && ready_(*block);
    }
    if (!ready) break;
    inbox_.pop_front();
    const absl::Status taken = chain_.Take(response, callbacks_);
    if (!*alive) break;  // it was told to start over
    if (taken.ok()) {
      backoff_us_ = feed::kBackoffMsMin * 1000;
      continue;
    }
    context_.scheduler.Trace(owner_.name + " gives up a stream of " + upstream_.name, static_cast<uint64_t>(taken.code()));
    ++context_.counts["streams given up"];
    connection_->Drop();
    Ended(taken);
    break;
  }
  context_.running = before;
}

void FeedClient::Ended(const absl::Status& status) {
  const auto alive = alive_;
  inbox_.clear();
  connection_ = nullptr;
  if (chain_.End(status, callbacks_)) context_.scheduler.Trace(owner_.name + " starts over with " + upstream_.name);
  if (!*alive) return;
  const int64_t delay = backoff_us_;
  backoff_us_ = std::min<int64_t>(2 * backoff_us_, feed::kBackoffMsMax * 1000);
  context_.scheduler.After(delay, [this, alive, life = owner_.life] {
    if (*alive && owner_.life == life && owner_.up) Connect();
  });
}

}  // namespace anju::simulation
