// GetHeads: which feed owns each position, then the owners are asked.
#include <utility>

#include "common/status/macros.h"
#include "services/aggregator/errors.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {
namespace {

// The positions that name anything, each with its feed. UNKNOWN_BASIS, BEHIND.
absl::StatusOr<std::vector<UpstreamHeads::Asked>> OwnersOf(const types::v1::Basis& basis, const Sight& sight) {
  RETURN_IF_ERROR(KnownAt(basis, sight).status());
  std::vector<UpstreamHeads::Asked> asked;
  // Owners call a sequence by the journal that recorded it, and so may we have been asked by a later name.
  const auto add = [&](size_t feed, types::v1::Position position) {
    position.set_journal_id(sight.journals->NameOf(feed, position.sequence()));
    asked.push_back({feed, std::move(position)});
  };
  if (basis.plan().sequence() > 0) add(0, basis.plan());
  for (const types::v1::Position& position : basis.progress()) {
    if (position.sequence() == 0) continue;
    add(*sight.journals->FeedOf(position.journal_id()), position);  // KnownAt has found it
  }
  return asked;
}

}  // namespace

void Handlers::GetHeads(const rpc::Caller& caller, const v1::GetHeadsRequest& request, Deadline deadline, rpc::Finish<v1::GetHeadsResponse> finish) {
  if (const absl::Status allowed = rpc::Authorize(caller, rpc::Action::kRead, 0, nullptr, {}); !allowed.ok()) return finish(allowed);
  absl::StatusOr<std::vector<UpstreamHeads::Asked>> asked = applier_.Read([&](const Sight& sight) { return OwnersOf(request.basis(), sight); });
  if (!asked.ok()) return finish(asked.status());
  const bool has_plan = !asked->empty() && asked->front().feed == 0;
  heads_.Get(*std::move(asked), rpc::AnswerBy(deadline), [has_plan, finish = std::move(finish)](absl::StatusOr<std::vector<types::v1::Position>> positions) {
    if (!positions.ok()) return finish(positions.status());
    v1::GetHeadsResponse response;
    for (size_t i = 0; i < positions->size(); ++i) {
      *(i == 0 && has_plan ? response.mutable_basis()->mutable_plan() : response.mutable_basis()->add_progress()) = std::move((*positions)[i]);
    }
    finish(std::move(response));
  });
}

}  // namespace anju::aggregator
