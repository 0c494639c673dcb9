// The gRPC class: one line per RPC.
#include "services/ranking/service.h"

#include <utility>

#include "common/rpc/rpc.h"

namespace anju::ranking {

grpc::ServerUnaryReactor* Service::GetLeagueTable(grpc::CallbackServerContext* context, const v1::GetLeagueTableRequest* request,
                                                  v1::GetLeagueTableResponse* response) {
  return rpc::Answer<v1::GetLeagueTableResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetLeagueTableResponse> finish) {
    handlers_.GetLeagueTable(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::GetStanding(grpc::CallbackServerContext* context, const v1::GetStandingRequest* request,
                                               v1::GetStandingResponse* response) {
  return rpc::Answer<v1::GetStandingResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetStandingResponse> finish) {
    handlers_.GetStanding(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerWriteReactor<v1::WatchEvent>* Service::Watch(grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  return watches_.Open(rpc::CallerOf(*context), *request);
}

}  // namespace anju::ranking
