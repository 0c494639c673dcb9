// Fuzzing the services' own parsers, and messages of clients: parsed as gRPC would, then decided by the services' code on a model in memory.
#include <memory>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "anju/plan/v1/plan.pb.h"
#include "anju/progress/v1/progress.pb.h"
#include "common/catalogue/embedded.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/plan/first_catalogue.h"
#include "services/plan/handlers.h"
#include "services/progress/intake.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/ranking/core/bulletin/template.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

constexpr uint64_t kEventsMax = 20'000;  // then a new world: findings shall not hang on hours of history

rpc::Caller Local() { return {.identity = "local", .role = rpc::Role::kOperator, .region = "", .everywhere = true}; }

// A template, once read, or every error of it.
void Templates(std::string_view bytes) {
  const auto parsed = ranking::ParseTemplate(bytes);
  if (!parsed.ok()) CHECK(!ErrorsOf(parsed.status()).empty());
}

// The hot decoder reads what it writes.
void Updates(std::string_view bytes) {
  progress::UpdateEvent update;
  if (progress::DecodeUpdate(bytes, &update) != progress::Decoded::kUpdate) return;
  const std::string encoded = progress::EncodeUpdate(update);
  progress::UpdateEvent again;
  CHECK(progress::DecodeUpdate(encoded, &again) == progress::Decoded::kUpdate);
  CHECK(again.series == update.series && again.source == update.source && again.source_sequence == update.source_sequence);
  CHECK(again.figure.amount == update.figure.amount && again.actor == update.actor && again.flags.size() == update.flags.size());
}

// Whatever is sent: numbers stay dense, every number has one event, and what is replayed is what was decided.
void Items(std::string_view bytes) {
  progress::v1::Items items;
  if (!items.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  struct World {
    progress::Model model;
    progress::testing::MemoryRecorder recorder{model};
    World() { recorder.ApplyRegistry(); }
  };
  static std::unique_ptr<World> world;
  if (world == nullptr || world->recorder.events().size() > kEventsMax) world = std::make_unique<World>();
  progress::Intake intake("fuzz", "r1", Local(), progress::IntakeMode::kStream);
  const uint64_t before = intake.LastNumber(world->model);
  // Half of what is sent would end at once for its number: those go on where the source stands.
  if (items.first_sequence() % 2 == 0) items.set_first_sequence(before + 1);
  const uint64_t events = world->recorder.updates_and_refusals();
  progress::Taken taken;
  (void)intake.Take(world->model, world->recorder, items, &taken);
  const uint64_t after = intake.LastNumber(world->model);
  CHECK(after >= before);
  CHECK(world->recorder.updates_and_refusals() - events == after - before);
  CHECK(taken.verdicts.size() <= items.items_size());
}

// A plan service in memory.
class PlanWorld final : public journal::Recorder {
 public:
  PlanWorld() {
    const auto catalogue = plan::CatalogueRequest(EmbeddedCatalogue());
    CHECK_OK(catalogue.status());
    Ask<plan::v1::ImportCatalogueRequest>(*catalogue, plan::ImportCatalogue);
    plan::v1::ImportRegionsRequest regions;
    for (const auto& [code, name, parent, level] : {std::array{"99", "某省", "", "province"}, std::array{"9901", "某市", "99", "city"},
                                                    std::array{"990101", "甲县", "9901", "county"}, std::array{"990102", "乙县", "9901", "county"}}) {
      auto* row = regions.add_rows();
      row->set_code(code), row->set_name(name), row->set_parent(parent), row->set_level(level), row->set_kind("administrative");
    }
    Ask<plan::v1::ImportRegionsRequest>(regions, plan::ImportRegions);
    CHECK(last_ >= 2);
    first_ = last_;
  }
  bool untouched() const { return last_ == first_; }
  uint64_t Record(std::string event) override {
    CHECK_OK(model_.Apply({.sequence = ++last_, .time_us = time_us()}, event, rows_));
    return last_;
  }
  storage::Batch& rows() override { return rows_; }
  uint64_t last_sequence() const override { return last_; }
  int64_t time_us() const override { return int64_t{MakeDate(2017, 7, 1).days} * 86'400'000'000; }

  template <typename Request, typename Handler>
  void Ask(const Request& request, Handler handler) {
    const uint64_t before = last_;
    plan::Desk desk(model_, *this);
    const auto answer = handler(Local(), request, desk);
    // Whole or not at all: what is refused has recorded nothing.
    if (!answer.ok()) CHECK(last_ == before);
    rows_.Clear();
  }
  template <typename Request, typename Handler>
  void AskBytes(std::string_view bytes, Handler handler) {
    Request request;
    if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) Ask(request, handler);
  }

 private:
  plan::PlanModel model_;
  storage::Batch rows_;
  uint64_t last_ = 0, first_ = 0;
};

// The first byte chooses the call. A world in which something was recorded is not used again: a finding hangs on its own bytes alone.
void PlanCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  static std::unique_ptr<PlanWorld> kept;
  if (kept == nullptr || !kept->untouched()) kept = std::make_unique<PlanWorld>();
  PlanWorld& world = *kept;
  const std::string_view message = bytes.substr(1);
  switch (bytes[0] % 8) {
    case 0: return world.AskBytes<plan::v1::ImportDocumentRequest>(message, plan::ImportDocument);
    case 1: return world.AskBytes<plan::v1::ImportRegionsRequest>(message, plan::ImportRegions);
    case 2: return world.AskBytes<plan::v1::ImportMilestonesRequest>(message, plan::ImportMilestones);
    case 3: return world.AskBytes<plan::v1::ImportBoundariesRequest>(message, plan::ImportBoundaries);
    case 4: return world.AskBytes<plan::v1::ImportChecksRequest>(message, plan::ImportChecks);
    case 5: return world.AskBytes<plan::v1::ImportCatalogueRequest>(message, plan::ImportCatalogue);
    case 6: return world.AskBytes<plan::v1::ListRegionsRequest>(message, plan::ListRegions);
    default: return world.AskBytes<plan::v1::ListDocumentsRequest>(message, plan::ListDocuments);
  }
}

}  // namespace

std::vector<Target> ServiceTargets() {
  google::protobuf::SetLogHandler(nullptr);  // texts that are not UTF-8 are refused; nobody needs to read of each
  return {{"template", Templates}, {"update", Updates}, {"items", Items}, {"plan", PlanCalls}};
}

}  // namespace anju::fuzz
