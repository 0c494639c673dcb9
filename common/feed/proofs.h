// What a journal can prove about itself: positions with their tree heads, inclusion and consistency. Answered on a thread of its own, one after the other.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "anju/feed/v1/feed.pb.h"
#include "common/journal/journal.h"
#include "common/journal/tree.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"

namespace anju::feed {

// The first question walks the whole journal; followers and writers are never behind it. Neither thread nor tree is there before it.
class Prover {
 public:
  explicit Prover(const journal::Journal& journal) : journal_(journal), tree_(journal) {}
  ~Prover();  // answers what still waits with UNAVAILABLE

  // `finish` runs once, on the prover's thread or, for OVERLOADED (beyond kLookupsMax) and UNAVAILABLE (after End), on this one.
  void GetPosition(uint64_t sequence, rpc::Finish<v1::GetPositionResponse> finish);
  void GetInclusionProof(const v1::GetInclusionProofRequest& request, rpc::Finish<v1::GetInclusionProofResponse> finish);
  void GetConsistencyProof(const v1::GetConsistencyProofRequest& request, rpc::Finish<v1::GetConsistencyProofResponse> finish);

  // From now on questions are refused; those that wait are answered so too.
  void End();

 private:
  // Answers, or says that there will be no answer when the argument is not OK.
  using Question = std::function<void(const absl::Status&)>;
  template <typename Response>
  void Ask(rpc::Finish<Response> finish, std::function<absl::StatusOr<Response>()> answer);
  void Run();
  absl::StatusOr<v1::GetPositionResponse> Position(uint64_t sequence);
  absl::StatusOr<v1::GetInclusionProofResponse> Inclusion(uint64_t sequence, uint64_t at);
  absl::StatusOr<v1::GetConsistencyProofResponse> Consistency(uint64_t from, uint64_t to);

  const journal::Journal& journal_;
  journal::JournalTree tree_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Question> waiting_ GUARDED_BY(mutex_);  // at most kLookupsMax
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // begins with the first question, under the lock; joined by the destructor, when nobody asks any more
};

}  // namespace anju::feed
