// The store: what it holds after a restart, a crash, damage, or a newer version.
#include "services/ranking/store/store.h"

#include <random>

#include <spdlog/spdlog.h>

#include "common/status/macros.h"
#include "common/storage/fault_calls.h"
#include "common/storage/fault_rows.h"
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
    store->Replace(world.Snapshot(3));
    const auto before = store->Read();
    store->Apply(world.Change(WithActual(world, kDeqin, 200)));
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

// Frames bring what has changed and nothing else: each kind of record alone, and none at all.
TEST(Store, AFrameMayChangeOneKindOfRecordAlone) {
  storage::SimulatedMedium medium(1);
  World world;
  auto disk = medium.Boot();
  // A journal that goes on after sequence 5 of the old one, whose sequence 6 is lost.
  types::v1::Lineage restored;
  restored.set_journal_id("new");
  types::v1::Position lost;
  lost.set_journal_id("old");
  lost.set_sequence(5);
  *restored.add_ends() = lost;
  lost.set_sequence(6);
  const auto step = [&] {
    aggregator::v1::Frame frame = world.Change(WithActual(world, kDeqin, 200));
    frame.clear_cells();
    return frame;
  };
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
    store->Replace(world.Snapshot());
    ASSERT_THAT(store->Flush(), IsOk());  // what follows is written as changes, not as a whole
    const auto before = store->Read();
    aggregator::v1::Frame frame = step();
    *frame.add_lineages() = restored;
    store->Apply(frame);
    EXPECT_EQ(store->Read()->registry, before->registry) << "shared, not copied";
    EXPECT_TRUE(store->Read()->lineages->IsLost(lost));
    EXPECT_FALSE(before->lineages->IsLost(lost)) << "told nothing of it yet";
    frame = step();
    *frame.add_programmes() = world.programmes.front();
    frame.mutable_programmes(0)->set_name("改名");
    store->Apply(frame);
    frame = step();
    *frame.add_indicators() = world.indicators.front();
    frame.mutable_indicators(0)->set_name("改名");
    store->Apply(frame);
    // A region that was renamed has two rows, which come together.
    frame = step();
    for (const char* name : {"维西县", "维西傈僳族自治县"}) {
      *frame.add_regions() = ToProto(world.registry.regions.Rows(kWeixi)->front());
      frame.mutable_regions(frame.regions_size() - 1)->set_name(name);
    }
    frame.mutable_regions(0)->set_valid_to_days(17'000);
    frame.mutable_regions(1)->set_valid_from_days(17'000);
    store->Apply(frame);
    EXPECT_EQ(before->registry->catalogue.FindProgramme(kProgramme)->name, world.programmes.front().name()) << "whoever reads keeps what it read";
  }
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
  const auto after = store->Read();
  EXPECT_EQ(after->registry->catalogue.FindProgramme(kProgramme)->name, "改名");
  EXPECT_EQ(after->registry->catalogue.FindIndicator(world.indicators.front().number())->name, "改名");
  ASSERT_EQ(after->registry->regions.Rows(kWeixi)->size(), 2u);
  EXPECT_TRUE(after->lineages->IsLost(lost));
  EXPECT_EQ(after->cells.Find(kColumn, kDeqin)->actual, 153) << "no frame brought the cell";
}

// A disk that is nearly full is not made fuller: cells stay in memory and come back with the frames.
TEST(Store, NothingIsFlushedBelowTheReserve) {
  storage::SimulatedMedium medium(1);
  World world;
  for (const bool full : {true, false}) {
    medium.set_free_bytes(full ? storage::kReserveBytes - 1 : storage::kReserveBytes * 2);
    auto disk = medium.Boot();
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
    store->Replace(world.Snapshot());
    EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin)->actual, 153) << "readers see it all the same";
    const uint64_t before = medium.operations();
    ASSERT_THAT(store->Flush(), IsOk());
    EXPECT_EQ(medium.operations() > before, !full);
    const uint64_t flushed = medium.operations();
    ASSERT_THAT(store->Flush(), IsOk());
    EXPECT_EQ(medium.operations(), flushed) << "nothing new";
  }
}

TEST(Store, ASnapshotForgetsWhatItDoesNotName) {
  testing::TempDir directory;
  World world;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    store->Replace(world.Snapshot());
    world.cells.erase({kDeqin, kProgramme, kStarts, 2017, 2017});
    store->Replace(world.Snapshot());
    EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin), std::nullopt);
  }
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin), std::nullopt);
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kWeixi)->actual, 900);
}

TEST(Store, AnUnfinishedSnapshotLeavesNothingBehind) {
  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
  World world;
  store->Replace(world.Snapshot());
  const auto before = store->Read();
  std::vector<aggregator::v1::Frame> broken = world.Snapshot(3);
  ASSERT_GE(broken.size(), 3u);
  broken.pop_back();
  for (const aggregator::v1::Frame& message : broken) store->AddToSnapshot(message);
  EXPECT_EQ(store->Read(), before) << "nobody sees half of it";
  store->ForgetSnapshot();
  world.cells.erase({kDeqin, kProgramme, kStarts, 2017, 2017});
  for (const aggregator::v1::Frame& message : world.Snapshot(3)) store->AddToSnapshot(message);
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kDeqin), std::nullopt);
  EXPECT_EQ(store->Read()->cells.Find(kColumn, kWeixi)->actual, 900);
  EXPECT_EQ(store->Read()->cells.size(), world.cells.size());
}

TEST(Store, ANewerRowOfARegionReplacesAllItsEarlierRows) {
  testing::TempDir directory;
  World world;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory.path()));
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk));
    store->Replace(world.Snapshot());
    aggregator::v1::Frame frame = world.Change(WithActual(world, kDeqin, 1));
    Region renamed = world.registry.regions.Rows(kWeixi)->front();
    renamed.name = "维西傈僳族自治县";
    *frame.add_regions() = ToProto(renamed);
    store->Apply(frame);
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
      store->Replace(world.Snapshot());
      medium.CrashAfter(1 + random() % 20);
      for (absl::Status applied; applied.ok();) {
        starts.push_back(random() % 100'000);
        store->Apply(world.Change(WithActual(world, kDeqin, starts.back())));
        if (random() % 2 == 0) applied = store->Flush();
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
    store->Replace(world.Snapshot());
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
    store->Replace(world.Snapshot());
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

TEST(Store, EachDamagedRowIsThrownAwayOrStillSaysSomething) {
  storage::SimulatedMedium medium(1);
  World world;
  auto disk = medium.Boot();
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
    auto snapshot = world.Snapshot();
    snapshot.front().add_lineages()->set_journal_id("anything");
    store->Replace(snapshot);
  }
  ASSERT_OK_AND_ASSIGN(auto raw, disk->OpenStore(schema::kStoreName, storage::StoreKind::kState));
  storage::SimulatedMedium copies(2);
  uint64_t ready = 0, thrown_away = 0;
  spdlog::set_level(spdlog::level::off);
  const storage::RowDamages damages = storage::DamageEachRow(*raw, 6, [&]() -> absl::Status {
    auto other = copies.Boot();
    RETURN_IF_ERROR(other->DestroyStore(schema::kStoreName));
    ASSIGN_OR_RETURN(auto copy, other->OpenStore(schema::kStoreName, storage::StoreKind::kState));
    storage::Batch rows;
    const auto cursor = raw->NewCursor();
    for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows.Put(cursor->key(), cursor->value());
    RETURN_IF_ERROR(copy->Write(rows));
    copy = nullptr;
    ASSIGN_OR_RETURN(const auto store, Store::Open(*other, /*thread=*/false));
    ++(store->Read()->ready ? ready : thrown_away);
    return absl::OkStatus();
  }, [](const std::string& damage, const absl::Status& status) { EXPECT_THAT(status, HasReason(Reason::SCHEMA_TOO_NEW)) << damage; });
  spdlog::set_level(spdlog::level::info);
  EXPECT_EQ(damages.refused, 0u) << "a cache never keeps a service from starting";
  EXPECT_GT(thrown_away, 50u);
  EXPECT_GT(ready, 20u);
}

TEST(Store, AnUnreadableDiskEndsTheStartAndNothingIsThrownAway) {
  storage::SimulatedMedium medium(1);
  World world;
  {
    auto disk = medium.Boot();
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
    store->Replace(world.Snapshot());
  }
  for (const bool replaces : {false, true}) {
    const uint64_t failed = storage::FailEachCall(Reason::STORAGE_FAILED, [&] { return medium.Boot(); }, [&](storage::Disk& disk) -> absl::Status {
      ASSIGN_OR_RETURN(const auto store, Store::Open(disk, /*thread=*/false));
      EXPECT_TRUE(store->Read()->ready);
      if (!replaces) return absl::OkStatus();
      store->Replace(world.Snapshot());
      store->Apply(world.Change(WithActual(world, kDeqin, 200)));
      return store->Flush();
    }, [](const std::string& call, const absl::Status& status) {
      if (call.empty()) {
        EXPECT_THAT(status, IsOk());
      } else if (!call.starts_with("flush ")) {  // the last one, at the end, is tried without saying so: what it loses comes again
        EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
      }
    });
    EXPECT_GT(failed, 20u);
  }
  auto disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
  EXPECT_TRUE(store->Read()->ready);
}

TEST(Store, AStoreThatIsDamagedWhereverItIsReadIsBegunAgain) {
  storage::SimulatedMedium medium(1);
  World world;
  spdlog::set_level(spdlog::level::off);
  const uint64_t failed = storage::FailEachCall(Reason::DATA_LOSS, [&] {
    auto disk = medium.Boot();
    const auto store = Store::Open(*disk, /*thread=*/false);
    CHECK_OK(store.status());
    (*store)->Replace(world.Snapshot());
    return disk;
  }, [&](storage::Disk& disk) { return Store::Open(disk, /*thread=*/false).status(); },
     [](const std::string& call, const absl::Status& status) { EXPECT_THAT(status, IsOk()) << call; });
  spdlog::set_level(spdlog::level::info);
  EXPECT_GT(failed, 20u);
}

TEST(Store, CellsOfAnOlderSchemaComeBackWithASnapshot) {
  storage::SimulatedMedium medium(1);
  World world;
  auto disk = medium.Boot();
  {
    ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
    store->Replace(world.Snapshot());
  }
  {
    ASSERT_OK_AND_ASSIGN(auto raw, disk->OpenStore(schema::kStoreName, storage::StoreKind::kState));
    storage::Batch batch;
    batch.Put(schema::kVersionKey, std::string("\0\0\0\1", 4));
    ASSERT_THAT(raw->Write(batch), IsOk());
  }
  spdlog::set_level(spdlog::level::off);
  ASSERT_OK_AND_ASSIGN(auto store, Store::Open(*disk, /*thread=*/false));
  spdlog::set_level(spdlog::level::info);
  EXPECT_FALSE(store->Read()->ready);
  EXPECT_EQ(store->Read()->cells.size(), 0u);
}

}  // namespace
}  // namespace anju::ranking
