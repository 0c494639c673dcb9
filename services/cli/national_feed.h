// The stream of made-up progress of `anju demo --national`: which figure comes next, and sending it, a source for every province.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "common/client/report_stream.h"
#include "common/thread/mutex.h"
#include "services/cli/national_plan.h"

namespace anju::cli {

struct NationalUpdate {
  uint32_t series = 0;  // index into NationalPlan::series()
  Date as_of;
  progress::v1::UpdateKind kind = progress::v1::UPDATE_KIND_UNSPECIFIED;
  int64_t value = 0;    // in the unit of the measure; of a reduction: what is taken off
};

// Figures in an order in which all provinces move at once. Each series is reported cumulatively on one date after the other; now and then a
// figure is corrected or reduced after it. When the year is over the checking of its last figures goes on for ever. Keeps what is in force.
class NationalProgress {
 public:
  NationalProgress(const NationalPlan& plan, uint64_t seed, std::vector<Date> dates);
  NationalUpdate Next();
  // The date that is being reported.
  Date date() const { return dates_[std::min(wave_, dates_.size() - 1)]; }
  // True until the next figure is one of the date after `date()`, or of the checking after the last.
  bool InWave(size_t wave) const { return wave_ == wave || (follow_up_.has_value() && wave_ == wave + 1); }
  // By series: what the updates so far leave in force; 0 before the first.
  const std::vector<int64_t>& in_force() const { return in_force_; }

 private:
  NationalUpdate Cumulative();
  NationalUpdate Check();

  const NationalPlan& plan_;
  const uint64_t seed_;
  const std::vector<Date> dates_;
  std::vector<uint32_t> order_;
  size_t wave_ = 0, at_ = 0;
  uint64_t checks_ = 0;
  std::optional<NationalUpdate> follow_up_;
  std::vector<int64_t> in_force_;
};

// One stream for every province. Open, Send, Flush and Finish from one thread; the counts from any, but not while Open runs.
class NationalFeed {
 public:
  NationalFeed(std::string address, const NationalPlan& plan) : address_(std::move(address)), plan_(plan), sources_(plan.provinces().size()) {}
  // Goes on where each source stands. `plan_at_least`: token of the documents.
  absl::Status Open(const std::string& plan_at_least);
  // Queues it; blocks while its source has too much unanswered.
  absl::Status Send(const NationalUpdate& update);
  // Sends what is queued.
  absl::Status Flush();
  // Waits until everything has its verdict and closes the streams; the basis includes all of it. The first refusal is an error.
  absl::StatusOr<types::v1::BasisStamp> Finish();
  // Closes the streams without waiting.
  void Drop();

  uint64_t sent() const { return sent_; }
  // How many are durable, over all streams that were open.
  uint64_t answered() const;

 private:
  struct Source {
    std::unique_ptr<client::ReportStream> stream;
    std::vector<progress::v1::Item> items;
    uint64_t next = 0;                    // number of the first of `items`
    uint64_t answered_before = 0;         // by streams closed since
    std::atomic<uint64_t> answered{0};
  };
  absl::Status FlushSource(Source& source);
  void Note(const progress::v1::Verdict& verdict);

  const std::string address_;
  const NationalPlan& plan_;
  std::vector<Source> sources_;
  std::vector<uint32_t> numbers_;  // by series: its number on the stream
  std::atomic<uint64_t> sent_{0};
  mutable Mutex mutex_;
  absl::Status refused_ GUARDED_BY(mutex_);
};

// Sends updates at a rate, in a thread of its own, until it is stopped or has sent enough.
class NationalPump {
 public:
  // At most `per_second`; when the services are slower, what was missed is not made up for.
  NationalPump(NationalFeed& feed, NationalProgress& progress, uint64_t per_second, uint64_t updates_max);
  ~NationalPump() { Stop(); }
  void Stop();
  // The error that ended it, if one did.
  absl::Status status() const;
  bool ended() const { return ended_; }
  // The date that is being reported, days since 1970-01-01.
  Date date() const { return Date{date_days_}; }

 private:
  void Run();

  NationalFeed& feed_;
  NationalProgress& progress_;
  const uint64_t per_second_, updates_max_;
  std::atomic<bool> stopping_{false}, ended_{false};
  std::atomic<int32_t> date_days_;
  mutable Mutex mutex_;
  absl::Status status_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace anju::cli
