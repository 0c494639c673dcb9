// Fuzzing the services' own parsers and decoders; their calls are in calls.h.
#include <memory>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "anju/progress/v1/progress.pb.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/intake.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/ranking/core/bulletin/template.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/plan_world.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

constexpr uint64_t kEventsMax = 20'000;  // then a new world: findings shall not hang on hours of history

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

}  // namespace

std::vector<Target> ServiceTargets() {
  google::protobuf::SetLogHandler(nullptr);  // texts that are not UTF-8 are refused; nobody needs to read of each
  return {{"template", Templates},      {"update", Updates},       {"items", Items},           {"plan", PlanCalls},   {"progress", ProgressCalls},
          {"aggregator", AggregatorCalls}, {"ranking", RankingCalls}, {"bulletins", BulletinCalls}, {"frame", Frames}, {"rows", Rows},
          {"audit", Audits}};
}

}  // namespace anju::fuzz
