// Who is calling, and the one check of what a caller may touch.
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"

namespace anju::rpc {
namespace {

// What a role may do inside its subtree. What is not listed is refused.
bool RoleMay(Role role, Action action) {
  switch (role) {
    case Role::kOperator:
      return true;
    case Role::kPlanner:
      return action == Action::kRead || action == Action::kPlan;
    case Role::kReporter:
      return action == Action::kRead || action == Action::kReport;
    case Role::kReviewer:
      return action == Action::kRead || action == Action::kReview;
    case Role::kAnalyst:
      return action == Action::kRead;
  }
  return false;
}

const char* ActionName(Action action) {
  switch (action) {
    case Action::kRead:
      return "read";
    case Action::kPlan:
      return "plan";
    case Action::kReport:
      return "report";
    case Action::kReview:
      return "review";
    case Action::kOperate:
      return "operate";
  }
  return "?";
}

absl::Status NotAllowed(const Caller& caller, Action action, const std::string& region) {
  return MakeError(Reason::NOT_ALLOWED, "region", region,
                   absl::StrCat(caller.identity.empty() ? "an unknown caller" : caller.identity, " may not ", ActionName(action),
                                region.empty() ? "" : " in ", region));
}

// Peers are printed "ipv4:127.0.0.1:40000" or "ipv6:%5B::1%5D:40000".
bool IsLoopbackPeer(const std::string& peer) {
  return peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:%5B::1%5D:") || peer.starts_with("ipv6:[::1]:");
}

}  // namespace

Caller CallerOf(const grpc::CallbackServerContext& context) {
  // The server listens on loopback only; whoever came another way has no role that allows anything.
  if (!IsLoopbackPeer(context.peer())) return Caller{};
  return Caller{.identity = "local", .role = Role::kOperator, .region = "", .everywhere = true};
}

absl::Status Authorize(const Caller& caller, Action action, RegionNumber region, const RegionTree* tree, Date day) {
  const Region* row = (tree != nullptr && region != 0) ? tree->Nearest(region, day) : nullptr;
  const std::string code = row != nullptr ? row->code : (region != 0 ? absl::StrCat("#", region) : "");
  if (caller.identity.empty() || !RoleMay(caller.role, action)) return NotAllowed(caller, action, code);
  if (caller.everywhere || caller.role == Role::kOperator) return absl::OkStatus();
  if (region == 0) {
    // The catalogue and the like belong to nobody's subtree: everybody may read them, only operators change them.
    return action == Action::kRead ? absl::OkStatus() : NotAllowed(caller, action, code);
  }
  if (tree == nullptr || caller.region.empty()) return NotAllowed(caller, action, code);
  const RegionNumber own = tree->FindCode(caller.region);
  if (own == 0 || !tree->IsWithin(region, own, day)) return NotAllowed(caller, action, code);
  return absl::OkStatus();
}

}  // namespace anju::rpc
