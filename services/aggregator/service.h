// The gRPC class: one line per RPC, everything else is in handlers.
#pragma once

#include <grpcpp/grpcpp.h>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "services/aggregator/column_followers.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {

// Frames and rollups are served as bytes: frames are kept serialized, and so is the catalogue that goes with every rollup. The wire sees no difference.
using MethodsOfService = v1::AggregatorService::WithRawCallbackMethod_FollowFrames<v1::AggregatorService::WithRawCallbackMethod_GetRollup<
    v1::AggregatorService::WithCallbackMethod_GetColumn<v1::AggregatorService::WithCallbackMethod_GetColumns<v1::AggregatorService::WithCallbackMethod_ExplainCell<
        v1::AggregatorService::WithCallbackMethod_ListGaps<v1::AggregatorService::WithCallbackMethod_GetMilestoneStatus<
            v1::AggregatorService::WithCallbackMethod_GetHeads<v1::AggregatorService::WithCallbackMethod_FollowColumn<
                v1::AggregatorService::WithCallbackMethod_Dump<v1::AggregatorService::Service>>>>>>>>>>;

// `handlers`, `frames` and `columns` must outlive it.
class Service final : public MethodsOfService {
 public:
  Service(Handlers& handlers, Frames& frames, ColumnFollowers& columns) : handlers_(handlers), frames_(frames), columns_(columns) {}

  grpc::ServerUnaryReactor* GetRollup(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetColumn(grpc::CallbackServerContext* context, const v1::GetColumnRequest* request,
                                      v1::GetColumnResponse* response) override;
  grpc::ServerUnaryReactor* GetColumns(grpc::CallbackServerContext* context, const v1::GetColumnsRequest* request,
                                       v1::GetColumnsResponse* response) override;
  grpc::ServerUnaryReactor* ExplainCell(grpc::CallbackServerContext* context, const v1::ExplainCellRequest* request,
                                        v1::ExplainCellResponse* response) override;
  grpc::ServerUnaryReactor* ListGaps(grpc::CallbackServerContext* context, const v1::ListGapsRequest* request,
                                     v1::ListGapsResponse* response) override;
  grpc::ServerUnaryReactor* GetMilestoneStatus(grpc::CallbackServerContext* context, const v1::GetMilestoneStatusRequest* request,
                                               v1::GetMilestoneStatusResponse* response) override;
  grpc::ServerUnaryReactor* GetHeads(grpc::CallbackServerContext* context, const v1::GetHeadsRequest* request, v1::GetHeadsResponse* response) override;
  grpc::ServerWriteReactor<v1::ColumnStep>* FollowColumn(grpc::CallbackServerContext* context, const v1::FollowColumnRequest* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FollowFrames(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<v1::DumpResponse>* Dump(grpc::CallbackServerContext* context, const v1::DumpRequest* request) override;

 private:
  Handlers& handlers_;
  Frames& frames_;
  ColumnFollowers& columns_;
};

}  // namespace anju::aggregator
