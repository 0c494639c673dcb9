// Who is under way, and the RPCs that compose nothing: templates, lists, one bulletin.
#include "services/ranking/bulletins.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/ranking/bulletin_requests.h"
#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/definitions.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

// What may be asked of a template without figures: its region, its tables' words, its milestones. All errors at once, with lines.
absl::StatusOr<RegionNumber> JudgeTemplate(const Template& source, const Contents& contents, Date today) {
  if (!contents.ready) return errors::NotReady();
  ErrorCollector refused;
  const Catalogue& catalogue = contents.registry->catalogue;
  const absl::StatusOr<RegionNumber> region = FindRegion(contents.registry->regions, source.region, today);
  if (!region.ok()) refused.Add(errors::InField(region.status(), "region", source.region), source.region_line);
  for (const auto& [code, line] : source.name_lines) {
    // A name beside a code that nobody has would never be printed.
    if (contents.registry->regions.FindCode(code) != 0) continue;
    refused.Add({.reason = Reason::UNKNOWN_REGION, .field = "names", .value = code, .message = "names are given by the codes of regions", .line = line});
  }
  for (const TemplateTable& table : source.tables) {
    const absl::StatusOr<Definition> definition = DefinitionOf(table, today, catalogue);
    refused.Add(definition.status(), table.line);
    if (definition.ok()) refused.Add(MakePlan(*definition, catalogue).status(), table.line);
  }
  for (const TemplateMilestone& milestone : source.milestones) refused.Add(QuestionOf(milestone, today, catalogue).status(), milestone.line);
  RETURN_IF_ERROR(refused.ToStatus());
  return *region;
}

// The tables of a template as league tables of a day.
absl::Status FillDefinitions(Date as_of, const Contents& contents, v1::TemplateRecord* record) {
  if (!contents.ready) return errors::NotReady();
  ASSIGN_OR_RETURN(const std::shared_ptr<const Template> source, ReadTemplate(record->source()));
  const Catalogue& catalogue = contents.registry->catalogue;
  for (const TemplateTable& table : source->tables) {
    ASSIGN_OR_RETURN(const Definition definition, DefinitionOf(table, as_of, catalogue));
    v1::TemplateTableDefinition* wire = record->add_definitions();
    wire->set_name(table.name);
    wire->set_region(table.region.empty() ? source->region : table.region);
    *wire->mutable_definition() = ToProto(definition, definition.layer, catalogue);
    if (const std::optional<Date> since = SinceOf(table, as_of)) wire->set_since(FormatDate(*since));
  }
  return absl::OkStatus();
}

absl::StatusOr<types::v1::Basis> ReadAtLeast(const std::string& token) {
  absl::StatusOr<types::v1::Basis> basis = rpc::ParseToken(token);
  if (!basis.ok()) return errors::InField(basis.status(), "at_least", token);
  return basis;
}

}  // namespace

Bulletins::Seat::~Seat() {
  const MutexLock lock(of.mutex_);
  --of.under_way_;
  if (composes) --of.compositions_;
  of.fewer_.notify_all();  // under the lock: the destructor goes on as soon as it is released
}

absl::StatusOr<std::shared_ptr<Bulletins::Seat>> Bulletins::Sit(bool composes) {
  const MutexLock lock(mutex_);
  if (ending_) return errors::Ending();
  if (composes && compositions_ >= kCompositionsMax) return errors::TooManyCompositions(kCompositionsMax);
  ++under_way_;
  if (composes) ++compositions_;
  return std::make_shared<Seat>(*this, composes);
}

void Bulletins::Cancel() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  composer_.Cancel();
}

// An RPC passes through pipeline, waiting room and aggregator; each lets go of it in its own time, so all are told until nobody is left.
Bulletins::~Bulletins() {
  MutexLock lock(mutex_);
  ending_ = true;
  while (under_way_ > 0) {
    lock.unlock();
    composer_.Cancel();
    lock.lock();
    fewer_.wait_for(lock, std::chrono::milliseconds(20), [this]() REQUIRES(mutex_) { return under_way_ == 0; });
  }
}

void Bulletins::DefineTemplate(const rpc::Caller& caller, const v1::DefineTemplateRequest& request, Deadline deadline,
                               rpc::Finish<v1::DefineTemplateResponse> finish) {
  if (!Admit(false, finish)) return;
  if (request.source().empty()) return finish(errors::MissingField("source"));
  if (request.source().size() > kTemplateBytesMax) return finish(errors::TooLarge("source", request.source().size(), kTemplateBytesMax));
  const absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(request.source());
  if (!source.ok()) return finish(source.status());
  const absl::StatusOr<types::v1::Basis> want = ReadAtLeast(request.at_least());
  if (!want.ok()) return finish(want.status());
  composer_.Await(*want, deadline, [this, caller, request, source = *source, finish](absl::StatusOr<Composer::Read> contents) {
    if (!contents.ok()) return finish(contents.status());
    const Date today = RealClock().Today();
    const absl::StatusOr<RegionNumber> region = JudgeTemplate(*source, **contents, today);
    if (!region.ok()) return finish(region.status());
    const RegionTree& tree = (*contents)->registry->regions;
    const std::string code = tree.Nearest(*region, today)->code;
    if (absl::Status allowed = AuthorizeCode(caller, rpc::Action::kPlan, code, **contents); !allowed.ok()) return finish(allowed);
    Submit<v1::DefineTemplateResponse>(
        request.dry_run() ? StepKind::kReads : StepKind::kRecords,
        [caller, request, source, code](BulletinDesk& desk) -> absl::StatusOr<v1::DefineTemplateResponse> {
          v1::DefineTemplateRequest content = request;
          content.clear_dry_run();
          content.clear_at_least();
          const std::string digest = DigestOf(content);
          v1::DefineTemplateResponse response;
          ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.dry_run() ? "" : request.request_id(), digest, desk));
          if (earlier != nullptr) {
            *response.mutable_template_() = ToProto(*earlier->defined, true);
            return response;
          }
          const StoredTemplate* newest = desk.model().FindTemplate(source->code, 0);
          if (newest != nullptr && newest->defined.source() == request.source()) {
            *response.mutable_template_() = ToProto(*newest, true);
            response.set_unchanged(true);
            return response;
          }
          if (newest == nullptr && desk.model().template_codes() >= kTemplatesMax) return errors::TooMany("template", kTemplatesMax, "templates");
          v1::Event event;
          v1::TemplateDefined* defined = event.mutable_template_();
          defined->set_code(source->code);
          defined->set_version(newest == nullptr ? 1 : newest->defined.version() + 1);
          if (defined->version() > kTemplateVersionsMax) return errors::TooMany("template", kTemplateVersionsMax, "versions of a template");
          defined->set_source(request.source());
          defined->set_region(code);
          defined->set_title(source->title.source);
          for (const TemplateTable& table : source->tables) defined->add_tables(table.name);
          if (request.dry_run()) {
            *response.mutable_template_() = ToProto(StoredTemplate{{0, 0, caller.identity}, *defined}, true);
            return response;
          }
          Sign(caller, request.request_id(), digest, &event);
          RETURN_IF_ERROR(desk.Record(event));
          *response.mutable_template_() = ToProto(*desk.model().FindTemplate(source->code, 0), true);
          return response;
        },
        [finish](absl::StatusOr<v1::DefineTemplateResponse> response, const journal::Position&) { finish(std::move(response)); });
  });
}

void Bulletins::GetTemplate(const rpc::Caller& caller, const v1::GetTemplateRequest& request, Deadline, rpc::Finish<v1::GetTemplateResponse> finish) {
  if (!Admit(false, finish)) return;
  if (request.code().empty()) return finish(errors::MissingField("code"));
  std::optional<Date> as_of;
  if (!request.as_of().empty()) {
    const absl::StatusOr<Date> date = ParseDate(request.as_of());
    if (!date.ok()) return finish(errors::InField(date.status(), "as_of", request.as_of()));
    as_of = *date;
  }
  Submit<v1::GetTemplateResponse>(
      StepKind::kReads,
      [caller, request, as_of, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<v1::GetTemplateResponse> {
        const StoredTemplate* stored = desk.model().FindTemplate(request.code(), request.version());
        if (stored == nullptr) return errors::UnknownTemplate(request.code(), request.version());
        RETURN_IF_ERROR(AuthorizeCode(caller, rpc::Action::kRead, stored->defined.region(), *contents));
        v1::GetTemplateResponse response;
        *response.mutable_template_() = ToProto(*stored, true);
        if (as_of) RETURN_IF_ERROR(FillDefinitions(*as_of, *contents, response.mutable_template_()));
        return response;
      },
      [finish](absl::StatusOr<v1::GetTemplateResponse> response, const journal::Position&) { finish(std::move(response)); });
}

void Bulletins::ListTemplates(const rpc::Caller& caller, const v1::ListTemplatesRequest&, Deadline, rpc::Finish<v1::ListTemplatesResponse> finish) {
  if (!Admit(false, finish)) return;
  Submit<v1::ListTemplatesResponse>(
      StepKind::kReads,
      [caller, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<v1::ListTemplatesResponse> {
        v1::ListTemplatesResponse response;
        for (const StoredTemplate* stored : desk.model().NewestTemplates()) {
          // A list shows what its reader may see; asking for one by its code says NOT_ALLOWED.
          if (!AuthorizeCode(caller, rpc::Action::kRead, stored->defined.region(), *contents).ok()) continue;
          *response.add_templates() = ToProto(*stored, false);
        }
        return response;
      },
      [finish](absl::StatusOr<v1::ListTemplatesResponse> response, const journal::Position&) { finish(std::move(response)); });
}

void Bulletins::GetBulletin(const rpc::Caller& caller, const v1::GetBulletinRequest& request, Deadline, rpc::Finish<v1::GetBulletinResponse> finish) {
  if (!Admit(false, finish)) return;
  if (request.number().empty() && request.draft() == 0) return finish(errors::MissingField("number"));
  if (!request.number().empty() && request.draft() != 0) {
    return finish(errors::BadValue("draft", absl::StrCat(request.draft()), "allowed together with number: one of them names what is asked for"));
  }
  Submit<v1::GetBulletinResponse>(
      StepKind::kReads,
      [caller, request, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<v1::GetBulletinResponse> {
        v1::GetBulletinResponse response;
        if (request.draft() != 0) {
          const StoredDraft* draft = desk.model().FindDraft(request.draft());
          if (draft == nullptr) return errors::UnknownDraft(request.draft());
          RETURN_IF_ERROR(AuthorizeCode(caller, rpc::Action::kRead, draft->drafted.region(), *contents));
          ASSIGN_OR_RETURN(*response.mutable_bulletin(), Answered(*draft, desk));
          return response;
        }
        const StoredBulletin* bulletin = desk.model().FindBulletin(request.number());
        if (bulletin == nullptr) return errors::UnknownBulletin(request.number());
        RETURN_IF_ERROR(AuthorizeCode(caller, rpc::Action::kRead, bulletin->issued.region(), *contents));
        ASSIGN_OR_RETURN(*response.mutable_bulletin(), Answered(*bulletin, desk));
        return response;
      },
      [finish](absl::StatusOr<v1::GetBulletinResponse> response, const journal::Position& durable) {
        if (response.ok()) Complete(durable, response->mutable_bulletin()->mutable_position());
        finish(std::move(response));
      });
}

void Bulletins::ListBulletins(const rpc::Caller& caller, const v1::ListBulletinsRequest& request, Deadline,
                              rpc::Finish<v1::ListBulletinsResponse> finish) {
  if (!Admit(false, finish)) return;
  if (request.page_size() < 0 || request.page_size() > kBulletinPageMax) {
    return finish(errors::BadValue("page_size", absl::StrCat(request.page_size()), absl::StrCat("0 to ", kBulletinPageMax)));
  }
  const int page_size = request.page_size() == 0 ? kBulletinPageDefault : request.page_size();
  uint64_t after = 0;  // sequence of the last event of the page before
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &after)) return finish(errors::BadPageToken(request.page_token()));
  const std::shared_ptr<const Contents> contents = cells_.Read();
  std::string region = request.region();
  if (!region.empty()) {
    const RegionTree& tree = contents->registry->regions;
    const absl::StatusOr<RegionNumber> number = FindRegion(tree, region, RealClock().Today());
    if (!number.ok()) return finish(contents->ready ? errors::InField(number.status(), "region", region) : errors::NotReady());
    region = tree.Nearest(*number, RealClock().Today())->code;
    if (absl::Status allowed = AuthorizeCode(caller, rpc::Action::kRead, region, *contents); !allowed.ok()) return finish(allowed);
  }
  Submit<v1::ListBulletinsResponse>(
      StepKind::kReads,
      [caller, contents, region, after, page_size, drafts = request.drafts()](BulletinDesk& desk) -> absl::StatusOr<v1::ListBulletinsResponse> {
        v1::ListBulletinsResponse response;
        uint64_t last = after;
        for (auto line = desk.model().ListedAfter(after); line != desk.model().ListedEnd(); ++line) {
          if (line->draft != nullptr && !drafts) continue;
          const std::string& of = line->draft != nullptr ? line->draft->drafted.region() : line->bulletin->issued.region();
          if (!region.empty() && of != region) continue;
          if (!AuthorizeCode(caller, rpc::Action::kRead, of, *contents).ok()) continue;
          if (response.bulletins_size() == page_size) {
            response.set_next_page_token(absl::StrCat(last));
            break;
          }
          v1::BulletinRecord* record = response.add_bulletins();
          *record = line->draft != nullptr ? ToProto(*line->draft) : ToProto(*line->bulletin);
          *record->mutable_position() = desk.PositionOf(line->sequence, /*with_hash=*/false);
          last = line->sequence;
        }
        return response;
      },
      [finish](absl::StatusOr<v1::ListBulletinsResponse> response, const journal::Position&) { finish(std::move(response)); });
}

}  // namespace anju::ranking
