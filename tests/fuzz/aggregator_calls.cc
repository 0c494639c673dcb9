// Fuzzing every question that the aggregator answers. Asking changes nothing: the same question has the same answer.
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "tests/fuzz/calls.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

using aggregator::Handlers;
template <typename Request, typename Response>
using Handler = void (Handlers::*)(const rpc::Caller&, const Request&, aggregator::Deadline, rpc::Finish<Response>);

// Whose basis an answer names was asked for, or is everything there is.
void CheckBasis(const types::v1::View& view, const types::v1::BasisStamp& stamp) {
  const absl::StatusOr<types::v1::Basis> named = rpc::ParseToken(stamp.token());
  CHECK_OK(named.status());
  CHECK(rpc::Includes(TheFacts().basis(), *named));
  if (view.at().empty() && view.known_on().empty()) CHECK(rpc::Includes(*named, TheFacts().basis()));
}

// Every region that a cell is of is named beside it.
template <typename Response>
void CheckNamed(const Response& response) {
  std::set<uint32_t> named;
  for (const auto& region : response.regions()) named.insert(region.number());
  for (const aggregator::v1::Cell& cell : response.cells()) CHECK(named.contains(cell.region()));
}

template <typename Request, typename Response>
absl::StatusOr<Response> Twice(const Request& request, Handler<Request, Response> handler) {
  absl::StatusOr<Response> answer = TheAggregator().Ask(request, handler);
  const absl::StatusOr<Response> again = TheAggregator().Ask(request, handler);
  CHECK(answer.ok() == again.ok());
  if (answer.ok()) CHECK(answer->SerializeAsString() == again->SerializeAsString());
  if (!answer.ok()) CHECK(ErrorsOf(answer.status()).front().reason == ErrorsOf(again.status()).front().reason);
  return answer;
}

// The same of an answer that comes as bytes.
template <typename Request, typename Response>
absl::StatusOr<Response> Twice(const Request& request, Handler<Request, rpc::Encoded<Response>> handler) {
  const auto answer = TheAggregator().Ask(request, handler);
  const auto again = TheAggregator().Ask(request, handler);
  CHECK(answer.ok() == again.ok());
  if (!answer.ok()) return answer.status();
  CHECK(answer->bytes == again->bytes);
  Response response;
  CHECK(response.ParseFromString(answer->bytes));
  return response;
}

void Rollup(const aggregator::v1::GetRollupRequest& request) {
  const auto answer = Twice(request, &Handlers::GetRollup);
  if (!answer.ok()) return;
  CheckBasis(request.view(), answer->basis());
  CheckNamed(*answer);
}

// One column is the only one of a request for one.
void Column(const aggregator::v1::GetColumnRequest& request) {
  const auto answer = Twice(request, &Handlers::GetColumn);
  aggregator::v1::GetColumnsRequest several;
  several.set_region(request.region()), several.set_at_least(request.at_least());
  *several.mutable_keys() = request.keys();
  several.add_moments()->set_as_of(request.as_of());
  if (request.has_view()) *several.mutable_moments(0)->mutable_view() = request.view();
  const auto columns = TheAggregator().Ask(several, &Handlers::GetColumns);
  CHECK(columns.ok() == answer.ok());
  if (!answer.ok()) return;
  CheckBasis(request.view(), answer->basis());
  CheckNamed(*answer);
  CHECK(columns->columns_size() == 1 && columns->columns(0).SerializeAsString() == answer->SerializeAsString());
}

void Columns(const aggregator::v1::GetColumnsRequest& request) {
  const auto answer = Twice(request, &Handlers::GetColumns);
  if (!answer.ok()) return;
  CHECK(answer->columns_size() == request.moments_size());
  for (int i = 0; i < answer->columns_size(); ++i) CheckBasis(request.moments(i).view(), answer->columns(i).basis());
}

// All pages together are the whole, all at one basis; a token is of its question, and no other takes it.
void Explanation(const aggregator::v1::ExplainCellRequest& asked) {
  auto page = Twice(asked, &Handlers::ExplainCell);
  if (!page.ok()) return;
  if (asked.page_token().empty()) CheckBasis(asked.view(), page->basis());
  const std::string token = page->basis().token();
  uint32_t contributions = static_cast<uint32_t>(page->contributions_size());
  aggregator::v1::ExplainCellRequest request = asked;
  while (!page->next_page_token().empty()) {
    CHECK(page->contributions_size() > 0);
    request.set_page_token(page->next_page_token());
    aggregator::v1::ExplainCellRequest other = request;
    other.mutable_view()->set_review(request.view().review() == types::v1::REVIEW_FILTER_UNSPECIFIED ? types::v1::REVIEW_FILTER_REVIEWED
                                                                                                      : types::v1::REVIEW_FILTER_UNSPECIFIED);
    CHECK(HasReason(TheAggregator().Ask(other, &Handlers::ExplainCell).status(), Reason::BAD_TOKEN));
    page = TheAggregator().Ask(request, &Handlers::ExplainCell);
    CHECK_OK(page.status());
    CHECK(page->basis().token() == token);
    contributions += static_cast<uint32_t>(page->contributions_size());
  }
  if (asked.page_token().empty()) CHECK(contributions == page->total_contributions());
}

void Gaps(const aggregator::v1::ListGapsRequest& request) {
  const auto answer = Twice(request, &Handlers::ListGaps);
  if (!answer.ok()) return;
  CheckBasis(request.view(), answer->basis());
  CheckNamed(*answer);
}

void Milestones(const aggregator::v1::GetMilestoneStatusRequest& request) {
  const auto answer = Twice(request, &Handlers::GetMilestoneStatus);
  if (answer.ok()) CheckBasis(request.view(), answer->basis());
}

// Nobody is there whom the heads could be asked of: an empty basis has none, every other is refused.
void Heads(const aggregator::v1::GetHeadsRequest& request) {
  const auto answer = TheAggregator().Ask(request, &Handlers::GetHeads);
  if (answer.ok()) CHECK(!answer->basis().has_plan() && answer->basis().progress().empty());
}

// A follower is given frames from where it is to the end, or a snapshot, or is told why not.
void FollowFrames(const aggregator::v1::FollowFramesRequest& request) {
  AggregatorWorld& world = TheAggregator();
  const auto follower = world.handlers().FollowFrames(Local(), request, [] {});
  CheckRefusal(follower.status());
  if (!follower.ok()) return;
  for (bool last = false; !last;) {
    world.frames().Turn();
    const auto frame = world.frames().Next(**follower);
    CheckRefusal(frame.status());
    if (!frame.ok() || *frame == nullptr) return;
    aggregator::v1::Frame message;
    CHECK(message.ParseFromString(**frame));
    CHECK(message.snapshot() || message.has_from());
    last = message.last() || !message.snapshot();
    if (last) CHECK(rpc::Includes(TheFacts().basis(), message.to().basis()));
  }
}

// A follower of a column is first told all of it.
void FollowColumn(const aggregator::v1::FollowColumnRequest& request) {
  AggregatorWorld& world = TheAggregator();
  std::optional<absl::Status> followable;
  world.handlers().WhenFollowable(request, Passed(), [&](absl::Status ready) { followable = std::move(ready); });
  while (!followable) world.handlers().Wake();
  CheckRefusal(*followable);
  if (!followable->ok()) return;
  const auto follower = world.followers().Follow(Local(), request, [] {});
  CheckRefusal(follower.status());
  if (!follower.ok()) return;
  while (true) {
    const auto step = world.followers().Next(**follower);
    CheckRefusal(step.status());
    if (!step.ok()) return;
    if (*step == nullptr) {
      std::this_thread::yield();
      continue;
    }
    CHECK((*step)->full());
    CHECK(rpc::Includes(TheFacts().basis(), (*step)->to().basis()));
    return;
  }
}

void Dump(const aggregator::v1::DumpRequest& request) {
  const absl::StatusOr<Handlers::DumpMessages> dump = TheAggregator().Ask(request, &Handlers::Dump);
  if (dump.ok()) CHECK(!dump->empty());
}

}  // namespace

void AggregatorCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::string_view message = bytes.substr(1);
  switch (static_cast<AggregatorCall>(static_cast<uint8_t>(bytes[0]) % kAggregatorCalls)) {
    case AggregatorCall::kGetRollup: return With(message, Rollup);
    case AggregatorCall::kGetColumn: return With(message, Column);
    case AggregatorCall::kGetColumns: return With(message, Columns);
    case AggregatorCall::kExplainCell: return With(message, Explanation);
    case AggregatorCall::kListGaps: return With(message, Gaps);
    case AggregatorCall::kGetMilestoneStatus: return With(message, Milestones);
    case AggregatorCall::kGetHeads: return With(message, Heads);
    case AggregatorCall::kFollowFrames: return With(message, FollowFrames);
    case AggregatorCall::kFollowColumn: return With(message, FollowColumn);
    case AggregatorCall::kDump: return With(message, Dump);
  }
}

}  // namespace anju::fuzz
