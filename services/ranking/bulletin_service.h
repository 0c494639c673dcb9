// The gRPC class of bulletins: one line per RPC.
#pragma once

#include "anju/ranking/v1/bulletin.grpc.pb.h"
#include "services/ranking/bulletins.h"

namespace anju::ranking {

// The bulletins must outlive the service.
class BulletinService final : public v1::BulletinService::CallbackService {
 public:
  explicit BulletinService(Bulletins& bulletins) : bulletins_(bulletins) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  Reactor* DefineTemplate(Context* context, const v1::DefineTemplateRequest* request, v1::DefineTemplateResponse* response) override;
  Reactor* GetTemplate(Context* context, const v1::GetTemplateRequest* request, v1::GetTemplateResponse* response) override;
  Reactor* ListTemplates(Context* context, const v1::ListTemplatesRequest* request, v1::ListTemplatesResponse* response) override;
  Reactor* ComposeBulletin(Context* context, const v1::ComposeBulletinRequest* request, v1::ComposeBulletinResponse* response) override;
  Reactor* DraftBulletin(Context* context, const v1::DraftBulletinRequest* request, v1::DraftBulletinResponse* response) override;
  Reactor* IssueBulletin(Context* context, const v1::IssueBulletinRequest* request, v1::IssueBulletinResponse* response) override;
  Reactor* GetBulletin(Context* context, const v1::GetBulletinRequest* request, v1::GetBulletinResponse* response) override;
  Reactor* ListBulletins(Context* context, const v1::ListBulletinsRequest* request, v1::ListBulletinsResponse* response) override;
  Reactor* DiffBulletin(Context* context, const v1::DiffBulletinRequest* request, v1::DiffBulletinResponse* response) override;
  Reactor* DraftCorrection(Context* context, const v1::DraftCorrectionRequest* request, v1::DraftCorrectionResponse* response) override;

 private:
  template <auto kHandler, typename Request, typename Response>
  Reactor* Ask(Context* context, const Request* request, Response* response);

  Bulletins& bulletins_;
};

}  // namespace anju::ranking
