// Fuzzing every call of the progress service: a whole service below gRPC, with its journal, on a simulated disk.
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "services/progress/handlers.h"
#include "services/progress/plan_taker.h"
#include "services/progress/store/schema.h"
#include "tests/fuzz/audited.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

using progress::Handlers;
constexpr int kPagesMax = 10'000;

class ProgressWorld {
 public:
  ProgressWorld() {
    rpc::UseSteppedWaitingRooms();
    Open();
    const fuzz::Blocks& plan = TheFacts().plan;
    Until([&](auto done) { taker_->TakeLineage(plan.lineage(), done); });
    for (const fuzz::Blocks::Block& block : plan.blocks()) {
      Until([&](auto done) { taker_->Take(*journal::DecodeBlock(block.bytes), block.after, done); });
      taker_->Advance(block.after);
    }
    progress::v1::ReportBatchRequest batch;
    batch.mutable_open()->set_source("clerk");
    *batch.mutable_items() = SomeItems();
    CHECK_OK(Report(batch).status());
    first_ = last();
  }
  ~ProgressWorld() { Close(); }

  uint64_t last() { return pipeline_->journal().durable().sequence; }
  bool untouched() { return last() == first_; }
  void Restart() {
    Close();
    Open();
  }
  std::vector<std::string> Blocks() {
    auto blocks = pipeline_->journal().ReadBlocks({}, size_t{1} << 30);
    CHECK_OK(blocks.status());
    return *std::move(blocks);
  }

  absl::StatusOr<progress::v1::ReportBatchResponse> Report(const progress::v1::ReportBatchRequest& request) {
    return Ask<progress::v1::ReportBatchResponse>([&](auto finish) { handlers_->ReportBatch(Local(), request, Passed(), finish); });
  }
  absl::StatusOr<progress::v1::ReviewFiguresResponse> Review(const progress::v1::ReviewFiguresRequest& request) {
    return Ask<progress::v1::ReviewFiguresResponse>([&](auto finish) { handlers_->ReviewFigures(Local(), request, finish); });
  }
  absl::StatusOr<progress::v1::ListUpdatesResponse> List(const progress::v1::ListUpdatesRequest& request) {
    return Ask<progress::v1::ListUpdatesResponse>([&](auto finish) { handlers_->ListUpdates(Local(), request, finish); });
  }
  absl::StatusOr<progress::v1::GetUpdatesResponse> Get(const progress::v1::GetUpdatesRequest& request) {
    return Ask<progress::v1::GetUpdatesResponse>([&](auto finish) { handlers_->GetUpdates(Local(), request, finish); });
  }
  absl::StatusOr<progress::Opened> OpenStream(const std::shared_ptr<progress::Intake>& intake, const std::string& plan_at_least) {
    return Ask<progress::Opened>([&](auto finish) { handlers_->OpenStream(intake, plan_at_least, Passed(), finish); });
  }
  // One message of the stream, as the stream hands it to the pipeline; the number it is answered with, or how it ended.
  absl::StatusOr<uint64_t> Take(const std::shared_ptr<progress::Intake>& intake, const progress::v1::Items& items);

  // Everything that was ever reported, as bytes.
  std::string All() {
    std::string all;
    progress::v1::ListUpdatesRequest request;
    request.set_refusals(true);
    do {
      const auto page = List(request);
      CHECK_OK(page.status());
      for (const auto& update : page->updates()) all += update.SerializeAsString() + "\n";
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

 private:
  template <typename Response, typename Start>
  absl::StatusOr<Response> Ask(Start start) {
    struct Answer {
      std::atomic<bool> done = false;
      absl::StatusOr<Response> response;
    };
    auto answer = std::make_shared<Answer>();
    start([answer](absl::StatusOr<Response> response) {
      CHECK(!answer->done);  // once
      answer->response = std::move(response);
      answer->done = true;
    });
    while (!answer->done) Turn();
    CheckRefusal(answer->response.status());
    return std::move(answer->response);
  }
  template <typename Start>
  void Until(Start start) {
    std::optional<absl::Status> done;
    start([&](const absl::Status& status) { done = status; });
    while (!done) Turn();
    CHECK_OK(*done);
  }
  void Turn() {
    room_->Wake();
    if (!pipeline_->Step(journal::PipelineStep::kDecide) && !pipeline_->Step(journal::PipelineStep::kWrite)) std::this_thread::yield();
  }
  void Open() {
    disk_ = medium_.Boot();
    desk_ = std::make_unique<progress::Desk>();
    journal::PipelineOptions options;
    options.threads = false;
    options.on_fatal = [](const absl::Status& status) { CHECK_OK(status); };
    auto pipeline = journal::Pipeline::Open(*disk_, "progress", progress::kSchemaVersion, desk_->model, FixedClock(), std::move(options));
    CHECK_OK(pipeline.status());
    pipeline_ = *std::move(pipeline);
    room_ = std::make_unique<rpc::WaitingRoom>();
    handlers_ = std::make_unique<Handlers>(*desk_, *pipeline_, *room_);
    taker_ = std::make_unique<progress::PlanTaker>(*desk_, *pipeline_, *room_);
    Until([&](auto done) { taker_->Resume(done); });
  }
  void Close() {
    handlers_ = nullptr;
    while (pipeline_->Step(journal::PipelineStep::kWrite) || pipeline_->Step(journal::PipelineStep::kDecide)) {
    }
    pipeline_ = nullptr;
    taker_ = nullptr;
    room_ = nullptr;
    desk_ = nullptr;
    disk_ = nullptr;
  }

  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<progress::Desk> desk_;
  std::unique_ptr<rpc::WaitingRoom> room_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<progress::PlanTaker> taker_;
  uint64_t first_ = 0;
};

// What the stream's own request does (services/progress/stream.cc), without its flow control.
class StreamItems final : public journal::Request {
 public:
  StreamItems(progress::Desk& desk, std::shared_ptr<progress::Intake> intake, const progress::v1::Items& items, rpc::Finish<uint64_t> finish)
      : desk_(desk), intake_(std::move(intake)), items_(items), finish_(std::move(finish)) {}
  void Decide(journal::Recorder& recorder) override {
    end_ = intake_->Take(desk_.model, recorder, items_, &taken_);
    CHECK(taken_.verdicts.size() <= items_.items_size());
  }
  void Done(const absl::Status& status, const journal::Position&) override {
    if (!status.ok()) return finish_(status);
    finish_(end_.ok() ? absl::StatusOr<uint64_t>(taken_.acked) : absl::StatusOr<uint64_t>(end_));
  }

 private:
  progress::Desk& desk_;
  const std::shared_ptr<progress::Intake> intake_;
  const progress::v1::Items items_;
  const rpc::Finish<uint64_t> finish_;
  progress::Taken taken_;
  absl::Status end_;
};

absl::StatusOr<uint64_t> ProgressWorld::Take(const std::shared_ptr<progress::Intake>& intake, const progress::v1::Items& items) {
  return Ask<uint64_t>([&](auto finish) { CHECK_OK(pipeline_->Submit(std::make_unique<StreamItems>(*desk_, intake, items, finish))); });
}

// What was recorded is there after a restart, word for word, and the auditor finds nothing wrong with it.
void CheckRestart(ProgressWorld& world, uint64_t before) {
  if (world.last() == before) return;
  CheckProgressBlocks(PlanWorld().events(), world.Blocks());
  const std::string all = world.All();
  world.Restart();
  CHECK(world.All() == all);
}

// Messages of one stream. What is acknowledged only grows, and a second stream that sends all of it again counts nothing twice.
void Report(ProgressWorld& world, std::string_view bytes) {
  std::vector<progress::v1::ReportRequest> messages;
  for (std::string_view message; TakeString(&bytes, &message);) {
    if (!messages.emplace_back().ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
  }
  const uint64_t before = world.last();
  std::optional<uint64_t> recorded;  // by the first time
  for (int time = 0; time < 2; ++time) {
    std::shared_ptr<progress::Intake> intake;
    uint64_t acked = 0;
    for (const progress::v1::ReportRequest& message : messages) {
      if (message.has_open()) {
        if (intake != nullptr) break;  // the service ends such a stream
        auto made = Handlers::NewIntake(Local(), message.open(), progress::IntakeMode::kStream);
        CheckRefusal(made.status());
        if (!made.ok()) break;
        const auto opened = world.OpenStream(*made, message.open().plan_at_least());
        if (!opened.ok()) break;
        intake = *made;
        CHECK(time == 1 || opened->acked >= acked);
        acked = opened->acked;
        continue;
      }
      if (intake == nullptr) break;
      const absl::Status fits = Handlers::CheckItems(message.items());
      CheckRefusal(fits);
      if (!fits.ok()) break;
      const auto taken = world.Take(intake, message.items());
      if (!taken.ok()) break;
      CHECK(*taken >= acked);
      acked = *taken;
    }
    if (recorded) CHECK(world.last() == *recorded);
    recorded = world.last();
  }
  CheckRestart(world, before);
}

// A batch has at most one verdict for an item, a rehearsal records nothing, and a second time counts nothing twice.
void ReportBatch(ProgressWorld& world, const progress::v1::ReportBatchRequest& request) {
  const uint64_t before = world.last();
  const auto answer = world.Report(request);
  const uint64_t after = world.last();
  if (request.dry_run()) CHECK(after == before);
  if (answer.ok()) CHECK(answer->verdicts_size() <= request.items().items_size());
  const auto again = world.Report(request);
  CHECK(world.last() == after);
  if (answer.ok() && !request.dry_run()) CHECK(again.ok() && again->acked_sequence() == answer->acked_sequence());
  CheckRestart(world, before);
}

// All or nothing, and nothing in a rehearsal; the same again changes nothing.
void Review(ProgressWorld& world, const progress::v1::ReviewFiguresRequest& request) {
  const uint64_t before = world.last();
  const auto answer = world.Review(request);
  const uint64_t after = world.last();
  if (!answer.ok() || request.dry_run()) CHECK(after == before);
  if (after > before) CHECK(answer->changed() > 0);
  const auto again = world.Review(request);
  if (answer.ok() && !request.dry_run()) {
    CHECK_OK(again.status());
    CHECK(world.last() == after || request.request_id().empty());
    if (!request.request_id().empty()) CHECK(again->changed() == answer->changed() && again->unchanged() == answer->unchanged());
  }
  CheckRestart(world, before);
}

// Pages: in order, each update once, none larger than asked, and there is a last one.
void List(ProgressWorld& world, progress::v1::ListUpdatesRequest request) {
  auto page = world.List(request);
  uint64_t last = 0;
  for (int pages = 0; page.ok(); ++pages) {
    CHECK(pages < kPagesMax);
    CHECK(request.page_size() == 0 || page->updates_size() <= request.page_size());
    for (const progress::v1::ListedUpdate& update : page->updates()) {
      CHECK(update.sequence() > last && update.sequence() > request.after_sequence());
      last = update.sequence();
    }
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
    page = world.List(request);
    CHECK_OK(page.status());  // its own token
  }
  CHECK(world.untouched());
}

// Only what was asked for, in order.
void Get(ProgressWorld& world, const progress::v1::GetUpdatesRequest& request) {
  const auto answer = world.Get(request);
  CHECK(world.untouched());
  if (!answer.ok()) return;
  uint64_t last = 0;
  for (const progress::v1::ListedUpdate& update : answer->updates()) {
    CHECK(update.sequence() > last);
    last = update.sequence();
    CHECK(std::find(request.sequences().begin(), request.sequences().end(), last) != request.sequences().end());
  }
}

template <typename Request, typename Run>
void With(ProgressWorld& world, std::string_view bytes, Run run) {
  Request request;
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) run(world, request);
}

}  // namespace

void ProgressCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  ProgressWorld& world = Untouched<ProgressWorld>();
  const std::string_view message = bytes.substr(1);
  switch (static_cast<ProgressCall>(static_cast<uint8_t>(bytes[0]) % kProgressCalls)) {
    case ProgressCall::kReport: return Report(world, message);
    case ProgressCall::kReportBatch: return With<progress::v1::ReportBatchRequest>(world, message, ReportBatch);
    case ProgressCall::kReviewFigures: return With<progress::v1::ReviewFiguresRequest>(world, message, Review);
    case ProgressCall::kListUpdates: return With<progress::v1::ListUpdatesRequest>(world, message, List);
    case ProgressCall::kGetUpdates: return With<progress::v1::GetUpdatesRequest>(world, message, Get);
  }
}

}  // namespace anju::fuzz
