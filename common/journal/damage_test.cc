// Flipped bits and truncations of every file of a data directory: what is read afterwards is exactly what was written, or opening or reading is
// refused with the file's name; never other or fewer events. ANJU_DAMAGES=N takes so many (default 250; 5000 is the full form), ANJU_DAMAGE_SEED another seed.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "common/journal/pipeline_testing.h"
#include "common/storage/fault_medium.h"

namespace anju::journal {
namespace {

namespace fs = std::filesystem;
using storage::FaultMedium;
using testing::IsOk;
using testing::TempDir;

constexpr int kBlocks = 60;
constexpr size_t kPaddingBytes = 6'000;  // memtables of 64 KiB: several tables, and a log with the rest

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Every event of the journal with its position, hashed again.
absl::StatusOr<std::vector<std::string>> ReadEverything(const Journal& journal) {
  std::vector<std::string> events;
  Position at;
  while (at.sequence < journal.durable().sequence) {
    ASSIGN_OR_RETURN(auto blocks, journal.ReadBlocks(at, 1 << 20));
    for (const std::string& bytes : blocks) {
      ASSIGN_OR_RETURN(const BlockView block, DecodeBlock(bytes));
      for (std::string_view event : block.events) events.emplace_back(event);
      at = {journal.identity().id, block.header.last_sequence(), block.hash};
    }
  }
  return events;
}

class DamageTest : public ::testing::Test {
 protected:
  // Small buffers; nothing fails by itself here.
  struct Opened {
    std::unique_ptr<FaultMedium> medium;
    std::unique_ptr<storage::Disk> disk;
    FakeClock clock;
    MarkModel model;
    std::unique_ptr<Pipeline> pipeline;
  };
  static absl::Status Open(const std::string& directory, Opened* opened) {
    opened->medium = std::make_unique<FaultMedium>(directory, 1);
    ASSIGN_OR_RETURN(opened->disk, opened->medium->Boot());
    PipelineOptions options{.threads = false, .on_fatal = [](const absl::Status&) {}};
    ASSIGN_OR_RETURN(opened->pipeline, Pipeline::Open(*opened->disk, "test", kMarkSchema, opened->model, opened->clock, options));
    return absl::OkStatus();
  }

  // Three lives, so that there are tables from memtables, tables from recovery, a log, and state that is behind the journal.
  void Write(const std::string& directory) {
    for (int life = 0; life < 3; ++life) {
      Opened opened;
      CHECK_OK(Open(directory, &opened));
      for (int block = life * kBlocks / 3; block < (life + 1) * kBlocks / 3; ++block) {
        for (int i = 0; i < 2; ++i) {
          const std::string mark = std::to_string(block) + "/" + std::to_string(i);
          CHECK_OK(opened.pipeline->Submit(std::make_unique<TestRequest>(answers_, mark, [mark](Recorder& recorder) {
            recorder.Record(mark + std::string(40 - mark.size(), ' ') + std::string(kPaddingBytes, 'x'));
          })));
        }
        opened.pipeline->Step(PipelineStep::kDecide);
        opened.pipeline->Step(PipelineStep::kWrite);
        if (block % 13 == 12) opened.pipeline->Step(PipelineStep::kFlush);
      }
      auto everything = ReadEverything(opened.pipeline->journal());
      CHECK_OK(everything.status());
      written_ = *std::move(everything);
      marks_ = opened.model.marks;
    }
    CHECK(written_.size() == 2u * kBlocks);
  }

  Answers answers_;
  std::vector<std::string> written_;
  std::map<std::string, uint64_t> marks_;
};

// Bytes of the journal and the witness; RocksDB's own diary and its copies of options may change.
std::map<std::string, std::string> Picture(const std::string& directory) {
  std::map<std::string, std::string> picture;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = fs::relative(entry.path(), directory), name = entry.path().filename();
    if (entry.is_regular_file() && (path.starts_with("journal/") || path == "witness") && !name.starts_with("LOG")) {
      picture[path] = testing::ReadFile(entry.path());
    }
  }
  return picture;
}

TEST_F(DamageTest, IsRefusedOrHarmlessNeverSilent) {
  TempDir directory;
  Write(directory / "written");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory / "written")) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), directory / "written"));
  }
  std::sort(files.begin(), files.end());
  const uint64_t damages = Setting("ANJU_DAMAGES", 250), seed = Setting("ANJU_DAMAGE_SEED", 20170701);
  std::mt19937_64 random(seed);
  std::map<std::string, std::pair<int, int>> counts;  // by kind of file: refused, harmless
  for (uint64_t i = 0; i < damages; ++i) {
    const fs::path file = files[random() % files.size()];
    const std::string data = directory / "data", path = data + "/" + file.string();
    fs::remove_all(data);
    fs::copy(directory / "written", data, fs::copy_options::recursive);
    const uint64_t size = fs::file_size(path);
    std::string what = "damage " + std::to_string(i) + " of seed " + std::to_string(seed) + ", " + file.string() + " of " + std::to_string(size) + " bytes: ";
    if (const uint64_t kind = random() % 3; size == 0 || kind == 0) {
      const uint64_t left = size == 0 ? 0 : random() % size;
      fs::resize_file(path, left);
      what += "cut to " + std::to_string(left);
    } else {
      // Half of the flips near the end, where a tail may be taken for one that was being written.
      const uint64_t near = kind == 1 ? size : std::min<uint64_t>(size, 200);
      const uint64_t at = size - 1 - random() % near, bit = random() % 8;
      std::string bytes = testing::ReadFile(path);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      testing::WriteFile(path, bytes);
      what += "bit " + std::to_string(bit) + " of byte " + std::to_string(at);
    }
    SCOPED_TRACE(what);
    const auto before = Picture(data);
    bool opens = false;
    absl::Status refusal;
    {
      Opened opened;
      refusal = Open(data, &opened);
      opens = refusal.ok();
      if (opens) {
        const auto everything = ReadEverything(opened.pipeline->journal());
        refusal = everything.status();
        if (everything.ok()) {
          ASSERT_TRUE(*everything == written_) << "silently other events: " << everything->size() << " of " << written_.size();
          ASSERT_TRUE(opened.model.marks == marks_) << "a silently other state";
        }
      }
    }
    const std::string extension = file.has_extension() ? file.extension().string() : file.filename().string().substr(0, 8);
    auto& [refused, harmless] = counts[file.parent_path().string() + "/" + (file.filename().string().starts_with("LOG") ? "LOG" : extension)];
    ++(refusal.ok() ? harmless : refused);
    if (refusal.ok()) continue;
    // A damaged state may ask for another start, after which it is whole again; a damaged journal is refused for good, and left as it is.
    if (file.parent_path() == "state") {
      ASSERT_THAT(refusal, testing::HasReason(Reason::STORAGE_FAILED));
      Opened again;
      ASSERT_THAT(Open(data, &again), IsOk());
      ASSERT_TRUE(again.model.marks == marks_);
    } else {
      ASSERT_THAT(refusal, testing::HasReason(Reason::DATA_LOSS));
      ASSERT_NE(refusal.message().find(data), absl::string_view::npos) << "names no file: " << refusal;
      if (!opens) {
        ASSERT_TRUE(Picture(data) == before) << "a refused journal was changed";
      }
    }
  }
  int refused = 0;
  for (const auto& [kind, count] : counts) {
    std::printf("%-20s refused %4d  harmless %4d\n", kind.c_str(), count.first, count.second);
    refused += count.first;
  }
  EXPECT_GT(refused, static_cast<int>(damages) / 10);
}

// One table in the middle of the journal that the store no longer knows of, as after a manifest that lost its end: every block that opening reads
// for itself is there, and those of the table are gone.
TEST_F(DamageTest, AForgottenTableIsFoundAtOpeningAndNotDeleted) {
  TempDir directory;
  Write(directory / "data");
  std::map<std::string, std::string> manifests;
  int refused = 0, cuts = 0;
  const auto original = Picture(directory / "data");
  std::string manifest;
  for (const auto& [path, bytes] : original) {
    if (path.starts_with("journal/MANIFEST-")) manifest = path;
  }
  ASSERT_FALSE(manifest.empty());
  // In the full form every cut, those on the boundaries of records among them.
  const size_t step = Setting("ANJU_DAMAGES", 0) >= 5'000 ? 1 : 5;
  for (size_t left = 0; left < original.at(manifest).size(); left += step) {
    fs::remove_all(directory / "cut");
    fs::copy(directory / "data", directory / "cut", fs::copy_options::recursive);
    fs::resize_file(directory / ("cut/" + manifest), left);
    const auto before = Picture(directory / "cut");
    Opened opened;
    const absl::Status status = Open(directory / "cut", &opened);
    ++cuts;
    SCOPED_TRACE("manifest cut to " + std::to_string(left) + " bytes");
    if (status.ok()) {
      const auto everything = ReadEverything(opened.pipeline->journal());
      ASSERT_THAT(everything, IsOk());
      ASSERT_TRUE(*everything == written_);
      continue;
    }
    ++refused;
    ASSERT_THAT(status, testing::HasReason(Reason::DATA_LOSS));
    ASSERT_TRUE(Picture(directory / "cut") == before) << "a refused journal was changed";
  }
  std::printf("%d cuts of the manifest, %d refused\n", cuts, refused);
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace anju::journal
