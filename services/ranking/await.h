// Waiting until our own copy of the aggregator's figures is as far and as fresh as a question needs it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "common/rpc/rpc.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// Calls `ready` once with contents that include `want` and are fresh enough (0: of any age), with ROLLED_BACK when a restore has lost what it
// names, or with BEHIND or STALE at the deadline; with whatever
// there is once `ending` is true and the room is woken, so that nobody holds up the end. Store, room and `ending` must outlive the wait.
void AwaitContents(const Store& store, rpc::WaitingRoom& room, const types::v1::Basis& want, int64_t staleness_ms,
                   std::chrono::system_clock::time_point deadline, std::function<void(absl::StatusOr<std::shared_ptr<const Contents>>)> ready,
                   const std::atomic<bool>* ending = nullptr);

}  // namespace anju::ranking
