// What the service answers over the wire: consistent, waited for, and told what is wrong when something is.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <grpcpp/generic/generic_stub.h>

#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::WaitUntil;
using testing::DocumentEvent;
using testing::Find;
using testing::k2017;
using testing::ServerTest;

TEST_F(ServerTest, ReportThenReadWhatIncludesIt) {
  Seed();
  plan_at_ = plan_.Append({DocumentEvent("文1", {{.cell = {2, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 10}},
                                               {.cell = {3, 3, 1, k2017}, .layer = Layer::kCity, .target = {.amount = 30}},
                                               {.cell = {3, 4, 1, {2015, 2018}}, .layer = Layer::kCity, .target = {.amount = 5}}})});
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  Report({3, 3, 1, k2017}, 8);
  Report({3, 5, 3, {}}, 100, MakeDate(2016, 12, 31));
  Report({3, 5, 3, {}}, 140);
  ASSERT_OK_AND_ASSIGN(const auto rollup, Rollup("C", "2017", Token()));
  const v1::Cell* city = Find(rollup.cells(), {1, 3, 1, k2017});
  ASSERT_NE(city, nullptr);
  EXPECT_EQ(city->actual(), 12);
  ASSERT_EQ(city->targets_size(), 1);
  EXPECT_EQ(city->targets(0).layer(), types::v1::LAYER_CITY);
  EXPECT_EQ(city->targets(0).target(), 40);
  EXPECT_EQ(city->targets(0).document(), "");
  EXPECT_FALSE(city->own());
  EXPECT_FALSE(city->has_declared());
  EXPECT_EQ(city->newest_as_of_days(), MakeDate(2017, 6, 30).days);
  EXPECT_EQ(Find(rollup.cells(), {2, 3, 1, k2017})->targets(0).document(), "文1");
  const v1::Cell* stock = Find(rollup.cells(), {1, 5, 3, k2017});
  ASSERT_NE(stock, nullptr);
  EXPECT_EQ(stock->actual(), 140);
  EXPECT_EQ(stock->year_start(), 100);
  ASSERT_EQ(rollup.regions_size(), 3);
  EXPECT_EQ(rollup.regions(0).code(), "C");
  EXPECT_EQ(rollup.regions(1).code(), "A");
  EXPECT_EQ(rollup.programmes_size(), 7);
  EXPECT_EQ(rollup.indicators_size(), 5);
  EXPECT_EQ(rollup.notes_size(), 2);  // the city and county B
  EXPECT_EQ(rollup.basis().basis().progress(0).sequence(), progress_at_.sequence);
  EXPECT_GT(rollup.basis().recorded_time_us(), 0);

  // A correction changes the next answer that names its token.
  Report({2, 3, 1, k2017}, 6, MakeDate(2017, 7, 31));
  ASSERT_OK_AND_ASSIGN(const auto corrected, Rollup("名C", "2017", Token()));
  EXPECT_EQ(Find(corrected.cells(), {1, 3, 1, k2017})->actual(), 14);
  ASSERT_OK_AND_ASSIGN(const auto dated, Rollup("C", "2017", Token(), "2017-06-30"));
  EXPECT_EQ(Find(dated.cells(), {1, 3, 1, k2017})->actual(), 12);
}

TEST_F(ServerTest, AtLeastWaitsUntilItIsAppliedAndSaysBehindAtTheDeadline) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  journal::Position next = progress_at_;
  ++next.sequence;  // the next update's: its series is open
  v1::GetRollupRequest request;
  request.set_region("C");
  request.set_at_least(TokenOf(plan_at_, next));
  EXPECT_EQ(GetRollup(request, 200).status().code(), absl::StatusCode::kDeadlineExceeded);
  absl::StatusOr<v1::GetRollupResponse> answer;
  std::thread waiting([&] { answer = GetRollup(request); });
  Report({2, 3, 1, k2017}, 5, MakeDate(2017, 7, 31));
  waiting.join();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(Find(answer->cells(), {1, 3, 1, k2017})->actual(), 5);
}

TEST_F(ServerTest, EveryBadRequestIsToldWhatIsWrongWithIt) {
  StartServer();
  plan_.Stop();
  ASSERT_TRUE(WaitUntil([&] { return !Status().following(0).connected(); }));
  plan_.Serve();
  Seed();
  Report({2, 3, 1, k2017}, 4);
  ASSERT_THAT(Rollup("C", "", Token()), IsOk());
  EXPECT_THAT(Rollup("", "2017", ""), HasReasonAt(Reason::MISSING_FIELD, "region"));
  EXPECT_THAT(Rollup("Z", "2017", ""), HasReason(Reason::UNKNOWN_REGION));
  EXPECT_THAT(Rollup("C", "2017Q5", ""), HasReasonAt(Reason::BAD_PERIOD, "year"));
  EXPECT_THAT(Rollup("C", "2017", "no token"), HasReason(Reason::BAD_TOKEN));
  EXPECT_THAT(Rollup("C", "2017", "", "2017-02-30"), HasReasonAt(Reason::BAD_DATE, "as_of"));
  v1::GetRollupRequest request;
  request.set_region("C");
  request.set_programme("none");
  request.set_indicator("none");
  const auto both = GetRollup(request);
  EXPECT_EQ(ErrorsOf(both.status()).size(), 2U);

  v1::GetColumnRequest column;
  EXPECT_THAT(GetColumn(column), HasReason(Reason::MISSING_FIELD));
  column.set_region("C");
  EXPECT_THAT(GetColumn(column), HasReason(Reason::EMPTY_REQUEST));
  v1::ColumnKey* key = column.add_keys();
  key->set_programme("all");
  key->set_indicator("starts");
  EXPECT_THAT(GetColumn(column), HasReason(Reason::BAD_PERIOD));  // a flow without a year
  *key->mutable_period() = ToProto(k2017);
  EXPECT_THAT(GetColumn(column), IsOk());
  while (column.keys_size() <= kKeysMax) *column.add_keys() = *key;
  EXPECT_THAT(GetColumn(column), HasReasonAt(Reason::TOO_MANY_ROWS, "keys"));
}

TEST_F(ServerTest, ARequestOfOtherBytesIsRefused) {
  StartServer();
  grpc::GenericStub stub(rpc::Connect(server_->address()));
  for (const char* method : {"GetRollup", "FollowFrames"}) {
    SCOPED_TRACE(method);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    const grpc::Slice slice(std::string("\x0a\xff"));
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, std::string("/anju.aggregator.v1.AggregatorService/") + method, grpc::StubOptions(), &request, &response,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    EXPECT_THAT(rpc::FromGrpc(done.get_future().get()), HasReason(Reason::BAD_VALUE));
  }
}

TEST_F(ServerTest, BeforeThePlanJournalIsSeenItIsNotReady) {
  plan_.Stop();
  StartServer();
  EXPECT_THAT(Rollup("C", "2017", ""), HasReason(Reason::NOT_READY));
  EXPECT_FALSE(Status().following(0).connected());
  EXPECT_TRUE(WaitUntil([&] { return !Status().following(0).problem().empty(); }));
}

TEST_F(ServerTest, AColumnHoldsTheParentAndAllPeersOfOneBasisAndBothPathsAgree) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  Report({2, 5, 3, {}}, 7, MakeDate(2016, 12, 31));
  Report({2, 5, 3, {}}, 9);
  v1::GetColumnRequest request;
  request.set_region("C");
  request.set_at_least(Token());
  v1::ColumnKey* flow = request.add_keys();
  flow->set_programme("all");
  flow->set_indicator("starts");
  *flow->mutable_period() = ToProto(k2017);
  v1::ColumnKey* stock = request.add_keys();
  stock->set_programme("all");
  stock->set_indicator("built");
  *stock->mutable_period() = ToProto(k2017);
  ASSERT_OK_AND_ASSIGN(auto current, GetColumn(request));
  request.set_as_of("2017-12-31");
  ASSERT_OK_AND_ASSIGN(auto dated, GetColumn(request));
  // How fresh an answer is moves on by itself.
  current.mutable_basis()->clear_complete_until_us();
  dated.mutable_basis()->clear_complete_until_us();
  EXPECT_EQ(current.SerializeAsString(), dated.SerializeAsString());
  ASSERT_EQ(current.regions_size(), 3);  // B too, though nothing is known of it
  ASSERT_EQ(current.cells_size(), 4);
  EXPECT_EQ(current.cells(0).region(), 1U);
  EXPECT_EQ(current.cells(1).actual(), 9);
  EXPECT_EQ(current.cells(1).year_start(), 7);
  EXPECT_EQ(current.cells(1).period().first_year(), 2017);
}

TEST_F(ServerTest, ADirectoryInUseIsRefused) {
  StartServer();
  EXPECT_THAT(Server::Start(OptionsOf(directory_.path())), HasReason(Reason::DIRECTORY_IN_USE));
}

}  // namespace
}  // namespace anju::aggregator
