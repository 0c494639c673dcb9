// A simulated machine with one service on it: boots from its disk, dies in every way, and is started again as `anju up` would.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/feed/chain.h"
#include "common/feed/sending.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/storage/simulated_disk.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scheduler.h"

namespace anju::simulation {

class Node;

// What everybody in one simulation shares.
struct Context {
  explicit Context(uint64_t seed);
  Scheduler scheduler;
  Network network;
  Node* running = nullptr;  // whose code runs now; nullptr: nobody's
  // A promise was broken. The first one ends the simulation.
  void Violated(const std::string& what);
  std::string violation;
  // A journal of a service is open (after each boot), and grew: what an observer may look at.
  std::function<void(Node&)> on_boot;
  std::function<void(Node&)> on_durable;
  std::map<std::string, uint64_t> counts;  // of what happened, by name
};

class Node : public Machine {
 public:
  Node(Context& context, std::string name, uint64_t seed);
  ~Node() override;

  void Start();
  enum class Death { kPower, kKill, kItself };  // power: what was not synced is mostly lost; the others: the kernel writes it all
  // Starts again after a while. Nothing happens when it is down.
  void Die(Death death);
  // Stays down until Start is called.
  void Hold(bool held) { held_ = held; }

  virtual void Accept(const std::string& method, const std::shared_ptr<Connection>& connection) = 0;
  // nullptr when there is none, or the service is down.
  virtual journal::Journal* journal() { return nullptr; }
  storage::SimulatedMedium& medium() { return *medium_; }
  // A new disk in place of the old one; the node must be down.
  void ReplaceMedium(std::unique_ptr<storage::SimulatedMedium> medium) { medium_ = std::move(medium); }
  SkewedClock& clock() { return clock_; }
  const absl::Status& refused() const { return refused_; }  // why the last start failed; OK if it did not

 protected:
  // Opens the service on `disk_`. On an error Close is called.
  virtual absl::Status Open() = 0;
  virtual void Close() = 0;
  // Whatever the service's threads would do now.
  virtual void Turn() = 0;

  // The service says that it ends: a write failed.
  void Fatal(const absl::Status& status);
  // Runs `what` in this life only, after a moment.
  void Soon(int64_t delay_us_max, std::function<void()> what);
  // Runs the node's code.
  template <typename What>
  void Run(What what) {
    Node* const before = std::exchange(context_.running, this);
    what();
    context_.running = before;
  }
  void Trace(std::string_view what, uint64_t number = 0);
  // Serves one call: `handle` is given the request and a function that answers it.
  template <typename Request, typename Response>
  void Serve(const std::shared_ptr<Connection>& connection, std::function<void(const Request&, rpc::Finish<Response>)> handle);

  Context& context_;
  SkewedClock clock_;
  std::unique_ptr<storage::Disk> disk_;

 private:
  void Tick();

  std::unique_ptr<storage::SimulatedMedium> medium_;
  bool held_ = false;
  bool ended_ = false;  // by itself, in this life
  absl::Status refused_;
};

template <typename Request, typename Response>
void Node::Serve(const std::shared_ptr<Connection>& connection, std::function<void(const Request&, rpc::Finish<Response>)> handle) {
  connection->on_request = [this, weak = std::weak_ptr<Connection>(connection), handle](const std::string& bytes) {
    auto request = std::make_shared<Request>();
    if (!request->ParseFromString(bytes)) return context_.Violated("a request did not arrive as it was sent");
    // The request lives until it is answered, as gRPC's do.
    Run([&] {
      handle(*request, [request, weak](absl::StatusOr<Response> response) {
        const auto connection = weak.lock();
        if (connection == nullptr) return;
        if (response.ok()) connection->Answer(response->SerializeAsString());
        connection->End(response.status());
      });
    });
  };
  // Somebody must hold the connection while the call is under way; the server does.
  connection->on_gone = [connection] {};
}

// The pipeline of a service that owns a journal, and its feed.
class OwnerNode : public Node {
 public:
  using Node::Node;
  journal::Journal* journal() override { return pipeline_ == nullptr ? nullptr : &pipeline_->journal(); }

 protected:
  absl::Status OpenPipeline(std::string_view service, uint32_t schema_version, journal::Model& model);
  // Before what uses the pipeline goes: nobody is waiting in it any more.
  void Drain();
  void ClosePipeline();
  void Turn() override;
  // Something was submitted.
  void Poke();
  void ServeFeed(const std::shared_ptr<Connection>& connection);
  virtual void TurnMore() {}

  std::unique_ptr<journal::Pipeline> pipeline_;

 private:
  struct Stream {
    std::shared_ptr<Connection> connection;
    std::unique_ptr<feed::Sending> sending;
    int64_t bookmark_due_us = 0;
  };
  bool Step(journal::PipelineStep step);
  void Pump();

  std::vector<Stream> streams_;
  uint64_t listener_ = 0;
};

// Follows one feed, as feed::Follower does with a thread.
class FeedClient {
 public:
  // `ready` may hold back a message whose blocks cannot be taken yet; Look tries again.
  FeedClient(Context& context, Node& owner, Node& upstream, journal::Position from, feed::Callbacks callbacks,
             std::function<bool(const journal::BlockView&)> ready = nullptr);
  ~FeedClient();
  void Look();
  const journal::Position& at() const { return chain_.at(); }

 private:
  void Connect();
  void Ended(const absl::Status& status);

  Context& context_;
  Node& owner_;
  Node& upstream_;
  feed::Chain chain_;
  feed::Callbacks callbacks_;
  const std::function<bool(const journal::BlockView&)> ready_;
  std::shared_ptr<Connection> connection_;
  std::deque<std::string> inbox_;
  int64_t backoff_us_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unique_ptr<Node> NewPlanNode(Context& context, uint64_t seed);
std::unique_ptr<Node> NewProgressNode(Context& context, const std::string& name, uint64_t seed, Node& plan);

}  // namespace anju::simulation
