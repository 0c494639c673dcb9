// Waits with the state that was found to be far enough, so that the answer is made from that one.
#include "services/ranking/await.h"

#include <utility>

#include "common/time/date.h"

namespace anju::ranking {

void AwaitContents(const Store& store, rpc::WaitingRoom& room, const types::v1::Basis& want, int64_t staleness_ms,
                   std::chrono::system_clock::time_point deadline, std::function<void(absl::StatusOr<std::shared_ptr<const Contents>>)> ready,
                   const std::atomic<bool>* ending) {
  // The contents that were found to be far enough are the ones answered from: an aggregator that starts over meanwhile cannot make
  // the answer older than its token.
  auto contents = std::make_shared<std::shared_ptr<const Contents>>();
  const auto reached = [&store, want, staleness_ms, contents, ending] {
    *contents = store.Read();
    if (ending != nullptr && *ending) return true;
    const types::v1::BasisStamp& stamp = (*contents)->stamp;
    const rpc::Lineages& lineages = *(*contents)->lineages;
    if (!lineages.CheckNotLost(want, "at_least").ok()) return true;  // it will never come
    return rpc::Includes(stamp.basis(), want, lineages) && rpc::IsFreshEnough(stamp.complete_until_us(), staleness_ms, RealClock().NowMicros());
  };
  const absl::Status at_deadline = staleness_ms > 0 ? rpc::StaleError(staleness_ms) : absl::OkStatus();
  room.Wait(reached, deadline,
            [contents, want, ready = std::move(ready)](absl::Status waited) {
              if (!waited.ok()) return ready(std::move(waited));
              if (absl::Status kept = (*contents)->lineages->CheckNotLost(want, "at_least"); !kept.ok()) return ready(std::move(kept));
              ready(*contents);
            },
            at_deadline);
}

}  // namespace anju::ranking
