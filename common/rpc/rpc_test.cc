// Values of the RPC library: errors on the wire, callers, tokens, and the waiting room.
#include "common/rpc/rpc.h"

#include <atomic>
#include <future>

#include "common/testing/testing.h"

namespace anju::rpc {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::HasReasonAt;
using ::anju::testing::IsOk;
using ::anju::testing::WaitUntil;
using ::testing::HasSubstr;

// ---- Errors ----

TEST(ErrorsTest, EveryReasonAndItsDetailsSurviveTheWire) {
  static constexpr Reason kAll[] = {
#define ANJU_REASON(name, code) Reason::name,
#include "common/status/reasons.inc"
#undef ANJU_REASON
  };
  for (const Reason reason : kAll) {
    const ErrorDetail detail{.reason = reason, .field = "region", .value = "迪庆", .message = "那里没有", .line = 7, .candidates = {"a 甲", "b 乙"}};
    const absl::Status back = FromGrpc(ToGrpc(MakeError(detail)));
    EXPECT_EQ(back.code(), ReasonCode(reason)) << ReasonName(reason);
    EXPECT_EQ(ErrorsOf(back), std::vector<ErrorDetail>{detail});
  }
}

// One line, as it stands in the log of a suite: what is wrong, then the way out of what trying again does not mend.
TEST(ErrorsTest, AServiceThatDoesNotStartSaysWhatToDo) {
  const auto said = [](Reason reason, std::string_view message, int exit_code) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(FailStart("anju-plan", MakeError(reason, "", "", message)), exit_code);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said(Reason::DATA_LOSS, "d/journal/000004.log: Corruption", 70),
            "anju-plan: DATA_LOSS: d/journal/000004.log: Corruption. Delete nothing; restore from a backup (anju restore).\n");
  EXPECT_EQ(said(Reason::SCHEMA_TOO_NEW, "d/state is of schema 9.", 70), "anju-plan: SCHEMA_TOO_NEW: d/state is of schema 9. Upgrade the programs.\n");
  EXPECT_EQ(said(Reason::DIRECTORY_IN_USE, "another process has d open", 70), "anju-plan: DIRECTORY_IN_USE: another process has d open. Stop that process first.\n");
  EXPECT_EQ(said(Reason::NOT_EMPTY, "d is the ranking's", 70), "anju-plan: NOT_EMPTY: d is the ranking's. Choose another directory.\n");
  EXPECT_EQ(said(Reason::STORAGE_FAILED, "d: IO error", 74), "anju-plan: STORAGE_FAILED: d: IO error\n");
  EXPECT_EQ(said(Reason::UNAVAILABLE, "the port is taken", 6), "anju-plan: UNAVAILABLE: the port is taken\n");
}

TEST(ErrorsTest, CutListsKeepTheirTotal) {
  ErrorCollector collector;
  for (size_t i = 0; i < kErrorsMax + 50; ++i) collector.Add({.reason = Reason::BAD_NUMBER, .message = "no", .line = static_cast<uint32_t>(i + 1)});
  const absl::Status back = FromGrpc(ToGrpc(collector.ToStatus()));
  EXPECT_EQ(ErrorsOf(back).size(), kErrorsMax);
  EXPECT_EQ(ErrorTotal(back), kErrorsMax + 50);
}

TEST(ErrorsTest, AStatusWithoutDetailsGetsAReason) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_THAT(FromGrpc(ToGrpc(absl::InternalError("oops"))), HasReason(Reason::INTERNAL));
}

TEST(ErrorsTest, BareCodesAreMapped) {
  const struct {
    grpc::StatusCode code;
    const char* message;
    Reason reason;
  } cases[] = {
      {grpc::StatusCode::UNAVAILABLE, "connection refused", Reason::UNAVAILABLE},
      {grpc::StatusCode::CANCELLED, "", Reason::UNAVAILABLE},
      {grpc::StatusCode::UNIMPLEMENTED, "", Reason::UNAVAILABLE},
      {grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded", Reason::BEHIND},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "Received message larger than max (17 vs. 16)", Reason::MESSAGE_TOO_LARGE},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "memory", Reason::OVERLOADED},
      {grpc::StatusCode::PERMISSION_DENIED, "", Reason::NOT_ALLOWED},
      {grpc::StatusCode::UNKNOWN, "", Reason::INTERNAL},
  };
  for (const auto& c : cases) {
    const absl::Status status = FromGrpc(grpc::Status(c.code, c.message));
    EXPECT_THAT(status, HasReason(c.reason)) << c.code;
    EXPECT_FALSE(status.message().empty());
  }
}

TEST(ErrorsTest, AnUnknownReasonKeepsItsWord) {
  types::v1::ErrorDetail detail;
  detail.set_reason("TOO_PURPLE");
  detail.set_message("no purple");
  EXPECT_EQ(FromProto(detail).reason, Reason::INTERNAL);
  EXPECT_EQ(FromProto(detail).message, "TOO_PURPLE: no purple");
}

// ---- Callers ----

RegionTree Tree() {
  RegionTree tree;
  const auto put = [&](RegionNumber number, const char* code, RegionNumber parent, RegionLevel level) {
    Region region;
    region.number = number;
    region.code = region.name = code;
    region.parent = parent;
    region.level = level;
    tree.Put({region});
  };
  put(1, "530000", 0, RegionLevel::kProvince);
  put(2, "533400", 1, RegionLevel::kCity);
  put(3, "533401", 2, RegionLevel::kCounty);
  put(4, "530100", 1, RegionLevel::kCity);
  return tree;
}

TEST(AuthorizeTest, RolesMayWhatTheTableSaysInsideTheirSubtree) {
  const RegionTree tree = Tree();
  const struct {
    Role role;
    std::vector<Action> may;
  } cases[] = {
      {Role::kPlanner, {Action::kRead, Action::kPlan}},
      {Role::kReporter, {Action::kRead, Action::kReport}},
      {Role::kReviewer, {Action::kRead, Action::kReview}},
      {Role::kAnalyst, {Action::kRead}},
      {Role::kOperator, {Action::kRead, Action::kPlan, Action::kReport, Action::kReview, Action::kOperate}},
  };
  const Date day = MakeDate(2017, 7, 1);
  for (const auto& c : cases) {
    const Caller caller{.identity = "x", .role = c.role, .region = "533400"};
    for (const Action action : {Action::kRead, Action::kPlan, Action::kReport, Action::kReview, Action::kOperate}) {
      const bool expected = std::find(c.may.begin(), c.may.end(), action) != c.may.end();
      EXPECT_EQ(Authorize(caller, action, 3, &tree, day).ok(), expected) << static_cast<int>(c.role) << " " << static_cast<int>(action);
    }
  }
}

TEST(AuthorizeTest, DeniesOutsideTheSubtreeAndByDefault) {
  const RegionTree tree = Tree();
  const Date day = MakeDate(2017, 7, 1);
  const Caller reporter{.identity = "x", .role = Role::kReporter, .region = "533400"};
  EXPECT_THAT(Authorize(reporter, Action::kReport, 2, &tree, day), IsOk());
  EXPECT_THAT(Authorize(reporter, Action::kReport, 1, &tree, day), HasReasonAt(Reason::NOT_ALLOWED, "region"));
  EXPECT_THAT(Authorize(reporter, Action::kReport, 4, &tree, day), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Authorize(reporter, Action::kReport, 99, &tree, day), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Authorize(reporter, Action::kReport, 3, nullptr, day), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Authorize(reporter, Action::kReport, 0, nullptr, day), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Authorize(reporter, Action::kRead, 0, nullptr, day), IsOk());
  EXPECT_THAT(Authorize({.identity = "x", .role = Role::kReporter}, Action::kReport, 3, &tree, day), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Authorize(Caller{}, Action::kRead, 0, nullptr, day), HasReason(Reason::NOT_ALLOWED));
  const Caller local{.identity = "local", .role = Role::kOperator, .everywhere = true};
  EXPECT_THAT(Authorize(local, Action::kPlan, 99, &tree, day), IsOk());
}

// ---- Tokens ----

constexpr char kPlanId[] = "0123456789abcdef0123456789abcdef";
constexpr char kFirstId[] = "11111111111111111111111111111111";
constexpr char kSecondId[] = "22222222222222222222222222222222";

types::v1::Position At(const char* id, uint64_t sequence) {
  types::v1::Position position;
  position.set_journal_id(id);
  position.set_sequence(sequence);
  return position;
}

types::v1::Basis BasisOf(uint64_t plan, std::vector<types::v1::Position> progress) {
  types::v1::Basis basis;
  *basis.mutable_plan() = At(kPlanId, plan);
  for (const auto& position : progress) *basis.add_progress() = position;
  return basis;
}

TEST(TokenTest, GoesRoundWithoutHashesAndInOrder) {
  types::v1::Basis basis = BasisOf(7, {At(kSecondId, 5), At(kFirstId, 9)});
  basis.mutable_plan()->set_block_hash(std::string(32, 'h'));
  basis.mutable_plan()->set_tree_size(3);
  basis.mutable_plan()->set_tree_root(std::string(32, 'r'));
  basis.mutable_progress(0)->set_tree_size(4);
  const types::v1::BasisStamp stamp = MakeStamp(basis, 123);
  EXPECT_EQ(stamp.recorded_time_us(), 123);
  EXPECT_EQ(stamp.basis().plan().block_hash(), std::string(32, 'h'));
  EXPECT_EQ(stamp.basis().progress(0).journal_id(), kFirstId);
  const auto back = ParseToken(stamp.token());
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->SerializeAsString(), BasisOf(7, {At(kFirstId, 9), At(kSecondId, 5)}).SerializeAsString());
  EXPECT_EQ(stamp.token().find_first_of("+/="), std::string::npos);
}

TEST(TokenTest, RefusesWhatNoServiceGave) {
  EXPECT_THAT(ParseToken(""), IsOk());
  EXPECT_THAT(ParseToken("not a token"), HasReason(Reason::BAD_TOKEN));
  EXPECT_THAT(ParseToken("AAAA"), HasReason(Reason::BAD_TOKEN));
  EXPECT_THAT(ParseToken(std::string(1 << 20, 'A')), HasReason(Reason::BAD_TOKEN));
  EXPECT_THAT(ParseToken(MakeStamp(BasisOf(1, {At("short", 1)}), 0).token()), HasReason(Reason::BAD_TOKEN));
}

TEST(TokenTest, PositionsGoRound) {
  journal::Position position;
  position.journal_id.fill(0xab);
  position.sequence = 42;
  position.block_hash.fill(0xcd);
  const auto back = FromProto(ToProto(position));
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(*back, position);
  const auto nothing = FromProto(types::v1::Position());
  ASSERT_THAT(nothing, IsOk());
  EXPECT_EQ(*nothing, journal::Position{});
  types::v1::Position nameless;
  nameless.set_sequence(3);
  EXPECT_THAT(FromProto(nameless), HasReason(Reason::BAD_TOKEN));
}

TEST(TokenTest, IncludesComparesJournalByJournal) {
  const types::v1::Basis have = BasisOf(7, {At(kFirstId, 9)});
  EXPECT_TRUE(Includes(have, types::v1::Basis()));
  EXPECT_TRUE(Includes(have, have));
  EXPECT_TRUE(Includes(have, BasisOf(6, {At(kFirstId, 1)})));
  EXPECT_FALSE(Includes(have, BasisOf(8, {})));
  EXPECT_FALSE(Includes(have, BasisOf(1, {At(kFirstId, 10)})));
  EXPECT_FALSE(Includes(have, BasisOf(1, {At(kSecondId, 1)}))) << "a journal that is not known";
  EXPECT_TRUE(Includes(have, BasisOf(1, {At(kSecondId, 0)}))) << "nothing is asked of it";
  types::v1::Basis other_plan;
  *other_plan.mutable_plan() = At(kSecondId, 1);
  EXPECT_FALSE(Includes(have, other_plan));
  EXPECT_FALSE(Includes(types::v1::Basis(), have));
}

// ---- The waiting room ----

std::chrono::system_clock::time_point In(int ms) { return std::chrono::system_clock::now() + std::chrono::milliseconds(ms); }

TEST(WaitingRoomTest, AnswersAtOnceWhatIsReached) {
  WaitingRoom room;
  bool answered = false;
  room.Wait([] { return true; }, In(1000), [&](absl::Status status) { answered = status.ok(); });
  EXPECT_TRUE(answered);
}

TEST(WaitingRoomTest, AnswersWhenWoken) {
  WaitingRoom room;
  std::atomic<int> position = 0;
  std::promise<absl::Status> answer;
  room.Wait([&] { return position >= 2; }, In(60'000), [&](absl::Status status) { answer.set_value(status); });
  std::future<absl::Status> future = answer.get_future();
  position = 1;
  room.Wake();
  EXPECT_EQ(future.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  position = 2;
  room.Wake();
  EXPECT_THAT(future.get(), IsOk());
}

TEST(WaitingRoomTest, SaysBehindAtTheDeadline) {
  WaitingRoom room;
  std::promise<absl::Status> late, past;
  room.Wait([] { return false; }, In(30), [&](absl::Status status) { late.set_value(status); });
  room.Wait([] { return false; }, In(-1000), [&](absl::Status status) { past.set_value(status); });
  EXPECT_THAT(late.get_future().get(), HasReason(Reason::BEHIND));
  EXPECT_THAT(past.get_future().get(), HasReason(Reason::BEHIND));
}

TEST(WaitingRoomTest, SaysWhatItWasToldToAtTheDeadline) {
  WaitingRoom room;
  std::promise<absl::Status> stale, fresh;
  room.Wait([] { return false; }, In(30), [&](absl::Status status) { stale.set_value(status); }, StaleError(500));
  EXPECT_THAT(stale.get_future().get(), HasReasonAt(Reason::STALE, "max_staleness_ms"));
  room.Wait([] { return true; }, In(30), [&](absl::Status status) { fresh.set_value(status); }, StaleError(500));
  EXPECT_THAT(fresh.get_future().get(), IsOk());
}

// ---- Bounded staleness ----

TEST(StalenessTest, IsRefusedOutsideOneDay) {
  for (const int64_t good : {int64_t{0}, int64_t{1}, int64_t{500}, kStalenessMsMax}) EXPECT_THAT(CheckStaleness(good), IsOk()) << good;
  for (const int64_t bad : {int64_t{-1}, kStalenessMsMax + 1, INT64_MIN, INT64_MAX}) {
    EXPECT_THAT(CheckStaleness(bad), HasReasonAt(Reason::BAD_VALUE, "max_staleness_ms")) << bad;
  }
}

TEST(StalenessTest, ComparesWithNow) {
  constexpr int64_t kNow = 1'500'000'000'000'000;
  EXPECT_TRUE(IsFreshEnough(0, 0, kNow)) << "nothing is asked";
  EXPECT_TRUE(IsFreshEnough(kNow, 1, kNow));
  EXPECT_TRUE(IsFreshEnough(kNow + 5'000'000, 1, kNow)) << "the other clock is ahead";
  EXPECT_TRUE(IsFreshEnough(kNow - 500'000, 500, kNow));
  EXPECT_FALSE(IsFreshEnough(kNow - 500'001, 500, kNow));
  EXPECT_TRUE(IsFreshEnough(kNow - 500'001, kStalenessMsMax, kNow));
  EXPECT_FALSE(IsFreshEnough(0, kStalenessMsMax, kNow)) << "who cannot tell is never fresh";
  EXPECT_FALSE(IsFreshEnough(0, kStalenessMsMax, 1)) << "not even just after the epoch";
}

TEST(StalenessTest, TravelsInTheStampAndNotInTheToken) {
  const types::v1::Basis basis = BasisOf(7, {});
  EXPECT_EQ(MakeStamp(basis, 1).complete_until_us(), 0);
  EXPECT_EQ(MakeStamp(basis, 1, 99).complete_until_us(), 99);
  EXPECT_EQ(MakeStamp(basis, 1, 99).token(), MakeStamp(basis, 1).token());
}

TEST(WaitingRoomTest, AnswersEverybodyWhenItCloses) {
  std::promise<absl::Status> answer;
  {
    WaitingRoom room;
    room.Wait([] { return false; }, std::chrono::system_clock::time_point::max(), [&](absl::Status status) { answer.set_value(status); });
  }
  EXPECT_THAT(answer.get_future().get(), HasReason(Reason::UNAVAILABLE));
}

TEST(WaitingRoomTest, IsBounded) {
  std::atomic<int> overloaded = 0, stopped = 0;
  {
    WaitingRoom room;
    for (size_t i = 0; i < WaitingRoom::kWaitersMax + 3; ++i) {
      room.Wait([] { return false; }, In(60'000), [&](absl::Status status) {
        if (::anju::HasReason(status, Reason::OVERLOADED)) ++overloaded;
        if (::anju::HasReason(status, Reason::UNAVAILABLE)) ++stopped;
      });
    }
    EXPECT_EQ(overloaded, 3);
  }
  EXPECT_EQ(stopped, static_cast<int>(WaitingRoom::kWaitersMax));
}

TEST(WaitingRoomTest, LosesNobodyUnderConcurrentWakes) {
  constexpr int kRounds = 2'000;
  WaitingRoom room;
  std::atomic<int> position = 0, answered = 0;
  std::thread applier([&] {
    while (position < kRounds) {
      ++position;
      room.Wake();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    while (i - answered > 500) std::this_thread::yield();  // stay below the limit
    room.Wait([&, i] { return position >= i; }, In(60'000), [&](absl::Status status) { answered += status.ok(); });
  }
  applier.join();
  EXPECT_TRUE(WaitUntil([&] { return answered == kRounds; }));
}

TEST(WaitingRoomTest, AnAnswerMayWaitAgain) {
  WaitingRoom room;
  std::atomic<bool> first = false, second = false;
  std::promise<void> done;
  room.Wait([&] { return first.load(); }, In(60'000), [&](absl::Status) {
    room.Wait([&] { return second.load(); }, In(60'000), [&](absl::Status) { done.set_value(); });
  });
  first = true;
  room.Wake();
  second = true;
  room.Wake();
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace anju::rpc
