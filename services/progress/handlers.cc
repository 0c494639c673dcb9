// Opening sources, reporting batches, listing, and handing reviews to the decider.
#include "services/progress/handlers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/errors.h"
#include "services/progress/journal_scan.h"
#include "services/progress/reviewing.h"

namespace anju::progress {
namespace {

// Makes an intake the current one of its source.
class OpenRequest final : public journal::Request {
 public:
  OpenRequest(Desk& desk, std::shared_ptr<Intake> intake, std::function<void(absl::StatusOr<Opened>)> opened)
      : desk_(desk), intake_(std::move(intake)), opened_(std::move(opened)) {}

  void Decide(journal::Recorder& recorder) override {
    refused_ = desk_.plan_refused();
    if (refused_.ok()) refused_ = intake_->Admit(desk_.model, Clock::DateOfMicros(recorder.time_us()));
    if (!refused_.ok()) return;
    if (desk_.streams.size() >= desk_.streams_sweep_at) {
      absl::erase_if(desk_.streams, [](const auto& stream) { return stream.second.expired(); });
      desk_.streams_sweep_at = std::max<size_t>(64, desk_.streams.size() * 2);
    }
    std::weak_ptr<Intake>& current = desk_.streams[intake_->source()];
    replaced_ = current.lock();
    current = intake_;
    if (replaced_ != nullptr) replaced_->Fence(StreamReplaced(intake_->source()));
    answer_.acked = intake_->LastNumber(desk_.model);
    answer_.ground = GroundOf(desk_.model);
  }

  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (replaced_ != nullptr && replaced_->on_replaced) replaced_->on_replaced(StreamReplaced(intake_->source()));
    if (!status.ok()) return opened_(status);
    if (!refused_.ok()) return opened_(refused_);
    answer_.durable = durable;
    opened_(answer_);
  }

 private:
  Desk& desk_;
  const std::shared_ptr<Intake> intake_;
  const std::function<void(absl::StatusOr<Opened>)> opened_;
  std::shared_ptr<Intake> replaced_;
  absl::Status refused_;
  Opened answer_;
};

class BatchRequest final : public journal::Request {
 public:
  BatchRequest(Desk& desk, std::shared_ptr<Intake> intake, std::shared_ptr<const v1::ReportBatchRequest> request,
               rpc::Finish<v1::ReportBatchResponse> finish)
      : desk_(desk), intake_(std::move(intake)), request_(std::move(request)), finish_(std::move(finish)) {}

  void Decide(journal::Recorder& recorder) override {
    end_ = desk_.plan_refused();
    if (end_.ok()) end_ = intake_->Admit(desk_.model, Clock::DateOfMicros(recorder.time_us()));
    if (end_.ok()) end_ = intake_->Take(desk_.model, recorder, request_->items(), &taken_);
    taken_.ground.complete_until_us = desk_.CompleteUntil(recorder.time_us());
  }

  bool Records() const override { return !request_->dry_run(); }

  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (!status.ok()) return finish_(status);
    if (!end_.ok()) return finish_(end_);
    v1::ReportBatchResponse response;
    response.set_acked_sequence(taken_.acked);
    response.mutable_verdicts()->Swap(&taken_.verdicts);
    *response.mutable_basis() = StampOf(taken_.ground, durable);
    finish_(std::move(response));
  }

 private:
  Desk& desk_;
  const std::shared_ptr<Intake> intake_;
  const std::shared_ptr<const v1::ReportBatchRequest> request_;
  const rpc::Finish<v1::ReportBatchResponse> finish_;
  absl::Status end_;
  Taken taken_;
};

// Only the plan part of the token counts: what this journal holds is decided in order anyway. The function looks at the desk only.
absl::StatusOr<std::function<bool()>> PlanReached(const Desk& desk, const std::string& token) {
  ASSIGN_OR_RETURN(const types::v1::Basis asked, rpc::ParseToken(token));
  types::v1::Basis want;
  if (asked.has_plan()) *want.mutable_plan() = asked.plan();
  RETURN_IF_ERROR(desk.plan_lineages()->CheckNotLost(want, "plan_at_least"));
  return [&desk, want] {
    types::v1::Basis have;
    *have.mutable_plan() = rpc::ToProto(desk.plan().position);
    return !want.has_plan() || rpc::Includes(have, want, *desk.plan_lineages());
  };
}

}  // namespace

Handlers::Handlers(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room)
    : desk_(desk), pipeline_(pipeline), room_(room), listing_(desk, pipeline) {}

absl::StatusOr<std::shared_ptr<Intake>> Handlers::NewIntake(const rpc::Caller& caller, const v1::Open& open, IntakeMode mode) {
  if (open.source().empty()) return SourceMissing();
  if (!IsSourceName(open.source())) return BadSourceName(open.source());
  return std::make_shared<Intake>(open.source(), open.request_id(), caller, mode);
}

void Handlers::OpenStream(std::shared_ptr<Intake> intake, const std::string& plan_at_least, Deadline deadline,
                          std::function<void(absl::StatusOr<Opened>)> opened) {
  const absl::StatusOr<std::function<bool()>> reached = PlanReached(desk_, plan_at_least);
  if (!reached.ok()) return opened(reached.status());
  const Deadline latest = std::chrono::system_clock::now() + std::chrono::milliseconds(kOpenWaitMsMax);
  room_.Wait(*reached, std::min(deadline, latest), [desk = &desk_, pipeline = &pipeline_, intake, opened](absl::Status waited) {
    if (!waited.ok()) return opened(waited);
    const absl::Status submitted = pipeline->Submit(std::make_unique<OpenRequest>(*desk, intake, opened));
    if (!submitted.ok()) opened(submitted);
  });
}

absl::Status Handlers::CheckItems(const v1::Items& items) {
  if (items.items_size() == 0 && items.definitions_size() == 0) return EmptyMessage();
  if (items.items_size() > kMessageItemsMax) return TooManyItems(items.items_size());
  if (const size_t bytes = items.ByteSizeLong(); bytes > kMessageBytesMax) return MessageTooLarge(bytes);
  if (items.items_size() > 0 && (items.first_sequence() == 0 || items.first_sequence() > UINT64_MAX - kMessageItemsMax)) return BadFirstSequence(items.first_sequence());
  for (const v1::SeriesDefinition& definition : items.definitions()) {
    if (definition.index() >= kSeriesIndexMax) return BadDefinition(definition.index(), "is beyond the last index of a stream");
    for (const std::string* text : {&definition.region(), &definition.programme(), &definition.indicator(), &definition.plan_year(), &definition.unit()}) {
      if (text->size() > kDefinitionTextBytesMax) return BadDefinition(definition.index(), "has a text that is longer than any name");
    }
  }
  return absl::OkStatus();
}

void Handlers::ReportBatch(const rpc::Caller& caller, const v1::ReportBatchRequest& request, Deadline deadline,
                           rpc::Finish<v1::ReportBatchResponse> finish) {
  const absl::StatusOr<std::shared_ptr<Intake>> intake = NewIntake(caller, request.open(), request.dry_run() ? IntakeMode::kRehearsal : IntakeMode::kBatch);
  if (!intake.ok()) return finish(intake.status());
  if (request.items().items_size() == 0) return finish(EmptyMessage());
  if (const absl::Status items = CheckItems(request.items()); !items.ok()) return finish(items);
  const absl::StatusOr<std::function<bool()>> reached = PlanReached(desk_, request.open().plan_at_least());
  if (!reached.ok()) return finish(reached.status());
  // A copy: a call that is cancelled while it waits takes its request along.
  auto kept = std::make_shared<const v1::ReportBatchRequest>(request);
  room_.Wait(*reached, deadline, [desk = &desk_, pipeline = &pipeline_, intake = *intake, kept, finish](absl::Status waited) {
    if (!waited.ok()) return finish(waited);
    const absl::Status submitted = pipeline->Submit(std::make_unique<BatchRequest>(*desk, intake, kept, finish));
    if (!submitted.ok()) finish(submitted);
  });
}

void Handlers::ListUpdates(const rpc::Caller& caller, const v1::ListUpdatesRequest& request, rpc::Finish<v1::ListUpdatesResponse> finish) {
  if (const absl::Status allowed = rpc::Authorize(caller, rpc::Action::kRead, 0, nullptr, Date{}); !allowed.ok()) return finish(allowed);
  listing_.List(caller, request, std::move(finish));
}

void Handlers::GetUpdates(const rpc::Caller& caller, const v1::GetUpdatesRequest& request, rpc::Finish<v1::GetUpdatesResponse> finish) {
  if (const absl::Status allowed = rpc::Authorize(caller, rpc::Action::kRead, 0, nullptr, Date{}); !allowed.ok()) return finish(allowed);
  listing_.Get(caller, request, std::move(finish));
}

void Handlers::ReviewFigures(const rpc::Caller& caller, const v1::ReviewFiguresRequest& request, rpc::Finish<v1::ReviewFiguresResponse> finish) {
  if (const absl::Status checked = CheckReview(request); !checked.ok()) return finish(checked);
  const auto submit = [desk = &desk_, pipeline = &pipeline_, caller, request, finish](std::optional<Scan> named) {
    const absl::Status submitted = pipeline->Submit(std::make_unique<ReviewRequest>(*desk, caller, request, std::move(named), finish));
    if (!submitted.ok()) finish(submitted);
  };
  if (request.updates_size() == 0) return submit(std::nullopt);
  // Where an update stands in the model its sequence alone does not tell; the journal does.
  const absl::Status taken = listing_.Run([pipeline = &pipeline_, submit, sequences = Ascending(request.updates()), finish] {
    absl::StatusOr<Scan> named = ReadUpdates(pipeline->journal(), sequences);
    if (!named.ok()) return finish(named.status());
    submit(*std::move(named));
  });
  if (!taken.ok()) finish(taken);
}

}  // namespace anju::progress
