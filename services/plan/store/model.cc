// Applies events and keeps the rows that a restart begins with.
#include "services/plan/store/model.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/checks/records.h"
#include "common/registry/known.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::plan {
namespace {

template <typename Message>
Message Parsed(const std::string& bytes) {
  Message message;
  CHECK(message.ParseFromString(bytes));  // the same bytes were parsed when they were taken in
  return message;
}

Period FromProto(const types::v1::Period& period) { return {period.first_year(), period.last_year()}; }

uint32_t CountCodes(const v1::RegionsImported& event) {
  std::set<uint32_t> numbers;
  for (const types::v1::RegionRecord& record : event.regions()) numbers.insert(record.number());
  return static_cast<uint32_t>(numbers.size());
}

// All rows of a code together: they replace the earlier ones.
void PutRegions(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records, RowWriter& writer) {
  std::map<uint32_t, v1::RegionsImported> by_number;
  for (const types::v1::RegionRecord& record : records) *by_number[record.number()].add_regions() = record;
  for (const auto& [number, region] : by_number) writer.PutRegion(number, region);
}

}  // namespace

v1::DocumentImported StoredDocument::Event() const {
  v1::Event whole = Parsed<v1::Event>(event);
  return std::move(*whole.mutable_document());
}
v1::MilestonesImported StoredMilestones::Event() const { return Parsed<v1::MilestonesImported>(event); }

absl::Status PlanModel::Load(storage::Store& state) { return ReadRows(state, *this); }

absl::Status PlanModel::Apply(const journal::EventContext& context, std::string_view bytes, storage::Batch& rows) {
  v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(context.sequence), "an event cannot be read");
  }
  RETURN_IF_ERROR(CheckKnown(event));
  RowWriter writer(rows);
  RememberedRequest request{.sequence = context.sequence, .time_us = context.time_us, .actor = event.actor(),
                            .request_id = event.request_id(), .digest = event.request_digest()};
  switch (event.kind_case()) {
    case v1::Event::kRegions:
      anju::Apply(event.regions(), &registry_);
      PutRegions(event.regions().regions(), writer);
      request.kind = RequestKind::kRegions;
      request.changed = CountCodes(event.regions());
      request.unchanged = event.regions().unchanged();
      break;
    case v1::Event::kCatalogue:
      anju::Apply(event.catalogue(), &registry_);
      for (const types::v1::ProgrammeRecord& record : event.catalogue().programmes()) writer.PutProgramme(record);
      for (const types::v1::IndicatorRecord& record : event.catalogue().indicators()) writer.PutIndicator(record);
      request.kind = RequestKind::kCatalogue;
      request.changed = static_cast<uint32_t>(event.catalogue().programmes_size() + event.catalogue().indicators_size());
      request.unchanged = event.catalogue().unchanged();
      break;
    case v1::Event::kDocument:
      writer.PutDocument(context.sequence, bytes);
      request.kind = RequestKind::kDocument;
      request.document = event.document().number();
      OnDocument(context.sequence, event, std::string(bytes));
      break;
    case v1::Event::kMilestones: {
      std::string milestones = event.milestones().SerializeAsString();
      writer.PutMilestones(context.sequence, milestones);
      request.kind = RequestKind::kMilestones;
      request.document = event.milestones().document();
      OnMilestones(context.sequence, std::move(*event.mutable_milestones()), std::move(milestones));
      break;
    }
    case v1::Event::kBoundaries: {
      const v1::BoundariesChanged& boundaries = event.boundaries();
      anju::Apply(context.sequence, boundaries, &registry_);
      PutRegions(boundaries.regions(), writer);
      writer.PutBoundaries(context.sequence, bytes);
      boundary_records_[context.sequence] = {event.time_us(), event.actor()};
      request.kind = RequestKind::kBoundaries;
      request.changed = static_cast<uint32_t>(boundaries.events_size());
      request.unchanged = boundaries.unchanged();
      break;
    }
    case v1::Event::kChecks:
      for (const v1::CheckRule& rule : event.checks().rules()) {
        OnCheck(rule);
        writer.PutCheck(rule);
      }
      request.kind = RequestKind::kChecks;
      request.changed = static_cast<uint32_t>(event.checks().rules_size());
      request.unchanged = event.checks().unchanged();
      break;
    case v1::Event::KIND_NOT_SET:
      return MakeError(Reason::SCHEMA_TOO_NEW, "journal", absl::StrCat(context.sequence), "an event is of a kind this version does not know");
  }
  newest_time_us_ = context.time_us;
  writer.PutTime(newest_time_us_);
  if (!request.request_id.empty()) Remember(std::move(request), writer);
  return absl::OkStatus();
}

void PlanModel::Remember(RememberedRequest request, RowWriter& writer) {
  writer.PutRequest(request);
  OnRequest(std::move(request));
  if (request_order_.size() <= kRequestsRemembered) return;
  const auto oldest = requests_.find(request_order_.front());
  writer.DeleteRequest(oldest->second.sequence);
  requests_.erase(oldest);
  request_order_.pop_front();
}

void PlanModel::OnRequest(RememberedRequest request) {
  std::pair key(request.actor, request.request_id);
  request_order_.push_back(key);
  requests_.insert_or_assign(std::move(key), std::move(request));
}

void PlanModel::OnRegion(const v1::RegionsImported& rows) { anju::Apply(rows, &registry_); }
void PlanModel::OnProgramme(const types::v1::ProgrammeRecord& record) { registry_.catalogue.Put(anju::FromProto(record)); }
void PlanModel::OnIndicator(const types::v1::IndicatorRecord& record) { registry_.catalogue.Put(anju::FromProto(record)); }

void PlanModel::OnDocument(uint64_t sequence, const v1::Event& whole, std::string bytes) {
  const v1::DocumentImported& event = whole.document();
  StoredDocument document{.sequence = sequence, .rows = static_cast<uint32_t>(event.rows_size()), .time_us = whole.time_us(),
                          .actor = whole.actor(), .digest = event.content_digest(), .event = std::move(bytes)};
  document.header = {.number = event.number(), .issuer = event.issuer(), .layer = static_cast<Layer>(event.layer())};
  if (event.has_issued_days()) document.header.issued = Date{event.issued_days()};
  document.header.amends = event.amends();
  if (event.has_effective_days()) document.header.effective = Date{event.effective_days()};
  document.header.first_document = event.first_document();
  const std::string& line = document.header.line();
  for (const v1::Difference& difference : event.differences()) {
    if (difference.verdict() == types::v1::VERDICT_ROUNDING) ++document.roundings;
    else if (difference.verdict() == types::v1::VERDICT_NOTE) ++document.notes;
    else ++document.errors;
  }
  for (const v1::PrintedRow& row : event.rows()) {
    const Date day = document.header.DayOf(FromProto(row.period()));
    use_[row.region()].insert(day);
    use_[document.header.issuer].insert(day);
  }
  size_t index = 0;
  for (const v1::TargetCell& cell : event.cells()) {
    Standing standing{.missing = static_cast<Missing>(cell.missing()), .document = event.number(), .line = line};
    if (cell.has_target()) standing.target = cell.target();
    const CellKey key{cell.region(), cell.programme(), cell.indicator(), FromProto(cell.period()), static_cast<Layer>(cell.layer())};
    revisions_[key].push_back({.document = documents_.size(), .cell = index++, .target = standing.target,
                               .declared = cell.has_declared() ? std::optional(cell.declared()) : std::nullopt, .missing = standing.missing,
                               .line = cell.line()});
    Standing& stored = targets_.cells[key];
    // The first document to give a figure keeps it, until it is amended; those of other lines were checked to say the same.
    if (stored.document.empty() || stored.line == line || (!stored.target && standing.target)) stored = std::move(standing);
  }
  document_numbers_[event.number()] = documents_.size();
  lines_[line].push_back(documents_.size());
  documents_.push_back(std::move(document));
}

void PlanModel::OnMilestones(uint64_t sequence, v1::MilestonesImported event, std::string bytes) {
  milestone_documents_[event.document()] = milestones_.size();
  milestones_.push_back({.sequence = sequence, .document = event.document(), .count = event.milestones_size(),
                         .digest = event.content_digest(), .event = std::move(bytes)});
}

const StoredDocument* PlanModel::FindDocument(std::string_view number) const {
  const auto it = document_numbers_.find(std::string(number));
  return it == document_numbers_.end() ? nullptr : &documents_[it->second];
}

// The regions' rows were read with all others: here only who goes on with whom.
void PlanModel::OnBoundaries(uint64_t sequence, const v1::Event& event) {
  for (const v1::BoundaryEvent& record : event.boundaries().events()) {
    BoundaryEvent change = anju::FromProto(record);
    change.sequence = sequence;
    registry_.boundaries.Add(change);
  }
  boundary_records_[sequence] = {event.time_us(), event.actor()};
}

void PlanModel::OnCheck(const v1::CheckRule& rule) { checks_[rule.name()] = anju::FromProto(rule); }

const std::vector<Revision>& PlanModel::RevisionsOf(const CellKey& key) const {
  static const std::vector<Revision>* const none = new std::vector<Revision>();
  const auto it = revisions_.find(key);
  return it == revisions_.end() ? *none : it->second;
}

const StoredMilestones* PlanModel::FindMilestones(std::string_view document) const {
  const auto it = milestone_documents_.find(std::string(document));
  return it == milestone_documents_.end() ? nullptr : &milestones_[it->second];
}

const RememberedRequest* PlanModel::FindRequest(const std::string& actor, const std::string& request_id) const {
  const auto it = requests_.find({actor, request_id});
  return it == requests_.end() ? nullptr : &it->second;
}

}  // namespace anju::plan
