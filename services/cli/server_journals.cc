// A journal over a disk whose writes stay in memory, and the feed's own server in front of it.
#include "services/cli/server_journals.h"

#include <map>
#include <utility>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include "common/feed/feed.h"
#include "common/journal/journal.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::cli {
namespace {

// Reads go through; small files that are written are remembered. A journal that is opened catches its witness up: here in memory only.
class Overlay final : public storage::Disk {
 public:
  explicit Overlay(std::unique_ptr<storage::Disk> disk) : disk_(std::move(disk)) {}
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(std::string_view name, storage::StoreKind) override { return disk_->OpenStoreReadOnly(name); }
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenStoreReadOnly(std::string_view name) override { return disk_->OpenStoreReadOnly(name); }
  absl::Status DestroyStore(std::string_view name) override { return disk_->DestroyStore(name); }
  absl::StatusOr<std::optional<std::string>> ReadFile(std::string_view name) override {
    const auto written = written_.find(name);
    if (written != written_.end()) return std::optional<std::string>(written->second);
    return disk_->ReadFile(name);
  }
  absl::Status WriteFileSynced(std::string_view name, uint64_t offset, std::string_view bytes) override {
    ASSIGN_OR_RETURN(std::optional<std::string> file, ReadFile(name));
    std::string whole = std::move(file).value_or("");
    if (whole.size() < offset + bytes.size()) whole.resize(offset + bytes.size());
    whole.replace(offset, bytes.size(), bytes);
    written_[std::string(name)] = std::move(whole);
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> FreeBytes() override { return disk_->FreeBytes(); }
  std::string PathOf(std::string_view name) const override { return disk_->PathOf(name); }

 private:
  std::unique_ptr<storage::Disk> disk_;
  std::map<std::string, std::string, std::less<>> written_;
};

class Served final : public JournalServer {
 public:
  static absl::StatusOr<std::unique_ptr<JournalServer>> Make(const audit::Source& source) {
    auto served = std::unique_ptr<Served>(new Served());
    ASSIGN_OR_RETURN(audit::Opened opened, audit::OpenSource(source, /*salvage=*/false));
    opened.store.reset();  // the journal opens it by itself
    served->disk_ = std::make_unique<Overlay>(std::move(opened.disk));
    ASSIGN_OR_RETURN(served->journal_, journal::Journal::Open(*served->disk_, source.service, RealClock()));
    served->feed_ = feed::NewFeedService(*served->journal_, RealClock());
    journal::Journal* const journal = served->journal_.get();
    ASSIGN_OR_RETURN(served->server_, rpc::Server::Start({.service = source.service, .listen = "127.0.0.1:0"}, {served->feed_.get()}, [journal](status::v1::GetStatusResponse* response) {
                       *response->mutable_position() = rpc::ToProto(journal->durable());
                     }));
    served->server_->SetServing(true);
    return std::unique_ptr<JournalServer>(std::move(served));
  }
  ~Served() override {
    if (server_ == nullptr) return;
    feed::EndFeeds(*feed_);
    server_.reset();
  }
  const std::string& address() const override { return server_->address(); }
  types::v1::Position end() const override { return rpc::ToProto(journal_->durable()); }

 private:
  Served() = default;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<grpc::Service> feed_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<JournalServer>> JournalServer::Start(const audit::Source& source) { return Served::Make(source); }

}  // namespace anju::cli
