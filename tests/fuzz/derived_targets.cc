// Fuzzing what the services that derive take from others and from their own caches: frames, and rows as every service finds them at a
// start. Caches may be anything: what cannot be read is dropped and comes again.
#include <memory>
#include <string>
#include <vector>

#include "services/aggregator/core/dump.h"
#include "services/aggregator/store/rows.h"
#include "services/plan/store/model.h"
#include "services/progress/store/model.h"
#include "services/ranking/frame_taker.h"
#include "services/ranking/store/bulletins_model.h"
#include "services/ranking/store/schema.h"
#include "services/ranking/store/store.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

void Fill(storage::Batch* batch, std::string_view rows) {
  for (std::string_view key, value; TakeString(&rows, &key) && TakeString(&rows, &value);) batch->Put(key, value);
}
// What a store has in it before it is opened.
void Fill(storage::Disk& disk, std::string_view name, std::string_view rows, std::string_view form_key, std::string_view form) {
  const auto store = disk.OpenStore(name, storage::StoreKind::kState);
  CHECK_OK(store.status());
  storage::Batch batch;
  batch.Put(form_key, form);
  Fill(&batch, rows);
  CHECK_OK((*store)->Write(batch));
  CHECK_OK((*store)->Flush());
}

// The state is read, or dropped with everything in it: then the feeds bring all again, and it is as if there had been none.
void AggregatorRows(std::string_view rows) {
  TheAggregator();  // quiet logs
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  const std::string form = aggregator::RowWriter().U32(aggregator::kSchemaVersion).U16(1).bytes();
  Fill(*disk, "state", rows, aggregator::RowWriter(aggregator::Table::kForm).bytes(), form);
  const auto applier = aggregator::Applier::Open(*disk, 1, [](const absl::Status& status) { CHECK_OK(status); });
  if (!applier.ok()) {
    CHECK(HasReason(applier.status(), Reason::SCHEMA_TOO_NEW));  // its form was among the rows
    return;
  }
  (void)(*applier)->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); });
  if ((*applier)->plan_position().sequence != 0 || (*applier)->position(0).sequence != 0) return;
  (*applier)->StartOver();
  const Facts& facts = TheFacts();
  for (const Blocks::Block& block : facts.plan.blocks()) CHECK_OK((*applier)->ApplyPlan(*journal::DecodeBlock(block.bytes), block.after));
  for (const Blocks::Block& block : facts.progress.blocks()) CHECK_OK((*applier)->ApplyProgress(0, *journal::DecodeBlock(block.bytes), block.after));
  CHECK((*applier)->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); }) == TheAggregator().Dump());
}

void RankingRows(std::string_view rows) {
  TheAggregator();
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  Fill(*disk, ranking::schema::kStoreName, rows, ranking::schema::kVersionKey, aggregator::RowWriter().U32(ranking::schema::kSchemaVersion).bytes());
  const auto store = ranking::Store::Open(*disk, /*thread=*/false);
  if (!store.ok()) {
    CHECK(HasReason(store.status(), Reason::SCHEMA_TOO_NEW));
    return;
  }
  ranking::FrameTaker taker(**store);
  taker.EndWithMisfit(), taker.EndWithMisfit();  // not to be gone on from
  CHECK(!taker.Begin().has_from());
  for (const aggregator::v1::Frame& frame : TheAggregator().Snapshot()) taker.Take(frame);
  CHECK((*store)->Read()->ready);
  CHECK(rpc::Includes((*store)->Read()->stamp.basis(), TheFacts().basis()));
}

// The state of a service that owns a journal: read, or refused as damaged (then it is destroyed, and the journal brings all again).
template <typename Model>
void OwnerRows(std::string_view rows) {
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  const auto store = disk->OpenStore("state", storage::StoreKind::kState);
  CHECK_OK(store.status());
  storage::Batch batch;
  Fill(&batch, rows);
  CHECK_OK((*store)->Write(batch));
  Model model;
  CheckRefusal(model.Load(**store));
}

}  // namespace

// A frame is applied whole where it goes on from our basis, or not at all; what was applied is there after a restart.
void Frames(std::string_view bytes) {
  TheAggregator();
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  types::v1::Basis basis;
  bool ready = false;
  {
    const auto store = ranking::Store::Open(*disk, /*thread=*/false);
    CHECK_OK(store.status());
    ranking::FrameTaker taker(**store);
    taker.Begin();
    for (const aggregator::v1::Frame& frame : TheAggregator().Snapshot()) taker.Take(frame);
    for (std::string_view message; TakeString(&bytes, &message);) {
      aggregator::v1::Frame frame;
      if (!frame.ParseFromArray(message.data(), static_cast<int>(message.size()))) break;
      const std::string before = (*store)->Read()->stamp.SerializeAsString();
      const types::v1::Basis ours = (*store)->Read()->stamp.basis(), from = frame.from();
      const types::v1::BasisStamp to = frame.to();
      const bool snapshot = frame.snapshot();
      const auto step = taker.Take(frame);
      if (step == ranking::FrameTaker::Step::kApplied && !snapshot) CHECK(rpc::Includes(from, ours) && rpc::Includes(ours, from));
      if (step == ranking::FrameTaker::Step::kApplied) CHECK((*store)->Read()->stamp.basis().SerializeAsString() == to.basis().SerializeAsString());
      if (step != ranking::FrameTaker::Step::kApplied) CHECK((*store)->Read()->stamp.SerializeAsString() == before);
      if (step == ranking::FrameTaker::Step::kMisfit || step == ranking::FrameTaker::Step::kUnreadable) break;
    }
    basis = (*store)->Read()->stamp.basis();
    ready = (*store)->Read()->ready;
  }
  const auto store = ranking::Store::Open(*disk, /*thread=*/false);
  CHECK_OK(store.status());
  CHECK((*store)->Read()->ready == ready);
  CHECK((*store)->Read()->stamp.basis().SerializeAsString() == basis.SerializeAsString());
}

void Rows(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::string_view rows = bytes.substr(1);
  switch (static_cast<uint8_t>(bytes[0]) % 5) {
    case 0: return AggregatorRows(rows);
    case 1: return RankingRows(rows);
    case 2: return OwnerRows<plan::PlanModel>(rows);
    case 3: return OwnerRows<progress::Model>(rows);
    default: return OwnerRows<ranking::BulletinsModel>(rows);
  }
}

}  // namespace anju::fuzz
