// Kept tables and standings: whatever frames come, they say what is said without them, and they are asked for no more than they must be.
#include "services/ranking/kept_tables.h"

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "services/ranking/core/table_fixture.h"
#include "services/ranking/handlers.h"
#include "services/ranking/server_fixture.h"
#include "services/ranking/test_aggregator.h"

namespace anju::ranking {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr uint32_t kFirstCounty = 100, kCounties = 70;  // on three pages of cells and more
const rpc::Caller kOperator{.identity = "local", .role = rpc::Role::kOperator, .region = "", .everywhere = true};

// An aggregator in this process: figures of earlier days are those of now, less something that hangs on the day and on the region.
class PastColumns final : public Columns {
 public:
  explicit PastColumns(const World& world) : world_(world) {}
  void Cancel() override {}
  void Get(const aggregator::v1::GetColumnsRequest& request, Deadline, Done<aggregator::v1::GetColumnsResponse> done) override {
    ++columns_asked;
    aggregator::v1::GetColumnsResponse response;
    for (const aggregator::v1::Moment& moment : request.moments()) {
      const Date day = moment.as_of().empty() ? MakeDate(2017, 12, 31) : *ParseDate(moment.as_of());
      aggregator::v1::GetColumnResponse* column = response.add_columns();
      *column = world_.Column(*world_.registry.regions.Resolve(request.region(), 0, day), request.keys(), day);
      for (aggregator::v1::Cell& cell : *column->mutable_cells()) {
        if (cell.has_actual()) cell.set_actual(cell.actual() * (1 + (day.days + cell.region()) % 7) / 7);
      }
    }
    done(std::move(response));
  }
  void GetMilestones(const aggregator::v1::GetMilestoneStatusRequest& request, Deadline, Done<aggregator::v1::GetMilestoneStatusResponse> done) override {
    ++milestones_asked;
    const RegionNumber region = *world_.registry.regions.Resolve(request.region(), 0, MakeDate(2017, 12, 31));
    aggregator::v1::GetMilestoneStatusResponse response;
    for (const aggregator::v1::MilestoneStatus& status : world_.milestones) {
      const RegionNumber of = status.milestone().region();
      if (of == region || world_.registry.regions.ParentAt(of, MakeDate(2017, 12, 31)) == region) *response.add_milestones() = status;
    }
    done(std::move(response));
  }
  void GetHeads(const types::v1::Basis& basis, Deadline, Done<types::v1::Basis> done) override { done(basis); }

  std::atomic<int> columns_asked = 0, milestones_asked = 0;

 private:
  const World& world_;
};

class KeptTablesTest : public ::testing::Test {
 protected:
  KeptTablesTest() {
    for (uint32_t number = kFirstCounty; number < kFirstCounty + kCounties; ++number) {
      world_.AddRegion({.number = number, .code = "R" + std::to_string(number), .name = "县" + std::to_string(number), .parent = kDiqing,
                        .level = RegionLevel::kCounty});
      SetCell(number, kStarts, number);
      aggregator::v1::MilestoneStatus status;
      status.mutable_milestone()->set_region(number);
      status.set_actual(number);
      if (number % 3 == 0) world_.milestones.push_back(status);
    }
    auto disk = storage::OpenRocksDisk(directory_.path());
    EXPECT_THAT(disk, IsOk());
    disk_ = *std::move(disk);
    auto store = Store::Open(*disk_);
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
    store_->Replace(world_.Snapshot());
    handlers_ = NewHandlers(&columns_);
  }

  std::unique_ptr<Handlers> NewHandlers(PastColumns** columns = nullptr) {
    auto made = std::make_unique<PastColumns>(world_);
    if (columns != nullptr) *columns = made.get();
    return std::make_unique<Handlers>(*store_, std::move(made));
  }
  aggregator::v1::Cell& SetCell(uint32_t region, uint32_t indicator, int64_t actual) {
    aggregator::v1::Cell& cell = world_.Cell(region, indicator, 2017);
    cell.set_actual(actual);
    cell.set_newest_as_of_days(MakeDate(2017, 6, 30).days);
    if (cell.targets().empty()) cell.add_targets()->set_layer(types::v1::LAYER_CITY);
    cell.mutable_targets(0)->set_target(500);
    return cell;
  }
  void Change(uint32_t region, uint32_t indicator, int64_t actual) {
    const aggregator::v1::Cell cell = SetCell(region, indicator, actual);
    store_->Apply(world_.Change(cell));
  }

  static absl::StatusOr<std::string> Table(Handlers& handlers, const v1::GetLeagueTableRequest& request, const rpc::Caller& caller = kOperator) {
    absl::StatusOr<std::string> answer;
    handlers.GetLeagueTable(caller, request, Soon(), [&](absl::StatusOr<TableResponse> response) {
      answer = response.ok() ? absl::StatusOr<std::string>(response->bytes) : response.status();
    });
    return answer;
  }
  static absl::StatusOr<std::string> Standing(Handlers& handlers, const v1::GetStandingRequest& request, const rpc::Caller& caller = kOperator) {
    absl::StatusOr<std::string> answer;
    handlers.GetStanding(caller, request, Soon(), [&](absl::StatusOr<StandingResponse> response) {
      answer = response.ok() ? absl::StatusOr<std::string>(response->bytes) : response.status();
    });
    return answer;
  }
  static v1::GetStandingRequest StandingOf(uint32_t region) {
    v1::GetStandingRequest request;
    request.set_region("R" + std::to_string(region));
    *request.mutable_definition() = StartsRequest().definition();
    return request;
  }
  static Handlers::Deadline Soon() { return std::chrono::system_clock::now() + std::chrono::seconds(10); }

  std::shared_ptr<Question> Ask(const v1::GetLeagueTableRequest& request) {
    auto question = Question::Read(kOperator, *ReadAsked(request), request.definition(), store_->Read());
    EXPECT_THAT(question, IsOk());
    return *std::move(question);
  }

  testing::TempDir directory_;
  World world_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Store> store_;
  PastColumns* columns_ = nullptr;
  std::unique_ptr<Handlers> handlers_;
};

TEST_F(KeptTablesTest, AnswersAreThoseOfHandlersThatKeepNothingUnderRandomFrames) {
  const uint32_t seed = 6;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int answers = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    const uint32_t region = kFirstCounty + static_cast<uint32_t>(random() % kCounties);
    switch (random() % 6) {
      case 0: Change(region, kStarts, static_cast<int64_t>(random() % 600)); break;
      case 1: Change(region, kCompletions, static_cast<int64_t>(random() % 600)); break;
      case 2: store_->Refresh(rpc::MakeStamp(world_.Stamp().basis(), round)); break;
      case 3: {
        if (random() % 4 != 0) break;
        // A name, or a county that moves away: the registry changes, no cell does.
        aggregator::v1::Frame frame = world_.Change(world_.Cell(kDiqing, kStarts, 2017));
        frame.clear_cells();
        world_.AddRegion({.number = region, .code = "R" + std::to_string(region), .name = "区" + std::to_string(round),
                          .parent = random() % 2 == 0 ? kDiqing : kZone, .level = RegionLevel::kCounty});
        *frame.add_regions() = world_.regions.back();
        store_->Apply(frame);
        break;
      }
      default: break;  // asked again
    }
    v1::GetLeagueTableRequest request = StartsRequest();
    v1::Definition& definition = *request.mutable_definition();
    if (random() % 2) definition.set_by(v1::SORT_KEY_VALUE);
    if (random() % 3 == 0) definition.set_of("completions");
    if (random() % 2) definition.set_ties(v1::TIE_STYLE_DENSE);
    if (random() % 20 == 0) definition.set_year("2016");
    if (random() % 2) request.set_limit(static_cast<uint32_t>(random() % 90));
    const std::unique_ptr<Handlers> fresh = NewHandlers();
    const auto kept_table = Table(*handlers_, request), table = Table(*fresh, request);
    ASSERT_EQ(kept_table, table);
    v1::GetStandingRequest standing = StandingOf(kFirstCounty + static_cast<uint32_t>(random() % 4) * 20);
    *standing.mutable_definition() = definition;
    const auto kept_standing = Standing(*handlers_, standing), made_standing = Standing(*fresh, standing);
    ASSERT_EQ(kept_standing, made_standing);
    made_standing.ok() ? ++answers : ++refused;
  }
  EXPECT_GT(answers, 200);
  EXPECT_GT(refused, 0);
  EXPECT_LT(columns_->columns_asked, answers);  // many came from what was kept
}

TEST_F(KeptTablesTest, ATableHoldsUntilAFrameWritesToItsCellsOrTheRegistryChanges) {
  KeptTables kept;
  const v1::GetLeagueTableRequest request = StartsRequest();
  auto question = Ask(request);
  EXPECT_EQ(kept.Find(*question).table, nullptr);
  ASSERT_OK_AND_ASSIGN(const auto table, question->JudgeOwnCells());
  kept.Keep(*question, table, std::shared_ptr<const TableBytes>());
  EXPECT_EQ(kept.Find(*question).table, table);
  store_->Refresh(rpc::MakeStamp(world_.Stamp().basis(), 77));
  EXPECT_EQ(kept.Find(*Ask(request)).table, table);
  Change(kFirstCounty, kCompletions, 5);  // another column
  EXPECT_EQ(kept.Find(*Ask(request)).table, table);
  const auto older = Ask(request);
  Change(kFirstCounty, kStarts, 499);
  EXPECT_EQ(kept.Find(*Ask(request)).table, nullptr);
  // A call that read its state before the frame may come after one that read it later.
  question = Ask(request);
  ASSERT_OK_AND_ASSIGN(const auto newer, question->JudgeOwnCells());
  kept.Keep(*question, newer, std::shared_ptr<const TableBytes>());
  EXPECT_EQ(kept.Find(*older).table, nullptr);
  kept.Keep(*older, table, std::shared_ptr<const TableBytes>());
  EXPECT_EQ(kept.Find(*question).table, newer);
  aggregator::v1::Frame frame = world_.Change(world_.Cell(kDiqing, kStarts, 2017));
  frame.clear_cells();
  *frame.add_regions() = world_.regions.back();
  store_->Apply(frame);
  EXPECT_EQ(kept.Find(*Ask(request)).table, nullptr);
}

TEST_F(KeptTablesTest, NoMoreTablesAreKeptThanTheLimitSays) {
  KeptTables kept;
  const auto numbered = [](size_t n) {
    v1::GetLeagueTableRequest request = StartsRequest();
    request.mutable_definition()->set_digits(static_cast<uint32_t>(n % 9));
    request.mutable_definition()->set_total_digits(static_cast<uint32_t>(n / 9 % 9));
    request.mutable_definition()->set_ties(static_cast<v1::TieStyle>(1 + n / 81 % 3));
    request.mutable_definition()->set_trim(n / 243 % 2 == 1);
    return request;
  };
  for (size_t n = 0; n <= KeptTables::kTablesMax; ++n) {
    const auto question = Ask(numbered(n));
    ASSERT_OK_AND_ASSIGN(const auto table, question->JudgeOwnCells());
    kept.Keep(*question, table, std::shared_ptr<const TableBytes>());
    EXPECT_NE(kept.Find(*Ask(numbered(0))).table, nullptr);  // used all the time
  }
  size_t found = 0;
  for (size_t n = 0; n <= KeptTables::kTablesMax; ++n) found += kept.Find(*Ask(numbered(n))).table != nullptr;
  EXPECT_EQ(found, KeptTables::kTablesMax);
  EXPECT_EQ(kept.Find(*Ask(numbered(1))).table, nullptr);
}

TEST_F(KeptTablesTest, OneAnswerOfTheAggregatorServesTheStandingsOfAllChildrenAtOneBasis) {
  for (int turn = 0; turn < 2; ++turn) {
    for (uint32_t region = kFirstCounty; region < kFirstCounty + kCounties; ++region) ASSERT_THAT(Standing(*handlers_, StandingOf(region)), IsOk());
  }
  EXPECT_EQ(columns_->columns_asked, 1);
  EXPECT_EQ(columns_->milestones_asked, 1);
  store_->Refresh(rpc::MakeStamp(world_.Stamp().basis(), 77));
  ASSERT_THAT(Standing(*handlers_, StandingOf(kFirstCounty)), IsOk());
  EXPECT_EQ(columns_->columns_asked, 1);
  Change(kFirstCounty, kCompletions, 5);  // the table holds; what was known of earlier days is of another basis
  ASSERT_THAT(Standing(*handlers_, StandingOf(kFirstCounty)), IsOk());
  EXPECT_EQ(columns_->columns_asked, 2);
  v1::GetStandingRequest since = StandingOf(kFirstCounty);
  since.set_since("2017-02-28");  // a movement of its own is never kept
  for (int turn = 0; turn < 2; ++turn) ASSERT_THAT(Standing(*handlers_, since), IsOk());
  EXPECT_EQ(columns_->columns_asked, 4);
}

TEST_F(KeptTablesTest, WhoMaySeeATableIsJudgedForEachCall) {
  const rpc::Caller elsewhere{.identity = "clerk", .role = rpc::Role::kAnalyst, .region = "R100", .everywhere = false};
  const rpc::Caller prefecture{.identity = "prefecture", .role = rpc::Role::kAnalyst, .region = "533400", .everywhere = false};
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_THAT(Table(*handlers_, StartsRequest(), prefecture), IsOk());
    EXPECT_THAT(Table(*handlers_, StartsRequest(), elsewhere), HasReason(Reason::NOT_ALLOWED));
    EXPECT_THAT(Standing(*handlers_, StandingOf(kFirstCounty), prefecture), IsOk());
    EXPECT_THAT(Standing(*handlers_, StandingOf(kFirstCounty), elsewhere), HasReason(Reason::NOT_ALLOWED));
  }
}

TEST_F(KeptTablesTest, ManyThreadsAskWhileFramesCome) {
  Change(kFirstCounty, kStarts, static_cast<int64_t>(1'000 + world_.progress_sequence + 1));
  std::atomic<bool> ended = false;
  std::vector<std::thread> readers;
  for (uint32_t reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (uint32_t n = reader; !ended; ++n) {
        v1::GetLeagueTableRequest request = StartsRequest();
        request.set_limit(n % 5);
        request.mutable_definition()->set_digits(n % 3);
        const auto bytes = Table(*handlers_, request);
        v1::GetLeagueTableResponse table;
        ASSERT_TRUE(bytes.ok() && table.ParseFromString(*bytes));
        // The county's figure is the sequence of the basis: no answer mixes two of them.
        for (const v1::Row& row : table.rows()) {
          if (row.region() != "R100") continue;
          ASSERT_EQ(row.numerator(), std::to_string(1'000 + table.basis().basis().progress(0).sequence()));
        }
      }
    });
  }
  for (int frame = 0; frame < 200; ++frame) Change(kFirstCounty, kStarts, static_cast<int64_t>(1'000 + world_.progress_sequence + 1));
  ended = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace anju::ranking
