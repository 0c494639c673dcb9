// Streams read from a thread of ours: in order, to their end, cancelled, broken, never answered.
#include "common/rpc/stream_reader.h"

#include <thread>

#include "common/rpc/rpc.h"
#include "common/testing/testing.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace anju::rpc {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

// Sends the messages that it is given, then ends the call, or leaves it open when there is no end.
class Sender final : public Health::WithRawCallbackMethod_Watch<Health::Service> {
 public:
  class Stream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
   public:
    explicit Stream(const Sender& sender) : sender_(sender) { Next(); }
    void OnWriteDone(bool ok) override {
      if (ok) Next();
    }
    void OnCancel() override {
      if (!sender_.end) Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    void Next() {
      if (sent_ == sender_.messages.size()) {
        if (sender_.end) Finish(*sender_.end);
        return;
      }
      const grpc::Slice slice(sender_.messages[sent_++]);
      buffer_ = grpc::ByteBuffer(&slice, 1);
      StartWrite(&buffer_);
    }
    const Sender& sender_;
    size_t sent_ = 0;
    grpc::ByteBuffer buffer_;
  };
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext*, const grpc::ByteBuffer* request) override {
    HealthCheckRequest parsed;
    EXPECT_TRUE(Parse(*request, &parsed));
    asked = parsed.service();
    return new Stream(*this);
  }

  std::vector<std::string> messages;
  std::optional<grpc::Status> end;
  std::string asked;
};

class StreamReaderTest : public ::testing::Test {
 protected:
  StreamReaderTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&sender_);
    server_ = builder.BuildAndStart();
    channel_ = Connect("127.0.0.1:" + std::to_string(port));
    request_.set_service("of whom");
  }
  static std::string Message(int status) {
    HealthCheckResponse message;
    message.set_status(static_cast<HealthCheckResponse::ServingStatus>(status));
    return message.SerializeAsString();
  }

  Sender sender_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  HealthCheckRequest request_;
  HealthCheckResponse message_;
};

TEST_F(StreamReaderTest, MessagesComeInOrderAndThenTheEnd) {
  constexpr int kMessages = 2'000;
  for (int i = 0; i < kMessages; ++i) sender_.messages.push_back(Message(i % 1000 + 1));
  sender_.end = grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "no more");
  StreamReader reader(channel_, kWatch, &context_, request_);
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(reader.Read(&message_)) << i;
    ASSERT_EQ(message_.status(), i % 1000 + 1);
  }
  EXPECT_EQ(sender_.asked, "of whom");
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_FALSE(reader.Read(&message_));  // and ever after
  const grpc::Status status = reader.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(), "no more");
}

TEST_F(StreamReaderTest, AnotherThreadMayCancelWhileNothingComes) {
  sender_.messages = {Message(1)};
  StreamReader reader(channel_, kWatch, &context_, request_);
  ASSERT_TRUE(reader.Read(&message_));
  std::thread other([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    context_.TryCancel();
  });
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_EQ(reader.Finish().error_code(), grpc::StatusCode::CANCELLED);
  other.join();
}

TEST_F(StreamReaderTest, WhoLeavesEarlyCancels) {
  sender_.messages.assign(100, Message(1));
  {
    StreamReader reader(channel_, kWatch, &context_, request_);
    ASSERT_TRUE(reader.Read(&message_));
  }
  server_->Shutdown();  // returns: the call is over
}

TEST_F(StreamReaderTest, BytesThatAreNoMessageEndTheStream) {
  sender_.messages = {Message(1), "\xff", Message(2)};
  StreamReader reader(channel_, kWatch, &context_, request_);
  ASSERT_TRUE(reader.Read(&message_));
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_EQ(reader.Finish().error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(StreamReaderTest, NobodyThereIsUnavailable) {
  server_->Shutdown();
  StreamReader reader(channel_, kWatch, &context_, request_);
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_EQ(reader.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(StreamReaderTest, AMethodThatIsNotThereIsUnimplemented) {
  StreamReader reader(channel_, "/grpc.health.v1.Health/Nothing", &context_, request_);
  EXPECT_FALSE(reader.Read(&message_));
  EXPECT_EQ(reader.Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace anju::rpc
