// The server of every process: limits, health, reflection, status, graceful drain.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <mutex>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/resource_quota.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "anju/status/v1/status.grpc.pb.h"
#include "common/rpc/channel.h"
#include "common/rpc/health.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/time/date.h"

namespace anju::rpc {
namespace {

// Reflection is the only synchronous service of the library; its streams may not take the process's threads.
constexpr int kSyncThreadsMax = 16;

struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;
};

absl::StatusOr<ListenAddress> ParseListen(const std::string& listen) {
  const auto bad = [&](std::string_view why) {
    return MakeError(Reason::BAD_VALUE, "listen", listen, absl::StrCat("listen address \"", listen, "\" ", absl::string_view(why.data(), why.size())));
  };
  const size_t colon = listen.rfind(':');
  ListenAddress address;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &address.port) || address.port < 0 || address.port > 65535) {
    return bad("is not HOST:PORT");
  }
  address.host = listen.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  in_addr v4{};
  const bool is_loopback = address.host == "localhost" || address.host == "::1" ||
                           (inet_pton(AF_INET, address.host.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127);
  if (!is_loopback) return bad("is not a loopback address: without TLS a service listens on this machine only");
  return address;
}

// gRPC says only that it could not listen; a plain bind says why.
std::string WhyNotListening(const ListenAddress& address) {
  const bool v6 = address.host == "::1";
  const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "no socket could be made";
  sockaddr_in v4_address{};
  v4_address.sin_family = AF_INET;
  v4_address.sin_port = htons(static_cast<uint16_t>(address.port));
  inet_pton(AF_INET, address.host == "localhost" ? "127.0.0.1" : address.host.c_str(), &v4_address.sin_addr);
  sockaddr_in6 v6_address{};
  v6_address.sin6_family = AF_INET6;
  v6_address.sin6_port = v4_address.sin_port;
  v6_address.sin6_addr = in6addr_loopback;
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const int result = v6 ? bind(fd, reinterpret_cast<sockaddr*>(&v6_address), sizeof v6_address)
                        : bind(fd, reinterpret_cast<sockaddr*>(&v4_address), sizeof v4_address);
  const int error = result < 0 ? errno : 0;
  close(fd);
  if (error == EADDRINUSE) return "the port is in use by another process";
  if (error == EACCES) return "this user may not use the port";
  return error == 0 ? "the port could not be opened" : absl::StrCat("the port could not be opened (errno ", error, ")");
}

// Learns the names of all services registered, for health. gRPC shows them to plugins only.
class NamesPlugin final : public grpc::ServerBuilderPlugin {
 public:
  explicit NamesPlugin(HealthService* health) : health_(health) {}
  std::string name() override { return "anju_health_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override { health_->SetNames(*initializer->GetServiceList()); }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  HealthService* const health_;
};

class NamesOption final : public grpc::ServerBuilderOption {
 public:
  explicit NamesOption(HealthService* health) : health_(health) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<NamesPlugin>(health_));
  }

 private:
  HealthService* const health_;
};

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

class StatusService final : public status::v1::StatusService::CallbackService {
 public:
  StatusService(std::string name, Server::StatusFn fill, const HealthService* health)
      : name_(std::move(name)), fill_(std::move(fill)), health_(health), started_time_us_(RealClock().NowMicros()) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const status::v1::GetStatusRequest*,
                                      status::v1::GetStatusResponse* response) override {
    return Answer<status::v1::GetStatusResponse>(context, response, [this](const Caller& caller, Finish<status::v1::GetStatusResponse> done) {
      if (absl::Status allowed = Authorize(caller, Action::kRead, 0, nullptr, Date{}); !allowed.ok()) return done(allowed);
      status::v1::GetStatusResponse out;
      if (fill_) fill_(&out);
      out.set_name(name_);
      out.set_pid(getpid());
      out.set_serving(health_->serving());
      out.set_started_time_us(started_time_us_);
      out.set_resident_bytes(ResidentBytes());
      done(std::move(out));
    });
  }

 private:
  const std::string name_;
  const Server::StatusFn fill_;
  const HealthService* const health_;
  const int64_t started_time_us_;
};

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.SetMaxSendMessageSize(-1);  // what a handler built is bounded by the handler
  // Only identity: a small compressed message must not unfold into a large one.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kConcurrentStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  grpc::ResourceQuota quota("anju");
  quota.Resize(kMemoryQuotaBytes);
  quota.SetMaxThreads(kSyncThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

}  // namespace

// Members are destroyed bottom up: the server goes before the services it calls.
struct Server::Impl {
  std::string address;
  HealthService health;
  std::unique_ptr<StatusService> status;
  std::once_flag drained;
  std::unique_ptr<grpc::Server> server;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, const std::vector<grpc::Service*>& services,
                                                      StatusFn status) {
  ASSIGN_OR_RETURN(const ListenAddress listen, ParseListen(options.listen));
  QuietLibrary();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto server = std::unique_ptr<Server>(new Server());
  server->impl_ = std::make_unique<Impl>();
  Impl& impl = *server->impl_;
  impl.status = std::make_unique<StatusService>(options.service, std::move(status), &impl.health);

  grpc::ServerBuilder builder;
  SetLimits(builder);
  builder.SetOption(std::make_unique<NamesOption>(&impl.health));
  builder.RegisterService(&impl.health);
  builder.RegisterService(impl.status.get());
  for (grpc::Service* service : services) builder.RegisterService(service);
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  impl.server = builder.BuildAndStart();
  if (impl.server == nullptr || port == 0) {
    return MakeError(Reason::UNAVAILABLE, "listen", options.listen,
                     absl::StrCat("cannot listen on ", options.listen, ": ", WhyNotListening(listen)));
  }
  impl.address = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return server;
}

Server::~Server() {
  if (impl_ != nullptr) Drain();
}

void Server::SetServing(bool serving) { impl_->health.SetServing(serving); }

const std::string& Server::address() const { return impl_->address; }

void Server::Drain() {
  std::call_once(impl_->drained, [this] {
    impl_->health.Drain();
    if (impl_->server == nullptr) return;
    impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(kDrainMs));
  });
}

}  // namespace anju::rpc
