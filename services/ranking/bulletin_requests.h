// What the RPCs of bulletins share: request ids, who may do what, records as answers.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/bulletin_convert.h"
#include "services/ranking/bulletin_desk.h"
#include "services/ranking/core/bulletin/template.h"
#include "services/ranking/question.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// The request's content: what a second request of the same id is compared by. Empty without an id.
template <typename Request>
std::string DigestOf(const Request& request) {
  if (request.request_id().empty()) return {};
  Request content = request;
  content.clear_request_id();
  return Sha256(absl::StrCat(Request::descriptor()->full_name(), "\n", content.SerializeAsString()));
}

// The earlier request of this id: nullptr when there is none. BAD_VALUE, REQUEST_CONFLICT when its content was another.
absl::StatusOr<const RememberedRequest*> FindEarlier(const rpc::Caller& caller, const std::string& request_id, const std::string& digest,
                                                     const BulletinDesk& desk);
// Puts the caller and the request into an event.
void Sign(const rpc::Caller& caller, const std::string& request_id, const std::string& digest, v1::Event* event);

// Whether the caller may do this to the region with this code. One that the registry does not know is nobody's. NOT_ALLOWED.
absl::Status AuthorizeCode(const rpc::Caller& caller, rpc::Action action, const std::string& code, const Contents& contents);
// A code of any day, else a name of `day`, else a name that only one region ever had. UNKNOWN_REGION, AMBIGUOUS_REGION, REGION_CLOSED.
absl::StatusOr<RegionNumber> FindRegion(const RegionTree& tree, std::string_view text, Date day);

// Date, view and token of a composition. All errors at once: MISSING_FIELD, BAD_DATE, BAD_TOKEN, BAD_VALUE.
absl::StatusOr<Asked> ReadParameters(const std::string& as_of, const types::v1::View& view, const std::string& at_least);
// A stored template, read again.
absl::StatusOr<std::shared_ptr<const Template>> ReadTemplate(const std::string& source);
// Its bytes. MESSAGE_TOO_LARGE beyond bulletin::kContentBytesMax.
absl::StatusOr<std::string> CanonicalOf(const bulletin::Content& content);

// As answered: with content and position.
absl::StatusOr<v1::BulletinRecord> Answered(const StoredDraft& draft, const BulletinDesk& desk);
absl::StatusOr<v1::BulletinRecord> Answered(const StoredBulletin& bulletin, const BulletinDesk& desk);

}  // namespace anju::ranking
