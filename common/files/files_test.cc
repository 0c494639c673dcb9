// Files that are whole or not there: each system call fails in turn, calls are interrupted and short, and what stands in the way is named.
#include "common/files/files.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "common/testing/system_calls.h"
#include "common/testing/testing.h"

namespace anju::files {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Optional;
using testing::FailEachSystemCall;
using testing::FailingCall;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ShortCalls;
using testing::TempDir;

// The system's words are passed on, with the file's name.
void IsFailure(const absl::Status& status, const std::string& failed) {
  EXPECT_THAT(status, HasReasonAt(Reason::STORAGE_FAILED, "path")) << failed;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Input/output error")) << failed;
}

TEST(Files, AReplacedFileIsTheOldOneOrTheNewOneWhateverFails) {
  TempDir directory;
  const std::string path = directory / "file";
  testing::WriteFile(path, "old");
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = ReplaceFile(path, "new"); }, [&](const std::string& call) {
    const std::string now = testing::ReadFile(path);
    if (call.empty()) {
      EXPECT_THAT(status, IsOk());
      EXPECT_EQ(now, "new");
      EXPECT_FALSE(fs::exists(path + ".part"));
      return;
    }
    IsFailure(status, call);
    EXPECT_TRUE(now == "old" || now == "new") << call << ": " << now;
    testing::WriteFile(path, "old");
  });
  EXPECT_GE(failed, 6u);
  EXPECT_THAT(ReplaceFile(directory / "missing/file", "x"), HasReasonAt(Reason::STORAGE_FAILED, "path"));
  fs::create_directory(directory / "taken");
  EXPECT_THAT(std::string(ReplaceFile(directory / "taken", "x").message()), HasSubstr("rename " + directory / "taken"));
}

TEST(Files, AreReadWholeOrNot) {
  TempDir directory;
  const std::string path = directory / "file", bytes(50'000, 'x');
  testing::WriteFile(path, bytes);
  EXPECT_THAT(ReadWhole(path, 50'000), IsOkAndHolds(Optional(bytes)));
  EXPECT_THAT(ReadWhole(path, 49'999), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(ReadWhole(directory / "none", 10), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(ReadWhole(path + "/below", 10), IsOkAndHolds(std::nullopt)) << "nothing is below a file";
  EXPECT_THAT(ReadWhole(directory.path(), 10), HasReason(Reason::STORAGE_FAILED)) << "a directory is no file";
  absl::StatusOr<std::optional<std::string>> read = std::nullopt;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { read = ReadWhole(path, 50'000); }, [&](const std::string& call) {
    if (call.empty()) {
      EXPECT_THAT(read, IsOkAndHolds(Optional(bytes)));
    } else {
      IsFailure(read.status(), call);
    }
  });
  EXPECT_GE(failed, 5u);
}

TEST(Files, InterruptedAndShortCallsGoOn) {
  TempDir directory;
  const std::string path = directory / "file", bytes = "what takes several writes and several reads";
  const ShortCalls calls(7);
  ASSERT_THAT(ReplaceFile(path, bytes), IsOk());
  EXPECT_THAT(ReadWhole(path, 100), IsOkAndHolds(Optional(bytes)));
}

TEST(Files, AWriteThatFailsSaysWhichFile) {
  TempDir directory;
  const std::string path = directory / "file";
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
  const FailingCall failing(1, ENOSPC, "write");
  const absl::Status status = WriteAll(file, "x", path);
  EXPECT_THAT(status, HasReasonAt(Reason::STORAGE_FAILED, "path"));
  EXPECT_EQ(status.message(), "write " + path + ": No space left on device");
}

TEST(Files, DirectoriesAreThereAndSyncedOrSaidNotToBe) {
  TempDir directory;
  absl::Status status;
  int round = 0;
  const auto path = [&] { return directory / ("d" + std::to_string(round) + "/e/f"); };
  const uint64_t failed = FailEachSystemCall(EIO, [&] {
    ++round;
    status = CreateDirectories(path());
  }, [&](const std::string& call) {
    // That a directory is there may be found out in another way than by looking.
    if (!call.empty() && (!call.starts_with("stat ") || !status.ok())) IsFailure(status, call);
    EXPECT_THAT(CreateDirectories(path()), IsOk()) << "what failed can be done again";
    EXPECT_TRUE(fs::is_directory(path()));
  });
  EXPECT_GE(failed, 9u);
  testing::WriteFile(directory / "file", "x");
  EXPECT_THAT(std::string(CreateDirectories(directory / "file").message()), HasSubstr("Not a directory"));
  EXPECT_THAT(CreateDirectories(directory / "file/below"), HasReason(Reason::STORAGE_FAILED));
  // A name without a directory lies in the working directory.
  EXPECT_THAT(CreateDirectories("."), IsOk());
  EXPECT_THAT(SyncDirectory(directory / "none"), HasReason(Reason::STORAGE_FAILED));
}

TEST(Files, ADirectoryIsRenamedOntoNothingOrAnEmptyOne) {
  TempDir directory;
  const std::string from = directory / "from", to = directory / "to";
  fs::create_directory(from);
  ASSERT_THAT(RenameDirectory(from, to), IsOk());
  fs::create_directory(from);
  ASSERT_THAT(RenameDirectory(from, to), IsOk()) << "an empty one gives way";
  fs::create_directory(from);
  testing::WriteFile(to + "/file", "x");
  EXPECT_THAT(RenameDirectory(from, to), HasReasonAt(Reason::NOT_EMPTY, "path"));
  EXPECT_THAT(RenameDirectory(from, to + "/file"), HasReasonAt(Reason::NOT_EMPTY, "path"));
  EXPECT_THAT(RenameDirectory(directory / "none", directory / "other"), HasReasonAt(Reason::STORAGE_FAILED, "path"));
  for (const int error : {EEXIST, ENOTEMPTY}) {  // file systems differ
    const FailingCall failing(1, error, "rename");
    EXPECT_THAT(RenameDirectory(from, directory / "other"), HasReason(Reason::NOT_EMPTY));
  }
  EXPECT_TRUE(fs::is_directory(from));
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = RenameDirectory(from, directory / "other"); }, [&](const std::string& call) {
    if (!call.empty()) IsFailure(status, call);
    EXPECT_NE(fs::exists(from), fs::exists(directory / "other"));
    if (!fs::exists(from)) fs::rename(directory / "other", from);
  });
  EXPECT_GE(failed, 3u);
}

TEST(Files, TellsWhatIsEmpty) {
  TempDir directory;
  EXPECT_THAT(IsEmptyOrMissing(directory / "none"), IsOkAndHolds(true));
  EXPECT_THAT(IsEmptyOrMissing(directory.path()), IsOkAndHolds(true));
  testing::WriteFile(directory / "file", "");
  EXPECT_THAT(IsEmptyOrMissing(directory.path()), IsOkAndHolds(false));
  EXPECT_THAT(IsEmptyOrMissing(directory / "file"), IsOkAndHolds(false));
  fs::create_symlink(directory / "nowhere", directory / "link");
  EXPECT_THAT(IsEmptyOrMissing(directory / "link"), IsOkAndHolds(false)) << "a link to nothing is something";
  EXPECT_THAT(IsEmptyOrMissing(directory / std::string(300, 'x')), HasReasonAt(Reason::STORAGE_FAILED, "path"));
}

// People type relative paths: what has no directory before it lies in the current one, which is synced like any other.
TEST(Files, NamesWithoutADirectoryAreOfTheCurrentOne) {
  TempDir directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  EXPECT_THAT(CreateDirectories("made/deeper"), IsOk());
  EXPECT_THAT(ReplaceFile("file", "text"), IsOk());
  EXPECT_THAT(RenameDirectory("made", "moved"), IsOk());
  EXPECT_THAT(CreateDirectories("/"), IsOk());
  EXPECT_THAT(CreateDirectories("."), IsOk());
  fs::current_path(before);
  EXPECT_EQ(testing::ReadFile(directory / "file"), "text");
  EXPECT_TRUE(fs::is_directory(directory / "moved/deeper"));
}

TEST(Files, RemovesTreesAndSaysWhatItCannot) {
  TempDir directory;
  fs::create_directories(directory / "a/b/c");
  testing::WriteFile(directory / "a/b/file", "x");
  EXPECT_THAT(RemoveTree(directory / "a"), IsOk());
  EXPECT_FALSE(fs::exists(directory / "a"));
  EXPECT_THAT(RemoveTree(directory / "a"), IsOk()) << "gone is gone";
  EXPECT_THAT(RemoveTree(directory / std::string(300, 'x')), HasReasonAt(Reason::STORAGE_FAILED, "path"));
}

TEST(Files, OneHasALockAtATime) {
  TempDir directory;
  for (const std::string& path : {directory.path(), directory / "lock"}) {
    absl::StatusOr<Descriptor> lock = Descriptor();
    const uint64_t failed = FailEachSystemCall(EIO, [&] { lock = TakeLock(path, "somebody"); }, [&](const std::string& call) {
      // A directory that cannot be looked at is taken for a file, and refused as one.
      if (!call.empty() && !call.starts_with("stat ")) IsFailure(lock.status(), call);
    });
    EXPECT_EQ(failed, 3u);
    ASSERT_THAT(lock, IsOk());
    const auto second = TakeLock(path, "somebody");
    EXPECT_THAT(second, HasReasonAt(Reason::DIRECTORY_IN_USE, "path"));
    EXPECT_EQ(second.status().message(), "somebody has " + path);
    *lock = Descriptor();  // closes it: what was moved out is closed by the other
    EXPECT_THAT(TakeLock(path, "somebody"), IsOk());
  }
  EXPECT_THAT(TakeLock(directory / "none/lock", "somebody"), HasReason(Reason::STORAGE_FAILED));
}

}  // namespace
}  // namespace anju::files
