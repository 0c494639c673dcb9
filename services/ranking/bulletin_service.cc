// The gRPC class of bulletins: one line per RPC.
#include "services/ranking/bulletin_service.h"

#include <utility>

#include "common/rpc/rpc.h"

namespace anju::ranking {

template <typename Request, typename Response>
BulletinService::Reactor* BulletinService::Ask(Context* context, const Request* request, Response* response,
                                               void (Bulletins::*handler)(const rpc::Caller&, const Request&, Bulletins::Deadline,
                                                                          rpc::Finish<Response>)) {
  return rpc::Answer<Response>(context, response, [&](const rpc::Caller& caller, rpc::Finish<Response> finish) {
    (bulletins_.*handler)(caller, *request, context->deadline(), std::move(finish));
  });
}

using Reactor = BulletinService::Reactor;
using Context = BulletinService::Context;

Reactor* BulletinService::DefineTemplate(Context* context, const v1::DefineTemplateRequest* request, v1::DefineTemplateResponse* response) {
  return Ask(context, request, response, &Bulletins::DefineTemplate);
}
Reactor* BulletinService::GetTemplate(Context* context, const v1::GetTemplateRequest* request, v1::GetTemplateResponse* response) {
  return Ask(context, request, response, &Bulletins::GetTemplate);
}
Reactor* BulletinService::ListTemplates(Context* context, const v1::ListTemplatesRequest* request, v1::ListTemplatesResponse* response) {
  return Ask(context, request, response, &Bulletins::ListTemplates);
}
Reactor* BulletinService::ComposeBulletin(Context* context, const v1::ComposeBulletinRequest* request, v1::ComposeBulletinResponse* response) {
  return Ask(context, request, response, &Bulletins::ComposeBulletin);
}
Reactor* BulletinService::DraftBulletin(Context* context, const v1::DraftBulletinRequest* request, v1::DraftBulletinResponse* response) {
  return Ask(context, request, response, &Bulletins::DraftBulletin);
}
Reactor* BulletinService::IssueBulletin(Context* context, const v1::IssueBulletinRequest* request, v1::IssueBulletinResponse* response) {
  return Ask(context, request, response, &Bulletins::IssueBulletin);
}
Reactor* BulletinService::GetBulletin(Context* context, const v1::GetBulletinRequest* request, v1::GetBulletinResponse* response) {
  return Ask(context, request, response, &Bulletins::GetBulletin);
}
Reactor* BulletinService::ListBulletins(Context* context, const v1::ListBulletinsRequest* request, v1::ListBulletinsResponse* response) {
  return Ask(context, request, response, &Bulletins::ListBulletins);
}
Reactor* BulletinService::DiffBulletin(Context* context, const v1::DiffBulletinRequest* request, v1::DiffBulletinResponse* response) {
  return Ask(context, request, response, &Bulletins::DiffBulletin);
}
Reactor* BulletinService::DraftCorrection(Context* context, const v1::DraftCorrectionRequest* request, v1::DraftCorrectionResponse* response) {
  return Ask(context, request, response, &Bulletins::DraftCorrection);
}

}  // namespace anju::ranking
