// The stored state after damage of any row, and on a disk of which any call fails: what is answered is what was stored, or the state is dropped and
// comes again with the feeds, or the start says that the disk failed. A cache never keeps the service from starting, and never answers from half of it.
#include <gtest/gtest.h>

#include <spdlog/spdlog.h>

#include "common/storage/fault_calls.h"
#include "common/storage/fault_rows.h"
#include "common/storage/simulated_disk.h"
#include "services/aggregator/applier.h"
#include "services/aggregator/blocks_for_tests.h"
#include "services/aggregator/core/dump.h"
#include "services/aggregator/core/world_for_tests.h"
#include "services/aggregator/store/rows.h"
#include "services/aggregator/store/store.h"
#include "services/aggregator/upstream_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using testing::BlockChain;
using testing::MakeRegion;

constexpr CellKey kCell{3, 3, 1, {2017, 2017}}, kOther{4, 3, 1, {2017, 2017}};

std::vector<std::string> Dump(Applier& applier) {
  return applier.Read([](const Sight& sight) { return aggregator::Dump(sight.state); });
}

// Something in every table: regions with a boundary change, documents, milestones, series of two journals with updates, notes and reviews.
absl::Status Fill(Applier& applier) {
  RegionTree regions;
  regions.Put({MakeRegion(1, "P", 0, RegionLevel::kProvince)});
  regions.Put({MakeRegion(2, "C", 1, RegionLevel::kCity)});
  for (const RegionNumber county : {3u, 4u}) regions.Put({MakeRegion(county, "X" + std::to_string(county), 2)});
  BlockChain plan(1);
  const auto apply_plan = [&](const std::vector<std::string>& events) {
    const auto block = plan.Next(events);
    return applier.ApplyPlan(*journal::DecodeBlock(block.bytes), block.after);
  };
  const PrintedTarget printed{.cell = kCell, .layer = Layer::kCity, .target = {.amount = 500}};
  RETURN_IF_ERROR(apply_plan({testing::RegionsEvent(regions), testing::CatalogueEvent(testing::MakeCatalogue())}));
  RETURN_IF_ERROR(apply_plan({testing::DocumentEvent("1号", {printed}), testing::MilestonesEvent("1号", {{.cell = kCell, .by = MakeDate(2017, 9, 30), .share_digits = 80}}),
                              testing::BoundariesEvent(regions, {{.kind = BoundaryKind::kMerge, .date = MakeDate(2017, 8, 1), .region = 4, .into = 3, .share = {1, 1}}}),
                              testing::ChecksEvent()}));
  for (Slot slot = 0; slot < 2; ++slot) {
    BlockChain progress(static_cast<uint8_t>(slot + 2));
    const auto apply = [&](const std::vector<ProgressChange>& changes) {
      const auto block = progress.Next(testing::ProgressEvents(changes));
      return applier.ApplyProgress(slot, *journal::DecodeBlock(block.bytes), block.after);
    };
    RETURN_IF_ERROR(apply({{.kind = ProgressChange::Kind::kOpenSeries, .series = 1, .cell = kCell}, {.kind = ProgressChange::Kind::kOpenSeries, .series = 2, .cell = kOther}}));
    for (int i = 0; i < 5; ++i) {
      auto note = std::make_shared<Note>();
      note->explanation = "说明";
      RETURN_IF_ERROR(apply({{.series = 1 + static_cast<uint32_t>(i % 2), .entry = {.as_of = MakeDate(2017, 1 + i, 20), .amount = 10 * i}, .note = i == 3 ? note : nullptr}}));
    }
    RETURN_IF_ERROR(apply({{.kind = ProgressChange::Kind::kReview, .update = 4, .review = ReviewState::kReviewed}}));
  }
  applier.Flush();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Applier>> Open(storage::Disk& disk, std::vector<absl::Status>* fatal = nullptr) {
  return Applier::Open(disk, 2, [fatal](const absl::Status& status) {
    if (fatal == nullptr) ADD_FAILURE() << status;
    if (fatal != nullptr) fatal->push_back(status);
  });
}

class StateFaultTest : public ::testing::Test {
 protected:
  StateFaultTest() {
    spdlog::set_level(spdlog::level::off);
    const auto disk = medium_.Boot();
    auto applier = Open(*disk);
    CHECK_OK(applier.status());
    CHECK_OK(Fill(**applier));
    dump_ = Dump(**applier);
    stamp_ = (*applier)->Stamp().SerializeAsString();
    CHECK(!dump_.empty());
  }
  ~StateFaultTest() override { spdlog::set_level(spdlog::level::info); }
  // Stored whole, or begun again.
  bool IsWhole(Applier& applier) {
    if (Dump(applier) == dump_ && applier.Stamp().SerializeAsString() == stamp_) return true;
    EXPECT_EQ(applier.plan_position().sequence, 0u);
    EXPECT_EQ(applier.position(0).sequence, 0u);
    EXPECT_TRUE(Dump(applier).empty());
    return false;
  }

  storage::SimulatedMedium medium_{1};
  std::vector<std::string> dump_;
  std::string stamp_;
};

TEST_F(StateFaultTest, EachDamagedRowIsDroppedWithTheStateOrStillSaysSomething) {
  const auto disk = medium_.Boot();
  ASSERT_OK_AND_ASSIGN(const auto state, disk->OpenStore("state", storage::StoreKind::kState));
  storage::SimulatedMedium copies(2);
  uint64_t kept = 0, dropped = 0;
  const storage::RowDamages damages = storage::DamageEachRow(*state, 12, [&]() -> absl::Status {
    const auto other = copies.Boot();
    RETURN_IF_ERROR(other->DestroyStore("state"));
    {
      ASSIGN_OR_RETURN(const auto copy, other->OpenStore("state", storage::StoreKind::kState));
      storage::Batch rows;
      const auto cursor = state->NewCursor();
      for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows.Put(cursor->key(), cursor->value());
      RETURN_IF_ERROR(copy->Write(rows));
    }
    ASSIGN_OR_RETURN(const auto applier, Open(*other));
    ++(applier->plan_position().sequence > 0 || applier->position(0).sequence > 0 ? kept : dropped);
    return absl::OkStatus();
  }, [](const std::string& damage, const absl::Status& status) { EXPECT_THAT(status, HasReason(Reason::SCHEMA_TOO_NEW)) << damage; });
  EXPECT_EQ(damages.refused, 0u);
  EXPECT_GT(dropped, 100u);
  EXPECT_GT(kept, 20u);
  const auto applier = Open(*disk);
  ASSERT_THAT(applier, IsOk());
  EXPECT_TRUE(IsWhole(**applier)) << "each damage was undone";
}

TEST_F(StateFaultTest, AnUnreadableDiskEndsTheStart) {
  uint64_t silent = 0;
  const uint64_t failed = storage::FailEachCall(Reason::STORAGE_FAILED, [&] { return medium_.Boot(); }, [&](storage::Disk& disk) -> absl::Status {
    std::vector<absl::Status> fatal;
    absl::Status status;
    {
      const auto applier = Open(disk, &fatal);
      status = applier.status();
      if (status.ok() && !IsWhole(**applier) && fatal.empty()) return absl::InternalError("dropped without a reason");
    }
    return status.ok() && !fatal.empty() ? fatal.front() : status;
  }, [&](const std::string& call, const absl::Status& status) {
    if (call.empty()) EXPECT_THAT(status, IsOk());
    if (status.ok()) ++silent;
    if (!status.ok()) EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
  });
  EXPECT_GT(failed, 30u);
  EXPECT_LT(silent, failed / 2);
  const auto disk = medium_.Boot();
  const auto applier = Open(*disk);
  ASSERT_THAT(applier, IsOk());
  EXPECT_TRUE(IsWhole(**applier)) << "a disk that fails is no reason to throw the state away";
}

TEST_F(StateFaultTest, DamageWhereverItIsReadDropsTheState) {
  storage::SimulatedMedium medium(3);
  uint64_t dropped = 0;
  const uint64_t failed = storage::FailEachCall(Reason::DATA_LOSS, [&] {
    auto disk = medium.Boot();
    CHECK_OK(disk->DestroyStore("state"));
    const auto applier = Open(*disk);
    CHECK_OK(applier.status());
    CHECK_OK(Fill(**applier));
    return disk;
  }, [&](storage::Disk& disk) -> absl::Status {
    const auto applier = Open(disk);
    RETURN_IF_ERROR(applier.status());
    if (!IsWhole(**applier)) ++dropped;
    return absl::OkStatus();
  }, [](const std::string& call, const absl::Status& status) {
    // A journal or a witness is not ours, whatever is the matter with it.
    const bool owned = call == "look at journal" || call == "read witness";
    if (owned) EXPECT_FALSE(status.ok()) << call;
    if (!owned) EXPECT_THAT(status, IsOk()) << call;
  });
  EXPECT_GT(failed, 30u);
  EXPECT_GT(dropped, failed / 2);
}

// Writing: from a new store to a flushed one. Whatever failed was told to whoever ends the process.
TEST(StateFault, AFailedWriteIsFatal) {
  spdlog::set_level(spdlog::level::off);
  uint64_t round = 0;
  const uint64_t failed = storage::FailEachCall(Reason::STORAGE_FAILED, [&] { return storage::SimulatedMedium(++round).Boot(); }, [](storage::Disk& disk) -> absl::Status {
    std::vector<absl::Status> fatal;
    {
      const auto applier = Open(disk, &fatal);
      RETURN_IF_ERROR(applier.status());
      RETURN_IF_ERROR(Fill(**applier));
    }
    return fatal.empty() ? absl::OkStatus() : fatal.front();
  }, [](const std::string& call, const absl::Status& status) {
    if (call.empty() || call.starts_with("seek ")) return;
    EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
  });
  spdlog::set_level(spdlog::level::info);
  EXPECT_GE(failed, 5u);
}

TEST_F(StateFaultTest, OfANewerVersionIsKeptAndRefusesTheStart) {
  const auto disk = medium_.Boot();
  const std::string key = RowWriter(Table::kForm).bytes();
  std::string form;
  {
    ASSERT_OK_AND_ASSIGN(const auto state, disk->OpenStore("state", storage::StoreKind::kState));
    form = **state->Get(key);
    storage::Batch rows;
    rows.Put(key, std::string("\x7f", 1) + form.substr(1));
    ASSERT_THAT(state->Write(rows), IsOk());
  }
  EXPECT_THAT(Open(*disk), HasReason(Reason::SCHEMA_TOO_NEW));
  // Rows without a form, and a form that is cut, are of no use.
  for (const bool cut : {false, true}) {
    {
      ASSERT_OK_AND_ASSIGN(const auto state, disk->OpenStore("state", storage::StoreKind::kState));
      storage::Batch rows;
      if (cut) rows.Put(key, form.substr(0, 3));
      if (!cut) rows.Delete(key);
      rows.Put("zzz", "left over");
      ASSERT_THAT(state->Write(rows), IsOk());
    }
    const auto applier = Open(*disk);
    ASSERT_THAT(applier, IsOk());
    EXPECT_FALSE(IsWhole(**applier));
  }
}

}  // namespace
}  // namespace anju::aggregator
