// A stream of reported figures that survives restarts of the server: numbered, windowed, resent until each has its verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/progress/v1/progress.pb.h"
#include "anju/types/v1/basis.pb.h"

namespace anju::client {

inline constexpr size_t kWindowItemsMax = 16'000;      // sent or waiting to be sent, and not yet answered
// Written to the server and not yet answered. Less than the 4,096 answers a server repeats, so that no verdict is lost with a connection.
inline constexpr size_t kInFlightItemsMax = 4'000;
inline constexpr size_t kMessageItemsMax = 1'000;      // of one message, by the contract
inline constexpr size_t kSeriesMax = 1 << 20;          // of one stream, by the contract
inline constexpr int kReconnectAttemptsMax = 100;      // in a row, without an answer in between
inline constexpr int kReconnectBackoffMsMin = 50;
inline constexpr int kReconnectBackoffMsMax = 1'000;

struct ReportOptions {
  std::string source;
  std::string plan_at_least;   // token; nothing is decided before this much of the plan is applied
  std::string request_id;
  int open_ms = 10'000;        // how long the first answer may take
  int reconnect_ms = 30'000;   // how long a lost server is looked for
  bool retry_open = false;     // look for the server also when it was not there to begin with
};

struct ReportCallbacks {
  // A verdict that is not plainly "accepted now": among them an item that was accepted (ITEM_VERDICT_UNSPECIFIED) with flags of soft checks.
  // Each item's verdict comes once, also after a reconnect; `repeated` is true only for items that were there before this stream was first
  // opened.
  std::function<void(const progress::v1::Verdict& verdict)> on_verdict;
  // How many of the items sent have their verdict by now.
  std::function<void(uint64_t items)> on_answered;
};

// One source. Callbacks run on a thread of the stream; they may not call back into it. Everything else from one thread at a time.
class ReportStream {
 public:
  // Connects and learns where the source stands. UNAVAILABLE when nobody answers, BEHIND when plan_at_least takes too long. Later calls return
  // ROLLED_BACK when a lost connection comes back to a service that ends before what it acknowledged on this stream.
  static absl::StatusOr<std::unique_ptr<ReportStream>> Open(const std::string& address, ReportOptions options, ReportCallbacks callbacks);
  // Drops what has no verdict yet; call Finish for the orderly end.
  ~ReportStream();

  // The last number of this source that was durable when the stream was opened.
  uint64_t opened_at() const;
  // The last number of this source known to be durable.
  uint64_t acked_sequence() const;
  // How often the stream was opened again.
  int reconnects() const;

  // Names a series for Send; the same definition gives the same number. `index` of the argument is ignored.
  absl::StatusOr<uint32_t> Define(const progress::v1::SeriesDefinition& series);
  // Queues items numbered first_sequence, first_sequence + 1, …; blocks while the window is full. `series` of each item comes from
  // Define. Numbers must rise from call to call; those at or below acked_sequence get the answer they got before.
  // Returns the error that ended the stream, if one did.
  absl::Status Send(uint64_t first_sequence, std::vector<progress::v1::Item> items);
  // Waits until every item has its verdict, and ends the stream. The basis includes all of them.
  absl::StatusOr<types::v1::BasisStamp> Finish();

 private:
  ReportStream() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::client
