// The gRPC class: one line per RPC, everything else is in handlers.
#pragma once

#include <grpcpp/grpcpp.h>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {

// `handlers` and `frames` must outlive it.
class Service final : public v1::AggregatorService::CallbackService {
 public:
  Service(Handlers& handlers, Frames& frames) : handlers_(handlers), frames_(frames) {}

  grpc::ServerUnaryReactor* GetRollup(grpc::CallbackServerContext* context, const v1::GetRollupRequest* request,
                                      v1::GetRollupResponse* response) override;
  grpc::ServerUnaryReactor* GetColumn(grpc::CallbackServerContext* context, const v1::GetColumnRequest* request,
                                      v1::GetColumnResponse* response) override;
  grpc::ServerWriteReactor<v1::Frame>* FollowFrames(grpc::CallbackServerContext* context, const v1::FollowFramesRequest* request) override;
  grpc::ServerWriteReactor<v1::DumpResponse>* Dump(grpc::CallbackServerContext* context, const v1::DumpRequest* request) override;

 private:
  Handlers& handlers_;
  Frames& frames_;
};

}  // namespace anju::aggregator
