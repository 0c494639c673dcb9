// The RPCs that compose: a preview, drafts, corrections, and what has changed since.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/ranking/bulletin_requests.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

bool ChoosesBasis(const types::v1::View& view) { return !view.known_on().empty() || !view.at().empty(); }

// A basis as a caller repeats it: the contract of positions and hashes.
absl::Status CheckBasis(const types::v1::Basis& basis) {
  RETURN_IF_ERROR(WithField(rpc::FromProto(basis.plan()).status(), "basis"));
  for (const types::v1::Position& position : basis.progress()) RETURN_IF_ERROR(WithField(rpc::FromProto(position).status(), "basis"));
  return absl::OkStatus();
}

Composition CompositionOf(const rpc::Caller& caller, const Asked& asked, const v1::TemplateDefined& defined, std::shared_ptr<const Template> source,
                          Bulletins::Deadline deadline) {
  Composition composition{.caller = caller, .source = std::move(source), .template_sha256 = bulletin::Sha256Hex(defined.source()),
                          .template_version = defined.version(), .as_of = *asked.as_of, .tree = asked.tree, .view = asked.view,
                          .at_least = asked.at_least};
  composition.deadline = deadline;
  return composition;
}

// What an issued bulletin is compared with and made from, read in one step.
struct Issued {
  v1::BulletinIssued issued;  // without content
  v1::TemplateDefined defined;
  std::shared_ptr<const bulletin::Content> content;
  std::shared_ptr<const bulletin::Content> corrected;  // of the bulletin that it corrects
  std::optional<v1::BulletinRecord> answer;            // of an earlier request with the same id
};

absl::StatusOr<std::shared_ptr<const bulletin::Content>> ParsedContent(const StoredBulletin& bulletin, const BulletinDesk& desk) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> bytes, desk.ContentOf(bulletin));
  ASSIGN_OR_RETURN(bulletin::Content content, bulletin::ParseCanonical(*bytes));
  return std::make_shared<const bulletin::Content>(std::move(content));
}

absl::StatusOr<Issued> FindIssued(const rpc::Caller& caller, rpc::Action action, const std::string& number, const Contents& contents,
                                  const BulletinDesk& desk) {
  const StoredBulletin* bulletin = desk.model().FindBulletin(number);
  if (bulletin == nullptr) return errors::UnknownBulletin(number);
  RETURN_IF_ERROR(AuthorizeCode(caller, action, bulletin->issued.region(), contents));
  Issued found{.issued = bulletin->issued};
  const StoredTemplate* stored = desk.model().FindTemplate(bulletin->issued.template_code(), bulletin->issued.template_version());
  CHECK(stored != nullptr);  // what was issued was drafted from it
  found.defined = stored->defined;
  ASSIGN_OR_RETURN(found.content, ParsedContent(*bulletin, desk));
  if (const StoredBulletin* corrected = desk.model().FindBulletin(bulletin->issued.corrects())) {
    ASSIGN_OR_RETURN(found.corrected, ParsedContent(*corrected, desk));
  }
  return found;
}

// The questions of the bulletin again, at the basis that `view` names.
absl::StatusOr<Asked> AskAgain(const v1::BulletinIssued& issued, const types::v1::View& view, const std::string& at_least) {
  if (!view.tree().empty() || view.review() != types::v1::REVIEW_FILTER_UNSPECIFIED) {
    return errors::BadValue("view", view.tree(), "allowed here: tree and review are those of the bulletin");
  }
  types::v1::View same = view;
  same.set_tree(issued.parameters().tree());
  same.set_review(issued.parameters().review());
  return ReadParameters(issued.parameters().as_of(), same, at_least);
}

}  // namespace

void Bulletins::ComposeBulletin(const rpc::Caller& caller, const v1::ComposeBulletinRequest& request, Deadline deadline,
                                rpc::Finish<v1::ComposeBulletinResponse> finish) {
  if (!Admit(true, finish)) return;
  const absl::StatusOr<Asked> asked = ReadParameters(request.as_of(), request.view(), request.at_least());
  if (!asked.ok()) return finish(asked.status());
  if (request.source().size() > kTemplateBytesMax) return finish(errors::TooLarge("source", request.source().size(), kTemplateBytesMax));
  if (request.source().empty() == request.template_code().empty()) {
    return finish(request.source().empty() ? errors::MissingField("template_code")
                                           : errors::BadValue("template_code", request.template_code(), "allowed together with source: one of them is the template"));
  }
  std::shared_ptr<const bulletin::Content> corrected;
  if (!request.corrected().empty()) {
    absl::StatusOr<bulletin::Content> parsed = bulletin::ParseCanonical(request.corrected());
    if (!parsed.ok()) return finish(WithField(parsed.status(), "corrected"));
    corrected = std::make_shared<const bulletin::Content>(*std::move(parsed));
  }
  if (request.has_basis() && ChoosesBasis(request.view())) {
    return finish(errors::BadValue("basis", "", "allowed together with known_on or at: one of them names the basis"));
  }
  if (absl::Status basis = CheckBasis(request.basis()); !basis.ok()) return finish(basis);
  if (const absl::Status date = request.date().empty() ? absl::OkStatus() : ParseDate(request.date()).status(); !date.ok()) {
    return finish(errors::InField(date, "date", request.date()));
  }
  const auto compose = [this, caller, asked = *asked, request, corrected, deadline, finish](const v1::TemplateDefined& defined) {
    const absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(defined.source());
    if (!source.ok()) return finish(source.status());
    Composition composition = CompositionOf(caller, asked, defined, *source, deadline);
    if (request.has_basis()) composition.basis = request.basis();
    composition.number = request.number();
    composition.date = request.date();
    composition.corrected = corrected;
    composer_.Compose(std::move(composition), [finish](absl::StatusOr<Composed> composed) {
      if (!composed.ok()) return finish(composed.status());
      absl::StatusOr<std::string> bytes = CanonicalOf(composed->content);
      if (!bytes.ok()) return finish(bytes.status());
      v1::ComposeBulletinResponse response;
      response.set_sha256(bulletin::Sha256Hex(*bytes));
      response.set_content(*std::move(bytes));
      *response.mutable_basis() = composed->basis;
      finish(std::move(response));
    });
  };
  if (!request.source().empty()) {
    v1::TemplateDefined given;
    given.set_source(request.source());
    given.set_version(request.template_version());
    return compose(given);
  }
  Submit<v1::TemplateDefined>(
      StepKind::kReads,
      [request](BulletinDesk& desk) -> absl::StatusOr<v1::TemplateDefined> {
        const StoredTemplate* stored = desk.model().FindTemplate(request.template_code(), request.template_version());
        if (stored == nullptr) return errors::UnknownTemplate(request.template_code(), request.template_version());
        return stored->defined;
      },
      [compose, finish](absl::StatusOr<v1::TemplateDefined> defined, const journal::Position&) {
        if (!defined.ok()) return finish(defined.status());
        compose(*defined);
      });
}

// A draft on its way into the journal.
struct Bulletins::Drafting {
  rpc::Caller caller;
  std::string request_id, digest, corrects;
  Asked asked;
  v1::TemplateDefined defined;
};

void Bulletins::RecordDraft(std::shared_ptr<const Drafting> drafting, const Composed& composed,
                            std::function<void(absl::StatusOr<v1::BulletinRecord>)> finish) {
  const bulletin::Content& content = composed.content;
  // The region as it is called at the basis may be another than when the template was defined.
  if (absl::Status allowed = AuthorizeCode(drafting->caller, rpc::Action::kPlan, content.region, *cells_.Read()); !allowed.ok()) return finish(allowed);
  absl::StatusOr<std::string> bytes = CanonicalOf(content);
  if (!bytes.ok()) return finish(bytes.status());
  v1::Event event;
  Sign(drafting->caller, drafting->request_id, drafting->digest, &event);
  v1::BulletinDrafted* drafted = event.mutable_draft();
  drafted->set_template_code(content.template_code);
  drafted->set_template_version(content.template_version);
  drafted->mutable_parameters()->set_as_of(content.as_of);
  drafted->mutable_parameters()->set_tree(content.tree);
  drafted->mutable_parameters()->set_review(drafting->asked.view.review());
  *drafted->mutable_basis() = composed.basis.basis();
  drafted->set_basis_chosen(ChoosesBasis(drafting->asked.view));
  drafted->set_sha256(Sha256(*bytes));
  drafted->set_content(*std::move(bytes));
  drafted->set_corrects(drafting->corrects);
  drafted->set_region(content.region);
  drafted->set_title(PlainText(content.title));
  Submit<v1::BulletinRecord>(
      StepKind::kRecords,
      [drafting, event = std::move(event)](BulletinDesk& desk) mutable -> absl::StatusOr<v1::BulletinRecord> {
        ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(drafting->caller, drafting->request_id, drafting->digest, desk));
        if (earlier != nullptr) return Answered(*desk.model().FindDraft(earlier->draft), desk);
        if (desk.model().drafts() >= kDraftsMax) return errors::TooMany("draft", kDraftsMax, "drafts");
        event.mutable_draft()->set_draft(desk.model().drafts() + 1);
        RETURN_IF_ERROR(desk.Record(event));
        return Answered(*desk.model().FindDraft(event.draft().draft()), desk);
      },
      [finish](absl::StatusOr<v1::BulletinRecord> record, const journal::Position& durable) {
        if (record.ok()) Complete(durable, record->mutable_position());
        finish(std::move(record));
      });
}

namespace {

// The draft that an earlier request of the same id was answered with, as it was answered then.
absl::StatusOr<std::optional<v1::BulletinRecord>> DraftedEarlier(const rpc::Caller& caller, const std::string& request_id, const std::string& digest,
                                                                 const BulletinDesk& desk) {
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request_id, digest, desk));
  if (earlier == nullptr) return std::optional<v1::BulletinRecord>();
  ASSIGN_OR_RETURN(v1::BulletinRecord record, Answered(*desk.model().FindDraft(earlier->draft), desk));
  record.clear_issued_as();
  return std::optional(std::move(record));
}

}  // namespace

void Bulletins::DraftBulletin(const rpc::Caller& caller, const v1::DraftBulletinRequest& request, Deadline deadline,
                              rpc::Finish<v1::DraftBulletinResponse> finish) {
  if (!Admit(true, finish)) return;
  const absl::StatusOr<Asked> asked = ReadParameters(request.as_of(), request.view(), request.at_least());
  if (!asked.ok()) return finish(asked.status());
  if (request.template_code().empty()) return finish(errors::MissingField("template_code"));
  struct Found {
    v1::TemplateDefined defined;
    std::optional<v1::BulletinRecord> earlier;
  };
  auto drafting = std::make_shared<Drafting>(Drafting{caller, request.request_id(), DigestOf(request), "", *asked, {}});
  const auto answer = [finish](absl::StatusOr<v1::BulletinRecord> record) {
    if (!record.ok()) return finish(record.status());
    v1::DraftBulletinResponse response;
    *response.mutable_draft() = *std::move(record);
    finish(std::move(response));
  };
  Submit<Found>(
      StepKind::kReads,
      [drafting, request, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<Found> {
        Found found;
        ASSIGN_OR_RETURN(found.earlier, DraftedEarlier(drafting->caller, drafting->request_id, drafting->digest, desk));
        if (found.earlier) return found;
        const StoredTemplate* stored = desk.model().FindTemplate(request.template_code(), 0);
        if (stored == nullptr) return errors::UnknownTemplate(request.template_code(), 0);
        RETURN_IF_ERROR(AuthorizeCode(drafting->caller, rpc::Action::kPlan, stored->defined.region(), *contents));
        if (*drafting->asked.as_of > desk.today()) return errors::FutureDate("as_of", *drafting->asked.as_of, desk.today());
        found.defined = stored->defined;
        return found;
      },
      [this, drafting, deadline, answer](absl::StatusOr<Found> found, const journal::Position&) {
        if (!found.ok()) return answer(found.status());
        if (found->earlier) return answer(*std::move(found->earlier));
        const absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(found->defined.source());
        if (!source.ok()) return answer(source.status());
        composer_.Compose(CompositionOf(drafting->caller, drafting->asked, found->defined, *source, deadline),
                          [this, drafting, answer](absl::StatusOr<Composed> composed) {
                            if (!composed.ok()) return answer(composed.status());
                            RecordDraft(drafting, *composed, answer);
                          });
      });
}

void Bulletins::DraftCorrection(const rpc::Caller& caller, const v1::DraftCorrectionRequest& request, Deadline deadline,
                                rpc::Finish<v1::DraftCorrectionResponse> finish) {
  if (!Admit(true, finish)) return;
  if (request.number().empty()) return finish(errors::MissingField("number"));
  auto drafting = std::make_shared<Drafting>(Drafting{caller, request.request_id(), DigestOf(request), request.number(), {}, {}});
  const auto answer = [finish](absl::StatusOr<v1::BulletinRecord> record) {
    if (!record.ok()) return finish(record.status());
    v1::DraftCorrectionResponse response;
    *response.mutable_draft() = *std::move(record);
    finish(std::move(response));
  };
  Submit<Issued>(
      StepKind::kReads,
      [drafting, number = request.number(), contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<Issued> {
        ASSIGN_OR_RETURN(std::optional<v1::BulletinRecord> earlier, DraftedEarlier(drafting->caller, drafting->request_id, drafting->digest, desk));
        if (earlier) return Issued{.answer = std::move(earlier)};
        return FindIssued(drafting->caller, rpc::Action::kPlan, number, *contents, desk);
      },
      [this, drafting, request, deadline, answer](absl::StatusOr<Issued> found, const journal::Position&) {
        if (!found.ok()) return answer(found.status());
        if (found->answer) return answer(*std::move(found->answer));
        const absl::StatusOr<Asked> asked = AskAgain(found->issued, request.view(), request.at_least());
        if (!asked.ok()) return answer(asked.status());
        const absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(found->defined.source());
        if (!source.ok()) return answer(source.status());
        drafting->asked = *asked;
        Composition composition = CompositionOf(drafting->caller, *asked, found->defined, *source, deadline);
        composition.corrected = found->content;
        composer_.Compose(std::move(composition), [this, drafting, answer](absl::StatusOr<Composed> composed) {
          if (!composed.ok()) return answer(composed.status());
          if (!composed->corrects) return answer(errors::NothingToCorrect(drafting->corrects));
          RecordDraft(drafting, *composed, answer);
        });
      });
}

void Bulletins::DiffBulletin(const rpc::Caller& caller, const v1::DiffBulletinRequest& request, Deadline deadline,
                             rpc::Finish<v1::DiffBulletinResponse> finish) {
  if (!Admit(true, finish)) return;
  if (request.number().empty()) return finish(errors::MissingField("number"));
  Submit<Issued>(
      StepKind::kReads,
      [caller, number = request.number(), contents = cells_.Read()](BulletinDesk& desk) { return FindIssued(caller, rpc::Action::kRead, number, *contents, desk); },
      [this, caller, request, deadline, finish](absl::StatusOr<Issued> found, const journal::Position&) {
        if (!found.ok()) return finish(found.status());
        const absl::StatusOr<Asked> asked = AskAgain(found->issued, request.view(), request.at_least());
        if (!asked.ok()) return finish(asked.status());
        const absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(found->defined.source());
        if (!source.ok()) return finish(source.status());
        Composition composition = CompositionOf(caller, *asked, found->defined, *source, deadline);
        composition.region = found->content->region;
        composition.corrected = found->corrected;
        composition.number = found->issued.number();
        composition.date = found->issued.date();
        composer_.Compose(std::move(composition), [found = *std::move(found), finish](absl::StatusOr<Composed> composed) {
          if (!composed.ok()) return finish(composed.status());
          absl::StatusOr<std::string> bytes = CanonicalOf(composed->content);
          if (!bytes.ok()) return finish(bytes.status());
          v1::DiffBulletinResponse response;
          *response.mutable_changes() = ChangesOf(*found.content, composed->content);
          *response.mutable_basis() = composed->basis;
          *response.mutable_bulletin_basis() = rpc::MakeStamp(found.issued.basis(), 0);
          response.set_content(*std::move(bytes));
          finish(std::move(response));
        });
      });
}

}  // namespace anju::ranking
