// Fuzzing every call of the plan service: the first byte chooses it, the rest is its message as gRPC would parse it.
#include <memory>
#include <string>

#include "tests/fuzz/audited.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/plan_world.h"

namespace anju::fuzz {
namespace {

constexpr int kPagesMax = 10'100;  // what a list of the largest import may have, a row a page

// A call that records: whole or not at all, never in a rehearsal, once for a request id; whatever was recorded
// is read back as it was decided, and the auditor finds nothing wrong with it.
template <typename Request, typename Response>
void Import(PlanWorld& world, std::string_view bytes, absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const uint64_t before = world.last_sequence();
  const absl::StatusOr<Response> answer = world.Ask(request, handler);
  CheckRefusal(answer.status());
  const uint64_t after = world.last_sequence();
  if (!answer.ok() || request.dry_run()) CHECK(after == before);
  if (answer.ok() && !request.request_id().empty() && !request.dry_run()) {
    const absl::StatusOr<Response> again = world.Ask(request, handler);
    CHECK_OK(again.status());
    CHECK(world.last_sequence() == after);
    CHECK(again->SerializeAsString() == answer->SerializeAsString());
  }
  if (after == before) return;
  CheckPlanEvents(world.events());
  const std::string answers = world.Answers();
  CHECK(world.ReplayedAnswers() == answers);
  CHECK(world.LoadedAnswers() == answers);
}

// A call that reads: it records nothing.
template <typename Request, typename Response>
absl::StatusOr<Response> Read(PlanWorld& world, const Request& request,
                              absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
  absl::StatusOr<Response> answer = world.Ask(request, handler);
  CheckRefusal(answer.status());
  CHECK(world.untouched());
  return answer;
}
template <typename Request, typename Response>
void ReadBytes(PlanWorld& world, std::string_view bytes, absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
  Request request;
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) (void)Read(world, request, handler);
}

// A list, from the page asked for to the last: every page but the last is full of something, none is larger than asked, and there is a last one. A token
// that no page gave is a place in the list all the same, or BAD_TOKEN; never anything else.
template <typename Request, typename Response, typename Count>
void Pages(PlanWorld& world, std::string_view bytes, absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&), Count count) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  absl::StatusOr<Response> page = Read(world, request, handler);
  for (int pages = 0; page.ok() && !page->next_page_token().empty(); ++pages) {
    CHECK(pages < kPagesMax);
    CHECK(count(*page) > 0);
    CHECK(request.page_size() == 0 || count(*page) <= request.page_size());
    request.set_page_token(page->next_page_token());
    page = Read(world, request, handler);
    CHECK_OK(page.status());  // its own token
  }
}

}  // namespace

void PlanCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  PlanWorld& world = Untouched<PlanWorld>();
  const std::string_view message = bytes.substr(1);
  switch (static_cast<PlanCall>(static_cast<uint8_t>(bytes[0]) % kPlanCalls)) {
    case PlanCall::kImportDocument: return Import(world, message, plan::ImportDocument);
    case PlanCall::kImportRegions: return Import(world, message, plan::ImportRegions);
    case PlanCall::kImportMilestones: return Import(world, message, plan::ImportMilestones);
    case PlanCall::kImportBoundaries: return Import(world, message, plan::ImportBoundaries);
    case PlanCall::kImportChecks: return Import(world, message, plan::ImportChecks);
    case PlanCall::kImportCatalogue: return Import(world, message, plan::ImportCatalogue);
    case PlanCall::kListRegions: return Pages(world, message, plan::ListRegions, [](const auto& page) { return page.regions_size(); });
    case PlanCall::kListDocuments: return Pages(world, message, plan::ListDocuments, [](const auto& page) { return page.documents_size(); });
    case PlanCall::kListMilestones:
      return Pages(world, message, plan::ListMilestones, [](const plan::v1::ListMilestonesResponse& page) {
        int milestones = 0;
        for (const auto& document : page.documents()) milestones += document.milestones_size();
        return milestones;
      });
    case PlanCall::kListBoundaries: return Pages(world, message, plan::ListBoundaries, [](const auto& page) { return page.boundaries_size(); });
    case PlanCall::kListTargetRevisions: return ReadBytes(world, message, plan::ListTargetRevisions);
    case PlanCall::kListChecks: return ReadBytes(world, message, plan::ListChecks);
    case PlanCall::kGetCatalogue: return ReadBytes(world, message, plan::GetCatalogue);
    case PlanCall::kGetDocument: return ReadBytes(world, message, plan::GetDocument);
  }
}

}  // namespace anju::fuzz
