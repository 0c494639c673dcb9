// Any byte of any file of a store, changed or cut off: the sequence is named, or the file, or every event is shown to hold. Never silence, never another story.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "common/audit/audit_testing.h"

namespace anju::audit {
namespace {

namespace fs = std::filesystem;
using anju::testing::TempDir;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

struct Tally {
  int named = 0, exact = 0, file = 0, harmless = 0;
};

class FlipsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSuite(directory_.path(), 30, 6);
    for (const auto& entry : fs::recursive_directory_iterator(directory_ / "progress")) {
      if (entry.is_regular_file() && entry.file_size() > 0) files_.push_back(entry.path());
    }
    std::sort(files_.begin(), files_.end());
    good_ = Audit().Find("progress")->walked.last;
    ASSERT_EQ(good_.sequence, 183u);
  }

  SuiteAudit Audit() { return testing::Audit(directory_.path()); }

  // Looks at the store as it is now. `events`: where each event's bytes begin in this file, when it has them.
  void Look(const std::string& what, std::optional<uint64_t> changed_sequence, Tally* tally) {
    const SuiteAudit audit = Audit();
    const JournalAudit& journal = *audit.Find("progress");
    if (journal.intact()) {
      // Shown harmless: everything was proved to the same end.
      EXPECT_EQ(journal.walked.last.sequence, good_.sequence) << what;
      EXPECT_EQ(journal.walked.last.hash, good_.hash) << what;
      EXPECT_FALSE(changed_sequence.has_value()) << what << " changed event " << *changed_sequence << " in silence";
      ++(journal.damage_elsewhere.empty() ? tally->harmless : tally->file);
      return;
    }
    const Wrong& wrong = *journal.walked.wrong;
    EXPECT_FALSE(wrong.what.empty()) << what;
    if (wrong.first == 0) {
      EXPECT_FALSE(changed_sequence.has_value()) << what << ": " << wrong.what;
      ++tally->file;
      return;
    }
    ++tally->named;
    if (!changed_sequence) return;
    EXPECT_LE(wrong.first, *changed_sequence) << what << ": " << wrong.what;
    EXPECT_GE(wrong.last, *changed_sequence) << what << ": " << wrong.what;
    if (wrong.first == *changed_sequence && wrong.last == *changed_sequence) ++tally->exact;
  }

  static int Flips() {
    const char* full = std::getenv("ANJU_VERIFY_FLIPS");
    return full != nullptr ? std::atoi(full) : 400;
  }

  TempDir directory_;
  std::vector<fs::path> files_;
  Head good_;
};

TEST_F(FlipsTest, AnyByteOfAnyFile) {
  std::mt19937_64 random(20170705);
  Tally tally;
  for (int i = 0; i < Flips(); ++i) {
    const fs::path& file = files_[random() % files_.size()];
    const std::string bytes = Read(file);
    std::string changed = bytes;
    const size_t at = random() % bytes.size();
    changed[at] = static_cast<char>(changed[at] ^ (random() % 2 == 0 ? 1 << random() % 8 : 1 + random() % 255));
    if (changed == bytes) continue;
    Write(file, changed);
    Look(file.filename().string() + " byte " + std::to_string(at), std::nullopt, &tally);
    Write(file, bytes);
  }
  std::printf("flips=%d named=%d file=%d harmless=%d silent=0\n", Flips(), tally.named, tally.file, tally.harmless);
  EXPECT_GT(tally.named, 0);
  EXPECT_GT(tally.harmless, 0);
}

TEST_F(FlipsTest, AByteOfAnEventNamesTheSequence) {
  std::mt19937_64 random(20170706);
  Tally tally;
  int looked = 0;
  for (const fs::path& file : files_) {
    const std::string bytes = Read(file);
    if (bytes.find("ANJB") == std::string::npos) continue;
    for (int i = 0; i < Flips() / 4; ++i) {
      const uint64_t sequence = 4 + random() % 180;
      const std::string event = testing::UpdateEvent(1 + (sequence - 3) % 2, sequence - 3, static_cast<int64_t>(sequence - 3), static_cast<int32_t>((sequence - 3) % 300)).SerializeAsString();
      const size_t begin = bytes.find(event);
      if (begin == std::string::npos) continue;
      const size_t at = begin + random() % event.size();
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
      Write(file, changed);
      Look(file.filename().string() + " event " + std::to_string(sequence), sequence, &tally);
      Write(file, bytes);
      ++looked;
    }
  }
  std::printf("events changed=%d named=%d exactly=%d\n", looked, tally.named, tally.exact);
  EXPECT_GT(looked, 20);
  EXPECT_EQ(tally.named, looked);
}

TEST_F(FlipsTest, AnyByteOfALogIsToldWithWhatItWas) {
  std::mt19937_64 random(20170710);
  const auto log = std::find_if(files_.begin(), files_.end(), [](const fs::path& file) { return file.extension() == ".log"; });
  ASSERT_NE(log, files_.end());
  const std::string bytes = Read(*log);
  int wrong = 0, holding = 0;
  for (int i = 0; i < Flips() / 4; ++i) {
    const size_t at = random() % bytes.size();
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
    Write(*log, changed);
    const SuiteAudit audit = Audit();
    const JournalAudit& journal = *audit.Find("progress");
    EXPECT_EQ(journal.file, log->string()) << at;
    EXPECT_EQ(journal.file_offset, at);
    ASSERT_TRUE(journal.change.has_value()) << at;
    EXPECT_EQ(journal.change->was, static_cast<uint8_t>(bytes[at]));
    EXPECT_EQ(journal.change->is, static_cast<uint8_t>(changed[at]));
    if (journal.intact()) {
      EXPECT_EQ(journal.walked.last.hash, good_.hash) << at;
      EXPECT_NE(journal.damage_elsewhere, "") << at;
      ++holding;
    } else {
      EXPECT_FALSE(journal.walked.wrong->missing) << at;
      EXPECT_LT(journal.walked.wrong->last - journal.walked.wrong->first, 6u) << at;  // a block has six events
      ++wrong;
    }
    Write(*log, bytes);
  }
  std::printf("flips in the log=%d in blocks=%d around them=%d\n", wrong + holding, wrong, holding);
  EXPECT_GT(wrong, 0);
  EXPECT_GT(holding, 0);
}

TEST_F(FlipsTest, AFileCutOffAnywhere) {
  std::mt19937_64 random(20170707);
  Tally tally;
  for (int i = 0; i < Flips() / 4; ++i) {
    const fs::path& file = files_[random() % files_.size()];
    const std::string bytes = Read(file);
    Write(file, bytes.substr(0, random() % bytes.size()));
    Look(file.filename().string() + " cut", std::nullopt, &tally);
    Write(file, bytes);
  }
  std::printf("cuts=%d named=%d file=%d harmless=%d\n", Flips() / 4, tally.named, tally.file, tally.harmless);
}

}  // namespace
}  // namespace anju::audit
