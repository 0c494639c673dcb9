// The gRPC class: one line per RPC.
#pragma once

#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "services/ranking/handlers.h"

namespace anju::ranking {

// The handlers must outlive the service.
class Service final : public v1::RankingService::CallbackService {
 public:
  explicit Service(Handlers& handlers) : handlers_(handlers) {}

  grpc::ServerUnaryReactor* GetLeagueTable(grpc::CallbackServerContext* context, const v1::GetLeagueTableRequest* request,
                                           v1::GetLeagueTableResponse* response) override;

 private:
  Handlers& handlers_;
};

}  // namespace anju::ranking
