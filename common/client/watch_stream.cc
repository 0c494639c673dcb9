// The resuming watch: connections one after the other, each from where the one before was lost.
#include "common/client/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::client {
namespace {

using ranking::v1::WatchEvent;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Whether `later` can come after `earlier` in one watch. A journal that was restored goes on under another id at the same sequences: which continues
// which, the service knows, and it has taken our basis for one of its own. Here only what goes back is seen.
bool MayFollow(const types::v1::Basis& later, const types::v1::Basis& earlier) {
  if (later.plan().sequence() < earlier.plan().sequence()) return false;
  const auto named = [](const types::v1::Basis& basis, const std::string& id) {
    return std::find_if(basis.progress().begin(), basis.progress().end(), [&](const types::v1::Position& position) { return position.journal_id() == id; });
  };
  std::vector<uint64_t> others;  // journals that were not there before
  for (const types::v1::Position& position : later.progress()) {
    if (named(earlier, position.journal_id()) == earlier.progress().end()) others.push_back(position.sequence());
  }
  for (const types::v1::Position& position : earlier.progress()) {
    if (const auto same = named(later, position.journal_id()); same != later.progress().end()) {
      if (same->sequence() < position.sequence()) return false;
      continue;
    }
    const auto other = std::find_if(others.begin(), others.end(), [&](uint64_t sequence) { return sequence >= position.sequence(); });
    if (other == others.end()) return false;
    others.erase(other);
  }
  return true;
}

// What one caller has been told so far, over all connections.
class Watcher {
 public:
  Watcher(std::string token, std::optional<types::v1::Basis> told, const WatchCallbacks& callbacks)
      : callbacks_(callbacks), token_(std::move(token)), told_(std::move(told)) {}

  void Connect() { first_ = true; }

  // False to end the connection: see `problem` and `enough`.
  bool Take(const WatchEvent& event) {
    const bool begins = std::exchange(first_, false);
    if (told_) {
      const bool is_ahead = MayFollow(event.to().basis(), *told_);
      const bool is_behind = MayFollow(*told_, event.to().basis());
      const bool is_same = rpc::Includes(event.to().basis(), *told_) && rpc::Includes(*told_, event.to().basis());
      if (begins ? !is_same : !is_ahead && !is_behind) {
        problem_ = MakeError(Reason::UNKNOWN_BASIS, "from", token_, "the server went on from another basis; what changed in between is not known");
        return false;
      }
      // Said before. Only a bookmark of the same basis may come again: it says that nothing happens.
      if (begins ? any_ : is_behind && (!is_ahead || !event.changes().empty())) return true;
    }
    any_ = true;
    enough_ = !callbacks_.on_event(event);
    told_ = event.to().basis();
    token_ = event.to().token();
    return !enough_;
  }

  const std::string& token() const { return token_; }
  bool any() const { return any_; }
  bool enough() const { return enough_; }
  const absl::Status& problem() const { return problem_; }

 private:
  const WatchCallbacks& callbacks_;
  std::string token_;                       // to go on from
  std::optional<types::v1::Basis> told_;    // what it stands for; nothing before the first event of a watch from now on
  bool first_ = true;                       // the next event is the first of its connection
  bool any_ = false;
  bool enough_ = false;
  absl::Status problem_;
};

}  // namespace

absl::Status WatchResuming(const RankingClient& client, ranking::v1::WatchRequest request, const WatchCallbacks& callbacks, WatchOptions options) {
  std::optional<types::v1::Basis> from;
  if (!request.from().empty()) {
    ASSIGN_OR_RETURN(from, rpc::ParseToken(request.from()));
  }
  Watcher watcher(request.from(), std::move(from), callbacks);

  const Clock::time_point start = Clock::now();
  Clock::time_point connected = start;  // when the server was last heard of
  milliseconds backoff(kWatchBackoffMsMin);
  while (true) {
    int left_ms = 0;
    if (options.watch_ms > 0) {
      const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - start).count();
      left_ms = std::max<int>(1, options.watch_ms - static_cast<int>(std::min<int64_t>(passed, options.watch_ms)));
    }
    request.set_from(watcher.token());
    watcher.Connect();
    const absl::Status ended = client.Watch(
        request,
        [&](const WatchEvent& event) {
          connected = Clock::now();
          backoff = milliseconds(kWatchBackoffMsMin);
          return watcher.Take(event);
        },
        left_ms);
    RETURN_IF_ERROR(watcher.problem());
    if (ended.ok()) return ended;
    if (ended.code() != absl::StatusCode::kUnavailable || (!watcher.any() && !options.retry_open)) return ended;
    if (callbacks.on_lost && !callbacks.on_lost(ended)) return absl::OkStatus();
    const Clock::time_point now = Clock::now();
    if (options.reconnect_ms > 0 && now - connected > milliseconds(options.reconnect_ms)) return ended;
    if (options.watch_ms > 0 && now + backoff - start > milliseconds(options.watch_ms)) return ended;
    std::this_thread::sleep_for(backoff);
    backoff = std::min(2 * backoff, milliseconds(kWatchBackoffMsMax));
  }
}

}  // namespace anju::client
