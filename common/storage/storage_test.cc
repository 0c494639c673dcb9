// One suite over both disks, then what is particular to each.
#include "common/storage/storage.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "common/status/macros.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::storage {
namespace {

using testing::HasReason;
using testing::IsOk;
using testing::TempDir;
using ::testing::ElementsAre;

// Where disks are booted again and again over the same bytes.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual std::unique_ptr<Disk> Boot() = 0;
};
class RocksMachine final : public Machine {
 public:
  std::unique_ptr<Disk> Boot() override {
    auto disk = OpenRocksDisk(directory_ / "data");
    CHECK_OK(disk.status());
    return *std::move(disk);
  }

 private:
  TempDir directory_;
};
class SimulatedMachine final : public Machine {
 public:
  std::unique_ptr<Disk> Boot() override { return medium_.Boot(); }

 private:
  SimulatedMedium medium_{1};
};

class DiskTest : public ::testing::TestWithParam<bool> {
 protected:
  DiskTest() : machine_(GetParam() ? std::unique_ptr<Machine>(std::make_unique<RocksMachine>()) : std::make_unique<SimulatedMachine>()) {
    Reboot();
  }
  void Reboot() {
    disk_ = nullptr;
    disk_ = machine_->Boot();
  }
  std::unique_ptr<Store> Open(std::string_view name, StoreKind kind) {
    auto store = disk_->OpenStore(name, kind);
    CHECK_OK(store.status());
    return *std::move(store);
  }

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Disk> disk_;
};

Batch Puts(std::initializer_list<std::pair<std::string_view, std::string_view>> rows) {
  Batch batch;
  for (const auto& [key, value] : rows) batch.Put(key, value);
  return batch;
}
std::string Value(Store& store, std::string_view key) {
  auto value = store.Get(key);
  CHECK_OK(value.status());
  return value->value_or("(none)");
}
std::vector<std::string> Keys(Store& store) {
  std::vector<std::string> keys;
  auto cursor = store.NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) keys.emplace_back(cursor->key());
  CHECK_OK(cursor->status());
  return keys;
}

TEST_P(DiskTest, ReadsWhatWasWritten) {
  auto store = Open("s", StoreKind::kState);
  ASSERT_THAT(store->Write(Puts({{"a", "1"}, {"b", ""}})), IsOk());
  EXPECT_EQ(Value(*store, "a"), "1");
  EXPECT_EQ(Value(*store, "b"), "");
  EXPECT_EQ(Value(*store, "c"), "(none)");
}

TEST_P(DiskTest, LaterOperationsOnAKeyWin) {
  auto store = Open("s", StoreKind::kJournal);
  Batch batch = Puts({{"a", "1"}, {"a", "2"}, {"b", "1"}});
  Batch more;
  more.Delete("b");
  more.Put("c", "3");
  batch.Append(std::move(more));
  EXPECT_TRUE(more.empty());
  EXPECT_EQ(batch.size(), 5u);
  EXPECT_EQ(batch.bytes(), 9u);
  ASSERT_THAT(store->Write(batch), IsOk());
  EXPECT_EQ(Value(*store, "a"), "2");
  EXPECT_EQ(Value(*store, "b"), "(none)");
  EXPECT_EQ(Value(*store, "c"), "3");
}

TEST(Batch, SortingKeepsTheLastOperationOnEachKey) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Batch batch;
    std::map<std::string, std::optional<std::string>> expected;
    for (uint64_t i = random() % 60; i > 0; --i) {
      // Keys share prefixes, some shorter than the eight bytes that are compared first, some with zeros at their end.
      const std::string key = std::string("prefix\0\0\xff", 9).substr(0, random() % 10) + std::string(random() % 3, static_cast<char>(random() % 3));
      if (random() % 4 == 0) {
        batch.Delete(key);
        expected[key] = std::nullopt;
      } else {
        batch.Put(key, std::to_string(i));
        expected[key] = std::to_string(i);
      }
    }
    batch.Sort();
    ASSERT_EQ(batch.size(), expected.size());
    size_t bytes = 0;
    auto want = expected.begin();
    for (const Batch::Operation& operation : batch.operations()) {
      ASSERT_EQ(operation.key, want->first);
      ASSERT_EQ(operation.value, want->second);
      bytes += operation.key.size() + (operation.value ? operation.value->size() : 0);
      ++want;
    }
    ASSERT_EQ(batch.bytes(), bytes);
  }
}

TEST_P(DiskTest, CursorWalksKeysInByteOrder) {
  auto store = Open("s", StoreKind::kState);
  ASSERT_THAT(store->Write(Puts({{"b", "2"}, {std::string_view("\0x", 2), "0"}, {"\xff", "9"}, {"a", "1"}})), IsOk());
  EXPECT_THAT(Keys(*store), ElementsAre(std::string("\0x", 2), "a", "b", "\xff"));
  auto cursor = store->NewCursor();
  cursor->Seek("aa");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), "b");
  cursor->SeekForPrev("aa");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), "a");
  cursor->SeekForPrev("b");
  EXPECT_EQ(cursor->key(), "b");
  cursor->SeekToLast();
  EXPECT_EQ(cursor->value(), "9");
  cursor->SeekForPrev("");
  EXPECT_FALSE(cursor->Valid());
  EXPECT_THAT(cursor->status(), IsOk());
}

TEST_P(DiskTest, CursorSeesTheStoreAsItWas) {
  auto store = Open("s", StoreKind::kJournal);
  ASSERT_THAT(store->Write(Puts({{"a", "1"}})), IsOk());
  auto cursor = store->NewCursor();
  ASSERT_THAT(store->Write(Puts({{"a", "2"}, {"b", "2"}})), IsOk());
  cursor->Seek("");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->value(), "1");
  cursor->Next();
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(DiskTest, StoresSurviveAReboot) {
  {
    auto journal = Open("journal", StoreKind::kJournal);
    auto state = Open("state", StoreKind::kState);
    ASSERT_THAT(journal->Write(Puts({{"a", "1"}})), IsOk());
    ASSERT_THAT(state->Write(Puts({{"b", "2"}})), IsOk());
    ASSERT_THAT(state->Flush(), IsOk());
  }
  Reboot();
  EXPECT_EQ(Value(*Open("journal", StoreKind::kJournal), "a"), "1");
  EXPECT_EQ(Value(*Open("state", StoreKind::kState), "b"), "2");
}

TEST_P(DiskTest, ADestroyedStoreIsEmptyAgain) {
  ASSERT_THAT(disk_->DestroyStore("state"), IsOk());  // missing is fine
  ASSERT_THAT(Open("state", StoreKind::kState)->Write(Puts({{"a", "1"}})), IsOk());
  ASSERT_THAT(disk_->DestroyStore("state"), IsOk());
  EXPECT_THAT(Keys(*Open("state", StoreKind::kState)), ElementsAre());
}

TEST_P(DiskTest, FilesAreOverwrittenInPlace) {
  ASSERT_OK_AND_ASSIGN(auto missing, disk_->ReadFile("witness"));
  EXPECT_EQ(missing, std::nullopt);
  ASSERT_THAT(disk_->WriteFileSynced("witness", 0, "abcdef"), IsOk());
  ASSERT_THAT(disk_->WriteFileSynced("witness", 4, "XYZ"), IsOk());
  Reboot();
  ASSERT_OK_AND_ASSIGN(auto bytes, disk_->ReadFile("witness"));
  EXPECT_EQ(bytes, "abcdXYZ");
}

INSTANTIATE_TEST_SUITE_P(Disks, DiskTest, ::testing::Bool(), [](const auto& info) { return info.param ? "RocksDB" : "Simulated"; });

// ---- RocksDB ----

TEST(RocksDisk, IsHeldByOneOpenerAtATime) {
  TempDir directory;
  auto first = OpenRocksDisk(directory / "data");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(OpenRocksDisk(directory / "data"), HasReason(Reason::DIRECTORY_IN_USE));
  *first = nullptr;
  EXPECT_THAT(OpenRocksDisk(directory / "data"), IsOk());
}

TEST(RocksDisk, CreatesMissingParents) {
  TempDir directory;
  EXPECT_THAT(OpenRocksDisk(directory / "a/b/c/"), IsOk());
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/b/c"));
}

TEST(RocksDisk, SaysWhichPathCannotBeUsed) {
  TempDir directory;
  testing::WriteFile(directory / "file", "not a directory");
  auto disk = OpenRocksDisk(directory / "file/data");
  EXPECT_THAT(disk, HasReason(Reason::STORAGE_FAILED));
  EXPECT_NE(disk.status().message().find("file"), absl::string_view::npos) << disk.status();
}

// The write-ahead log of a store that was closed without a flush.
std::string NewestLog(const std::string& store) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(store)) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) newest = std::max(newest, entry.path().string());
  }
  return newest;
}

TEST(RocksDisk, AFlippedBitInTheLogIsDataLossThatNamesTheStore) {
  TempDir directory;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
    for (char key = 'a'; key <= 'z'; ++key) ASSERT_THAT(store->Write(Puts({{std::string_view(&key, 1), std::string(1000, key)}})), IsOk());
  }
  const std::string log = NewestLog(directory / "journal");
  ASSERT_FALSE(log.empty());
  std::string bytes = testing::ReadFile(log);
  bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 4);
  testing::WriteFile(log, bytes);
  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  auto store = disk->OpenStore("journal", StoreKind::kJournal);
  EXPECT_THAT(store, HasReason(Reason::DATA_LOSS));
  EXPECT_NE(store.status().message().find("journal"), absl::string_view::npos) << store.status();
}

TEST(RocksDisk, ATornTailOfTheLogIsForgotten) {
  TempDir directory;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
    ASSERT_THAT(store->Write(Puts({{"a", "1"}})), IsOk());
    ASSERT_THAT(store->Write(Puts({{"b", std::string(1000, 'b')}})), IsOk());
  }
  const std::string log = NewestLog(directory / "journal");
  ASSERT_FALSE(log.empty());
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 100);
  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
  EXPECT_THAT(Keys(*store), ElementsAre("a"));
}

TEST(RocksDisk, AFlippedBitInATableIsDataLossWhenRead) {
  TempDir directory;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("state", StoreKind::kState));
    ASSERT_THAT(store->Write(Puts({{"a", std::string(3000, 'a')}, {"b", std::string(3000, 'b')}})), IsOk());
    ASSERT_THAT(store->Flush(), IsOk());
  }
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "state")) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  ASSERT_FALSE(table.empty());
  std::string bytes = testing::ReadFile(table);
  bytes[500] = static_cast<char>(bytes[500] ^ 1);
  testing::WriteFile(table, bytes);
  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("state", StoreKind::kState));
  EXPECT_THAT(store->Get("a"), HasReason(Reason::DATA_LOSS));
}

// ---- Simulated ----

TEST(SimulatedDisk, ACrashKeepsAPrefixOfUnflushedBatchesEachWhole) {
  std::set<size_t> kept;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SimulatedMedium medium(seed);
    {
      auto disk = medium.Boot();
      ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("state", StoreKind::kState));
      for (char i = 0; i < 8; ++i) {
        const char keys[] = {static_cast<char>('a' + 2 * i), static_cast<char>('b' + 2 * i)};
        ASSERT_THAT(store->Write(Puts({{{keys, 1}, "x"}, {{keys + 1, 1}, "x"}})), IsOk());
        if (i == 2) {
          ASSERT_THAT(store->Flush(), IsOk());
        }
      }
      medium.Crash();
      EXPECT_THAT(store->Get("a"), HasReason(Reason::STORAGE_FAILED));
      EXPECT_THAT(store->NewCursor()->status(), HasReason(Reason::STORAGE_FAILED));
    }
    auto disk = medium.Boot();
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("state", StoreKind::kState));
    const std::vector<std::string> keys = Keys(*store);
    ASSERT_GE(keys.size(), 6u) << "what was flushed is lost";
    ASSERT_EQ(keys.size() % 2, 0u) << "half a batch";
    for (size_t i = 0; i < keys.size(); ++i) ASSERT_EQ(keys[i][0], static_cast<char>('a' + i)) << "not a prefix";
    kept.insert(keys.size() / 2);
  }
  EXPECT_THAT(kept, ElementsAre(3, 4, 5, 6, 7, 8));
}

TEST(SimulatedDisk, JournalWritesAreDurableUnlessSyncsAreIgnored) {
  for (bool lie : {false, true}) {
    size_t lost = 0;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      SimulatedMedium medium(seed);
      medium.set_ignore_syncs(lie);
      auto disk = medium.Boot();
      ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
      ASSERT_THAT(store->Write(Puts({{"a", "1"}})), IsOk());
      medium.Crash();
      disk = medium.Boot();
      ASSERT_OK_AND_ASSIGN(store, disk->OpenStore("journal", StoreKind::kJournal));
      if (Keys(*store).empty()) ++lost;
    }
    EXPECT_EQ(lost > 0, lie);
  }
}

TEST(SimulatedDisk, CrashesAtTheOperationAskedFor) {
  SimulatedMedium medium(7);
  auto disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
  const uint64_t before = medium.operations();
  medium.CrashAfter(3);
  EXPECT_THAT(store->Write(Puts({{"a", "1"}})), IsOk());
  EXPECT_THAT(disk->WriteFileSynced("witness", 0, "w"), IsOk());
  EXPECT_THAT(store->Write(Puts({{"b", "1"}})), HasReason(Reason::STORAGE_FAILED));
  EXPECT_THAT(store->Write(Puts({{"c", "1"}})), HasReason(Reason::STORAGE_FAILED));
  EXPECT_EQ(medium.operations(), before + 3);
  disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(store, disk->OpenStore("journal", StoreKind::kJournal));
  EXPECT_EQ(Value(*store, "a"), "1");
  EXPECT_EQ(Value(*store, "c"), "(none)");
}

}  // namespace
}  // namespace anju::storage
