// What every import shares: limits, request ids, recording, and who may touch the regions it names.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/journal/format.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "services/plan/core/document.h"
#include "services/plan/desk.h"
#include "services/plan/errors.h"

namespace anju::plan {

inline constexpr size_t kRequestIdBytesMax = 200;

inline std::string Sha256(std::string_view bytes) {
  const journal::Hash hash = journal::Sha256({bytes});
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// The request's content: what a second request of the same id is compared by.
template <typename Request>
std::string DigestOf(const Request& request) {
  if (request.request_id().empty()) return {};
  Request content = request;
  content.clear_request_id();
  content.clear_dry_run();
  return Sha256(absl::StrCat(Request::descriptor()->full_name(), "\n", content.SerializeAsString()));
}

inline absl::Status CheckRowCount(int rows, size_t rows_max = kRowsMax) {
  if (rows == 0) return MakeError(EmptyRequest());
  if (static_cast<size_t>(rows) > rows_max) return MakeError(TooManyRows(static_cast<size_t>(rows), rows_max));
  return absl::OkStatus();
}

// The earlier request of this id: nullptr when there is none. REQUEST_CONFLICT when its content was another.
inline absl::StatusOr<const RememberedRequest*> FindEarlier(const rpc::Caller& caller, const std::string& request_id, bool dry_run,
                                                     const std::string& digest, Desk& desk) {
  if (request_id.size() > kRequestIdBytesMax) return MakeError(BadCode(0, "request_id", request_id, absl::StrCat("at most ", kRequestIdBytesMax, " bytes")));
  if (request_id.empty() || dry_run) return nullptr;
  const RememberedRequest* earlier = desk.model().FindRequest(caller.identity, request_id);
  if (earlier == nullptr) return nullptr;
  if (earlier->digest != digest) return MakeError(RequestConflict(request_id));
  desk.AnswerAsOf(earlier->sequence, earlier->time_us);
  return earlier;
}

// Records unless the event is larger than any event may be.
inline absl::Status Record(const rpc::Caller& caller, const std::string& request_id, const std::string& digest, v1::Event event, Desk& desk) {
  event.set_actor(caller.identity);
  event.set_request_id(request_id);
  event.set_request_digest(digest);
  event.set_time_us(desk.now_us());
  if (const size_t bytes = event.ByteSizeLong(); bytes > journal::kEventBytesMax) return MakeError(TooLarge(bytes, journal::kEventBytesMax));
  desk.Record(event);
  return absl::OkStatus();
}

// Every region that rows name, each on the day it is named for.
template <typename Rows, typename DayOf>
absl::Status AuthorizeRows(const rpc::Caller& caller, const Rows& rows, const RegionTree& tree, const DayOf& day_of) {
  std::set<std::pair<RegionNumber, Date>> seen;
  for (const auto& row : rows) {
    const auto [region, day] = day_of(row);
    if (seen.emplace(region, day).second) RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kPlan, region, &tree, day));
  }
  return absl::OkStatus();
}

}  // namespace anju::plan
