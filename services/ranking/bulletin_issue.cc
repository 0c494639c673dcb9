// Issuing: a draft becomes a bulletin under a number, unless what it says has changed since.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/faults/faults.h"
#include "common/status/macros.h"
#include "services/ranking/bulletin_requests.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/core/bulletin/text.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

// A given number that the pattern makes too is looked for this far.
constexpr uint32_t kOrdinalProbesMax = 9'999;

struct Numbered {
  std::string number;
  uint32_t ordinal = 0;
};

// D12 is a draft and -x an option wherever a bulletin is named.
bool MeansSomethingElse(std::string_view number) {
  if (number.starts_with('-')) return true;
  return number.size() > 1 && number.starts_with('D') && number.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool HasOuterBlank(std::string_view number) {
  static constexpr std::string_view kBlanks[] = {" ", "\u3000"};
  return std::any_of(std::begin(kBlanks), std::end(kBlanks), [&](std::string_view blank) { return number.starts_with(blank) || number.ends_with(blank); });
}

absl::Status CheckNumber(const std::string& number) {
  if (number.empty() || number.size() > kNumberBytesMax || !IsReadable(number) || HasOuterBlank(number)) {
    return errors::BadValue("number", number, absl::StrCat("a number of 1 to ", kNumberBytesMax, " bytes without control characters or outer blanks"));
  }
  if (MeansSomethingElse(number)) return errors::BadValue("number", number, "the number of a bulletin: D and digits name a draft, and no number begins with -");
  return absl::OkStatus();
}

// The number asked for, else the next one of the pattern in the year of `date`.
absl::StatusOr<Numbered> NumberFor(const BulletinsModel& model, const std::string& template_code, const std::string& pattern, Date date,
                                   const std::string& given) {
  const uint32_t next = model.LargestOrdinal(template_code, YearOf(date)) + 1;
  if (given.empty()) {
    // Another template may have the same pattern: offices count all their documents together.
    Numbered made{MakeNumber(pattern, date, next), next};
    while (model.FindBulletin(made.number) != nullptr) {
      const std::string before = std::exchange(made.number, MakeNumber(pattern, date, ++made.ordinal));
      if (made.number == before) return errors::NumberTaken(before);
    }
    RETURN_IF_ERROR(CheckNumber(made.number));
    return made;
  }
  RETURN_IF_ERROR(CheckNumber(given));
  if (model.FindBulletin(given) != nullptr) return errors::NumberTaken(given);
  for (uint32_t n = 1; n <= kOrdinalProbesMax; ++n) {
    if (MakeNumber(pattern, date, n) == given) return Numbered{given, n};
  }
  return Numbered{given, next};
}

// What of a draft would read otherwise now; "" when it says the same. Where it was computed from does not count.
std::string OutdatedBy(const bulletin::Content& draft, bulletin::Content now) {
  now.basis = draft.basis;
  now.basis_token = draft.basis_token;
  if (now == draft) return "";
  return Summary(Compare(draft, now));
}

}  // namespace

// A draft on its way to being issued.
struct Bulletins::Issuing {
  rpc::Caller caller;
  v1::IssueBulletinRequest request;
  std::string digest;
  Deadline deadline;
  rpc::Finish<v1::IssueBulletinResponse> finish;

  v1::BulletinDrafted drafted;  // without content
  bulletin::Content content;
  v1::TemplateDefined defined;
  std::shared_ptr<const Template> source;
  std::shared_ptr<const bulletin::Content> corrected;
  std::optional<v1::BulletinRecord> answer;  // of an earlier request with the same id

  // Whether it may be issued, as far as the journal tells. Looked at before composing and again before recording.
  absl::Status Look(const BulletinDesk& desk, const Contents& contents);
  absl::StatusOr<Date> DateOn(Date today) const;
  absl::Status ReadDraft(const BulletinDesk& desk);
};

absl::Status Bulletins::Issuing::Look(const BulletinDesk& desk, const Contents& contents) {
  ASSIGN_OR_RETURN(const RememberedRequest* earlier, FindEarlier(caller, request.request_id(), digest, desk));
  if (earlier != nullptr) {
    ASSIGN_OR_RETURN(v1::BulletinRecord record, Answered(*desk.model().FindBulletin(earlier->number), desk));
    record.clear_corrected_by();  // as it was answered then
    answer = std::move(record);
    return absl::OkStatus();
  }
  const StoredDraft* draft = desk.model().FindDraft(request.draft());
  if (draft == nullptr) return errors::UnknownDraft(request.draft());
  RETURN_IF_ERROR(AuthorizeCode(caller, rpc::Action::kPlan, draft->drafted.region(), contents));
  if (!draft->issued_as.empty()) return errors::AlreadyIssued(request.draft(), draft->issued_as);
  if (!request.number().empty()) RETURN_IF_ERROR(CheckNumber(request.number()));
  if (!request.number().empty() && desk.model().FindBulletin(request.number()) != nullptr) return errors::NumberTaken(request.number());
  drafted = draft->drafted;
  return DateOn(desk.today()).status();
}

absl::StatusOr<Date> Bulletins::Issuing::DateOn(Date today) const {
  const absl::StatusOr<Date> date = request.date().empty() ? today : ParseDate(request.date());
  if (!date.ok()) return errors::InField(date.status(), "date", request.date());
  ASSIGN_OR_RETURN(const Date as_of, ParseDate(drafted.parameters().as_of()));
  if (*date < as_of) return errors::IssuedBeforeFigures(FormatDate(*date), as_of);
  if (*date > today) return errors::FutureDate("date", *date, today);
  return date;
}

absl::Status Bulletins::Issuing::ReadDraft(const BulletinDesk& desk) {
  const BulletinsModel& model = desk.model();
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> bytes, desk.ContentOf(*model.FindDraft(request.draft())));
  ASSIGN_OR_RETURN(content, bulletin::ParseCanonical(*bytes));
  const StoredTemplate* stored = model.FindTemplate(drafted.template_code(), drafted.template_version());
  CHECK(stored != nullptr);  // it was drafted from it
  defined = stored->defined;
  if (const StoredBulletin* old = model.FindBulletin(drafted.corrects())) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> was, desk.ContentOf(*old));
    ASSIGN_OR_RETURN(bulletin::Content parsed, bulletin::ParseCanonical(*was));
    corrected = std::make_shared<const bulletin::Content>(std::move(parsed));
  }
  return absl::OkStatus();
}

void Bulletins::IssueBulletin(const rpc::Caller& caller, const v1::IssueBulletinRequest& request, Deadline deadline,
                              rpc::Finish<v1::IssueBulletinResponse> finish) {
  if (!Admit(true, finish)) return;
  if (request.draft() == 0) return finish(errors::MissingField("draft"));
  auto issuing = std::make_shared<Issuing>();
  issuing->caller = caller;
  issuing->request = request;
  issuing->digest = DigestOf(request);
  issuing->deadline = deadline;
  issuing->finish = std::move(finish);
  Submit<bool>(
      StepKind::kReads,
      [issuing, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(issuing->Look(desk, *contents));
        if (!issuing->answer) RETURN_IF_ERROR(issuing->ReadDraft(desk));
        return true;
      },
      [this, issuing](absl::StatusOr<bool> looked, const journal::Position&) {
        if (!looked.ok()) return issuing->finish(looked.status());
        if (issuing->answer) {
          v1::IssueBulletinResponse response;
          *response.mutable_bulletin() = *std::move(issuing->answer);
          return issuing->finish(std::move(response));
        }
        absl::StatusOr<std::shared_ptr<const Template>> source = ReadTemplate(issuing->defined.source());
        if (!source.ok()) return issuing->finish(source.status());
        issuing->source = *std::move(source);
        if (issuing->request.as_drafted() || issuing->drafted.basis_chosen()) return RecordIssue(issuing);
        CheckDraft(issuing);
      });
}

// Composes again at the newest basis. What says the same is issued with the draft's own basis.
void Bulletins::CheckDraft(std::shared_ptr<Issuing> issuing) {
  const v1::BulletinParameters& parameters = issuing->drafted.parameters();
  types::v1::View view;
  view.set_tree(parameters.tree());
  view.set_review(parameters.review());
  const absl::StatusOr<Asked> asked = ReadParameters(parameters.as_of(), view, "");
  if (!asked.ok()) return issuing->finish(asked.status());
  Composition composition{.caller = issuing->caller, .source = issuing->source, .template_sha256 = issuing->content.template_sha256,
                          .template_version = issuing->drafted.template_version(), .as_of = *asked->as_of, .tree = asked->tree, .view = asked->view};
  composition.corrected = issuing->corrected;
  composition.deadline = issuing->deadline;
  composer_.Compose(std::move(composition), [this, issuing](absl::StatusOr<Composed> now) {
    if (!now.ok()) return issuing->finish(now.status());
    const std::string outdated = OutdatedBy(issuing->content, std::move(now->content));
    if (!outdated.empty()) return issuing->finish(errors::DraftOutdated(outdated));
    RecordIssue(issuing);
  });
}

void Bulletins::RecordIssue(std::shared_ptr<Issuing> issuing) {
  Submit<v1::BulletinRecord>(
      StepKind::kRecords,
      [issuing, contents = cells_.Read()](BulletinDesk& desk) -> absl::StatusOr<v1::BulletinRecord> {
        RETURN_IF_ERROR(issuing->Look(desk, *contents));
        if (issuing->answer) return *std::move(issuing->answer);
        ASSIGN_OR_RETURN(const Date date, issuing->DateOn(desk.today()));
        const v1::BulletinDrafted& drafted = issuing->drafted;
        ASSIGN_OR_RETURN(const Numbered numbered,
                         NumberFor(desk.model(), drafted.template_code(), issuing->source->number, date, issuing->request.number()));
        issuing->content.number = numbered.number;
        issuing->content.date = FormatDate(date);
        ASSIGN_OR_RETURN(std::string bytes, CanonicalOf(issuing->content));
        v1::Event event;
        Sign(issuing->caller, issuing->request.request_id(), issuing->digest, &event);
        v1::BulletinIssued* issued = event.mutable_issued();
        issued->set_number(numbered.number);
        issued->set_date(issuing->content.date);
        issued->set_draft(drafted.draft());
        issued->set_template_code(drafted.template_code());
        issued->set_template_version(drafted.template_version());
        *issued->mutable_parameters() = drafted.parameters();
        *issued->mutable_basis() = drafted.basis();
        issued->set_sha256(Sha256(bytes));
        issued->set_content(std::move(bytes));
        issued->set_corrects(drafted.corrects());
        issued->set_region(drafted.region());
        issued->set_ordinal(numbered.ordinal);
        issued->set_title(drafted.title());
        RETURN_IF_ERROR(desk.Record(event));
        faults::Reach("ranking.issued");
        return Answered(*desk.model().FindBulletin(numbered.number), desk);
      },
      [issuing](absl::StatusOr<v1::BulletinRecord> record, const journal::Position& durable) {
        if (!record.ok()) return issuing->finish(record.status());
        Complete(durable, record->mutable_position());
        v1::IssueBulletinResponse response;
        *response.mutable_bulletin() = *std::move(record);
        issuing->finish(std::move(response));
      });
}

}  // namespace anju::ranking
