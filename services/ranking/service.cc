// The gRPC class: one line per RPC.
#include "services/ranking/service.h"

#include <utility>

#include "common/rpc/rpc.h"

namespace anju::ranking {

grpc::ServerUnaryReactor* Service::GetLeagueTable(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return rpc::AnswerEncoded<v1::GetLeagueTableRequest, v1::GetLeagueTableResponse>(
      context, *request, response, [&](const rpc::Caller& caller, const v1::GetLeagueTableRequest& asked, rpc::Finish<TableResponse> finish) {
        handlers_.GetLeagueTable(caller, asked, context->deadline(), std::move(finish));
      });
}

grpc::ServerUnaryReactor* Service::GetStanding(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return rpc::AnswerEncoded<v1::GetStandingRequest, v1::GetStandingResponse>(
      context, *request, response, [&](const rpc::Caller& caller, const v1::GetStandingRequest& asked, rpc::Finish<StandingResponse> finish) {
        handlers_.GetStanding(caller, asked, context->deadline(), std::move(finish));
      });
}

grpc::ServerWriteReactor<v1::WatchEvent>* Service::Watch(grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  return watches_.Open(rpc::CallerOf(*context), *request);
}

}  // namespace anju::ranking
