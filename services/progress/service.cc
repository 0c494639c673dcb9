// The gRPC class.
#include "services/progress/service.h"

#include <utility>

#include "common/rpc/rpc.h"
#include "services/progress/stream.h"

namespace anju::progress {

grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse>* Service::Report(grpc::CallbackServerContext* context) {
  return ReportStream::Start(handlers_, context);
}

grpc::ServerUnaryReactor* Service::ReportBatch(grpc::CallbackServerContext* context, const v1::ReportBatchRequest* request,
                                               v1::ReportBatchResponse* response) {
  return rpc::Answer<v1::ReportBatchResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::ReportBatchResponse> finish) {
    handlers_.ReportBatch(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::ListUpdates(grpc::CallbackServerContext* context, const v1::ListUpdatesRequest* request,
                                               v1::ListUpdatesResponse* response) {
  return rpc::Answer<v1::ListUpdatesResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::ListUpdatesResponse> finish) {
    handlers_.ListUpdates(caller, *request, std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::GetUpdates(grpc::CallbackServerContext* context, const v1::GetUpdatesRequest* request,
                                              v1::GetUpdatesResponse* response) {
  return rpc::Answer<v1::GetUpdatesResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetUpdatesResponse> finish) {
    handlers_.GetUpdates(caller, *request, std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::ReviewFigures(grpc::CallbackServerContext* context, const v1::ReviewFiguresRequest* request,
                                                 v1::ReviewFiguresResponse* response) {
  return rpc::Answer<v1::ReviewFiguresResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::ReviewFiguresResponse> finish) {
    handlers_.ReviewFigures(caller, *request, std::move(finish));
  });
}

}  // namespace anju::progress
