// What the RPCs of bulletins share.
#include "services/ranking/bulletin_requests.h"

#include <limits>
#include <vector>

#include "common/status/macros.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/errors.h"

namespace anju::ranking {

absl::StatusOr<const RememberedRequest*> FindEarlier(const rpc::Caller& caller, const std::string& request_id, const std::string& digest,
                                                     const BulletinDesk& desk) {
  if (request_id.size() > kRequestIdBytesMax) return errors::BadValue("request_id", request_id, absl::StrCat("at most ", kRequestIdBytesMax, " bytes"));
  const RememberedRequest* earlier = request_id.empty() ? nullptr : desk.model().FindRequest(caller.identity, request_id);
  if (earlier != nullptr && earlier->digest != digest) return errors::RequestConflict(request_id);
  return earlier;
}

void Sign(const rpc::Caller& caller, const std::string& request_id, const std::string& digest, v1::Event* event) {
  event->set_actor(caller.identity);
  event->set_request_id(request_id);
  event->set_request_digest(digest);
}

absl::Status AuthorizeCode(const rpc::Caller& caller, rpc::Action action, const std::string& code, const Contents& contents) {
  const RegionTree& tree = contents.registry->regions;
  const RegionNumber known = tree.FindCode(code);
  // Number 0 would mean that no region is named, which everybody may read.
  const RegionNumber region = known != 0 ? known : std::numeric_limits<RegionNumber>::max();
  const Date today = RealClock().Today();
  const Region* row = tree.Nearest(region, today);
  return rpc::Authorize(caller, action, region, &tree, row == nullptr || row->HoldsOn(today) ? today : row->valid_from);
}

absl::StatusOr<RegionNumber> FindRegion(const RegionTree& tree, std::string_view text, Date day) {
  if (const RegionNumber coded = tree.FindCode(text); coded != 0) return coded;
  absl::StatusOr<RegionNumber> named = tree.Resolve(text, 0, day);
  if (named.ok()) return named;
  const std::vector<RegionNumber> ever = tree.EverCalled(text);
  if (ever.size() == 1) return ever.front();
  return named;
}

absl::StatusOr<Asked> ReadParameters(const std::string& as_of, const types::v1::View& view, const std::string& at_least) {
  ErrorCollector refused;
  if (as_of.empty()) refused.Add(errors::MissingField("as_of"));
  v1::GetLeagueTableRequest question;
  question.set_region("-");  // each table has its own
  question.set_as_of(as_of);
  *question.mutable_view() = view;
  question.set_at_least(at_least);
  absl::StatusOr<Asked> asked = ReadAsked(question);
  refused.Add(asked.status());
  RETURN_IF_ERROR(refused.ToStatus());
  return asked;
}

absl::StatusOr<std::shared_ptr<const Template>> ReadTemplate(const std::string& source) {
  ASSIGN_OR_RETURN(Template parsed, ParseTemplate(source));
  return std::make_shared<const Template>(std::move(parsed));
}

absl::StatusOr<std::string> CanonicalOf(const bulletin::Content& content) {
  std::string bytes = Canonical(content);
  if (bytes.size() > bulletin::kContentBytesMax) return errors::TooLarge("content", bytes.size(), bulletin::kContentBytesMax);
  return bytes;
}

absl::StatusOr<v1::BulletinRecord> Answered(const StoredDraft& draft, const BulletinDesk& desk) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> content, desk.ContentOf(draft));
  v1::BulletinRecord record = ToProto(draft);
  record.set_content(*content);
  *record.mutable_position() = desk.PositionOf(draft.recorded.sequence);
  return record;
}

absl::StatusOr<v1::BulletinRecord> Answered(const StoredBulletin& bulletin, const BulletinDesk& desk) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> content, desk.ContentOf(bulletin));
  v1::BulletinRecord record = ToProto(bulletin);
  record.set_content(*content);
  *record.mutable_position() = desk.PositionOf(bulletin.recorded.sequence);
  return record;
}

}  // namespace anju::ranking
