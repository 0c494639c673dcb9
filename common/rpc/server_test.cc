// The server against real clients on loopback: limits, health, reflection, status, drain.
#include <atomic>
#include <future>
#include <thread>

#include <grpcpp/generic/generic_stub.h>

#include "anju/progress/v1/progress.grpc.pb.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace anju::rpc {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::HasReasonAt;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
using ::anju::testing::WaitUntil;
using ::testing::HasSubstr;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Keeps what it is sent: streams stay open, unary calls answer when they are told to.
class ParkingService final : public progress::v1::ProgressService::CallbackService {
 public:
  class OpenStream final : public grpc::ServerBidiReactor<progress::v1::ReportRequest, progress::v1::ReportResponse> {
   public:
    explicit OpenStream(std::atomic<int>* open) : open_(open) {
      ++*open_;
      StartRead(&request_);
    }
    void OnCancel() override { Finish(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled")); }
    void OnDone() override {
      --*open_;
      delete this;
    }

   private:
    std::atomic<int>* open_;
    progress::v1::ReportRequest request_;
  };
  grpc::ServerBidiReactor<progress::v1::ReportRequest, progress::v1::ReportResponse>* Report(grpc::CallbackServerContext*) override {
    return new OpenStream(&open);
  }
  grpc::ServerUnaryReactor* ReportBatch(grpc::CallbackServerContext* context, const progress::v1::ReportBatchRequest*,
                                        progress::v1::ReportBatchResponse* response) override {
    return Answer<progress::v1::ReportBatchResponse>(context, response, [this](const Caller& who, Finish<progress::v1::ReportBatchResponse> done) {
      caller = who;
      if (park) parked.push_back(std::move(done));  // else the promise is forgotten
    });
  }
  grpc::ServerUnaryReactor* ListUpdates(grpc::CallbackServerContext* context, const progress::v1::ListUpdatesRequest*,
                                        progress::v1::ListUpdatesResponse* response) override {
    return Answer<progress::v1::ListUpdatesResponse>(context, response, [](const Caller&, Finish<progress::v1::ListUpdatesResponse> done) {
      ErrorCollector collector;
      for (uint32_t line = 1; line <= 200; ++line) {
        collector.Add({.reason = Reason::UNKNOWN_REGION, .field = "region", .value = std::string(200, 'v'), .message = std::string(1000, 'm'), .line = line,
                       .candidates = std::vector<std::string>(10, std::string(200, 'c'))});
      }
      done(collector.ToStatus());
    });
  }

  std::atomic<int> open = 0;
  Caller caller;
  bool park = true;
  std::vector<Finish<progress::v1::ReportBatchResponse>> parked;
};

template <typename Stub>
std::unique_ptr<Stub> StubFor(const std::string& address) {
  return std::make_unique<Stub>(Connect(address));
}
using ProgressStub = progress::v1::ProgressService::Stub;
using HealthStub = grpc::health::v1::Health::Stub;

void SetDeadline(grpc::ClientContext& context, int ms = 10'000) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(ms));
}

TEST(ServerTest, RefusesAddressesBeyondThisMachine) {
  for (const char* listen : {"0.0.0.0:0", "192.168.1.1:7401", "[::]:0", "example.com:7401", ":7401", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ""}) {
    EXPECT_THAT(Server::Start({.service = "test", .listen = listen}, {}, nullptr), HasReasonAt(Reason::BAD_VALUE, "listen")) << listen;
  }
}

TEST(ServerTest, NamesAPortThatIsTaken) {
  const ServerFixture first({});
  const auto second = Server::Start({.service = "test", .listen = first.address()}, {}, nullptr);
  EXPECT_THAT(second, HasReasonAt(Reason::UNAVAILABLE, "listen"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first.address() + ": the port is in use"));
}

TEST(ServerTest, GivesThePortBackWhenItStops) {
  ServerFixture first({});
  const std::string address = first.address();
  first.Stop();
  const ServerFixture second({}, "test", address);
  EXPECT_EQ(second.address(), address);
}

TEST(ServerTest, HealthFollowsServingForEveryService) {
  ParkingService service;
  ServerFixture fixture({&service});
  const auto stub = StubFor<HealthStub>(fixture.address());
  const auto check = [&](const std::string& name) {
    grpc::ClientContext context;
    SetDeadline(context);
    HealthCheckRequest request;
    request.set_service(name);
    HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, request, &response);
    return status.ok() ? HealthCheckResponse::ServingStatus_Name(response.status()) : std::to_string(status.error_code());
  };
  for (const char* name : {"", "anju.progress.v1.ProgressService", "anju.status.v1.StatusService"}) EXPECT_EQ(check(name), "SERVING") << name;
  EXPECT_EQ(check("anju.plan.v1.PlanService"), std::to_string(grpc::StatusCode::NOT_FOUND));
  fixture.server().SetServing(false);
  for (const char* name : {"", "anju.progress.v1.ProgressService"}) EXPECT_EQ(check(name), "NOT_SERVING") << name;
}

TEST(ServerTest, WatchersHearOfChangesAndOfTheDrain) {
  ServerFixture fixture({});
  const auto stub = StubFor<HealthStub>(fixture.address());
  grpc::ClientContext context;
  SetDeadline(context);
  const auto reader = stub->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  fixture.server().SetServing(false);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  fixture.server().SetServing(true);
  ASSERT_TRUE(reader->Read(&response));
  const auto before = std::chrono::steady_clock::now();
  std::thread drain([&] { fixture.server().Drain(); });
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_THAT(FromGrpc(reader->Finish()), HasReason(Reason::UNAVAILABLE));
  drain.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(kDrainMs / 2)) << "watchers must not hold up the drain";
}

TEST(ServerTest, ReflectionListsTheServices) {
  ParkingService service;
  const ServerFixture fixture({&service});
  // ServerReflectionRequest{list_services: "*"} by hand: the package has the service but not its header.
  const grpc::Slice bytes("\x3a\x01*");
  const grpc::ByteBuffer request(&bytes, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  SetDeadline(context);
  std::promise<grpc::Status> done;
  grpc::GenericStub stub(Connect(fixture.address()));
  stub.UnaryCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", grpc::StubOptions(), &request, &response,
                 [&](grpc::Status status) { done.set_value(status); });
  const grpc::Status status = done.get_future().get();
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(response.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  for (const char* name : {"anju.progress.v1.ProgressService", "anju.status.v1.StatusService", "grpc.health.v1.Health"}) EXPECT_THAT(text, HasSubstr(name));
}

TEST(ServerTest, StatusSaysWhoAndWhere) {
  auto server = Server::Start({.service = "plan", .listen = "127.0.0.1:0"}, {}, [](status::v1::GetStatusResponse* out) {
    out->mutable_position()->set_sequence(17);
    out->set_name("overwritten by the server");
  });
  ASSERT_THAT(server, IsOk());
  const auto stub = StubFor<status::v1::StatusService::Stub>((*server)->address());
  const auto get = [&] {
    grpc::ClientContext context;
    SetDeadline(context);
    status::v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  };
  EXPECT_FALSE(get().serving()) << "not before SetServing";
  (*server)->SetServing(true);
  const status::v1::GetStatusResponse response = get();
  EXPECT_TRUE(response.serving());
  EXPECT_EQ(response.name(), "plan");
  EXPECT_EQ(response.pid(), getpid());
  EXPECT_EQ(response.position().sequence(), 17u);
  EXPECT_GT(response.resident_bytes(), 1 << 20);
  EXPECT_GT(response.started_time_us(), 0);
}

TEST(ServerTest, AMessageBeyondTheLimitIsNamed) {
  ParkingService service;
  const ServerFixture fixture({&service});
  const auto stub = StubFor<ProgressStub>(fixture.address());
  progress::v1::ReportBatchRequest request;
  request.mutable_items()->add_items()->set_explanation(std::string(kReceiveBytesMax + 1, 'x'));
  grpc::ClientContext context;
  SetDeadline(context);
  progress::v1::ReportBatchResponse response;
  EXPECT_THAT(FromGrpc(stub->ReportBatch(&context, request, &response)), HasReason(Reason::MESSAGE_TOO_LARGE));
}

TEST(ServerTest, CompressedMessagesAreRefused) {
  ParkingService service;
  const ServerFixture fixture({&service});
  grpc::ChannelArguments arguments;
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
  ProgressStub stub(grpc::CreateCustomChannel(fixture.address(), grpc::InsecureChannelCredentials(), arguments));
  progress::v1::ReportBatchRequest request;
  request.mutable_items()->add_items()->set_explanation(std::string(1 << 20, 'x'));
  grpc::ClientContext context;
  SetDeadline(context);
  progress::v1::ReportBatchResponse response;
  EXPECT_FALSE(stub.ReportBatch(&context, request, &response).ok());
  EXPECT_TRUE(service.parked.empty()) << "the handler must not see it";
}

TEST(ServerTest, AHundredErrorsReachTheClient) {
  ParkingService service;
  const ServerFixture fixture({&service});
  const auto stub = StubFor<ProgressStub>(fixture.address());
  grpc::ClientContext context;
  SetDeadline(context);
  progress::v1::ListUpdatesResponse response;
  const absl::Status status = FromGrpc(stub->ListUpdates(&context, {}, &response));
  EXPECT_THAT(status, HasReason(Reason::UNKNOWN_REGION));
  EXPECT_EQ(ErrorsOf(status).size(), kErrorsMax);
  EXPECT_EQ(ErrorTotal(status), 200u);
  EXPECT_EQ(ErrorsOf(status)[99].line, 100u);
}

TEST(ServerTest, LoopbackCallersAreTheLocalOperator) {
  ParkingService service;
  service.park = false;
  const ServerFixture fixture({&service});
  const auto stub = StubFor<ProgressStub>(fixture.address());
  grpc::ClientContext context;
  SetDeadline(context);
  progress::v1::ReportBatchResponse response;
  EXPECT_THAT(FromGrpc(stub->ReportBatch(&context, {}, &response)), HasReason(Reason::UNAVAILABLE)) << "a forgotten promise answers";
  EXPECT_EQ(service.caller.identity, "local");
  EXPECT_EQ(service.caller.role, Role::kOperator);
  EXPECT_TRUE(service.caller.everywhere);
}

TEST(ServerTest, AnAnswerAfterTheClientLeftIsHarmless) {
  ParkingService service;
  ServerFixture fixture({&service});
  const auto stub = StubFor<ProgressStub>(fixture.address());
  {
    grpc::ClientContext context;
    SetDeadline(context, 500);  // it must have arrived, also on a slow machine
    progress::v1::ReportBatchResponse response;
    EXPECT_THAT(FromGrpc(stub->ReportBatch(&context, {}, &response)), HasReason(Reason::BEHIND));
  }
  fixture.Stop();
  ASSERT_EQ(service.parked.size(), 1u);
  service.parked.front()(progress::v1::ReportBatchResponse());
}

TEST(ServerTest, DrainEndsOpenStreamsAndParkedCalls) {
  ParkingService service;
  ServerFixture fixture({&service});
  const auto stub = StubFor<ProgressStub>(fixture.address());
  grpc::ClientContext stream_context, call_context;
  SetDeadline(stream_context, 60'000);
  SetDeadline(call_context, 60'000);
  const auto stream = stub->Report(&stream_context);
  auto call = std::async(std::launch::async, [&] {
    progress::v1::ReportBatchResponse response;
    return FromGrpc(stub->ReportBatch(&call_context, {}, &response));
  });
  ASSERT_TRUE(WaitUntil([&] { return service.open == 1; }));
  const auto before = std::chrono::steady_clock::now();
  fixture.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(kDrainMs + 3'000));
  EXPECT_EQ(service.open, 0);
  progress::v1::ReportResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(FromGrpc(stream->Finish()), HasReason(Reason::UNAVAILABLE));
  EXPECT_THAT(call.get(), HasReason(Reason::UNAVAILABLE));
}

TEST(ConnectTest, NobodyThereIsUnavailable) {
  ServerFixture fixture({});
  const std::string address = fixture.address();
  fixture.Stop();
  const auto stub = StubFor<HealthStub>(address);
  grpc::ClientContext context;
  SetDeadline(context);
  HealthCheckResponse response;
  EXPECT_THAT(FromGrpc(stub->Check(&context, {}, &response)), HasReason(Reason::UNAVAILABLE));
}

}  // namespace
}  // namespace anju::rpc
