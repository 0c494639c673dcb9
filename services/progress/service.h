// The gRPC class: one line per RPC.
#pragma once

#include "anju/progress/v1/progress.grpc.pb.h"
#include "services/progress/handlers.h"

namespace anju::progress {

class Service final : public v1::ProgressService::CallbackService {
 public:
  explicit Service(Handlers& handlers) : handlers_(handlers) {}
  grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse>* Report(grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ReportBatch(grpc::CallbackServerContext* context, const v1::ReportBatchRequest* request,
                                        v1::ReportBatchResponse* response) override;
  grpc::ServerUnaryReactor* ListUpdates(grpc::CallbackServerContext* context, const v1::ListUpdatesRequest* request,
                                        v1::ListUpdatesResponse* response) override;
  grpc::ServerUnaryReactor* GetUpdates(grpc::CallbackServerContext* context, const v1::GetUpdatesRequest* request,
                                       v1::GetUpdatesResponse* response) override;
  grpc::ServerUnaryReactor* ReviewFigures(grpc::CallbackServerContext* context, const v1::ReviewFiguresRequest* request,
                                          v1::ReviewFiguresResponse* response) override;

 private:
  Handlers& handlers_;
};

}  // namespace anju::progress
