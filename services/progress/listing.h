// Lists of updates: pages of the journal and named updates, read by one thread of their own (a reaction of gRPC must not wait for a disk),
// filtered and named on the decider.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "anju/progress/v1/progress.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"
#include "services/progress/desk.h"

namespace anju::progress {

class Listing {
 public:
  Listing(Desk& desk, journal::Pipeline& pipeline);
  ~Listing();  // what is waiting is dropped; its callers hear UNAVAILABLE
  // OVERLOADED when more than kListsWaitingMax wait. A page may be short, even empty, and still have a token: it looks at
  // kScanEventsMax events at most.
  void List(const rpc::Caller& caller, const v1::ListUpdatesRequest& request, rpc::Finish<v1::ListUpdatesResponse> finish);
  // Named updates that exist and that the caller may read.
  void Get(const rpc::Caller& caller, const v1::GetUpdatesRequest& request, rpc::Finish<v1::GetUpdatesResponse> finish);
  // Runs `work` on the reading thread; OVERLOADED as above. Work that is still waiting at the end is dropped.
  absl::Status Run(std::function<void()> work);

 private:
  void RunAll();

  Desk& desk_;
  journal::Pipeline& pipeline_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace anju::progress
