// The gRPC class: one line per RPC.
#pragma once

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "services/ranking/handlers.h"
#include "services/ranking/watches.h"

namespace anju::ranking {

// The handlers and the watches must outlive the service.
class Service final : public v1::RankingService::CallbackService {
 public:
  Service(Handlers& handlers, Watches& watches) : handlers_(handlers), watches_(watches) {}

  grpc::ServerUnaryReactor* GetLeagueTable(grpc::CallbackServerContext* context, const v1::GetLeagueTableRequest* request,
                                           v1::GetLeagueTableResponse* response) override;
  grpc::ServerUnaryReactor* GetStanding(grpc::CallbackServerContext* context, const v1::GetStandingRequest* request,
                                        v1::GetStandingResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context, const v1::WatchRequest* request) override;

 private:
  Handlers& handlers_;
  Watches& watches_;
};

}  // namespace anju::ranking
