// The gRPC class: one line per RPC.
#pragma once

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "services/ranking/handlers.h"
#include "services/ranking/watches.h"

namespace anju::ranking {

// Tables and standings are answered with bytes that were serialized before, so those two methods take and give bytes; the wire sees no difference.
using MethodsOfService = v1::RankingService::WithRawCallbackMethod_GetLeagueTable<
    v1::RankingService::WithRawCallbackMethod_GetStanding<v1::RankingService::WithCallbackMethod_Watch<v1::RankingService::Service>>>;

// The handlers and the watches must outlive the service.
class Service final : public MethodsOfService {
 public:
  Service(Handlers& handlers, Watches& watches) : handlers_(handlers), watches_(watches) {}

  grpc::ServerUnaryReactor* GetLeagueTable(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetStanding(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context, const v1::WatchRequest* request) override;

 private:
  Handlers& handlers_;
  Watches& watches_;
};

}  // namespace anju::ranking
