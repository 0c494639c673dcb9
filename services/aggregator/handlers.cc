// What each RPC does.
#include "services/aggregator/handlers.h"

#include <map>
#include <optional>
#include <utility>

#include "common/registry/registry.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/view.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

// A date of the request; nullopt when it is empty.
absl::StatusOr<std::optional<Date>> ParseAsOf(const std::string& text) {
  if (text.empty()) return std::optional<Date>();
  auto date = ParseDate(text);
  if (date.ok()) return std::optional<Date>(*date);
  ErrorDetail detail = ErrorsOf(date.status()).front();
  detail.field = "as_of";
  return MakeError(std::move(detail));
}

template <typename Number>
Number OrZero(absl::StatusOr<Number> resolved, ErrorCollector* errors) {
  if (resolved.ok()) return *resolved;
  errors->Add(resolved.status());
  return 0;
}

// The record of the day an answer is about.
void AddRegion(const State& state, RegionNumber number, Date day, google::protobuf::RepeatedPtrField<types::v1::RegionRecord>* records) {
  if (const Region* row = state.regions().Nearest(number, day)) *records->Add() = ToProto(*row);
}

// The period of a column key, checked against its indicator.
absl::StatusOr<Period> PeriodOf(const v1::ColumnKey& key, const Indicator& indicator) {
  const Period period = FromProto(key.period());
  if (period == Period{} && indicator.is_stock()) return period;
  if (period.first < 1949 || period.last > kYearMax || period.last < period.first) {
    return BadKeyPeriod(period, indicator.code, indicator.is_stock());
  }
  return period;
}

// An answer made after the wait; the aggregator may have started over in between.
template <typename Response>
absl::StatusOr<Response> AtLeast(const std::string& token, absl::StatusOr<Response> response) {
  if (!response.ok() || token.empty()) return response;
  ASSIGN_OR_RETURN(const types::v1::Basis wanted, rpc::ParseToken(token));
  if (rpc::Includes(response->basis().basis(), wanted)) return response;
  return MakeError(Reason::BEHIND, "at_least", "", "the aggregator has started over; ask again");
}

}  // namespace

void Handlers::WhenReached(const std::string& token, Deadline deadline, std::function<void(absl::Status)> ready) {
  absl::StatusOr<types::v1::Basis> wanted = rpc::ParseToken(token);
  if (!wanted.ok()) return ready(wanted.status());
  // Without a token nothing is waited for: the answer says from which basis it is.
  if (token.empty()) return ready(applier_.plan_seen() ? absl::OkStatus() : NotReady());
  waiting_.Wait([this, wanted = *std::move(wanted)] { return applier_.Includes(wanted); }, deadline, std::move(ready));
}

void Handlers::GetRollup(const rpc::Caller& caller, const v1::GetRollupRequest& request, Deadline deadline,
                         rpc::Finish<v1::GetRollupResponse> finish) {
  WhenReached(request.at_least(), deadline, [this, caller, request, finish = std::move(finish)](const absl::Status& reached) {
    finish(reached.ok() ? AtLeast(request.at_least(), Rollup(caller, request)) : reached);
  });
}

void Handlers::GetColumn(const rpc::Caller& caller, const v1::GetColumnRequest& request, Deadline deadline,
                         rpc::Finish<v1::GetColumnResponse> finish) {
  WhenReached(request.at_least(), deadline, [this, caller, request, finish = std::move(finish)](const absl::Status& reached) {
    finish(reached.ok() ? AtLeast(request.at_least(), Column(caller, request)) : reached);
  });
}

absl::StatusOr<v1::GetRollupResponse> Handlers::Rollup(const rpc::Caller& caller, const v1::GetRollupRequest& request) const {
  if (request.region().empty()) return MissingField("region");
  ASSIGN_OR_RETURN(const std::optional<Date> as_of, ParseAsOf(request.as_of()));
  RollupQuery query;
  if (auto period = ParsePeriod(request.year()); period.ok()) {
    query.period = *period;
  } else {
    ErrorDetail detail = ErrorsOf(period.status()).front();
    detail.field = "year";
    return MakeError(std::move(detail));
  }
  const Date day = as_of.value_or(TreeDate(query.period));

  // Under the lock only what must be from one basis; messages are made from it afterwards.
  struct Look {
    std::vector<Cell> cells;
    v1::GetRollupResponse response;
  };
  auto look = applier_.Read([&](const State& state, const types::v1::BasisStamp& stamp) -> absl::StatusOr<Look> {
    ErrorCollector errors;
    query.region = OrZero(state.regions().Resolve(request.region(), 0, day), &errors);
    if (!request.programme().empty()) query.programme = OrZero(state.catalogue().ResolveProgramme(request.programme()), &errors);
    if (!request.indicator().empty()) query.indicator = OrZero(state.catalogue().ResolveIndicator(request.indicator()), &errors);
    if (!errors.empty()) return errors.ToStatus();
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, query.region, &state.regions(), day));
    View view(state, as_of);
    Look found;
    found.cells = aggregator::Rollup(view, query);
    if (found.cells.size() > kRowsMax) return TooManyRows("region", found.cells.size(), kRowsMax);
    RegionNumber last = 0;
    for (const Cell& cell : found.cells) {
      if (cell.key.region != last) AddRegion(state, cell.key.region, day, found.response.mutable_regions());
      last = cell.key.region;
    }
    for (const auto& [number, programme] : state.catalogue().programmes()) *found.response.add_programmes() = ToProto(programme);
    for (const auto& [number, indicator] : state.catalogue().indicators()) *found.response.add_indicators() = ToProto(indicator);
    for (std::string& note : UndividedPeriods(view, query)) found.response.add_notes(std::move(note));
    *found.response.mutable_basis() = stamp;
    return found;
  });
  if (!look.ok()) return look.status();
  for (const Cell& cell : look->cells) *look->response.add_cells() = ToProto(cell);
  return std::move(look->response);
}

absl::StatusOr<v1::GetColumnResponse> Handlers::Column(const rpc::Caller& caller, const v1::GetColumnRequest& request) const {
  if (request.region().empty()) return MissingField("region");
  if (request.keys().empty()) return NoKeys();
  if (request.keys_size() > kKeysMax) return TooManyRows("keys", request.keys_size(), kKeysMax);
  ASSIGN_OR_RETURN(const std::optional<Date> as_of, ParseAsOf(request.as_of()));

  struct Look {
    ColumnAnswer column;
    v1::GetColumnResponse response;
  };
  auto look = applier_.Read([&](const State& state, const types::v1::BasisStamp& stamp) -> absl::StatusOr<Look> {
    ErrorCollector errors;
    std::vector<ColumnQuery> queries;
    Period latest;
    for (const v1::ColumnKey& key : request.keys()) {
      ColumnQuery query;
      query.programme = OrZero(state.catalogue().ResolveProgramme(key.programme()), &errors);
      query.indicator = OrZero(state.catalogue().ResolveIndicator(key.indicator()), &errors);
      if (const Indicator* indicator = state.catalogue().FindIndicator(query.indicator)) {
        auto period = PeriodOf(key, *indicator);
        if (period.ok()) {
          query.period = *period;
        } else {
          errors.Add(period.status());
        }
      }
      if (query.period.last > latest.last) latest = query.period;
      queries.push_back(query);
    }
    const Date day = as_of.value_or(TreeDate(latest));
    const RegionNumber region = OrZero(state.regions().Resolve(request.region(), 0, day), &errors);
    if (!errors.empty()) return errors.ToStatus();
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, region, &state.regions(), day));
    View view(state, as_of);
    Look found;
    found.column = ColumnOf(view, region, queries);
    if (found.column.cells.size() > kRowsMax) return TooManyRows("keys", found.column.cells.size(), kRowsMax);
    for (const RegionNumber number : found.column.regions) AddRegion(state, number, found.column.day, found.response.mutable_regions());
    *found.response.mutable_basis() = stamp;
    return found;
  });
  if (!look.ok()) return look.status();
  for (const Cell& cell : look->column.cells) *look->response.add_cells() = ToProto(cell);
  return std::move(look->response);
}

absl::StatusOr<std::shared_ptr<Frames::Follower>> Handlers::FollowFrames(const rpc::Caller& caller, const v1::FollowFramesRequest& request,
                                                                         std::function<void()> wake) {
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, {}));
  std::optional<types::v1::Basis> from;
  if (request.has_from()) from = request.from();
  return frames_.Follow(std::move(from), std::move(wake));
}

void Handlers::Dump(const rpc::Caller& caller, const v1::DumpRequest& request, Deadline deadline, rpc::Finish<DumpMessages> finish) {
  if (const absl::Status allowed = rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, {}); !allowed.ok()) return finish(allowed);
  WhenReached(request.at_least(), deadline, [this, finish = std::move(finish)](const absl::Status& reached) {
    if (!reached.ok()) return finish(reached);
    const bool posted = worker_.Post([this, finish] {
      DumpMessages messages(1);
      std::vector<std::string> lines;
      // The feeds wait meanwhile, answers do not.
      applier_.StandStill([&](const State& state, const types::v1::BasisStamp& stamp, const auto&) {
        lines = aggregator::Dump(state);
        *messages.front().mutable_basis() = stamp;
      });
      for (const std::string& line : lines) {
        if (messages.back().text().size() + line.size() > kDumpBytesMax) messages.emplace_back();
        messages.back().mutable_text()->append(line).push_back('\n');
      }
      finish(std::move(messages));
    });
    if (!posted) finish(TooManyDumps());
  });
}

}  // namespace anju::aggregator
