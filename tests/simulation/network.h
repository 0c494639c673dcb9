// The simulated network: connections that deliver bytes late, in order or not at all, between machines that may die.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/simulation/scheduler.h"

namespace anju::simulation {

// Somebody with an address. When it dies, its number of lives goes up, and what was meant for the life before is nobody's.
struct Machine {
  explicit Machine(std::string called) : name(std::move(called)) {}
  virtual ~Machine() = default;
  std::string name;
  uint64_t life = 1;
  bool up = true;
};

class Network;

// One stream between a caller and a server; a call is a stream with one message each way. What is sent in one direction arrives in order, until the
// connection is cut: then nothing more does, and each side hears of it in its own time.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // The caller's: what the server sends, and how it all ended (once).
  std::function<void(std::string)> on_answer;
  std::function<void(const absl::Status&)> on_end;
  // The server's: what the caller sends, and that nobody is there any more (at most once).
  std::function<void(std::string)> on_request;
  std::function<void()> on_gone;

  void Send(std::string bytes) { Push(0, {std::move(bytes), {}, false}); }    // by the caller
  void Answer(std::string bytes) { Push(1, {std::move(bytes), {}, false}); }  // by the server
  void End(const absl::Status& status) { Push(1, {"", status, true}); }       // by the server
  void Drop() { Cut(true); }                                                  // by the caller: it hears no more
  bool open() const { return open_; }
  size_t queued() const { return ways_[1].queue.size(); }  // answers on their way

 private:
  friend class Network;
  struct Message {
    std::string bytes;
    absl::Status status;
    bool end = false;
  };
  struct Way {
    std::deque<Message> queue;
    bool moving = false;
  };
  Connection(Network& network, Machine& caller, Machine& server);
  void Push(int way, Message message);
  void Move(int way);
  void Arrive(int way);
  void Cut(bool by_caller);

  Network& network_;
  Machine& caller_;
  Machine& server_;
  const uint64_t caller_life_, server_life_;
  Way ways_[2];
  bool open_ = true;
  bool stutters_ = false;  // a stream that others follow
};

struct NetworkWeather {
  int64_t delay_us_min = 200, delay_us_max = 5'000;
  uint64_t slow_permille = 5;    // of messages that take a hundred times as long
  uint64_t lost_permille = 0;    // of messages that never arrive: the connection is cut there
  uint64_t stutter_permille = 0; // of messages of followed streams that come twice or not at all, as from a server or proxy gone wrong
  uint64_t doubled_permille = 0; // of calls that arrive twice, as through a proxy that retries
};

class Network {
 public:
  // `accept` is told of each new connection by its server's side, with the method.
  using Accept = std::function<void(Machine& server, const std::string& method, const std::shared_ptr<Connection>& connection)>;
  Network(Scheduler& scheduler, Accept accept) : scheduler_(scheduler), accept_(std::move(accept)) {}
  ~Network();

  std::shared_ptr<Connection> Open(Machine& caller, Machine& server, const std::string& method);
  // One request, one answer or an error, or DEADLINE_EXCEEDED after `timeout_us` (the server may still do it, later).
  void Call(Machine& caller, Machine& server, const std::string& method, const std::string& request, int64_t timeout_us,
            std::function<void(absl::StatusOr<std::string>)> done);
  // A machine has died: its connections are cut.
  void Died(const Machine& machine);
  // Cuts one connection somewhere; false when there is none.
  bool CutOne();
  // Nothing passes between the two until it heals.
  void Part(const Machine& a, const Machine& b);
  void HealAll() { parted_.clear(); }
  bool Parted(const Machine& a, const Machine& b) const;

  NetworkWeather weather;
  uint64_t lost = 0, doubled = 0, stuttered = 0, delivered = 0, bytes = 0;

 private:
  friend class Connection;
  std::vector<std::shared_ptr<Connection>> Living();

  Scheduler& scheduler_;
  const Accept accept_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::set<std::pair<const Machine*, const Machine*>> parted_;
};

}  // namespace anju::simulation
