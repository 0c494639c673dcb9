// What questions wait for, and what rollups and columns answer.
#include "services/aggregator/handlers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/view.h"
#include "services/aggregator/errors.h"

namespace anju::aggregator {
namespace {

// The period of a column key, checked against its indicator.
absl::StatusOr<Period> PeriodOf(const v1::ColumnKey& key, const Indicator& indicator) {
  const Period period = FromProto(key.period());
  if (period == Period{} && indicator.is_stock()) return period;
  if (period.first < 1949 || period.last > kYearMax || period.last < period.first) {
    return BadKeyPeriod(period, indicator.code, indicator.is_stock());
  }
  return period;
}

// Cells and the rest of a column, from one look. Messages are made of the cells afterwards.
struct ColumnLook {
  ColumnAnswer column;
  Journals journals;
  v1::GetColumnResponse response;
};

ColumnLook LookAtColumn(const Sight& sight, const ResolvedMoment& resolved, RegionNumber region, const std::vector<ColumnQuery>& queries) {
  View view(sight.state, resolved.moment, BooksFor(sight, resolved));
  ColumnLook found;
  found.column = ColumnOf(view, region, queries);
  for (const RegionNumber number : found.column.regions) {
    AddRegion(resolved.registry->regions, number, found.column.day, found.response.mutable_regions());
  }
  found.journals = sight.journals;
  *found.response.mutable_basis() = resolved.stamp;
  return found;
}

v1::GetColumnResponse Finished(ColumnLook look) {
  for (const Cell& cell : look.column.cells) *look.response.add_cells() = ToProto(cell, *look.journals);
  return std::move(look.response);
}

}  // namespace

absl::StatusOr<std::vector<ColumnQuery>> ResolveKeys(const google::protobuf::RepeatedPtrField<v1::ColumnKey>& keys, const Catalogue& catalogue) {
  ErrorCollector errors;
  std::vector<ColumnQuery> queries;
  for (const v1::ColumnKey& key : keys) {
    ColumnQuery query;
    query.programme = OrZero(catalogue.ResolveProgramme(key.programme()), &errors);
    query.indicator = OrZero(catalogue.ResolveIndicator(key.indicator()), &errors);
    if (const Indicator* indicator = catalogue.FindIndicator(query.indicator)) {
      auto period = PeriodOf(key, *indicator);
      if (period.ok()) {
        query.period = *period;
      } else {
        errors.Add(period.status());
      }
    }
    queries.push_back(query);
  }
  if (!errors.empty()) return errors.ToStatus();
  return queries;
}

std::shared_ptr<const std::string> CatalogueBytes::Of(const std::shared_ptr<const Registry>& registry) {
  const MutexLock lock(mutex_);
  if (registry_ != registry) {
    v1::GetRollupResponse only;
    AddCatalogue(registry->catalogue, &only);
    bytes_ = std::make_shared<const std::string>(only.SerializeAsString());
    registry_ = registry;
  }
  return bytes_;
}

void AddRegion(const RegionTree& regions, RegionNumber number, Date day, google::protobuf::RepeatedPtrField<types::v1::RegionRecord>* records) {
  if (const Region* row = regions.Nearest(number, day)) *records->Add() = ToProto(*row);
}

Date DayOf(const Moment& moment, Period period) { return moment.tree ? *moment.tree : moment.as_of.value_or(TreeDate(period)); }

std::string TreeOf(const Moment& moment, Period period) {
  const Date day = DayOf(moment, period);
  return day > MakeDate(kYearMax, 12, 31) ? "" : FormatDate(day);  // the latest tree has no day
}

absl::StatusOr<Period> ParseYear(const std::string& text) {
  auto period = ParsePeriod(text);
  if (period.ok()) return period;
  ErrorDetail detail = ErrorsOf(period.status()).front();
  detail.field = "year";
  return MakeError(std::move(detail));
}

void Handlers::WhenReached(const std::string& token, Deadline deadline, Ready ready) {
  absl::StatusOr<types::v1::Basis> wanted = rpc::ParseToken(token);
  if (!wanted.ok()) return ready(wanted.status());
  // Without a token nothing is waited for: the answer says from which basis it is.
  if (token.empty()) return ready(applier_.plan_seen() ? absl::OkStatus() : NotReady());
  // What a restore has lost will never come. That it has may be told while we wait.
  const auto settled = [this, wanted = *wanted] { return applier_.Includes(wanted) || !applier_.CheckNotLost(wanted, "at_least").ok(); };
  waiting_.Wait(settled, deadline, [this, wanted = *wanted, ready = std::move(ready)](const absl::Status& waited) {
    ready(waited.ok() ? applier_.CheckNotLost(wanted, "at_least") : waited);
  });
}

void Handlers::WhenReady(const std::string& token, const std::vector<AskedMoment>& moments, Deadline deadline, Ready ready) {
  std::vector<types::v1::Basis> bases;
  std::optional<Date> over;
  int64_t max_staleness_ms = 0;
  for (const AskedMoment& asked : moments) {
    if (asked.at) bases.push_back(*asked.at);
    if (asked.over && (!over || *asked.over > *over)) over = asked.over;
    if (asked.max_staleness_ms > 0 && (max_staleness_ms == 0 || asked.max_staleness_ms < max_staleness_ms)) max_staleness_ms = asked.max_staleness_ms;
  }
  Ready fresh = [this, over, max_staleness_ms, deadline, ready = std::move(ready)](const absl::Status& reached) {
    if (!reached.ok()) return ready(reached);
    if (!over) return WhenFresh(max_staleness_ms, deadline, ready);
    const auto all = [this, over] { return applier_.Read([&](const Sight& sight) { return IsAllOf(*over, sight); }); };
    const auto whole = [this, max_staleness_ms, deadline, ready](const absl::Status& waited) {
      if (!waited.ok()) return ready(waited);
      WhenFresh(max_staleness_ms, deadline, ready);
    };
    waiting_.Wait(all, deadline, whole, DayNotComplete(*over));
  };
  // A basis that is asked for is waited for below, also before the first word of the plan service.
  const bool waits_below = token.empty() && !bases.empty();
  Ready next = [this, bases = std::move(bases), deadline, fresh = std::move(fresh)](const absl::Status& reached) {
    if (!reached.ok() || bases.empty()) return fresh(reached);
    const Deadline ahead = std::min<Deadline>(deadline, std::chrono::system_clock::now() + std::chrono::milliseconds(kAheadWaitMs));
    const auto included = [this, bases] {
      return std::all_of(bases.begin(), bases.end(),
                         [&](const types::v1::Basis& basis) { return applier_.Includes(basis) || !applier_.CheckNotLost(basis, "at").ok(); });
    };
    waiting_.Wait(included, ahead, [this, fresh](const absl::Status& waited) {
      // A basis that has not come about is UNKNOWN_BASIS; the look says what is wrong with it.
      if (!HasReason(waited, Reason::BEHIND)) return fresh(waited);
      fresh(applier_.plan_seen() ? absl::OkStatus() : NotReady());
    });
  };
  if (waits_below) return next(absl::OkStatus());
  WhenReached(token, deadline, std::move(next));
}

void Handlers::WhenFresh(int64_t max_staleness_ms, Deadline deadline, Ready ready) {
  if (max_staleness_ms == 0) return ready(absl::OkStatus());
  const auto fresh = [this, max_staleness_ms] {
    return rpc::IsFreshEnough(applier_.complete_until_us(), max_staleness_ms, clock_.NowMicros());
  };
  waiting_.Wait(fresh, deadline, std::move(ready), rpc::StaleError(max_staleness_ms));
}

absl::Status Handlers::StillReached(const std::string& token, const Sight& sight) {
  if (token.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const types::v1::Basis wanted, rpc::ParseToken(token));
  if (rpc::Includes(sight.stamp.basis(), wanted, sight.journals->lineages())) return absl::OkStatus();
  RETURN_IF_ERROR(sight.journals->lineages().CheckNotLost(wanted, "at_least"));
  return MakeError(Reason::BEHIND, "at_least", "", "the aggregator has started over; ask again");
}

void Handlers::GetRollup(const rpc::Caller& caller, const v1::GetRollupRequest& request, Deadline deadline,
                         rpc::Finish<RollupResponse> finish) {
  Answer(caller, request, MomentOf(request), deadline, std::move(finish), &Handlers::Rollup);
}

void Handlers::GetColumn(const rpc::Caller& caller, const v1::GetColumnRequest& request, Deadline deadline,
                         rpc::Finish<v1::GetColumnResponse> finish) {
  Answer(caller, request, MomentOf(request), deadline, std::move(finish), &Handlers::Column);
}

void Handlers::GetColumns(const rpc::Caller& caller, const v1::GetColumnsRequest& request, Deadline deadline,
                          rpc::Finish<v1::GetColumnsResponse> finish) {
  if (request.moments().empty() || request.moments_size() > kMomentsMax) return finish(TooManyMoments(request.moments_size(), kMomentsMax));
  std::vector<AskedMoment> moments;
  for (const v1::Moment& moment : request.moments()) {
    absl::StatusOr<AskedMoment> asked = ParseMoment(moment.as_of(), moment.view(), clock_.Today());
    if (!asked.ok()) return finish(asked.status());
    moments.push_back(*std::move(asked));
  }
  Answer(caller, request, absl::StatusOr<std::vector<AskedMoment>>(std::move(moments)), deadline, std::move(finish), &Handlers::Columns);
}

absl::StatusOr<RollupResponse> Handlers::Rollup(const rpc::Caller& caller, const v1::GetRollupRequest& request,
                                                const std::vector<AskedMoment>& moments) const {
  if (request.region().empty()) return MissingField("region");
  RollupQuery query;
  ASSIGN_OR_RETURN(query.period, ParseYear(request.year()));

  // Under the lock only what must be from one basis; messages are made from it afterwards.
  struct Look {
    std::vector<Cell> cells;
    Journals journals;
    std::shared_ptr<const Registry> registry;
    v1::GetRollupResponse response;
  };
  auto look = LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<Look> {
    ASSIGN_OR_RETURN(const ResolvedMoment resolved, ResolveMoment(moments.front(), sight));
    const Registry& registry = *resolved.registry;
    const Date day = DayOf(resolved.moment, query.period);
    ErrorCollector errors;
    query.region = OrZero(registry.regions.Resolve(request.region(), 0, day), &errors);
    if (!request.programme().empty()) query.programme = OrZero(registry.catalogue.ResolveProgramme(request.programme()), &errors);
    if (!request.indicator().empty()) query.indicator = OrZero(registry.catalogue.ResolveIndicator(request.indicator()), &errors);
    if (!errors.empty()) return errors.ToStatus();
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, query.region, &registry.regions, day));
    View view(sight.state, resolved.moment, BooksFor(sight, resolved));
    Look found;
    found.cells = aggregator::Rollup(view, query);
    if (found.cells.size() > kRowsMax) return TooManyRows("region", found.cells.size(), kRowsMax);
    RegionNumber last = 0;
    for (const Cell& cell : found.cells) {
      if (cell.key.region != last) AddRegion(registry.regions, cell.key.region, day, found.response.mutable_regions());
      last = cell.key.region;
    }
    found.registry = resolved.registry;
    for (std::string& note : UndividedPeriods(view, query)) found.response.add_notes(std::move(note));
    found.response.set_tree(TreeOf(resolved.moment, query.period));
    found.journals = sight.journals;
    *found.response.mutable_basis() = resolved.stamp;
    return found;
  });
  if (!look.ok()) return look.status();
  for (const Cell& cell : look->cells) ToProto(cell, *look->journals, look->response.add_cells());
  // Two parts of a message, one behind the other, are the message.
  RollupResponse response{look->response.SerializeAsString()};
  response.bytes += *catalogue_bytes_.Of(look->registry);
  return response;
}

absl::StatusOr<v1::GetColumnResponse> Handlers::Column(const rpc::Caller& caller, const v1::GetColumnRequest& request,
                                                       const std::vector<AskedMoment>& moments) const {
  if (request.region().empty()) return MissingField("region");
  if (request.keys().empty()) return NoKeys();
  if (request.keys_size() > kKeysMax) return TooManyRows("keys", request.keys_size(), kKeysMax);

  auto look = LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<ColumnLook> {
    ASSIGN_OR_RETURN(const ResolvedMoment resolved, ResolveMoment(moments.front(), sight));
    const Registry& registry = *resolved.registry;
    ErrorCollector errors;
    const auto queries = ResolveKeys(request.keys(), registry.catalogue);
    errors.Add(queries.status());
    const Date day = DayOf(resolved.moment, queries.ok() ? PeriodOfTree(*queries) : Period{});
    const RegionNumber region = OrZero(registry.regions.Resolve(request.region(), 0, day), &errors);
    if (!errors.empty()) return errors.ToStatus();
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, region, &registry.regions, day));
    ColumnLook found = LookAtColumn(sight, resolved, region, *queries);
    if (found.column.cells.size() > kRowsMax) return TooManyRows("keys", found.column.cells.size(), kRowsMax);
    return found;
  });
  if (!look.ok()) return look.status();
  return Finished(*std::move(look));
}

absl::StatusOr<v1::GetColumnsResponse> Handlers::Columns(const rpc::Caller& caller, const v1::GetColumnsRequest& request,
                                                         const std::vector<AskedMoment>& moments) const {
  if (request.region().empty()) return MissingField("region");
  if (request.keys().empty()) return NoKeys();
  if (request.keys_size() > kKeysMax) return TooManyRows("keys", request.keys_size(), kKeysMax);

  auto looks = LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<std::vector<ColumnLook>> {
    std::vector<ResolvedMoment> resolved;
    for (const AskedMoment& asked : moments) {
      ASSIGN_OR_RETURN(ResolvedMoment one, ResolveMoment(asked, sight));
      resolved.push_back(std::move(one));
    }
    // The words are those of the first moment; numbers mean the same at all of them.
    const Registry& registry = *resolved.front().registry;
    ErrorCollector errors;
    const auto queries = ResolveKeys(request.keys(), registry.catalogue);
    errors.Add(queries.status());
    const Period period = queries.ok() ? PeriodOfTree(*queries) : Period{};
    const Date day = DayOf(resolved.front().moment, period);
    const RegionNumber region = OrZero(registry.regions.Resolve(request.region(), 0, day), &errors);
    if (!errors.empty()) return errors.ToStatus();
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, region, &registry.regions, day));
    std::vector<ColumnLook> found;
    size_t rows = 0;
    for (const ResolvedMoment& one : resolved) {
      // Whose subtree it is may differ from moment to moment.
      if (one.registry->regions.Rows(region) != nullptr) {
        RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, region, &one.registry->regions, DayOf(one.moment, period)));
      }
      found.push_back(LookAtColumn(sight, one, region, *queries));
      rows += found.back().column.cells.size();
      if (rows > kMomentsMax * kRowsMax) return TooManyRows("moments", rows, kMomentsMax * kRowsMax);
      if (found.back().column.cells.size() > kRowsMax) return TooManyRows("keys", found.back().column.cells.size(), kRowsMax);
    }
    return found;
  });
  if (!looks.ok()) return looks.status();
  v1::GetColumnsResponse response;
  for (ColumnLook& look : *looks) *response.add_columns() = Finished(std::move(look));
  return response;
}

absl::StatusOr<std::shared_ptr<Frames::Follower>> Handlers::FollowFrames(const rpc::Caller& caller, const v1::FollowFramesRequest& request,
                                                                         std::function<void()> wake) {
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, {}));
  std::optional<types::v1::Basis> from;
  if (request.has_from()) from = request.from();
  return frames_.Follow(std::move(from), std::move(wake));
}

void Handlers::WhenFollowable(const v1::FollowColumnRequest& request, Deadline deadline, std::function<void(absl::Status)> ready) {
  AskedMoment from;
  if (!request.from().empty()) {
    auto basis = rpc::ParseToken(request.from());
    if (!basis.ok()) {
      ErrorDetail detail = ErrorsOf(basis.status()).front();
      detail.field = "from";
      return ready(MakeError(std::move(detail)));
    }
    from.at = *std::move(basis);
  }
  WhenReady("", {std::move(from)}, deadline, std::move(ready));
}

void Handlers::Dump(const rpc::Caller& caller, const v1::DumpRequest& request, Deadline deadline, rpc::Finish<DumpMessages> finish) {
  if (const absl::Status allowed = rpc::Authorize(caller, rpc::Action::kOperate, 0, nullptr, {}); !allowed.ok()) return finish(allowed);
  WhenReached(request.at_least(), deadline, [this, finish = std::move(finish)](const absl::Status& reached) {
    if (!reached.ok()) return finish(reached);
    const bool posted = worker_.Post([this, finish] {
      DumpMessages messages(1);
      std::vector<std::string> lines;
      // The feeds wait meanwhile, answers do not.
      applier_.StandStill([&](const Sight& sight, const auto&) {
        lines = aggregator::Dump(sight.state);
        *messages.front().mutable_basis() = sight.stamp;
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
