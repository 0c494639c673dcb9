// The real disk when the system refuses: every call of opening, writing, reading and removing fails in turn, and RocksDB's words become ours.
#include <cerrno>
#include <filesystem>

#include "common/status/macros.h"
#include "common/storage/posix.h"
#include "common/storage/rocks.h"
#include "common/testing/system_calls.h"
#include "common/testing/testing.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::FailEachSystemCall;
using testing::FailingCall;
using testing::HasReason;
using testing::IsOk;
using testing::TempDir;

// What one life of a service does with its disk, on this thread.
absl::Status Live(const std::string& path) {
  ASSIGN_OR_RETURN(const auto disk, OpenRocksDiskWith(path, {.journal_buffer_bytes = 64 << 10, .state_buffer_bytes = 64 << 10}));
  RETURN_IF_ERROR(disk->WriteFileSynced("witness", 0, "first"));
  RETURN_IF_ERROR(disk->WriteFileSynced("witness", 64, "second"));
  ASSIGN_OR_RETURN(const std::optional<std::string> witness, disk->ReadFile("witness"));
  EXPECT_EQ(witness->size(), 70u);
  {
    ASSIGN_OR_RETURN(const auto store, disk->OpenStore("journal", StoreKind::kJournal));
    Batch batch;
    batch.Put("key", "value");
    RETURN_IF_ERROR(store->Write(batch));
    RETURN_IF_ERROR(store->Flush());
    ASSIGN_OR_RETURN(const std::optional<std::string> value, store->Get("key"));
    EXPECT_EQ(*value, "value");
  }
  ASSIGN_OR_RETURN(const auto looked, disk->OpenStoreReadOnly("journal"));
  const auto cursor = looked->NewCursor();
  cursor->SeekToLast();
  RETURN_IF_ERROR(cursor->status());
  EXPECT_EQ(cursor->value(), "value");
  {
    ASSIGN_OR_RETURN(const auto state, disk->OpenStore("state", StoreKind::kState));
  }
  return disk->DestroyStore("state");
}

TEST(SystemFault, AtEveryCallOfALife) {
  TempDir directory;
  absl::Status status;
  uint64_t silent = 0;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = Live(directory / "data"); }, [&](const std::string& call) {
    if (call.empty()) {
      EXPECT_THAT(status, IsOk());
      return;
    }
    if (status.ok()) ++silent;
    if (!status.ok()) {
      EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call << ": a disk that fails has not lost anything";
      EXPECT_THAT(std::string(status.message()), HasSubstr(directory.path())) << call;
    }
    EXPECT_THAT(Live(directory / "data"), IsOk()) << "after " << call;
    fs::remove_all(directory / "data");
  }, 5);
  EXPECT_GT(failed, 20u);
  std::printf("%llu calls failed in turn, %llu without harm\n", static_cast<unsigned long long>(failed), static_cast<unsigned long long>(silent));
}

// Each of the calls that this code makes itself.
TEST(SystemFault, EachKindOfCall) {
  for (const char* call : {"open", "write", "pwrite", "fsync", "fdatasync", "rename", "mkdir", "unlink", "flock", "statvfs", "pread", "read"}) {
    for (uint64_t nth = 1; nth <= 12; ++nth) {
      TempDir directory;
      absl::Status status;
      std::string failed;
      {
        const FailingCall failing(nth, EIO, call);
        status = Live(directory / "data");
        failed = failing.failed();
      }
      if (failed.empty()) break;
      if (!status.ok()) {
        EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << failed;
      }
    }
  }
}

TEST(SystemFault, AFullDiskIsSaidBeforeAnythingIsTouchedAndRoomThatCannotBeToldCountsAsRoom) {
  TempDir directory;
  {
    const FailingCall failing(1, EIO, "statvfs");
    EXPECT_THAT(FreeBytesOf(directory.path()), HasReason(Reason::STORAGE_FAILED));
  }
  const FailingCall failing(1, EIO, "statvfs");
  EXPECT_THAT(OpenRocksDisk(directory / "data"), IsOk());
}

TEST(SystemFault, ALockThatCannotBeTakenIsNobodyElsesLock) {
  TempDir directory;
  EXPECT_THAT(LockDirectory(directory / "none", Hold::kWrite), HasReason(Reason::STORAGE_FAILED));
  EXPECT_THAT(LockDirectory(directory / "none", Hold::kRead), HasReason(Reason::STORAGE_FAILED));
  for (const Hold hold : {Hold::kWrite, Hold::kRead}) {
    for (const char* call : {"open", "flock"}) {
      const FailingCall failing(1, EIO, call);
      EXPECT_THAT(LockDirectory(directory.path(), hold), HasReason(Reason::STORAGE_FAILED)) << call;
    }
  }
  ASSERT_OK_AND_ASSIGN(const files::Descriptor held, LockDirectory(directory.path(), Hold::kWrite));
  for (const Hold hold : {Hold::kWrite, Hold::kRead}) EXPECT_THAT(LockDirectory(directory.path(), hold), HasReason(Reason::DIRECTORY_IN_USE));
  EXPECT_THAT(OpenRocksDiskReadOnly(directory / "none", false), HasReason(Reason::FILE_NOT_FOUND));
  const FailingCall failing(1, EIO, "stat");
  EXPECT_THAT(OpenRocksDiskReadOnly(directory.path(), false), HasReason(Reason::STORAGE_FAILED)) << "there may be one";
}

TEST(NormalPath, HasNoDetours) {
  EXPECT_EQ(NormalPath("/a//b/../c/"), "/a/c");
  EXPECT_EQ(NormalPath("a/./b"), "a/b");
  EXPECT_EQ(NormalPath("/"), "/");
}

TEST(EndProcess, SaysWhyInOneLine) {
  EXPECT_EXIT(EndProcess("the journal", absl::InternalError("write\nfailed")), ::testing::ExitedWithCode(kExitDiskFailed),
              "^the journal cannot be written, .*: write failed\n$");
}

TEST(FromRocks, TellsDamageFromADiskThatFails) {
  using rocksdb::Status;
  EXPECT_THAT(FromRocks(Status::OK(), "p"), IsOk());
  EXPECT_THAT(FromRocks(Status::Corruption("bad block"), "p"), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(FromRocks(Status::Corruption("IO error: while looking", "Input/output error"), "p"), HasReason(Reason::STORAGE_FAILED));
  EXPECT_THAT(FromRocks(Status::Corruption("IO error: No such file or directory: ", "/d/000004.ldb"), "p"), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(std::string(FromRocks(Status::Corruption("/d/000004.ldb \n "), "p").message()), ::testing::EndsWith("/d/000004.sst"));
  EXPECT_THAT(FromRocks(Status::PathNotFound("gone"), "p"), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(FromRocks(Status::IOError("broken"), "p"), HasReason(Reason::STORAGE_FAILED));
  EXPECT_THAT(FromRocks(Status::Busy(), "p"), HasReason(Reason::STORAGE_FAILED));
}

TEST(Batch, ExtendsOnlyThePutThatCameLast) {
  Batch batch;
  EXPECT_FALSE(batch.ExtendLast("a", "x"));
  batch.Put("a", "1");
  EXPECT_TRUE(batch.ExtendLast("a", "2"));
  EXPECT_FALSE(batch.ExtendLast("b", "2"));
  batch.Delete("a");
  EXPECT_FALSE(batch.ExtendLast("a", "2"));
  EXPECT_EQ(batch.operations()[0].value, "12");
  EXPECT_EQ(batch.bytes(), 4u);
}

}  // namespace
}  // namespace anju::storage
