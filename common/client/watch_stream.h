// A watch that survives restarts of the ranking service: goes on after the last event that was handed over.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/client/client.h"

namespace anju::client {

inline constexpr int kWatchBackoffMsMin = 50;
inline constexpr int kWatchBackoffMsMax = 2'000;

struct WatchOptions {
  int watch_ms = 0;            // how long to watch; 0: for ever
  int reconnect_ms = 30'000;   // how long a lost server is looked for; 0: for ever
  bool retry_open = false;     // look for the server also when it was not there to begin with
};

struct WatchCallbacks {
  // One event, in order; false ends the watch. The first says where the watch begins; the first of a later connection, which would say it again,
  // is not handed over. No transition is left out or comes twice: they are known by their `to` basis.
  std::function<bool(const ranking::v1::WatchEvent& event)> on_event;
  // The server was lost, or is still not there, and will be looked for again; false ends the watch. Optional.
  std::function<bool(const absl::Status& problem)> on_lost;
};

// Watches until a callback says false or options.watch_ms have passed (OK both), or until the watch cannot go on: the server is UNAVAILABLE for
// too long, or says anything else. UNKNOWN_BASIS when it goes on from another basis than asked, as transitions would be missing. Callbacks run on
// the calling thread. After an error, request.from = token of the last event goes on where this ended.
absl::Status WatchResuming(const RankingClient& client, ranking::v1::WatchRequest request, const WatchCallbacks& callbacks,
                           WatchOptions options = {});

}  // namespace anju::client
