// Plan and progress below gRPC: their models, handlers and intakes over simulated disks and connections.
#include <set>
#include <utility>

#include "common/catalogue/embedded.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/plan/desk.h"
#include "services/plan/first_catalogue.h"
#include "services/plan/handlers.h"
#include "services/plan/store/schema.h"
#include "services/progress/convert.h"
#include "services/progress/errors.h"
#include "services/progress/handlers.h"
#include "services/progress/plan_taker.h"
#include "services/progress/store/schema.h"
#include "tests/simulation/node.h"

namespace anju::simulation {
namespace {

const rpc::Caller& Local() {
  static const rpc::Caller caller{.identity = "local", .role = rpc::Role::kOperator, .everywhere = true};
  return caller;
}

std::chrono::system_clock::time_point Never() { return std::chrono::system_clock::now() + std::chrono::hours(12); }

class PlanNode final : public OwnerNode {
 public:
  PlanNode(Context& context, uint64_t seed) : OwnerNode(context, "plan", seed) {}
  ~PlanNode() override { PlanNode::Close(); }

  void Accept(const std::string& method, const std::shared_ptr<Connection>& connection) override {
    if (method == "Follow") return ServeFeed(connection);
    if (method == "ImportRegions") return Decide(connection, &plan::ImportRegions);
    if (method == "ImportDocument") return Decide(connection, &plan::ImportDocument);
    if (method == "ImportBoundaries") return Decide(connection, &plan::ImportBoundaries);
    if (method == "GetDocument") return Decide(connection, &plan::GetDocument);
    context_.Violated("plan has no method " + method);
  }

 protected:
  absl::Status Open() override {
    model_ = std::make_unique<plan::PlanModel>();
    RETURN_IF_ERROR(OpenPipeline("plan", plan::kSchemaVersion, *model_));
    if (pipeline_->journal().durable().sequence > 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(const plan::v1::ImportCatalogueRequest request, plan::CatalogueRequest(EmbeddedCatalogue()));
    absl::Status imported = absl::UnknownError("not decided");
    plan::Submit<plan::v1::ImportCatalogueRequest, plan::v1::ImportCatalogueResponse>(
        *pipeline_, *model_, Local(), request, &plan::ImportCatalogue,
        [&](absl::StatusOr<plan::v1::ImportCatalogueResponse> response) { imported = response.status(); });
    pipeline_->Step(journal::PipelineStep::kDecide);
    pipeline_->Step(journal::PipelineStep::kWrite);
    return imported;
  }
  void Close() override {
    Drain();
    ClosePipeline();
    model_ = nullptr;
  }

 private:
  template <typename Request, typename Response>
  void Decide(const std::shared_ptr<Connection>& connection, absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
    Serve<Request, Response>(connection, [this, handler](const Request& request, rpc::Finish<Response> finish) {
      plan::Submit<Request, Response>(*pipeline_, *model_, Local(), request, handler, std::move(finish));
      Poke();
    });
  }

  std::unique_ptr<plan::PlanModel> model_;
};

// One message of items in the pipeline, as the Report stream puts it there.
class ItemsRequest final : public journal::Request {
 public:
  using Done_ = std::function<void(const absl::Status&, const progress::Taken&, const absl::Status& end, const journal::Position&)>;
  ItemsRequest(progress::Desk& desk, std::shared_ptr<progress::Intake> intake, progress::v1::Items items, Done_ done)
      : desk_(desk), intake_(std::move(intake)), items_(std::move(items)), done_(std::move(done)) {}
  void Decide(journal::Recorder& recorder) override {
    if (absl::Status refused = desk_.CheckPlan(); !refused.ok()) intake_->Fence(std::move(refused));
    end_ = intake_->Take(desk_.model, recorder, items_, &taken_);
  }
  void Done(const absl::Status& status, const journal::Position& durable) override { done_(status, taken_, end_, durable); }

 private:
  progress::Desk& desk_;
  const std::shared_ptr<progress::Intake> intake_;
  const progress::v1::Items items_;
  const Done_ done_;
  progress::Taken taken_;
  absl::Status end_;
};

class ProgressNode final : public OwnerNode {
 public:
  ProgressNode(Context& context, const std::string& name, uint64_t seed, Node& plan) : OwnerNode(context, name, seed), plan_(plan) {}
  ~ProgressNode() override { ProgressNode::Close(); }

  void Accept(const std::string& method, const std::shared_ptr<Connection>& connection) override {
    using progress::v1::ReportBatchRequest, progress::v1::ReportBatchResponse, progress::v1::ReviewFiguresRequest, progress::v1::ReviewFiguresResponse;
    if (method == "Follow") return ServeFeed(connection);
    if (method == "Report") return Report(connection);
    if (method == "ReportBatch") {
      return Serve<ReportBatchRequest, ReportBatchResponse>(connection, [this](const ReportBatchRequest& request, rpc::Finish<ReportBatchResponse> finish) {
        handlers_->ReportBatch(Local(), request, Never(), std::move(finish));
        Poke();
      });
    }
    if (method == "ReviewFigures") {
      return Serve<ReviewFiguresRequest, ReviewFiguresResponse>(connection, [this](const ReviewFiguresRequest& request, rpc::Finish<ReviewFiguresResponse> finish) {
        handlers_->ReviewFigures(Local(), request, std::move(finish));
        Poke();
      });
    }
    context_.Violated("progress has no method " + method);
  }

 protected:
  absl::Status Open() override {
    desk_ = std::make_unique<progress::Desk>();
    RETURN_IF_ERROR(OpenPipeline("progress", progress::kSchemaVersion, desk_->model));
    room_ = std::make_unique<rpc::WaitingRoom>();
    handlers_ = std::make_unique<progress::Handlers>(*desk_, *pipeline_, *room_);
    taker_ = std::make_unique<progress::PlanTaker>(*desk_, *pipeline_, *room_);
    RETURN_IF_ERROR(Await([&](progress::PlanTaker::Done done) { taker_->Resume(std::move(done)); }));
    feed::Callbacks callbacks;
    callbacks.on_block = [this](const journal::BlockView& block, std::string_view, const journal::Position& after) { return TakePlan(block, after); };
    callbacks.on_lineage = [this](const journal::Lineage& lineage) {
      return Await([&](progress::PlanTaker::Done done) { taker_->TakeLineage(lineage, std::move(done)); });
    };
    callbacks.on_fresh = [this](const journal::Position& upstream, int64_t sent_us) { desk_->MarkPlanFresh(upstream, sent_us); };
    callbacks.on_data_loss = [this](const feed::Lost& lost) { return taker_->Lose(lost); };
    client_ = std::make_unique<FeedClient>(context_, *this, plan_, taker_->taken(), std::move(callbacks));
    return absl::OkStatus();
  }
  void Close() override {
    client_ = nullptr;
    sessions_.clear();
    Drain();
    handlers_ = nullptr;
    ClosePipeline();
    taker_ = nullptr;
    room_ = nullptr;
    desk_ = nullptr;
  }
  void TurnMore() override { std::erase_if(sessions_, [](const std::shared_ptr<Session>& session) { return !session->connection->open(); }); }

 private:
  // One Report stream: what the service's own stream does, but for flow control.
  struct Session {
    std::shared_ptr<Connection> connection;
    std::shared_ptr<progress::Intake> intake;
    bool opened = false;
    bool ended = false;
    std::deque<progress::v1::Items> early;  // came while the stream was being opened
  };

  // The follower's thread would wait for the decider and the writer; here they work at once.
  template <typename Start>
  absl::Status Await(Start start) {
    absl::Status stored = MakeError(Reason::UNAVAILABLE, "", "", "the pipeline is going down");
    bool done = false;
    start([&](const absl::Status& status) {
      stored = status;
      done = true;
    });
    while (!done && (pipeline_->Step(journal::PipelineStep::kDecide) || pipeline_->Step(journal::PipelineStep::kWrite))) {
    }
    return stored;
  }

  absl::Status TakePlan(const journal::BlockView& block, const journal::Position& after) {
    RETURN_IF_ERROR(Await([&](progress::PlanTaker::Done done) { taker_->Take(block, after, std::move(done)); }));
    if (after.sequence <= taker_->taken().sequence) context_.Violated(name + " went back in plan's journal");
    taker_->Advance(after);
    Trace("has plan", after.sequence);
    return absl::OkStatus();
  }

  void Report(const std::shared_ptr<Connection>& connection) {
    auto session = std::make_shared<Session>();
    session->connection = connection;
    sessions_.insert(session);
    connection->on_request = [this, weak = std::weak_ptr<Session>(session)](const std::string& bytes) {
      const auto session = weak.lock();
      progress::v1::ReportRequest request;
      if (session == nullptr || handlers_ == nullptr || !request.ParseFromString(bytes)) return;
      Run([&] { TakeMessage(session, request); });
    };
    connection->on_gone = [this, weak = std::weak_ptr<Session>(session)] {
      if (const auto session = weak.lock()) sessions_.erase(session);
    };
  }

  void TakeMessage(const std::shared_ptr<Session>& session, const progress::v1::ReportRequest& request) {
    if (session->ended) return;
    if (request.has_open()) {
      absl::StatusOr<std::shared_ptr<progress::Intake>> intake = progress::Handlers::NewIntake(Local(), request.open(), progress::IntakeMode::kStream);
      if (!intake.ok()) return End(session, intake.status());
      session->intake = *intake;
      session->intake->on_replaced = [this, weak = std::weak_ptr<Session>(session)](const absl::Status& status) {
        if (const auto session = weak.lock()) End(session, status);
      };
      handlers_->OpenStream(session->intake, request.open().plan_at_least(), Never(), [this, session](absl::StatusOr<progress::Opened> opened) {
        if (!opened.ok()) return End(session, opened.status());
        session->opened = true;
        progress::v1::ReportResponse response;
        response.set_acked_sequence(opened->acked);
        *response.mutable_basis() = progress::StampOf(opened->ground, opened->durable);
        session->connection->Answer(response.SerializeAsString());
        for (progress::v1::Items& items : session->early) Submit(session, std::move(items));
        session->early.clear();
      });
      return Poke();
    }
    if (session->intake == nullptr) return End(session, progress::NotOpened());
    if (const absl::Status status = progress::Handlers::CheckItems(request.items()); !status.ok()) return End(session, status);
    if (session->opened) {
      Submit(session, request.items());
    } else {
      session->early.push_back(request.items());
    }
  }

  void Submit(const std::shared_ptr<Session>& session, progress::v1::Items items) {
    if (session->ended || pipeline_ == nullptr) return;
    const auto done = [this, session](const absl::Status& status, const progress::Taken& taken, const absl::Status& end, const journal::Position& durable) {
      if (!status.ok()) return End(session, status);
      if (session->ended && !end.ok()) return;
      progress::v1::ReportResponse response;
      response.set_acked_sequence(taken.acked);
      *response.mutable_verdicts() = taken.verdicts;
      *response.mutable_basis() = progress::StampOf(taken.ground, durable);
      session->connection->Answer(response.SerializeAsString());
      if (!end.ok()) End(session, end);
    };
    const absl::Status status = pipeline_->Submit(std::make_unique<ItemsRequest>(*desk_, session->intake, std::move(items), done));
    if (!status.ok()) return End(session, status);
    Poke();
  }

  void End(const std::shared_ptr<Session>& session, const absl::Status& status) {
    if (std::exchange(session->ended, true)) return;
    session->connection->End(status);
  }

  Node& plan_;
  std::unique_ptr<progress::Desk> desk_;
  std::unique_ptr<rpc::WaitingRoom> room_;
  std::unique_ptr<progress::Handlers> handlers_;
  std::unique_ptr<progress::PlanTaker> taker_;
  std::unique_ptr<FeedClient> client_;
  std::set<std::shared_ptr<Session>> sessions_;
};

}  // namespace

std::unique_ptr<Node> NewPlanNode(Context& context, uint64_t seed) { return std::make_unique<PlanNode>(context, seed); }
std::unique_ptr<Node> NewProgressNode(Context& context, const std::string& name, uint64_t seed, Node& plan) {
  return std::make_unique<ProgressNode>(context, name, seed, plan);
}

}  // namespace anju::simulation
