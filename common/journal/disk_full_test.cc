// A disk that is nearly full: nothing is recorded and nothing is flushed, everything else goes on, and it heals by itself. And state that another
// version wrote.
#include "common/journal/pipeline_testing.h"
#include "common/storage/simulated_disk.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::HasReason;
using testing::IsOk;
using ::testing::ElementsAre;

constexpr uint64_t kReserve = 1'000'000;

// Records nothing; may leave rows, as a follower's request does.
class ReadRequest final : public TestRequest {
 public:
  using TestRequest::TestRequest;
  bool Records() const override { return false; }
};

class DiskFullTest : public ::testing::Test {
 protected:
  void Open() {
    Close();
    model_ = std::make_unique<MarkModel>();
    disk_ = medium_.Boot();
    auto opened = Pipeline::Open(*disk_, "test", kMarkSchema, *model_, clock_,
                                 {.threads = false, .state_flush_events = 4, .reserve_bytes = kReserve, .on_fatal = [](const absl::Status&) {}});
    ASSERT_THAT(opened, IsOk());
    pipeline_ = *std::move(opened);
  }
  void Close() {
    pipeline_ = nullptr;
    disk_ = nullptr;
  }
  void SetFree(uint64_t bytes) {
    medium_.set_free_bytes(bytes);
    clock_.AdvanceMicros(storage::kReserveLookUs);
  }
  absl::Status Mark(const std::string& name) {
    return pipeline_->Submit(std::make_unique<TestRequest>(answers_, name, [name](Recorder& recorder) { recorder.Record(name); }));
  }
  absl::Status Read(const std::string& name, const std::string& cached = "") {
    return pipeline_->Submit(std::make_unique<ReadRequest>(answers_, name, [cached](Recorder& recorder) {
      if (!cached.empty()) recorder.rows().Put("cached", cached);
    }));
  }
  void Work() {
    while (pipeline_->Step(PipelineStep::kWrite) || pipeline_->Step(PipelineStep::kDecide)) {
    }
  }

  SimulatedMedium medium_{1};
  FakeClock clock_;
  Answers answers_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<MarkModel> model_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(DiskFullTest, RefusesWhatRecordsAndAnswersTheRest) {
  Open();
  ASSERT_THAT(Mark("a"), IsOk());
  Work();
  SetFree(kReserve - 1);
  EXPECT_THAT(Mark("b"), HasReason(Reason::DISK_FULL));
  EXPECT_THAT(pipeline_->CheckRoom(), HasReason(Reason::DISK_FULL));
  EXPECT_THAT(Read("r"), IsOk());
  Work();
  EXPECT_THAT(answers_.order(), ElementsAre("a", "r"));
  SetFree(kReserve);
  EXPECT_THAT(pipeline_->CheckRoom(), IsOk());
  EXPECT_THAT(Mark("b"), IsOk());
  Work();
  EXPECT_THAT(answers_.order(), ElementsAre("a", "r", "b"));
  EXPECT_EQ(model_->events, 2u);
}

TEST_F(DiskFullTest, RowsWaitForRoom) {
  Open();
  ASSERT_THAT(Mark("a"), IsOk());
  Work();
  SetFree(0);
  const uint64_t operations = medium_.operations();
  ASSERT_THAT(Read("follow", "newer"), IsOk());
  Work();
  pipeline_->Step(PipelineStep::kFlush);
  EXPECT_EQ(medium_.operations(), operations) << "something was written";
  SetFree(kReserve);
  pipeline_->Step(PipelineStep::kFlush);
  EXPECT_GT(medium_.operations(), operations);
  medium_.Crash();
  Open();
  EXPECT_EQ(model_->cached, "newer");
  EXPECT_EQ(model_->applied_count(), 0u) << "everything was in the state";
}

// The process was stopped while its disk was full, or fell over: starting again needs no room either.
TEST_F(DiskFullTest, StartsAndStopsOnAFullDiskWithoutWritingState) {
  Open();
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(Mark(name), IsOk());
  Work();
  SetFree(0);
  const uint64_t operations = medium_.operations();
  Open();
  EXPECT_EQ(model_->applied_count(), 3u) << "replayed, the rows never were written";
  EXPECT_EQ(model_->events, 3u);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(Read("r" + std::to_string(i), "x" + std::to_string(i)), IsOk());
    Work();
  }
  EXPECT_EQ(medium_.operations(), operations);
  SetFree(kReserve);
  ASSERT_THAT(Mark("d"), IsOk());
  Work();
  Open();
  EXPECT_EQ(model_->events, 4u);
  EXPECT_EQ(model_->cached, "x99");
  EXPECT_EQ(model_->applied_count(), 0u);
}

// ---- State of another version ----

absl::Status OpenWithSchema(storage::Disk& disk, uint32_t schema, MarkModel& model) {
  FakeClock clock;
  auto pipeline = Pipeline::Open(disk, "test", schema, model, clock, {.threads = false, .on_fatal = [](const absl::Status&) {}});
  RETURN_IF_ERROR(pipeline.status());
  Answers answers;
  RETURN_IF_ERROR((*pipeline)->Submit(std::make_unique<TestRequest>(answers, "mark", [&](Recorder& recorder) {
    if (!model.marks.contains("mark")) recorder.Record("mark");
  })));
  (*pipeline)->Step(PipelineStep::kDecide);
  (*pipeline)->Step(PipelineStep::kWrite);
  return absl::OkStatus();
}

TEST(StateSchema, OfANewerVersionIsRefusedWithItsDirectoryAndKept) {
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory / "data"));
  {
    MarkModel model;
    ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema + 1, model), IsOk());
  }
  {
    MarkModel model;
    const absl::Status refused = OpenWithSchema(*disk, kMarkSchema, model);
    EXPECT_THAT(refused, HasReason(Reason::SCHEMA_TOO_NEW));
    EXPECT_NE(refused.message().find(directory / "data/state"), absl::string_view::npos) << refused;
  }
  MarkModel model;
  ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema + 1, model), IsOk());
  EXPECT_EQ(model.applied_count(), 0u) << "the state was thrown away";
  EXPECT_EQ(model.events, 1u);
}

TEST(StateSchema, OfAnOlderVersionIsRebuilt) {
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory / "data"));
  {
    MarkModel model;
    ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema, model), IsOk());
  }
  MarkModel model;
  ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema + 1, model), IsOk());
  EXPECT_EQ(model.applied_count(), 1u) << "replayed from the journal";
}

// The row that says what the others stand for, as something else may have left it.
TEST(StateSchema, RowsOfNobodyKnowsWhenAreNotUsed) {
  const std::string key("\0meta", 5);
  for (const auto& [meta, is_newer] : {std::pair<std::string, bool>{std::string(61, '\0'), false}, {std::string(60, '\1'), false}, {"", false}, {"\1", false},
                                       {"\2", true}, {"\2" + std::string(100, 'x'), true}}) {
    SCOPED_TRACE(meta.size());
    storage::SimulatedMedium medium(1);
    auto disk = medium.Boot();
    {
      MarkModel model;
      ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema, model), IsOk());
    }
    {
      ASSERT_OK_AND_ASSIGN(auto state, disk->OpenStore("state", storage::StoreKind::kState));
      storage::Batch rows;
      rows.Put(key, meta);
      ASSERT_THAT(state->Write(rows), IsOk());
    }
    MarkModel model;
    if (is_newer) {
      EXPECT_THAT(OpenWithSchema(*disk, kMarkSchema, model), HasReason(Reason::SCHEMA_TOO_NEW));
      continue;
    }
    ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema, model), IsOk());
    EXPECT_EQ(model.applied_count(), 1u) << "replayed from the journal";
  }
  // Rows without it, and no rows at all.
  for (const bool rows_left : {false, true}) {
    storage::SimulatedMedium medium(1);
    auto disk = medium.Boot();
    {
      MarkModel model;
      ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema, model), IsOk());
    }
    {
      ASSERT_OK_AND_ASSIGN(auto state, disk->OpenStore("state", storage::StoreKind::kState));
      storage::Batch rows;
      rows.Delete(key);
      if (!rows_left) rows.Delete("mmark"), rows.Delete("count");
      ASSERT_THAT(state->Write(rows), IsOk());
    }
    MarkModel model;
    ASSERT_THAT(OpenWithSchema(*disk, kMarkSchema, model), IsOk());
    EXPECT_EQ(model.applied_count(), 1u);
    EXPECT_EQ(model.events, 1u);
  }
}

// Events that the model cannot take, and blocks whose events are not what their prefix says, end the start.
TEST(StateReplay, StopsAtWhatCannotBeApplied) {
  FakeClock clock;
  const auto open = [&](storage::Disk& disk) {
    MarkModel model;
    return Pipeline::Open(disk, "test", kMarkSchema, model, clock, {.threads = false, .on_fatal = [](const absl::Status&) {}}).status();
  };
  storage::SimulatedMedium twice(1);
  auto disk = twice.Boot();
  {
    ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*disk, "test", clock));
    for (const char* mark : {"a", "b", "a", "c"}) ASSERT_THAT(journal->Append({mark}, {}, 0), IsOk());
  }
  EXPECT_EQ(std::string(open(*disk).message()), "journal, sequence 3: marked twice: a");
  storage::SimulatedMedium broken(2);
  disk = broken.Boot();
  {
    ASSERT_OK_AND_ASSIGN(auto journal, Journal::Open(*disk, "test", clock));
    for (const char* mark : {"a", "b", "c"}) ASSERT_THAT(journal->Append({mark}, {}, 0), IsOk());
  }
  {
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore(kJournalStore, storage::StoreKind::kJournal));
    ASSERT_OK_AND_ASSIGN(std::optional<std::string> block, store->Get(BlockKey(2)));
    (*block)[kPrefixBytes] = 9;  // the length of its event
    storage::Batch batch;
    batch.Put(BlockKey(2), *block);
    ASSERT_THAT(store->Write(batch), IsOk());
  }
  EXPECT_THAT(open(*disk), HasReason(Reason::DATA_LOSS));
}

}  // namespace
}  // namespace anju::journal
