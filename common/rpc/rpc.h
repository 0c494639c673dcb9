// What every server of the suite has: limits, health, reflection, graceful drain, callers, errors on the wire.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "anju/status/v1/status.pb.h"
#include "anju/types/v1/basis.pb.h"
#include "anju/types/v1/error.pb.h"
#include "common/journal/format.h"
#include "common/region/region_tree.h"
#include "common/status/status.h"

namespace anju::rpc {

inline constexpr int kReceiveBytesMax = 16 << 20;
inline constexpr int kConcurrentStreamsMax = 1024;
inline constexpr size_t kMemoryQuotaBytes = 512 << 20;
inline constexpr int kHandshakeTimeoutMs = 5'000;
inline constexpr int kKeepaliveMs = 30'000;
inline constexpr int kDrainMs = 3'000;
inline constexpr int kDefaultDeadlineMs = 10'000;  // of client calls that name none

// ---- Errors: the only map between absl and gRPC ----
grpc::Status ToGrpc(const absl::Status& status);      // details travel as a serialized anju.types.v1.ErrorList
absl::Status FromGrpc(const grpc::Status& status);
types::v1::ErrorDetail ToProto(const ErrorDetail& detail);
ErrorDetail FromProto(const types::v1::ErrorDetail& detail);

// ---- Who is calling ----
enum class Role { kPlanner, kReporter, kReviewer, kAnalyst, kOperator };
struct Caller {
  std::string identity;        // e.g. "local"
  Role role = Role::kAnalyst;
  std::string region;          // code of the subtree it may touch; empty: none (operators: all)
  bool everywhere = false;     // the built-in local operator
};
enum class Action { kRead, kPlan, kReport, kReview, kOperate };
// Without TLS a service listens on loopback only and every caller is the built-in local operator.
Caller CallerOf(const grpc::CallbackServerContext& context);
// The one check: deny by default. Every region named anywhere in a request goes through here. NOT_ALLOWED.
// `tree` may be nullptr when the request names no region.
absl::Status Authorize(const Caller& caller, Action action, RegionNumber region, const RegionTree* tree, Date day);

// ---- Positions and tokens ----
types::v1::Position ToProto(const journal::Position& position);
absl::StatusOr<journal::Position> FromProto(const types::v1::Position& position);  // BAD_TOKEN
// Fills the token of a stamp from its basis. `complete_until_us`: everything recorded before it is in the basis; 0 when nobody can tell.
types::v1::BasisStamp MakeStamp(types::v1::Basis basis, int64_t recorded_time_us, int64_t complete_until_us = 0);
absl::StatusOr<types::v1::Basis> ParseToken(std::string_view token);  // BAD_TOKEN; "" gives an empty basis
// True when `have` includes at least everything `want` names: same journal ids and sequences not smaller. A journal that `have`
// does not know is not included unless its wanted sequence is 0.
bool Includes(const types::v1::Basis& have, const types::v1::Basis& want);

// ---- Bounded staleness ----
inline constexpr int64_t kStalenessMsMax = 86'400'000;
// BAD_VALUE outside 0..kStalenessMsMax; 0 asks for nothing.
absl::Status CheckStaleness(int64_t max_staleness_ms);
// True when everything recorded up to `max_staleness_ms` before `now_us` is included; always for 0. An answer that is complete until 0 cannot
// tell, and is never fresh enough.
bool IsFreshEnough(int64_t complete_until_us, int64_t max_staleness_ms, int64_t now_us);
// What WaitingRoom::Wait says at the deadline of a wait for freshness.
absl::Status StaleError(int64_t max_staleness_ms);

// ---- Waiting for a basis ----
// Parks answers until a basis is reached or their deadline passes. Bounded; safe for concurrent use.
class WaitingRoom {
 public:
  static constexpr size_t kWaitersMax = 1024;
  static constexpr int kWaitMsMax = 60'000;  // for callers without a deadline
  WaitingRoom();
  ~WaitingRoom();  // answers everybody UNAVAILABLE
  // Runs `ready(OK)` once `reached()` is true (perhaps at once, on this thread), or `ready(at_deadline)` at the deadline; BEHIND when
  // `at_deadline` is OK. `reached` is called under no lock of this class's callers; keep it short.
  void Wait(std::function<bool()> reached, std::chrono::system_clock::time_point deadline, std::function<void(absl::Status)> ready,
            absl::Status at_deadline = absl::OkStatus());
  // Something was applied: looks again at everybody.
  void Wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A little before `deadline` (a tenth of what is left, 100 ms at most): who answers BEHIND or STALE by then is heard before the caller's own
// clock gives up without a reason.
std::chrono::system_clock::time_point AnswerBy(std::chrono::system_clock::time_point deadline);

// ---- The server ----
struct ServerOptions {
  std::string service;           // plan, progress, aggregator, ranking
  std::string listen;            // HOST:PORT, port 0 picks one; loopback only (BAD_VALUE otherwise: no TLS yet)
};

// Starts with health NOT_SERVING; SetServing once ready. Destruction drains: NOT_SERVING, no new calls, kDrainMs, then cancel.
class Server {
 public:
  using StatusFn = std::function<void(status::v1::GetStatusResponse*)>;  // fills position, basis, following
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, const std::vector<grpc::Service*>& services,
                                                       StatusFn status);
  ~Server();
  void SetServing(bool serving);
  const std::string& address() const;  // HOST:PORT with the real port
  void Drain();                        // idempotent

 private:
  Server() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all later ones; call first in main.
void BlockSignals();
// Waits for one of them.
void WaitForSignal();
// A channel with the suite's settings to HOST:PORT.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);
// Prints "listening HOST:PORT" on stdout (what `anju up` reads) and flushes.
void Announce(const std::string& address);
// Exit codes of a service's main.
inline constexpr int kExitUsage = 64;
// Says on stderr, in one line, why `program` could not start and what to do about it ("anju-plan: DIRECTORY_IN_USE: …") and returns the exit code: 6 for a port that is
// taken, 64 for an address it may not listen on, 70 for a store it cannot use.
int FailStart(std::string_view program, const absl::Status& status);

// One unary call answered by a function that may finish later, on any thread. Keeps service.cc at one line per RPC.
template <typename Response>
using Finish = std::function<void(absl::StatusOr<Response>)>;
template <typename Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Response* response,
                                 const std::function<void(const Caller&, Finish<Response>)>& handler);

// A response that was serialized already.
template <typename Response>
struct Encoded {
  std::string bytes;
};
// The same for a method that is served as bytes (WithRawCallbackMethod_…), because its answers are kept serialized. A request that cannot be parsed
// is BAD_VALUE.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerEncoded(grpc::CallbackServerContext* context, const grpc::ByteBuffer& request, grpc::ByteBuffer* response,
                                        const std::function<void(const Caller&, const Request&, Finish<Encoded<Response>>)>& handler);

// For streams that are served as bytes. True when the bytes were the message.
bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);
// BAD_VALUE: they were not.
absl::Status NotParsed(const google::protobuf::MessageLite& message);
// Sends these very bytes: they are not copied.
grpc::ByteBuffer ToBuffer(std::shared_ptr<const std::string> bytes);

}  // namespace anju::rpc

#include "common/rpc/answer.inc"
