// The RPCs of bulletins as functions: read what is stored, compose at one basis, decide, record.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "common/thread/mutex.h"
#include "services/ranking/bulletin_desk.h"
#include "services/ranking/composer.h"
#include "services/ranking/store/bulletins_model.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

inline constexpr size_t kCompositionsMax = 64;       // under way at once; beyond it OVERLOADED
inline constexpr size_t kTemplatesMax = 1'000;       // codes
inline constexpr uint32_t kTemplateVersionsMax = 1'000;  // of one code
inline constexpr uint64_t kDraftsMax = 1'000'000;
inline constexpr size_t kNumberBytesMax = 100;
inline constexpr size_t kRequestIdBytesMax = 200;
inline constexpr int32_t kBulletinPageMax = 1'000, kBulletinPageDefault = 100;

// Safe for concurrent use; RPCs never block.
class Bulletins {
 public:
  using Deadline = std::chrono::system_clock::time_point;

  // Store, model and pipeline must outlive this.
  Bulletins(const Store& cells, std::unique_ptr<Columns> columns, const BulletinsModel& model, journal::Pipeline& pipeline)
      : cells_(cells), model_(model), pipeline_(pipeline), composer_(cells, std::move(columns)) {}
  ~Bulletins();  // cancels what is under way and waits until all of it has been answered

  void DefineTemplate(const rpc::Caller& caller, const v1::DefineTemplateRequest& request, Deadline deadline, rpc::Finish<v1::DefineTemplateResponse> finish);
  void GetTemplate(const rpc::Caller& caller, const v1::GetTemplateRequest& request, Deadline deadline, rpc::Finish<v1::GetTemplateResponse> finish);
  void ListTemplates(const rpc::Caller& caller, const v1::ListTemplatesRequest& request, Deadline deadline, rpc::Finish<v1::ListTemplatesResponse> finish);
  void ComposeBulletin(const rpc::Caller& caller, const v1::ComposeBulletinRequest& request, Deadline deadline, rpc::Finish<v1::ComposeBulletinResponse> finish);
  void DraftBulletin(const rpc::Caller& caller, const v1::DraftBulletinRequest& request, Deadline deadline, rpc::Finish<v1::DraftBulletinResponse> finish);
  void IssueBulletin(const rpc::Caller& caller, const v1::IssueBulletinRequest& request, Deadline deadline, rpc::Finish<v1::IssueBulletinResponse> finish);
  void GetBulletin(const rpc::Caller& caller, const v1::GetBulletinRequest& request, Deadline deadline, rpc::Finish<v1::GetBulletinResponse> finish);
  void ListBulletins(const rpc::Caller& caller, const v1::ListBulletinsRequest& request, Deadline deadline, rpc::Finish<v1::ListBulletinsResponse> finish);
  void DiffBulletin(const rpc::Caller& caller, const v1::DiffBulletinRequest& request, Deadline deadline, rpc::Finish<v1::DiffBulletinResponse> finish);
  void DraftCorrection(const rpc::Caller& caller, const v1::DraftCorrectionRequest& request, Deadline deadline, rpc::Finish<v1::DraftCorrectionResponse> finish);

  // Something was applied: those who wait for a basis are looked at again.
  void Wake() { composer_.Wake(); }
  // Nothing is begun any more, and what is under way is told to end. The destructor does it too, and waits.
  void Cancel();

 private:
  // An RPC under way: it sits from its beginning until the last copy of its `finish` is gone.
  struct Seat;
  // Puts a seat into `finish`; false, and `finish` has run, when there is none.
  template <typename Response>
  bool Admit(bool composes, rpc::Finish<Response>& finish);
  absl::StatusOr<std::shared_ptr<Seat>> Sit(bool composes);

  template <typename Result>
  void Submit(StepKind kind, std::function<absl::StatusOr<Result>(BulletinDesk&)> decide,
              std::function<void(absl::StatusOr<Result>, const journal::Position&)> done) {
    SubmitStep<Result>(pipeline_, model_, kind, std::move(decide), std::move(done));
  }
  // Records a draft of what was composed, unless the request id is known by now, and answers with it.
  struct Drafting;
  void RecordDraft(std::shared_ptr<const Drafting> drafting, const Composed& composed,
                   std::function<void(absl::StatusOr<v1::BulletinRecord>)> finish);
  struct Issuing;
  void CheckDraft(std::shared_ptr<Issuing> issuing);
  void RecordIssue(std::shared_ptr<Issuing> issuing);

  const Store& cells_;
  const BulletinsModel& model_;  // decider thread only: read in steps
  journal::Pipeline& pipeline_;
  Composer composer_;

  Mutex mutex_;
  ConditionVariable fewer_;
  size_t under_way_ GUARDED_BY(mutex_) = 0;
  size_t compositions_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
};

struct Bulletins::Seat {
  Seat(Bulletins& bulletins, bool composing) : of(bulletins), composes(composing) {}
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  Bulletins& of;
  const bool composes;
};

template <typename Response>
bool Bulletins::Admit(bool composes, rpc::Finish<Response>& finish) {
  absl::StatusOr<std::shared_ptr<Seat>> seat = Sit(composes);
  if (!seat.ok()) {
    finish(seat.status());
    return false;
  }
  finish = [seat = *std::move(seat), finish = std::move(finish)](absl::StatusOr<Response> response) { finish(std::move(response)); };
  return true;
}

}  // namespace anju::ranking
