// Hands calls to the handlers and their answers to gRPC.
#include "services/aggregator/service.h"

#include <memory>
#include <utility>

#include "common/rpc/rpc.h"
#include "services/aggregator/stream.h"

namespace anju::aggregator {

grpc::ServerUnaryReactor* Service::GetRollup(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return rpc::AnswerEncoded<v1::GetRollupRequest, v1::GetRollupResponse>(
      context, *request, response, [&](const rpc::Caller& caller, const v1::GetRollupRequest& asked, rpc::Finish<RollupResponse> finish) {
        handlers_.GetRollup(caller, asked, context->deadline(), std::move(finish));
      });
}

grpc::ServerUnaryReactor* Service::GetColumn(grpc::CallbackServerContext* context, const v1::GetColumnRequest* request,
                                             v1::GetColumnResponse* response) {
  return rpc::Answer<v1::GetColumnResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetColumnResponse> finish) {
    handlers_.GetColumn(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::GetColumns(grpc::CallbackServerContext* context, const v1::GetColumnsRequest* request,
                                             v1::GetColumnsResponse* response) {
  return rpc::Answer<v1::GetColumnsResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetColumnsResponse> finish) {
    handlers_.GetColumns(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::ExplainCell(grpc::CallbackServerContext* context, const v1::ExplainCellRequest* request,
                                             v1::ExplainCellResponse* response) {
  return rpc::Answer<v1::ExplainCellResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::ExplainCellResponse> finish) {
    handlers_.ExplainCell(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::ListGaps(grpc::CallbackServerContext* context, const v1::ListGapsRequest* request,
                                             v1::ListGapsResponse* response) {
  return rpc::Answer<v1::ListGapsResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::ListGapsResponse> finish) {
    handlers_.ListGaps(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::GetMilestoneStatus(grpc::CallbackServerContext* context, const v1::GetMilestoneStatusRequest* request,
                                             v1::GetMilestoneStatusResponse* response) {
  return rpc::Answer<v1::GetMilestoneStatusResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetMilestoneStatusResponse> finish) {
    handlers_.GetMilestoneStatus(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerUnaryReactor* Service::GetHeads(grpc::CallbackServerContext* context, const v1::GetHeadsRequest* request,
                                            v1::GetHeadsResponse* response) {
  return rpc::Answer<v1::GetHeadsResponse>(context, response, [&](const rpc::Caller& caller, rpc::Finish<v1::GetHeadsResponse> finish) {
    handlers_.GetHeads(caller, *request, context->deadline(), std::move(finish));
  });
}

grpc::ServerWriteReactor<v1::ColumnStep>* Service::FollowColumn(grpc::CallbackServerContext* context, const v1::FollowColumnRequest* request) {
  using StepStream = Stream<v1::ColumnStep>;
  const std::shared_ptr<StepStream> stream = StepStream::Make();
  const rpc::Caller caller = rpc::CallerOf(*context);
  handlers_.WhenFollowable(*request, context->deadline(), [this, stream, caller, request = *request](const absl::Status& ready) {
    using Follower = absl::StatusOr<std::shared_ptr<ColumnFollowers::Follower>>;
    Follower follower = !ready.ok() ? Follower(ready) : columns_.Follow(caller, request, [weak = std::weak_ptr<StepStream>(stream)] {
      if (const auto held = weak.lock()) held->Pump();
    });
    stream->set_source([this, follower = std::move(follower)]() -> StepStream::Next {
      if (!follower.ok()) return {nullptr, follower.status()};
      auto next = columns_.Next(**follower);
      if (!next.ok()) return {nullptr, next.status()};
      return {*std::move(next), std::nullopt};
    });
  });
  return stream.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* Service::FollowFrames(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  using FrameStream = Stream<grpc::ByteBuffer>;
  using Follower = absl::StatusOr<std::shared_ptr<Frames::Follower>>;
  const std::shared_ptr<FrameStream> stream = FrameStream::Make();
  v1::FollowFramesRequest parsed;
  Follower follower = !rpc::Parse(*request, &parsed)
                          ? Follower(rpc::NotParsed(parsed))
                          : handlers_.FollowFrames(rpc::CallerOf(*context), parsed, [weak = std::weak_ptr<FrameStream>(stream)] {
                              if (const auto held = weak.lock()) held->Pump();
                            });
  stream->set_source([this, follower = std::move(follower)]() -> FrameStream::Next {
    if (!follower.ok()) return {nullptr, follower.status()};
    const auto next = frames_.Next(**follower);
    if (!next.ok()) return {nullptr, next.status()};
    if (*next == nullptr) return {nullptr, std::nullopt};
    return {std::make_shared<const grpc::ByteBuffer>(rpc::ToBuffer(*next)), std::nullopt};
  });
  return stream.get();
}

grpc::ServerWriteReactor<v1::DumpResponse>* Service::Dump(grpc::CallbackServerContext* context, const v1::DumpRequest* request) {
  using DumpStream = Stream<v1::DumpResponse>;
  const std::shared_ptr<DumpStream> stream = DumpStream::Make();
  handlers_.Dump(rpc::CallerOf(*context), *request, context->deadline(), [stream](absl::StatusOr<Handlers::DumpMessages> messages) {
    auto left = std::make_shared<absl::StatusOr<Handlers::DumpMessages>>(std::move(messages));
    stream->set_source([left, next = size_t{0}]() mutable -> DumpStream::Next {
      if (!left->ok()) return {nullptr, left->status()};
      if (next == (*left)->size()) return {nullptr, absl::OkStatus()};
      return {std::shared_ptr<const v1::DumpResponse>(left, &(**left)[next++]), std::nullopt};
    });
  });
  return stream.get();
}

}  // namespace anju::aggregator
