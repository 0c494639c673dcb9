// The gRPC class of bulletins: one line per RPC.
#include "services/ranking/bulletin_service.h"

#include <utility>

#include "common/rpc/rpc.h"

namespace anju::ranking {

template <auto kHandler, typename Request, typename Response>
BulletinService::Reactor* BulletinService::Ask(Context* context, const Request* request, Response* response) {
  return rpc::Answer<Response>(context, response, [&](const rpc::Caller& caller, rpc::Finish<Response> finish) {
    (bulletins_.*kHandler)(caller, *request, context->deadline(), std::move(finish));
  });
}

using Reactor = BulletinService::Reactor;
using Context = BulletinService::Context;

Reactor* BulletinService::DefineTemplate(Context* context, const v1::DefineTemplateRequest* request, v1::DefineTemplateResponse* response) {
  return Ask<&Bulletins::DefineTemplate>(context, request, response);
}
Reactor* BulletinService::GetTemplate(Context* context, const v1::GetTemplateRequest* request, v1::GetTemplateResponse* response) {
  return Ask<&Bulletins::GetTemplate>(context, request, response);
}
Reactor* BulletinService::ListTemplates(Context* context, const v1::ListTemplatesRequest* request, v1::ListTemplatesResponse* response) {
  return Ask<&Bulletins::ListTemplates>(context, request, response);
}
Reactor* BulletinService::ComposeBulletin(Context* context, const v1::ComposeBulletinRequest* request, v1::ComposeBulletinResponse* response) {
  return Ask<&Bulletins::ComposeBulletin>(context, request, response);
}
Reactor* BulletinService::DraftBulletin(Context* context, const v1::DraftBulletinRequest* request, v1::DraftBulletinResponse* response) {
  return Ask<&Bulletins::DraftBulletin>(context, request, response);
}
Reactor* BulletinService::IssueBulletin(Context* context, const v1::IssueBulletinRequest* request, v1::IssueBulletinResponse* response) {
  return Ask<&Bulletins::IssueBulletin>(context, request, response);
}
Reactor* BulletinService::GetBulletin(Context* context, const v1::GetBulletinRequest* request, v1::GetBulletinResponse* response) {
  return Ask<&Bulletins::GetBulletin>(context, request, response);
}
Reactor* BulletinService::ListBulletins(Context* context, const v1::ListBulletinsRequest* request, v1::ListBulletinsResponse* response) {
  return Ask<&Bulletins::ListBulletins>(context, request, response);
}
Reactor* BulletinService::DiffBulletin(Context* context, const v1::DiffBulletinRequest* request, v1::DiffBulletinResponse* response) {
  return Ask<&Bulletins::DiffBulletin>(context, request, response);
}
Reactor* BulletinService::DraftCorrection(Context* context, const v1::DraftCorrectionRequest* request, v1::DraftCorrectionResponse* response) {
  return Ask<&Bulletins::DraftCorrection>(context, request, response);
}

}  // namespace anju::ranking
