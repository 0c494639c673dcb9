// Reading a directory without changing it, and what every kind of damage is called.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/status/macros.h"
#include "common/storage/rocks.h"
#include "common/storage/simulated_disk.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
using testing::HasReason;
using testing::IsOk;
using testing::TempDir;

constexpr int kTables = 3;  // flushed; as many keys again stay in the log

// A store of several tables and a log with records.
void WriteStore(const std::string& directory) {
  auto disk = OpenRocksDisk(directory);
  CHECK_OK(disk.status());
  auto store = (*disk)->OpenStore("journal", StoreKind::kJournal);
  CHECK_OK(store.status());
  for (int key = 0; key < 2 * kTables; ++key) {
    Batch batch;
    batch.Put("key" + std::to_string(key), std::string(5000, static_cast<char>('a' + key)));
    CHECK_OK((*store)->Write(batch));
    if (key < kTables) CHECK_OK((*store)->Flush());
  }
  CHECK_OK((*disk)->WriteFileSynced("witness", 0, "w"));
}

// Every file with its bytes, size and time of change.
std::map<std::string, std::string> Picture(const std::string& directory) {
  std::map<std::string, std::string> picture;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat info {};
    CHECK(::stat(entry.path().c_str(), &info) == 0);
    std::string& file = picture[entry.path()];
    file = std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " " + std::to_string(info.st_ino) + "\n";
    if (entry.is_regular_file()) file += testing::ReadFile(entry.path());
  }
  return picture;
}

std::string FileOf(const std::string& directory, std::string_view which) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    const bool fits = name.starts_with(which) || entry.path().extension() == which;
    if (fits && entry.file_size() > 0) newest = std::max(newest, entry.path().string());
  }
  CHECK(!newest.empty());
  return newest;
}

// All rows, or the first thing that is wrong.
absl::StatusOr<std::map<std::string, std::string>> ReadAll(Store& store) {
  std::map<std::string, std::string> rows;
  auto cursor = store.NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows.emplace(cursor->key(), cursor->value());
  RETURN_IF_ERROR(cursor->status());
  return rows;
}

absl::StatusOr<std::map<std::string, std::string>> OpenAndReadAll(const std::string& directory, bool salvage) {
  ASSIGN_OR_RETURN(auto disk, OpenRocksDiskReadOnly(directory, salvage));
  ASSIGN_OR_RETURN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
  return ReadAll(*store);
}

TEST(ReadOnlyDisk, ReadsEverythingAndChangesNothing) {
  for (const bool salvage : {false, true}) {
    TempDir directory;
    WriteStore(directory / "data");
    const auto before = Picture(directory.path());
    {
      ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDiskReadOnly(directory / "data/", salvage));
      ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
      ASSERT_OK_AND_ASSIGN(auto rows, ReadAll(*store));
      EXPECT_EQ(rows.size(), 2u * kTables);
      EXPECT_EQ(rows["key5"], std::string(5000, 'f'));
      ASSERT_OK_AND_ASSIGN(auto witness, disk->ReadFile("witness"));
      EXPECT_EQ(witness, "w");
      Batch batch;
      batch.Put("key9", "x");
      EXPECT_THAT(store->Write(batch), HasReason(Reason::STORAGE_FAILED));
      EXPECT_THAT(store->Flush(), HasReason(Reason::STORAGE_FAILED));
      EXPECT_THAT(disk->WriteFileSynced("witness", 0, "x"), HasReason(Reason::STORAGE_FAILED));
      EXPECT_THAT(disk->DestroyStore("journal"), HasReason(Reason::STORAGE_FAILED));
      EXPECT_THAT(disk->OpenStore("state", StoreKind::kState), HasReason(Reason::FILE_NOT_FOUND));
    }
    EXPECT_EQ(Picture(directory.path()), before);
  }
}

TEST(ReadOnlyDisk, NamesWhatIsNotThere) {
  TempDir directory;
  auto missing = OpenRocksDiskReadOnly(directory / "nowhere", false);
  EXPECT_THAT(missing, HasReason(Reason::FILE_NOT_FOUND));
  EXPECT_NE(missing.status().message().find(directory / "nowhere"), absl::string_view::npos) << missing.status();
  fs::create_directories(directory / "empty");
  {
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDiskReadOnly(directory / "empty", false));
    auto store = disk->OpenStore("journal", StoreKind::kJournal);
    EXPECT_THAT(store, HasReason(Reason::FILE_NOT_FOUND));
    EXPECT_NE(store.status().message().find(directory / "empty/journal"), absl::string_view::npos) << store.status();
  }
  EXPECT_TRUE(fs::is_empty(directory / "empty"));
}

TEST(ReadOnlyDisk, ReadersShareAndAWriterExcludesThem) {
  TempDir directory;
  WriteStore(directory.path());
  {
    ASSERT_OK_AND_ASSIGN(auto first, OpenRocksDiskReadOnly(directory.path(), false));
    ASSERT_OK_AND_ASSIGN(auto second, OpenRocksDiskReadOnly(directory.path(), true));
    EXPECT_THAT(OpenRocksDisk(directory.path()), HasReason(Reason::DIRECTORY_IN_USE));
  }
  ASSERT_OK_AND_ASSIGN(auto writer, OpenRocksDisk(directory.path()));
  EXPECT_THAT(OpenRocksDiskReadOnly(directory.path(), false), HasReason(Reason::DIRECTORY_IN_USE));
}

struct Damage {
  std::string name;
  std::string file;                                 // prefix of its name, or its extension
  std::function<void(const std::string& path)> do_it;
  bool salvageable;                                 // some rows can still be read past it
};

void Flip(const std::string& path, size_t at) {
  std::string bytes = testing::ReadFile(path);
  bytes[at] = static_cast<char>(bytes[at] ^ 4);
  testing::WriteFile(path, bytes);
}

class DamageTest : public ::testing::TestWithParam<Damage> {};

// What is wrong is told with the path of the file, whichever way the directory is opened, and looking changes nothing.
TEST_P(DamageTest, IsDataLossThatNamesTheFile) {
  const Damage& damage = GetParam();
  TempDir directory;
  WriteStore(directory.path());
  const std::string file = FileOf(directory / "journal", damage.file);
  damage.do_it(file);
  const auto before = Picture(directory.path());
  auto rows = OpenAndReadAll(directory.path(), /*salvage=*/false);
  EXPECT_THAT(rows, HasReason(Reason::DATA_LOSS));
  EXPECT_NE(rows.status().message().find(fs::path(file).filename().string()), absl::string_view::npos) << rows.status();
  EXPECT_NE(rows.status().message().find(directory / "journal"), absl::string_view::npos) << rows.status();
  rows = OpenAndReadAll(directory.path(), /*salvage=*/true);
  EXPECT_EQ(rows.ok() && !rows->empty(), damage.salvageable) << rows.status();
  EXPECT_EQ(Picture(directory.path()), before);

  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  auto store = disk->OpenStore("journal", StoreKind::kJournal);
  const absl::Status status = store.ok() ? ReadAll(**store).status() : store.status();
  EXPECT_THAT(status, HasReason(Reason::DATA_LOSS));
  EXPECT_NE(status.message().find(fs::path(file).filename().string()), absl::string_view::npos) << status;
}

INSTANTIATE_TEST_SUITE_P(
    Files, DamageTest,
    ::testing::Values(Damage{"LogRecord", ".log", [](const std::string& path) { Flip(path, 6000); }, true},
                      Damage{"Table", ".sst", [](const std::string& path) { Flip(path, 500); }, true},
                      Damage{"TableFooter", ".sst", [](const std::string& path) { Flip(path, fs::file_size(path) - 2); }, false},
                      Damage{"TableCut", ".sst", [](const std::string& path) { fs::resize_file(path, fs::file_size(path) / 2); }, false},
                      Damage{"TableGone", ".sst", [](const std::string& path) { fs::remove(path); }, false},
                      Damage{"Manifest", "MANIFEST-", [](const std::string& path) { Flip(path, 20); }, false},
                      Damage{"ManifestEmpty", "MANIFEST-", [](const std::string& path) { fs::resize_file(path, 0); }, false},
                      Damage{"ManifestGone", "MANIFEST-", [](const std::string& path) { fs::remove(path); }, false},
                      Damage{"Current", "CURRENT", [](const std::string& path) { Flip(path, 2); }, false},
                      Damage{"CurrentCut", "CURRENT", [](const std::string& path) { fs::resize_file(path, 5); }, false},
                      Damage{"CurrentEmpty", "CURRENT", [](const std::string& path) { fs::resize_file(path, 0); }, false},
                      Damage{"CurrentGone", "CURRENT", [](const std::string& path) { fs::remove(path); }, false}),
    [](const auto& info) { return info.param.name; });

// Tables of a level below the first are walked one after the other, and the first block of each is read on entering it.
TEST(RocksDisk, ACursorThatEntersADamagedTableSaysSo) {
  TempDir directory;
  const RocksSettings small{.env = nullptr, .journal_buffer_bytes = 64 << 10, .state_buffer_bytes = 64 << 10};
  constexpr int kRows = 600;
  {
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDiskWith(directory / "data", small));
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
    for (int row = 0; row < kRows; ++row) {
      Batch batch;
      batch.Put("key" + std::to_string(100'000 + row), std::string(1'500, 'x'));
      ASSERT_THAT(store->Write(batch), IsOk());
    }
  }
  int tables = 0;
  for (const auto& entry : fs::directory_iterator(directory / "data/journal")) {
    if (entry.path().extension() != ".sst") continue;
    ++tables;
    fs::remove_all(directory / "damaged");
    fs::copy(directory / "data", directory / "damaged", fs::copy_options::recursive);
    Flip(directory / ("damaged/journal/" + entry.path().filename().string()), 300);
    EXPECT_THAT(OpenAndReadAll(directory / "damaged", /*salvage=*/false), HasReason(Reason::DATA_LOSS)) << entry.path();
    ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDiskWith(directory / "damaged", small));
    auto store = disk->OpenStore("journal", StoreKind::kJournal);
    if (!store.ok()) continue;  // found sooner
    const auto rows = ReadAll(**store);
    EXPECT_THAT(rows, HasReason(Reason::DATA_LOSS)) << entry.path() << ": " << (rows.ok() ? rows->size() : 0) << " of " << kRows << " rows, in silence";
  }
  EXPECT_GT(tables, 4);
}

TEST(RocksDisk, AStoreWhoseCreationWasCutIsCreatedAgain) {
  TempDir directory;
  fs::create_directories(directory / "journal");
  testing::WriteFile(directory / "journal/MANIFEST-000001", "half");
  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  EXPECT_THAT(disk->OpenStore("journal", StoreKind::kJournal), IsOk());
}

TEST(Disk, TellsHowMuchRoomThereIs) {
  TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto disk, OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(const uint64_t free, disk->FreeBytes());
  EXPECT_NEAR(static_cast<double>(free), static_cast<double>(fs::space(directory.path()).available), 1e9);
  SimulatedMedium medium(1);
  auto simulated = medium.Boot();
  ASSERT_OK_AND_ASSIGN(const uint64_t boundless, simulated->FreeBytes());
  EXPECT_EQ(boundless, UINT64_MAX);
  medium.set_free_bytes(17);
  ASSERT_OK_AND_ASSIGN(const uint64_t set, simulated->FreeBytes());
  EXPECT_EQ(set, 17u);
}

TEST(SimulatedDisk, OpensForReadingOnly) {
  SimulatedMedium medium(1);
  auto disk = medium.Boot();
  EXPECT_THAT(disk->OpenStoreReadOnly("journal"), HasReason(Reason::FILE_NOT_FOUND));
  Batch batch;
  batch.Put("a", "1");
  {
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("journal", StoreKind::kJournal));
    ASSERT_THAT(store->Write(batch), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStoreReadOnly("journal"));
  ASSERT_OK_AND_ASSIGN(auto value, store->Get("a"));
  EXPECT_EQ(value, "1");
  EXPECT_THAT(store->Write(batch), HasReason(Reason::STORAGE_FAILED));
}

}  // namespace
}  // namespace anju::storage
