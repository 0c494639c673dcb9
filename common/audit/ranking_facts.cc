// Versions and drafts in order, numbers once, every content what its SHA-256 says and what its event says about it.
#include "common/audit/ranking_facts.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace anju::audit {

void RankingFacts::Take(uint64_t sequence, std::string_view bytes) {
  if (sequence != next_++) return findings_.Add(sequence, "not the next event");
  ranking::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return findings_.Add(sequence, "not an event of the ranking journal");
  switch (event.kind_case()) {
    case ranking::v1::Event::kTemplate: return TakeTemplate(sequence, event.template_());
    case ranking::v1::Event::kDraft: return TakeDraft(sequence, event.draft());
    case ranking::v1::Event::kIssued: return TakeIssued(sequence, event.mutable_issued());
    case ranking::v1::Event::KIND_NOT_SET: return findings_.Add(sequence, "an event of no known kind");
  }
}

const std::string* RankingFacts::TemplateSource(const std::string& code, uint32_t version) const {
  const auto found = templates_.find({code, version});
  return found == templates_.end() ? nullptr : &found->second;
}

const Issued* RankingFacts::Find(const std::string& number) const {
  const auto found = numbers_.find(number);
  return found == numbers_.end() ? nullptr : &issued_[found->second];
}

void RankingFacts::TakeTemplate(uint64_t sequence, const ranking::v1::TemplateDefined& defined) {
  if (defined.version() != 1 && !templates_.contains({defined.code(), defined.version() - 1})) findings_.Add(sequence, absl::StrCat("version ", defined.version(), " of template ", defined.code(), " has none before it"));
  if (!templates_.emplace(std::pair(defined.code(), defined.version()), defined.source()).second) findings_.Add(sequence, "a version of a template was defined twice");
}

void RankingFacts::TakeDraft(uint64_t sequence, const ranking::v1::BulletinDrafted& draft) {
  if (draft.draft() != ++drafts_) findings_.Add(sequence, absl::StrCat("draft ", draft.draft(), " where ", drafts_, " was next"));
  if (bulletin::Sha256Hex(draft.content()) != absl::BytesToHexString(draft.sha256())) findings_.Add(sequence, "the draft's content is not what its SHA-256 says");
  if (TemplateSource(draft.template_code(), draft.template_version()) == nullptr) findings_.Add(sequence, "a draft from a template that is not there");
}

bool SameBasis(const bulletin::Content& content, const types::v1::Basis& basis) {
  std::vector<const types::v1::Position*> positions;
  if (basis.has_plan()) positions.push_back(&basis.plan());
  for (const types::v1::Position& progress : basis.progress()) positions.push_back(&progress);
  std::map<std::string, std::pair<uint64_t, std::string>> named;
  for (const types::v1::Position* position : positions) {
    if (position->sequence() > 0) named[position->journal_id()] = {position->sequence(), absl::BytesToHexString(position->block_hash())};
  }
  std::map<std::string, std::pair<uint64_t, std::string>> printed;
  for (const bulletin::JournalHead& head : content.basis) {
    if (head.sequence > 0) printed[head.journal] = {head.sequence, head.hash};
  }
  return named == printed;
}

void RankingFacts::TakeIssued(uint64_t sequence, ranking::v1::BulletinIssued* event) {
  Issued issued{.sequence = sequence, .event = std::move(*event), .content = {}};
  const ranking::v1::BulletinIssued& named = issued.event;
  if (bulletin::Sha256Hex(named.content()) != absl::BytesToHexString(named.sha256())) findings_.Add(sequence, absl::StrCat("the content of ", named.number(), " is not what its SHA-256 says"));
  if (named.draft() == 0 || named.draft() > drafts_) findings_.Add(sequence, absl::StrCat("bulletin ", named.number(), " comes from a draft that is not there"));
  auto content = bulletin::ParseCanonical(named.content());
  if (!content.ok()) {
    findings_.Add(sequence, absl::StrCat("the content of ", named.number(), " is not canonical"));
  } else {
    issued.content = std::move(*content);
    issued.readable = true;
    const bulletin::Content& printed = issued.content;
    if (printed.number != named.number() || printed.date != named.date() || printed.region != named.region() || printed.as_of != named.parameters().as_of() || printed.tree != named.parameters().tree() ||
        printed.template_code != named.template_code() || printed.template_version != named.template_version()) {
      findings_.Add(sequence, absl::StrCat("bulletin ", named.number(), " prints another number, date, region or template than it was issued under"));
    }
    if (!SameBasis(printed, named.basis())) findings_.Add(sequence, absl::StrCat("bulletin ", named.number(), " prints another basis than it was issued at"));
    const std::string* source = TemplateSource(printed.template_code, printed.template_version);
    if (source == nullptr || bulletin::Sha256Hex(*source) != printed.template_sha256) findings_.Add(sequence, absl::StrCat("bulletin ", named.number(), " names a template that is not there as it was"));
    if (printed.corrects) {
      const Issued* corrected = Find(printed.corrects->number);
      if (corrected == nullptr || bulletin::Sha256Hex(corrected->event.content()) != printed.corrects->sha256) findings_.Add(sequence, absl::StrCat("bulletin ", named.number(), " corrects one that is not there as it was"));
    }
  }
  if (!numbers_.emplace(named.number(), issued_.size()).second) findings_.Add(sequence, absl::StrCat("two bulletins of the number ", named.number()));
  issued_.push_back(std::move(issued));
}

}  // namespace anju::audit
