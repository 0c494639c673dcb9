// ExplainCell: one look for everything that is known here, then one question to the progress services for what only they know.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/explain.h"
#include "services/aggregator/errors.h"
#include "services/aggregator/handlers.h"

namespace anju::aggregator {
namespace {

constexpr int kPageDefault = 100;
constexpr int kPageMax = 1'000;

// A page token names the next row, the question, and the basis of the first page, so that all pages are of one answer.
struct PageToken {
  size_t offset = 0;
  std::string basis;
};

// FNV-1a: tells questions apart, no more.
uint64_t DigestOf(const v1::ExplainCellRequest& request) {
  uint64_t digest = 14695981039346656037ULL;
  const auto mix = [&](std::string_view text) {
    for (const char byte : text) digest = (digest ^ static_cast<uint8_t>(byte)) * 1099511628211ULL;
    digest = (digest ^ 0x100) * 1099511628211ULL;
  };
  for (const std::string* text : {&request.region(), &request.programme(), &request.indicator(), &request.year(), &request.as_of(),
                                  &request.view().tree(), &request.view().known_on(), &request.view().at()}) {
    mix(*text);
  }
  mix(absl::StrCat(request.view().review()));
  return digest;
}

std::string MakePageToken(const v1::ExplainCellRequest& request, const PageToken& page) {
  std::string token;
  absl::WebSafeBase64Escape(absl::StrCat(page.offset, " ", DigestOf(request), " ", page.basis), &token);
  return token;
}

absl::StatusOr<PageToken> ParsePageToken(const v1::ExplainCellRequest& request) {
  PageToken page;
  if (request.page_token().empty()) return page;
  std::string text;
  if (!absl::WebSafeBase64Unescape(request.page_token(), &text)) return BadPageToken(request.page_token());
  const std::vector<std::string> fields = absl::StrSplit(text, ' ');
  uint64_t digest = 0;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &page.offset) || !absl::SimpleAtoi(fields[1], &digest) || digest != DigestOf(request)) {
    return BadPageToken(request.page_token());
  }
  page.basis = fields[2];
  return page;
}

// The key that is asked for. A flow has no figures without a year.
absl::StatusOr<CellKey> KeyOf(const v1::ExplainCellRequest& request, Period period, const Registry& registry, Date day) {
  ErrorCollector errors;
  CellKey key{.period = period};
  key.region = OrZero(registry.regions.Resolve(request.region(), 0, day), &errors);
  key.programme = OrZero(registry.catalogue.ResolveProgramme(request.programme()), &errors);
  key.indicator = OrZero(registry.catalogue.ResolveIndicator(request.indicator()), &errors);
  if (const Indicator* indicator = registry.catalogue.FindIndicator(key.indicator); indicator != nullptr && period.is_stock() && !indicator->is_stock()) {
    errors.Add(WithField(BadKeyPeriod(period, indicator->code, false), "year"));
  }
  if (!errors.empty()) return errors.ToStatus();
  return key;
}

// What is known of an update without asking its service.
progress::v1::ListedUpdate ListedOf(const SeriesEntry& entry, const InForce& in_force, const CellKey& cell, const View& view) {
  progress::v1::ListedUpdate listed;
  listed.set_sequence(entry.sequence);
  const Date day{entry.as_of};
  if (const Region* row = view.regions().Nearest(cell.region, day)) listed.set_region(row->code);
  if (const Programme* programme = view.catalogue().FindProgramme(cell.programme)) listed.set_programme(programme->code);
  if (const Indicator* indicator = view.catalogue().FindIndicator(cell.indicator)) {
    listed.set_indicator(indicator->code);
    listed.set_value(FormatAmount(*indicator, entry.amount));
    listed.set_unit(indicator->unit);
  }
  *listed.mutable_period() = ToProto(cell.period);
  listed.set_as_of(FormatDate(day));
  listed.set_kind(static_cast<progress::v1::UpdateKind>(entry.kind));
  if (const Note* note = in_force.leaf->NoteOf(entry.sequence)) {
    listed.set_explanation(note->explanation);
    for (const Flag& flag : note->flags) *listed.add_flags() = ToProto(flag);
  }
  const uint64_t known = view.moment().known ? view.moment().known->progress_of(in_force.slot) : UINT64_MAX;
  listed.set_review(static_cast<types::v1::ReviewState>(in_force.leaf->StateOf(entry.sequence, known)));
  return listed;
}

v1::Contribution ToProto(const Contribution& contribution, const View& view, Date day, const FeedJournals& journals) {
  v1::Contribution out;
  const CellKey& cell = contribution.fact.cell;
  out.set_region(cell.region);
  if (const Region* row = view.regions().Nearest(cell.region, day)) {
    out.set_region_code(row->code);
    out.set_region_name(row->name);
  }
  if (const Programme* programme = view.catalogue().FindProgramme(cell.programme)) out.set_programme(programme->code);
  out.set_amount(contribution.fact.figure.amount);
  out.set_counted(contribution.fact.counted);
  for (const size_t index : contribution.fact.path) *out.add_boundaries() = anju::ToProto(view.boundaries().all()[index]);
  out.set_declared(contribution.fact.declared);
  if (!contribution.in_force) return out;
  // One name for all of them: that of the newest, which is one of those before it too.
  uint64_t newest = 0;
  for (const SeriesEntry* entry : contribution.in_force->entries) {
    newest = std::max(newest, entry->sequence);
    *out.add_updates() = ListedOf(*entry, *contribution.in_force, cell, view);
  }
  out.set_journal_id(journals.NameOf(size_t{contribution.in_force->slot} + 1, newest));
  return out;
}

std::optional<v1::TargetExplanation> ToProto(const TargetRule& rule, size_t layer) {
  if (!rule.target && rule.revisions.empty()) return std::nullopt;
  v1::TargetExplanation out;
  out.set_layer(static_cast<types::v1::Layer>(layer + 1));
  if (rule.target && rule.target->amount) out.set_target(*rule.target->amount);
  if (rule.target && rule.target->declared) out.set_declared(*rule.target->declared);
  out.set_rule(static_cast<v1::Rule>(rule.rule));
  out.set_parts(rule.parts);
  out.set_moved(rule.moved);
  for (const Revision* revision : rule.revisions) {
    v1::RevisionNote* note = out.add_revisions();
    note->set_document(revision->target.document);
    note->set_amends(revision->amends);
    note->set_effective(FormatDate(revision->effective));
    if (revision->target.amount) note->set_target(*revision->target.amount);
    note->set_missing(static_cast<types::v1::Missing>(revision->target.missing));
    note->set_place(revision->place);
    note->set_sequence(revision->sequence);
    note->set_in_force(revision == rule.in_force);
  }
  return out;
}

// An answer, and who still has to be asked about which of its updates.
struct Explained {
  v1::ExplainCellResponse response;
  std::vector<Cell> parts;
  Journals journals;
  std::vector<Upstreams::Asked> asked;
};

// The updates of the page by journal, in calls of the size that a progress service takes.
std::vector<Upstreams::Asked> QuestionsOf(const v1::ExplainCellResponse& response, const FeedJournals& journals, const Known& known) {
  std::vector<std::vector<uint64_t>> sequences(known.progress.size());
  for (const v1::Contribution& contribution : response.contributions()) {
    const std::optional<size_t> feed = journals.FeedOf(contribution.journal_id());
    for (const auto& update : contribution.updates()) {
      if (feed) sequences[*feed - 1].push_back(update.sequence());
    }
  }
  std::vector<Upstreams::Asked> asked;
  for (Slot slot = 0; slot < sequences.size(); ++slot) {
    std::vector<uint64_t>& of_slot = sequences[slot];
    std::sort(of_slot.begin(), of_slot.end());
    of_slot.erase(std::unique(of_slot.begin(), of_slot.end()), of_slot.end());
    for (size_t i = 0; i < of_slot.size(); ++i) {
      if (i % kUpdatesPerCallMax == 0) {
        asked.push_back({.slot = slot, .request = {}});
        asked.back().request.set_known_sequence(known.progress[slot]);
      }
      asked.back().request.add_sequences(of_slot[i]);
    }
  }
  return asked;
}

// Puts what the services said in the place of what was known here.
void Enrich(std::vector<progress::v1::GetUpdatesResponse> answers, const FeedJournals& journals, v1::ExplainCellResponse* response) {
  std::map<std::pair<std::optional<size_t>, uint64_t>, const progress::v1::ListedUpdate*> known;
  for (const progress::v1::GetUpdatesResponse& answer : answers) {
    // A journal that was replaced meanwhile gives other updates the same numbers.
    for (const types::v1::Position& position : answer.basis().basis().progress()) {
      for (const auto& update : answer.updates()) known[{journals.FeedOf(position.journal_id()), update.sequence()}] = &update;
    }
  }
  for (v1::Contribution& contribution : *response->mutable_contributions()) {
    const std::optional<size_t> feed = journals.FeedOf(contribution.journal_id());
    for (progress::v1::ListedUpdate& update : *contribution.mutable_updates()) {
      const auto found = known.find({feed, update.sequence()});
      if (feed && found != known.end() && found->second->as_of() == update.as_of()) update = *found->second;
    }
  }
}

}  // namespace

void Handlers::ExplainCell(const rpc::Caller& caller, const v1::ExplainCellRequest& request, Deadline deadline,
                           rpc::Finish<v1::ExplainCellResponse> finish) {
  if (request.region().empty()) return finish(MissingField("region"));
  if (request.programme().empty()) return finish(MissingField("programme"));
  if (request.indicator().empty()) return finish(MissingField("indicator"));
  if (request.page_size() < 0 || request.page_size() > kPageMax) return finish(BadPageSize(request.page_size(), kPageMax));
  const size_t page_size = request.page_size() == 0 ? kPageDefault : request.page_size();
  const auto period = ParseYear(request.year());
  if (!period.ok()) return finish(period.status());
  const auto page = ParsePageToken(request);
  if (!page.ok()) return finish(page.status());
  auto asked = ParseMoment(request.as_of(), request.view(), clock_.Today());
  if (!asked.ok()) return finish(asked.status());
  if (!page->basis.empty()) {
    auto basis = rpc::ParseToken(page->basis);
    if (!basis.ok()) return finish(BadPageToken(request.page_token()));
    asked->known_on.reset();
    asked->over.reset();
    asked->max_staleness_ms = 0;  // it was complete and fresh enough when its basis was chosen
    asked->at = *std::move(basis);
  }

  const auto explain = [this, caller, request, period = *period, page = *page, page_size, asked = *asked]() -> absl::StatusOr<Explained> {
    return LookAt(request.at_least(), [&](const Sight& sight) -> absl::StatusOr<Explained> {
      ASSIGN_OR_RETURN(const ResolvedMoment resolved, ResolveMoment(asked, sight));
      const Registry& registry = *resolved.registry;
      const Date day = DayOf(resolved.moment, period);
      ASSIGN_OR_RETURN(const CellKey key, KeyOf(request, period, registry, day));
      RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, key.region, &registry.regions, day));
      View view(sight.state, resolved.moment, BooksFor(sight, resolved));
      Explanation explanation = Explain(view, key);

      Explained found;
      v1::ExplainCellResponse& response = found.response;
      found.journals = sight.journals;
      *response.mutable_cell() = ToProto(explanation.cell, *found.journals);
      response.set_rule(static_cast<v1::Rule>(explanation.figure.rule));
      response.set_parts(static_cast<uint32_t>(explanation.parts.size()));
      if (explanation.parts.size() > kRowsMax) explanation.parts.resize(kRowsMax);
      found.parts = std::move(explanation.parts);
      response.set_total_contributions(static_cast<uint32_t>(explanation.contributions.size()));
      const size_t first = std::min(page.offset, explanation.contributions.size());
      const size_t last = std::min(first + page_size, explanation.contributions.size());
      for (size_t i = first; i < last; ++i) *response.add_contributions() = ToProto(explanation.contributions[i], view, day, *sight.journals);
      for (size_t layer = 0; layer < kLayers; ++layer) {
        if (auto target = ToProto(explanation.targets[layer], layer)) *response.add_targets() = *std::move(target);
      }
      AddRegion(registry.regions, key.region, day, response.mutable_regions());
      RegionNumber named = key.region;
      for (const Cell& part : found.parts) {
        if (part.key.region != named) AddRegion(registry.regions, named = part.key.region, day, response.mutable_regions());
      }
      AddCatalogue(registry.catalogue, &response);
      if (last < explanation.contributions.size()) response.set_next_page_token(MakePageToken(request, {last, resolved.stamp.token()}));
      *response.mutable_basis() = resolved.stamp;
      response.set_tree(TreeOf(resolved.moment, period));
      found.asked = QuestionsOf(response, *found.journals, resolved.moment.known ? *resolved.moment.known : Everything(sight));
      return found;
    });
  };
  WhenReady(request.at_least(), {*asked}, deadline, [this, explain, finish = std::move(finish)](const absl::Status& ready) {
    if (!ready.ok()) return finish(ready);
    absl::StatusOr<Explained> explained = explain();
    if (!explained.ok()) return finish(explained.status());
    for (const Cell& part : explained->parts) *explained->response.add_part_cells() = ToProto(part, *explained->journals);
    auto response = std::make_shared<v1::ExplainCellResponse>(std::move(explained->response));
    upstreams_.GetUpdates(std::move(explained->asked), [response, journals = explained->journals, finish](std::vector<progress::v1::GetUpdatesResponse> answers) {
      Enrich(std::move(answers), *journals, response.get());
      finish(std::move(*response));
    });
  });
}

}  // namespace anju::aggregator
