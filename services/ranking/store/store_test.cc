// The store: what it holds after a restart, a crash, damage, or a newer version.
#include "services/ranking/store/store.h"

#include <random>

#include <spdlog/spdlog.h>

#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"
#include "services/ranking/core/table_fixture.h"
#include "services/ranking/store/schema.h"
#include "services/ranking/test_aggregator.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr ColumnKey kColumn{kProgramme, {kStarts, {2017, 2017}}};

aggregator::v1::Cell WithActual(World& world, uint32_t region, int64_t actual) {
  aggregator::v1::Cell cell = world.Cell(region, kStarts, 2017);
  cell.set_actual(actual);
  return cell;
}

TEST(Store, HoldsSnapshotAndFramesAndComesBackWithThem) {
  testing::TempDir directory;
  World world;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    EXPECT_FALSE(store->Read()->ready);
    ASSERT_THAT(store->Replace(world.Snapshot(3)), IsOk());
    const auto before = store->Read();
    ASSERT_THAT(store->Apply(world.Change(WithActual(world, kDeqin, 200))), IsOk());
    EXPECT_EQ(before->cells.Find(kColumn, kDeqin)->actual, 153);  // whoever reads keeps what it read
    EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin)->actual, 200);
  }
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
  const auto contents = store->Read();
  EXPECT_TRUE(contents->ready);
  EXPECT_EQ(contents->stamp.token(), world.Stamp().token());
  EXPECT_EQ(contents->cells.Find(kColumn, kDeqin)->actual, 200);
  EXPECT_EQ(contents->cells.Find(kColumn, kWeixi)->target(Layer::kCity).amount, 1475);
  EXPECT_EQ(contents->registry->regions.FindCode("533423"), kWeixi);
  EXPECT_EQ(contents->registry->catalogue.FindIndicator(kAllotted)->entries, kEntries);
}

TEST(Store, ASnapshotForgetsWhatItDoesNotName) {
  testing::TempDir directory;
  World world;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
    world.cells.erase({kDeqin, kProgramme, kStarts, 2017, 2017});
    ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
    EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin), nullptr);
  }
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin), nullptr);
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kWeixi)->actual, 900);
}

TEST(Store, ANewerRowOfARegionReplacesAllItsEarlierRows) {
  testing::TempDir directory;
  World world;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
    aggregator::v1::Frame frame = world.Change(WithActual(world, kDeqin, 1));
    Region renamed = world.registry.regions.Rows(kWeixi)->front();
    renamed.name = "维西傈僳族自治县";
    *frame.add_regions() = ToProto(renamed);
    ASSERT_THAT(store->Apply(frame), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
  ASSERT_EQ(store->Read()->registry->regions.Rows(kWeixi)->size(), 1u);
  EXPECT_EQ(store->Read()->registry->regions.Rows(kWeixi)->front().name, "维西傈僳族自治县");
}

TEST(Store, AfterACrashItHoldsTheCellsOfExactlyTheBasisItNames) {
  const uint32_t seed = 734;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int came_back = 0;
  spdlog::set_level(spdlog::level::off);  // two hundred crashes need not be read
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    storage::SimulatedMedium medium(seed + round);
    World world;
    std::vector<int64_t> starts = {153};  // of 德钦县 after each progress sequence
    {
      auto disk = medium.Boot();
      // Flushed by this thread, for the store's own would end the process with the machine.
      ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
      ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
      medium.CrashAfter(1 + random() % 20);
      for (absl::Status applied; applied.ok();) {
        starts.push_back(random() % 100'000);
        applied = store->Apply(world.Change(WithActual(world, kDeqin, starts.back())));
        if (applied.ok() && random() % 4 == 0) applied = store->Flush();
      }
    }
    auto disk = medium.Boot();
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    const auto contents = store->Read();
    if (!contents->ready) continue;
    ++came_back;
    const uint64_t sequence = contents->stamp.basis().progress(0).sequence();
    ASSERT_LT(sequence, starts.size());
    ASSERT_EQ(contents->cells.Find(kColumn, kDeqin)->actual, starts[sequence]);
  }
  spdlog::set_level(spdlog::level::info);
  EXPECT_GT(came_back, 20);  // else the rounds have proved nothing
}

TEST(Store, DamagedRowsAreThrownAwayAndANewerSchemaRefusesTheStart) {
  testing::TempDir directory;
  World world;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
  }
  {
    ASSERT_OK_AND_ASSIGN(auto raw, disk->OpenStore(schema::kStoreName, storage::StoreKind::kState));
    storage::Batch batch;
    batch.Put("cxxxx", "\xff\xff no cell");
    ASSERT_THAT(raw->Write(batch), IsOk());
    ASSERT_THAT(raw->Flush(), IsOk());
  }
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    EXPECT_FALSE(store->Read()->ready);  // nothing half-read: it comes back with a snapshot
    EXPECT_EQ(store->Read()->cells.size(), 0u);
    ASSERT_THAT(store->Replace(world.Snapshot()), IsOk());
  }
  {
    ASSERT_OK_AND_ASSIGN(auto raw, disk->OpenStore(schema::kStoreName, storage::StoreKind::kState));
    storage::Batch batch;
    batch.Put(schema::kVersionKey, std::string("\0\0\0\x7f", 4));
    ASSERT_THAT(raw->Write(batch), IsOk());
    ASSERT_THAT(raw->Flush(), IsOk());
  }
  EXPECT_THAT(Store::Open(*disk), HasReason(Reason::SCHEMA_TOO_NEW));
}

}  // namespace
}  // namespace anju::ranking
