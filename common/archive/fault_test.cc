// Every system call of a backup, of its verification and of a restore fails in turn: what was there before stays, what is said to be done is done
// whole, a disk that cannot be read is not called a damaged archive, and the next run comes to its end. ANJU_FAULT_STRIDE=1 takes every call of a
// restore too; by default every 11th of them, since each is followed by whole restores.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "common/archive/archive_testing.h"
#include "common/archive/backup.h"
#include "common/archive/restore.h"
#include "common/journal/journal.h"
#include "common/testing/system_calls.h"
#include "common/testing/testing.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;
using anju::testing::FailEachSystemCall;
using anju::testing::FailingCall;
using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::TempDir;
using anju::testing::WriteFile;

// A source that never fails itself.
class SteadySource final : public Source {
 public:
  explicit SteadySource(const PaperJournal& journal) : journal_(journal) {}
  const journal::Lineage& lineage() const override { return journal_.lineage; }
  journal::Position end() const override { return journal_.end; }
  const std::string& name() const override { return name_; }
  absl::Status Copy(const journal::Position& after, const OnBlock& on_block) override {
    for (const std::string& block : journal_.blocks) {
      if (journal::DecodeBlockPrefix(block)->header.first_sequence > after.sequence) RETURN_IF_ERROR(on_block(block));
    }
    return absl::OkStatus();
  }

 private:
  const PaperJournal journal_;
  const std::string name_ = "paper";
};

constexpr uint64_t kDefaultStride = 11;

uint64_t Stride() {
  const char* stride = std::getenv("ANJU_FAULT_STRIDE");
  return stride == nullptr ? kDefaultStride : std::max<uint64_t>(1, std::strtoull(stride, nullptr, 10));
}

// What fails says that the disk failed. That a directory is there already may be found out in another way than by looking.
void Judge(const std::string& call, const absl::Status& status) {
  if (call.empty()) {
    EXPECT_THAT(status, IsOk());
  } else if (!call.starts_with("stat ") || !status.ok()) {
    EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
  }
}

class FaultTest : public ::testing::Test {
 protected:
  absl::Status BackUpTo(const std::string& directory) {
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(std::make_unique<SteadySource>(progress_));
    sources.push_back(std::make_unique<SteadySource>(plan_));
    return BackUp(directory, sources, clock_, {}).status();
  }
  static absl::Status Verify(const std::string& directory) {
    ASSIGN_OR_RETURN(const Manifest manifest, ReadFinishedManifest(directory));
    for (const Entry& entry : manifest.entries) RETURN_IF_ERROR(VerifyArchive(directory, entry));
    return absl::OkStatus();
  }
  void CopyTree(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }

  // After a restore that ended like this while that call failed: whole at once, or with one more run.
  void JudgeRestore(const std::string& call, const absl::Status& status) {
    if (call.empty()) {
      EXPECT_THAT(status, IsOk());
    }
    if (!status.ok()) {
      EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
      const auto again = Restore(backup_, data_, names_, clock_, {});
      // It may have failed after everything was in its place: then there is nothing left to restore.
      if (again.ok() || UnfinishedRestore(data_) != "") {
        ASSERT_THAT(again, IsOk()) << "after " << call;
      } else {
        ASSERT_THAT(again, HasReason(Reason::NOT_EMPTY)) << "after " << call;
      }
    }
    EXPECT_EQ(UnfinishedRestore(data_), "") << call;
    for (const PaperJournal* paper : {&progress_, &plan_}) {
      const std::string service = paper->lineage.current().service;
      if (!names_.empty() && service != names_[0]) continue;
      const auto disk = storage::OpenRocksDisk(data_ + "/" + service);
      ASSERT_THAT(disk, IsOk()) << call;
      const auto journal = journal::Journal::Open(**disk, service, clock_);
      ASSERT_THAT(journal, IsOk()) << call;
      EXPECT_EQ((*journal)->durable(), paper->end) << call;
      EXPECT_EQ(*(*journal)->ReadBlocks({}, 1 << 20), paper->blocks) << call;
    }
    fs::remove_all(data_);
  }

  TempDir directory_;
  const std::string backup_ = directory_ / "backup", data_ = directory_ / "data";
  std::vector<std::string> names_;  // what is restored, where it is not all
  FakeClock clock_;
  PaperJournal plan_ = PaperJournal("plan", 1).Add(2, "plan"), progress_ = PaperJournal("progress", 2).Add(1, "a").Add(5, "b");
};

TEST_F(FaultTest, OfTheFirstBackup) {
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = BackUpTo(backup_); }, [&](const std::string& call) {
    Judge(call, status);
    ASSERT_THAT(BackUpTo(backup_), IsOk()) << "after " << call;
    EXPECT_THAT(Verify(backup_), IsOk()) << "after " << call;
    if (!call.empty()) fs::remove_all(backup_);
  });
  EXPECT_GT(failed, 30u);
}

TEST_F(FaultTest, OfTheNextBackup) {
  ASSERT_THAT(BackUpTo(directory_ / "first"), IsOk());
  const Manifest before = *ReadFinishedManifest(directory_ / "first");
  progress_.Add(3, "c");
  CopyTree(directory_ / "first", backup_);
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = BackUpTo(backup_); }, [&](const std::string& call) {
    Judge(call, status);
    const auto manifest = ReadFinishedManifest(backup_);
    ASSERT_THAT(manifest, IsOk()) << call;
    EXPECT_TRUE(*manifest == before || manifest->entries[0].sequence == 9) << call;
    EXPECT_THAT(Verify(backup_), IsOk()) << call;
    ASSERT_THAT(BackUpTo(backup_), IsOk()) << "after " << call;
    EXPECT_THAT(Verify(backup_), IsOk()) << "after " << call;
    CopyTree(directory_ / "first", backup_);
  });
  EXPECT_GT(failed, 30u);
}

TEST_F(FaultTest, OfAVerification) {
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = Verify(backup_); }, [&](const std::string& call) { Judge(call, status); });
  EXPECT_GE(failed, 8u);
}

// RocksDB writes the new journals: its calls fail too, those of this thread.
TEST_F(FaultTest, OfARestore) {
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  absl::Status status;
  uint64_t silent = 0;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = Restore(backup_, data_, {}, clock_, {}).status(); }, [&](const std::string& call) {
    if (!call.empty() && status.ok()) ++silent;  // RocksDB does without its diary, for one
    JudgeRestore(call, status);
  }, Stride());
  EXPECT_GT(failed * Stride(), 80u);
  EXPECT_LE(silent, failed / 2);
  std::printf("%llu system calls of a restore failed in turn, %llu of them without harm\n", static_cast<unsigned long long>(failed), static_cast<unsigned long long>(silent));
}

// The calls that are this code's own, or few: each of them, and not every so manieth.
TEST_F(FaultTest, OfEachKindOfCallOfARestore) {
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  names_ = {"plan"};
  uint64_t count = 0;
  for (const char* kind : {"read", "rename", "unlink", "mkdir"}) {
    std::string failed = kind;
    for (uint64_t nth = 1; !failed.empty(); ++nth, ++count) {
      absl::Status status;
      {
        const FailingCall failing(nth, EIO, kind);
        status = Restore(backup_, data_, names_, clock_, {}).status();
        failed = failing.failed();
      }
      JudgeRestore(failed, status);
    }
  }
  EXPECT_GT(count, 10u);
}

// One that stopped when everything was complete and declared: only names are left to do, and those may fail too.
TEST_F(FaultTest, OfFinishingARestore) {
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  names_ = {"plan"};
  // Something comes into the directory while the journal is written beside it, and is taken away again.
  const auto meanwhile = [&](const std::string& name, uint64_t, uint64_t) {
    fs::create_directories(data_ + "/" + name);
    WriteFile(data_ + "/" + name + "/letter", "mine");
  };
  ASSERT_THAT(Restore(backup_, data_, names_, clock_, meanwhile), HasReason(Reason::NOT_EMPTY));
  ASSERT_EQ(ReadFile(data_ + "/plan/letter"), "mine");
  fs::remove_all(data_ + "/plan");
  const std::string declared = directory_ / "declared";
  CopyTree(data_, declared);
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = Restore(backup_, data_, names_, clock_, {}).status(); }, [&](const std::string& call) {
    JudgeRestore(call, status);
    CopyTree(declared, data_);
  });
  EXPECT_GT(failed, 10u);
}

// Records larger than what is read and written at a time.
TEST_F(FaultTest, OfLargeBlocks) {
  progress_.Add(1, std::string(1'200'000, 'x')).Add(1, std::string(700'000, 'y'));
  absl::Status status;
  FailEachSystemCall(EIO, [&] { status = BackUpTo(backup_); }, [&](const std::string& call) {
    Judge(call, status);
    ASSERT_THAT(BackUpTo(backup_), IsOk()) << "after " << call;
    EXPECT_THAT(Verify(backup_), IsOk()) << "after " << call;
    if (!call.empty()) fs::remove_all(backup_);
  });
  FailEachSystemCall(EIO, [&] { status = Verify(backup_); }, [&](const std::string& call) { Judge(call, status); });
}

// Opening what a stopped service has left, and reading it.
TEST_F(FaultTest, OfReadingAStoppedService) {
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  ASSERT_THAT(Restore(backup_, data_, {}, clock_, {}).status(), IsOk());
  const auto read = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto source, OpenStoppedService(data_ + "/progress", "progress"));
    std::vector<std::string> blocks;
    RETURN_IF_ERROR(source->Copy({}, [&](std::string_view block) { return blocks.emplace_back(block), absl::OkStatus(); }));
    EXPECT_EQ(blocks, progress_.blocks);
    return absl::OkStatus();
  };
  absl::Status status;
  const uint64_t failed = FailEachSystemCall(EIO, [&] { status = read(); }, [&](const std::string& call) {
    if (call.empty()) {
      EXPECT_THAT(status, IsOk());
    } else if (!status.ok()) {
      EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call;
    }
  });
  EXPECT_GT(failed, 10u);
}

// The same where blocks lie in tables, which are read block by block.
TEST_F(FaultTest, OfReadingTablesOfAStoppedService) {
  for (char event = 'a'; event < 'g'; ++event) progress_.Add(1, std::string(9'000, event));
  ASSERT_THAT(BackUpTo(backup_), IsOk());
  ASSERT_THAT(Restore(backup_, data_, {}, clock_, {}).status(), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(data_ + "/progress"));
    ASSERT_OK_AND_ASSIGN(const auto store, disk->OpenStore(journal::kJournalStore, storage::StoreKind::kJournal));
    ASSERT_THAT(store->Flush(), IsOk());
  }
  uint64_t refused = 0;
  const journal::Position after = progress_.lineage.PositionOf(6, journal::DecodeBlockPrefix(progress_.blocks[1])->hash);
  absl::Status status;
  FailEachSystemCall(EIO, [&] {
    size_t blocks = 0;
    status = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const auto source, OpenStoppedService(data_ + "/progress", "progress"));
      RETURN_IF_ERROR(source->Copy(after, [&](std::string_view) { return ++blocks, absl::OkStatus(); }));
      EXPECT_EQ(blocks, 6u);
      return absl::OkStatus();
    }();
  }, [&](const std::string& call) {
    if (call.empty()) {
      EXPECT_THAT(status, IsOk());
    } else if (!status.ok()) {
      EXPECT_THAT(status, HasReason(Reason::STORAGE_FAILED)) << call << ": nothing is lost";
      ++refused;
    }
  });
  EXPECT_GT(refused, 10u);
}

}  // namespace
}  // namespace anju::archive
