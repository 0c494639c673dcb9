// The RPCs as functions: validate, wait for the basis asked for, look once, convert.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/registry/registry.h"
#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/core/milestone_view.h"
#include "services/aggregator/core/view.h"
#include "services/aggregator/frames.h"
#include "services/aggregator/moments.h"
#include "services/aggregator/upstream.h"
#include "services/aggregator/upstream_heads.h"
#include "services/aggregator/worker.h"

namespace anju::aggregator {

inline constexpr size_t kRowsMax = 10'000;     // rows of one answer
inline constexpr int kKeysMax = 32;            // of one column
inline constexpr int kMomentsMax = 16;         // of one request for columns
inline constexpr size_t kDumpBytesMax = 1 << 20;  // of text in one message

using Deadline = std::chrono::system_clock::time_point;

// What several questions share once they are resolved: the records of an answer.
template <typename Response>
void AddCatalogue(const Catalogue& catalogue, Response* response) {
  for (const auto& [number, programme] : catalogue.programmes()) *response->add_programmes() = ToProto(programme);
  for (const auto& [number, indicator] : catalogue.indicators()) *response->add_indicators() = ToProto(indicator);
}
// The record of the day an answer is about. Nothing for a region that nobody knew of then.
void AddRegion(const RegionTree& regions, RegionNumber number, Date day, google::protobuf::RepeatedPtrField<types::v1::RegionRecord>* records);
// The day whose names and children an answer about a period shows, and as the contract prints it (empty for the latest tree).
Date DayOf(const Moment& moment, Period period);
std::string TreeOf(const Moment& moment, Period period);
// BAD_PERIOD of field `year`.
absl::StatusOr<Period> ParseYear(const std::string& text);
// Keys of a column as numbers; all that is wrong with them at once.
absl::StatusOr<std::vector<ColumnQuery>> ResolveKeys(const google::protobuf::RepeatedPtrField<v1::ColumnKey>& keys, const Catalogue& catalogue);
// A milestone as it stands; `day`: the one that "by now" means.
v1::MilestoneStatus ToProto(const MilestoneLine& line, const std::optional<Date>& day);
// A resolved number, or 0 and one error more.
template <typename Number>
Number OrZero(absl::StatusOr<Number> resolved, ErrorCollector* errors) {
  if (resolved.ok()) return *resolved;
  errors->Add(resolved.status());
  return 0;
}

using RollupResponse = rpc::Encoded<v1::GetRollupResponse>;

// The catalogue of an answer, serialized once for each registry: it is most of an answer's bytes, and every answer has it. Safe for concurrent use.
class CatalogueBytes {
 public:
  std::shared_ptr<const std::string> Of(const std::shared_ptr<const Registry>& registry);

 private:
  Mutex mutex_;
  std::shared_ptr<const Registry> registry_ GUARDED_BY(mutex_);  // the last one asked for
  std::shared_ptr<const std::string> bytes_ GUARDED_BY(mutex_);
};

// Safe for concurrent use. Answers come on the caller's thread or, when something was waited for, on another.
class Handlers {
 public:
  Handlers(Applier& applier, Frames& frames, Upstreams& upstreams, UpstreamHeads& heads, Clock& clock = RealClock())
      : applier_(applier), frames_(frames), upstreams_(upstreams), heads_(heads), clock_(clock) {}

  // Something was applied, or is known to be complete: looks again at who waits for it.
  void Wake() { waiting_.Wake(); }
  void GetRollup(const rpc::Caller& caller, const v1::GetRollupRequest& request, Deadline deadline, rpc::Finish<RollupResponse> finish);
  void GetColumn(const rpc::Caller& caller, const v1::GetColumnRequest& request, Deadline deadline, rpc::Finish<v1::GetColumnResponse> finish);
  void GetColumns(const rpc::Caller& caller, const v1::GetColumnsRequest& request, Deadline deadline, rpc::Finish<v1::GetColumnsResponse> finish);
  void ExplainCell(const rpc::Caller& caller, const v1::ExplainCellRequest& request, Deadline deadline, rpc::Finish<v1::ExplainCellResponse> finish);
  void ListGaps(const rpc::Caller& caller, const v1::ListGapsRequest& request, Deadline deadline, rpc::Finish<v1::ListGapsResponse> finish);
  void GetMilestoneStatus(const rpc::Caller& caller, const v1::GetMilestoneStatusRequest& request, Deadline deadline,
                          rpc::Finish<v1::GetMilestoneStatusResponse> finish);
  void GetHeads(const rpc::Caller& caller, const v1::GetHeadsRequest& request, Deadline deadline, rpc::Finish<v1::GetHeadsResponse> finish);
  absl::StatusOr<std::shared_ptr<Frames::Follower>> FollowFrames(const rpc::Caller& caller, const v1::FollowFramesRequest& request,
                                                                 std::function<void()> wake);
  // Runs `ready` once a column can be followed from where the request says. BAD_TOKEN; a basis that does not come about is left to the look.
  void WhenFollowable(const v1::FollowColumnRequest& request, Deadline deadline, std::function<void(absl::Status)> ready);
  // All messages of the dump; made on the worker's thread.
  using DumpMessages = std::vector<v1::DumpResponse>;
  void Dump(const rpc::Caller& caller, const v1::DumpRequest& request, Deadline deadline, rpc::Finish<DumpMessages> finish);

 private:
  using Ready = std::function<void(absl::Status)>;
  // Runs `ready` once the token's basis is reached and the plan journal has been seen.
  void WhenReached(const std::string& token, Deadline deadline, Ready ready);
  // The same for everything that a question needs: the token, bases it is asked at (those that do not come about are left to ResolveMoment), and
  // freshness (STALE).
  void WhenReady(const std::string& token, const std::vector<AskedMoment>& moments, Deadline deadline, Ready ready);
  void WhenFresh(int64_t max_staleness_ms, Deadline deadline, Ready ready);

  // Waits for what the request needs, then finishes with `(this->*make)(caller, request, moments)`.
  template <typename Request, typename Response>
  void Answer(const rpc::Caller& caller, const Request& request, absl::StatusOr<std::vector<AskedMoment>> moments, Deadline deadline,
              rpc::Finish<Response> finish,
              absl::StatusOr<Response> (Handlers::*make)(const rpc::Caller&, const Request&, const std::vector<AskedMoment>&) const);
  // The one moment of a request.
  template <typename Request>
  absl::StatusOr<std::vector<AskedMoment>> MomentOf(const Request& request) const {
    absl::StatusOr<AskedMoment> asked = ParseMoment(request.as_of(), request.view(), clock_.Today());
    if (!asked.ok()) return asked.status();
    return std::vector<AskedMoment>{*std::move(asked)};
  }
  // One look; BEHIND when the aggregator has started over since the token's basis was reached.
  template <typename Look>
  auto LookAt(const std::string& token, Look look) const {
    return applier_.Read([&](const Sight& sight) -> decltype(look(sight)) {
      const absl::Status reached = StillReached(token, sight);
      return reached.ok() ? look(sight) : decltype(look(sight))(reached);
    });
  }
  static absl::Status StillReached(const std::string& token, const Sight& sight);

  absl::StatusOr<RollupResponse> Rollup(const rpc::Caller& caller, const v1::GetRollupRequest& request, const std::vector<AskedMoment>& moments) const;
  absl::StatusOr<v1::GetColumnResponse> Column(const rpc::Caller& caller, const v1::GetColumnRequest& request,
                                               const std::vector<AskedMoment>& moments) const;
  absl::StatusOr<v1::GetColumnsResponse> Columns(const rpc::Caller& caller, const v1::GetColumnsRequest& request,
                                                 const std::vector<AskedMoment>& moments) const;
  absl::StatusOr<v1::ListGapsResponse> Gaps(const rpc::Caller& caller, const v1::ListGapsRequest& request,
                                            const std::vector<AskedMoment>& moments) const;
  absl::StatusOr<v1::GetMilestoneStatusResponse> Milestones(const rpc::Caller& caller, const v1::GetMilestoneStatusRequest& request,
                                                            const std::vector<AskedMoment>& moments) const;

  Applier& applier_;
  Frames& frames_;
  Upstreams& upstreams_;
  UpstreamHeads& heads_;
  Clock& clock_;
  mutable CatalogueBytes catalogue_bytes_;
  Worker worker_;
  rpc::WaitingRoom waiting_;  // goes first: whoever waits may still post a dump
};

template <typename Request, typename Response>
void Handlers::Answer(const rpc::Caller& caller, const Request& request, absl::StatusOr<std::vector<AskedMoment>> moments, Deadline deadline,
                      rpc::Finish<Response> finish,
                      absl::StatusOr<Response> (Handlers::*make)(const rpc::Caller&, const Request&, const std::vector<AskedMoment>&) const) {
  if (!moments.ok()) return finish(moments.status());
  WhenReady(request.at_least(), *moments, rpc::AnswerBy(deadline),
            [this, caller, request, moments = *moments, finish = std::move(finish), make](const absl::Status& ready) {
              finish(ready.ok() ? (this->*make)(caller, request, moments) : absl::StatusOr<Response>(ready));
            });
}

}  // namespace anju::aggregator
