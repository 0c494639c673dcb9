// Delivering, losing and cutting.
#include "tests/simulation/network.h"

#include <algorithm>

#include "common/rpc/rpc.h"
#include "common/status/status.h"

namespace anju::simulation {
namespace {

constexpr int64_t kNoticeUsMax = 400'000;   // until a side hears that the other is gone
constexpr int64_t kPartedRetryUs = 50'000;  // how often the transport tries again through a partition

absl::Status ConnectionLost() { return MakeError(Reason::UNAVAILABLE, "", "", "the connection was lost"); }

}  // namespace

Connection::Connection(Network& network, Machine& caller, Machine& server)
    : network_(network), caller_(caller), server_(server), caller_life_(caller.life), server_life_(server.life) {}

void Connection::Push(int way, Message message) {
  if (!open_) return;
  // Errors travel as they do on the wire.
  if (message.end && !message.status.ok()) message.status = rpc::FromGrpc(rpc::ToGrpc(message.status));
  ways_[way].queue.push_back(std::move(message));
  if (!ways_[way].moving) Move(way);
}

void Connection::Move(int way) {
  Random& random = network_.scheduler_.random;
  const NetworkWeather& weather = network_.weather;
  ways_[way].moving = true;
  int64_t delay = random.Between(weather.delay_us_min, weather.delay_us_max);
  if (random.Permille(weather.slow_permille)) delay *= 100;
  network_.scheduler_.After(delay, [self = shared_from_this(), way] { self->Arrive(way); });
}

void Connection::Arrive(int way) {
  if (!open_) return;
  if (network_.Parted(caller_, server_)) {
    network_.scheduler_.After(kPartedRetryUs, [self = shared_from_this(), way] { self->Arrive(way); });
    return;
  }
  if (network_.scheduler_.random.Permille(network_.weather.lost_permille)) {
    ++network_.lost;
    return Cut(false);
  }
  Message message = std::move(ways_[way].queue.front());
  ways_[way].queue.pop_front();
  ways_[way].moving = false;
  if (!ways_[way].queue.empty()) Move(way);
  const bool to_server = way == 0;
  if (to_server ? !server_.up || server_.life != server_life_ : caller_.life != caller_life_) return Cut(false);
  ++network_.delivered;
  network_.bytes += message.bytes.size();
  if (to_server) {
    network_.scheduler_.Trace(">" + server_.name, message.bytes.size());
    const auto request = on_request;
    if (request) request(std::move(message.bytes));
    return;
  }
  network_.scheduler_.Trace("<" + caller_.name, message.bytes.size());
  if (message.end) {
    open_ = false;
    const auto end = std::move(on_end);
    const auto gone = std::move(on_gone);
    on_answer = nullptr;
    on_request = nullptr;
    if (end) end(message.status);
    return;
  }
  const auto answer = on_answer;  // it may drop the connection
  if (stutters_ && network_.scheduler_.random.Permille(network_.weather.stutter_permille)) {
    ++network_.stuttered;
    if (network_.scheduler_.random.OneIn(2)) return;
    if (answer) answer(message.bytes);
    if (!open_ || !on_answer) return;
  }
  if (answer) answer(std::move(message.bytes));
}

void Connection::Cut(bool by_caller) {
  if (!open_) {
    // It was cut before, and the caller gives it up before he hears of that.
    if (by_caller) on_end = nullptr;
    return;
  }
  open_ = false;
  for (Way& way : ways_) way.queue.clear();
  const auto self = shared_from_this();
  Scheduler& scheduler = network_.scheduler_;
  on_request = nullptr;
  on_answer = nullptr;
  scheduler.After(scheduler.random.Between(0, kNoticeUsMax), [self, gone = std::move(on_gone)] {
    if (self->server_.life == self->server_life_ && gone) gone();
  });
  if (by_caller) {
    on_end = nullptr;
    return;
  }
  // Looked up only then: who calls a server that is down says afterwards what the end means to him.
  scheduler.After(scheduler.random.Between(0, kNoticeUsMax), [self] {
    const auto end = std::move(self->on_end);
    if (end && self->caller_.life == self->caller_life_) end(ConnectionLost());
  });
}

Network::~Network() {
  for (const auto& connection : Living()) {
    connection->open_ = false;
    connection->on_answer = nullptr;
    connection->on_end = nullptr;
    connection->on_request = nullptr;
    const auto gone = std::move(connection->on_gone);
  }
}

std::shared_ptr<Connection> Network::Open(Machine& caller, Machine& server, const std::string& method) {
  auto connection = std::shared_ptr<Connection>(new Connection(*this, caller, server));
  connection->stutters_ = method.starts_with("Follow");
  connections_.push_back(connection);
  if (connections_.size() > 256) std::erase_if(connections_, [](const auto& weak) { return weak.expired() || !weak.lock()->open_; });
  if (!server.up) {
    connection->Cut(false);
  } else {
    accept_(server, method, connection);
  }
  return connection;
}

void Network::Call(Machine& caller, Machine& server, const std::string& method, const std::string& request, int64_t timeout_us,
                   std::function<void(absl::StatusOr<std::string>)> done) {
  // Shared by the copies of the call and its deadline: the first of them answers.
  auto once = std::make_shared<std::function<void(absl::StatusOr<std::string>)>>(std::move(done));
  const auto finish = [once](absl::StatusOr<std::string> answer) {
    const auto first = std::exchange(*once, nullptr);
    if (first) first(std::move(answer));
  };
  const int copies = scheduler_.random.Permille(weather.doubled_permille) ? 2 : 1;
  doubled += copies - 1;
  for (int copy = 0; copy < copies; ++copy) {
    const auto connection = Open(caller, server, method);
    connection->on_answer = [finish](std::string bytes) { finish(std::move(bytes)); };
    connection->on_end = [finish](const absl::Status& status) { finish(status.ok() ? ConnectionLost() : status); };
    connection->Send(request);
  }
  scheduler_.After(timeout_us, [this, finish, life = caller.life, &caller] {
    if (caller.life == life) finish(absl::DeadlineExceededError("the caller's deadline passed"));
  });
}

std::vector<std::shared_ptr<Connection>> Network::Living() {
  std::vector<std::shared_ptr<Connection>> living;
  for (const auto& weak : connections_) {
    auto connection = weak.lock();
    if (connection != nullptr && connection->open_) living.push_back(std::move(connection));
  }
  return living;
}

void Network::Died(const Machine& machine) {
  for (const auto& connection : Living()) {
    if (&connection->caller_ == &machine || &connection->server_ == &machine) connection->Cut(false);
  }
}

bool Network::CutOne() {
  const auto living = Living();
  if (living.empty()) return false;
  living[scheduler_.random.Below(living.size())]->Cut(false);
  return true;
}

void Network::Part(const Machine& a, const Machine& b) {
  parted_.insert({&a, &b});
  parted_.insert({&b, &a});
  // Some connections do not live through it.
  for (const auto& connection : Living()) {
    if (Parted(connection->caller_, connection->server_) && scheduler_.random.OneIn(2)) connection->Cut(false);
  }
}

bool Network::Parted(const Machine& a, const Machine& b) const { return parted_.contains({&a, &b}); }

}  // namespace anju::simulation
