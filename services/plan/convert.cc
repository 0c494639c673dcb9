// Copies fields between messages and core values.
#include "services/plan/convert.h"

#include "common/checks/records.h"
#include "common/registry/registry.h"
#include "common/status/macros.h"

namespace anju::plan {
namespace {

types::v1::Period ToProto(const Period& period) {
  types::v1::Period out;
  out.set_first_year(period.first);
  out.set_last_year(period.last);
  return out;
}

types::v1::Layer ToProto(Layer layer) { return static_cast<types::v1::Layer>(layer); }
types::v1::Missing ToProto(Missing missing) { return static_cast<types::v1::Missing>(missing); }

types::v1::Verdict ToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact: return types::v1::VERDICT_EXACT;
    case Verdict::kRounding: return types::v1::VERDICT_ROUNDING;
    case Verdict::kError: return types::v1::VERDICT_ERROR;
    case Verdict::kNotAdditive: return types::v1::VERDICT_NOT_ADDITIVE;
    case Verdict::kNote: return types::v1::VERDICT_NOTE;
  }
  return types::v1::VERDICT_UNSPECIFIED;
}

// Rows, cells, differences and allocations all name their cell with the same five fields.
template <typename Message>
void SetKey(const CellKey& key, Message* message) {
  message->set_region(key.region);
  message->set_programme(key.programme);
  message->set_indicator(key.indicator);
  *message->mutable_period() = ToProto(key.period);
  message->set_layer(ToProto(key.layer));
}

void SetRow(const PrintedRow& row, v1::PrintedRow* out) {
  SetKey(row.key, out);
  out->set_printed(row.value);
  out->set_unit(row.unit_word);
  out->set_amount(row.amount);
  out->set_missing(ToProto(row.missing));
  out->set_role(static_cast<v1::Role>(row.role));
  out->set_place(row.place);
  out->set_note(row.note);
  out->mutable_total_of()->Add(row.total_of.begin(), row.total_of.end());
  out->set_line(row.line);
}

template <typename Message>
CellKey KeyOf(const Message& message) {
  return {.region = message.region(), .programme = message.programme(), .indicator = message.indicator(),
          .period = {message.period().first_year(), message.period().last_year()}, .layer = static_cast<Layer>(message.layer())};
}

PrintedRow RowOf(const v1::PrintedRow& row, const Catalogue& catalogue) {
  PrintedRow out{.key = KeyOf(row), .role = static_cast<Role>(row.role()), .missing = static_cast<Missing>(row.missing()),
                 .value = row.printed(), .amount = row.amount(), .unit_word = row.unit(), .place = row.place(), .note = row.note(),
                 .total_of = {row.total_of().begin(), row.total_of().end()}, .line = row.line()};
  out.key.reserve = out.role == Role::kReserve;
  // Both could be read when the row was taken in, and no unit ever changes.
  const absl::StatusOr<Unit> unit = FindUnit(*catalogue.FindIndicator(row.indicator()), row.unit());
  CHECK_OK(unit.status());
  out.unit = *unit;
  if (out.missing != Missing::kNumber) return out;
  const absl::StatusOr<Decimal> printed = ParseDecimal(row.printed());
  CHECK_OK(printed.status());
  out.printed = *printed;
  return out;
}

}  // namespace

std::vector<RegionRowText> RegionRows(const v1::ImportRegionsRequest& request) {
  std::vector<RegionRowText> rows;
  rows.reserve(request.rows_size());
  for (const v1::RegionRow& row : request.rows()) {
    rows.push_back({row.line(), row.code(), row.name(), row.parent(), row.level(), row.kind(), row.valid_from(), row.valid_to(),
                    row.aliases(), row.gb_code(), row.order(), row.members(), row.note()});
  }
  return rows;
}

std::vector<CatalogueRowText> CatalogueRows(const v1::ImportCatalogueRequest& request) {
  std::vector<CatalogueRowText> rows;
  rows.reserve(request.rows_size());
  for (const v1::CatalogueRow& row : request.rows()) {
    rows.push_back({row.line(), row.type(), row.code(), row.name(), row.parent(), row.unit(), row.scale(), row.units_accepted(),
                    row.over_regions(), row.over_time(), row.part_of(), row.part_kind(), row.entries(), row.exits(), row.negative()});
  }
  return rows;
}

DocumentText DocumentOf(const v1::ImportDocumentRequest& request) {
  DocumentText text{request.document(), request.issuer(), request.issued(), request.layer(), request.amends(), request.effective(), {}};
  text.rows.reserve(request.rows_size());
  for (const v1::PlanRow& row : request.rows()) {
    text.rows.push_back({row.line(), row.region(), row.programme(), row.indicator(), row.plan_year(), row.value(), row.unit(), row.note(),
                         row.role(), row.layer(), row.place(), row.total_of()});
  }
  return text;
}

std::vector<MilestoneRowText> MilestoneRows(const v1::ImportMilestonesRequest& request) {
  std::vector<MilestoneRowText> rows;
  rows.reserve(request.rows_size());
  for (const v1::MilestoneRow& row : request.rows()) {
    rows.push_back({row.line(), row.region(), row.programme(), row.indicator(), row.plan_year(), row.by(), row.share(), row.of(),
                    row.cohort(), row.strength(), row.layer(), row.place()});
  }
  return rows;
}

std::vector<BoundaryRowText> BoundaryRows(const v1::ImportBoundariesRequest& request) {
  std::vector<BoundaryRowText> rows;
  rows.reserve(request.rows_size());
  for (const v1::BoundaryRow& row : request.rows()) {
    rows.push_back({row.line(), row.date(), row.event(), row.region(), row.into(), row.share(), row.units(), row.name(), row.level(), row.kind(),
                    row.parent(), row.document(), row.note()});
  }
  return rows;
}

std::vector<CheckRowText> CheckRows(const v1::ImportChecksRequest& request) {
  std::vector<CheckRowText> rows;
  rows.reserve(request.rows_size());
  for (const v1::CheckRow& row : request.rows()) {
    rows.push_back({row.line(), row.name(), row.check(), row.programme(), row.indicator(), row.other(), row.limit(), row.at_least(), row.action()});
  }
  return rows;
}

v1::RegionsImported RegionsEvent(const RegionImport& import) {
  v1::RegionsImported event;
  for (const std::vector<Region>& rows : import.changed) {
    for (const Region& row : rows) *event.add_regions() = anju::ToProto(row);
  }
  event.set_unchanged(import.unchanged);
  return event;
}

v1::CatalogueImported CatalogueEvent(const CatalogueImport& import) {
  v1::CatalogueImported event;
  for (const Programme& programme : import.programmes) *event.add_programmes() = anju::ToProto(programme);
  for (const Indicator& indicator : import.indicators) *event.add_indicators() = anju::ToProto(indicator);
  event.set_unchanged(import.unchanged);
  return event;
}

v1::BoundariesChanged BoundariesEvent(const BoundaryImport& import) {
  v1::BoundariesChanged event;
  for (const BoundaryEvent& change : import.events) *event.add_events() = anju::ToProto(change);
  for (const std::vector<Region>& rows : import.changed) {
    for (const Region& row : rows) *event.add_regions() = anju::ToProto(row);
  }
  event.set_unchanged(import.unchanged);
  return event;
}

v1::ChecksImported ChecksEvent(const CheckImport& import) {
  v1::ChecksImported event;
  for (const CheckRule& rule : import.rules) *event.add_rules() = anju::ToProto(rule);
  event.set_unchanged(import.unchanged);
  return event;
}

v1::DocumentImported DocumentEvent(const Document& document, const Evaluation& evaluation, const std::string& digest) {
  v1::DocumentImported event;
  event.set_number(document.header.number);
  event.set_issuer(document.header.issuer);
  if (document.header.issued) event.set_issued_days(document.header.issued->days);
  event.set_layer(ToProto(document.header.layer));
  event.set_amends(document.header.amends);
  if (document.header.effective) event.set_effective_days(document.header.effective->days);
  event.set_first_document(document.header.first_document);
  for (const PrintedRow& row : document.rows) SetRow(row, event.add_rows());
  for (const TargetCell& cell : evaluation.cells) {
    v1::TargetCell* out = event.add_cells();
    SetKey(cell.key, out);
    if (cell.target) out->set_target(*cell.target);
    if (cell.declared) out->set_declared(*cell.declared);
    out->set_missing(ToProto(cell.missing));
    out->set_place(cell.place);
    out->set_line(cell.line);
  }
  for (const Difference& difference : evaluation.differences) {
    v1::Difference* out = event.add_differences();
    out->set_relation(difference.relation);
    SetKey(difference.cell, out);
    out->set_place(difference.place);
    out->set_printed(difference.printed);
    out->set_unit(difference.unit);
    out->set_computed(difference.computed);
    out->set_verdict(ToProto(difference.verdict));
    out->set_rule(difference.rule);
    out->set_line(difference.line);
  }
  event.set_differences_accepted(evaluation.has_errors());
  event.set_content_digest(digest);
  event.set_relations(evaluation.relations);
  event.set_relations_exact(evaluation.relations_exact);
  for (const Allocation& allocation : evaluation.allocations) {
    v1::Allocation* out = event.add_allocations();
    SetKey(allocation.cell, out);
    out->set_upper_layer(ToProto(allocation.upper_layer));
    out->set_allocated(allocation.allocated);
    out->set_upper(allocation.upper);
    out->set_over(allocation.over());
  }
  return event;
}

v1::MilestonesImported MilestonesEvent(const std::string& document, const std::vector<Milestone>& milestones, const std::string& digest) {
  v1::MilestonesImported event;
  event.set_document(document);
  for (const Milestone& milestone : milestones) {
    v1::Milestone* out = event.add_milestones();
    out->set_region(milestone.region);
    out->set_programme(milestone.programme);
    out->set_indicator(milestone.indicator);
    *out->mutable_period() = ToProto(milestone.period);
    out->set_by_days(milestone.by.days);
    out->set_share_digits(milestone.share.digits);
    out->set_share_scale(static_cast<uint32_t>(milestone.share.scale));
    out->set_of_indicator(milestone.of);
    if (!milestone.cohort.is_stock()) *out->mutable_cohort() = ToProto(milestone.cohort);
    out->set_strive(milestone.strive);
    out->set_layer(ToProto(milestone.layer));
    out->set_place(milestone.place);
  }
  event.set_content_digest(digest);
  return event;
}

LineDocument LineDocumentOf(const DocumentHeader& header, const v1::DocumentImported& event, const Catalogue& catalogue) {
  LineDocument document{.document = {.header = header}};
  document.document.rows.reserve(static_cast<size_t>(event.rows_size()));
  for (const v1::PrintedRow& row : event.rows()) document.document.rows.push_back(RowOf(row, catalogue));
  for (const v1::TargetCell& cell : event.cells()) {
    TargetCell& out = document.cells.emplace_back();
    out = {.key = KeyOf(cell), .missing = static_cast<Missing>(cell.missing()), .place = cell.place(), .line = cell.line()};
    if (cell.has_target()) out.target = cell.target();
    if (cell.has_declared()) out.declared = cell.declared();
  }
  return document;
}

v1::ImportDocumentResponse DocumentAnswer(const v1::DocumentImported& event) {
  v1::ImportDocumentResponse response;
  response.set_rows(static_cast<uint32_t>(event.rows_size()));
  response.set_relations(event.relations());
  response.set_relations_exact(event.relations_exact());
  *response.mutable_differences() = event.differences();
  *response.mutable_allocations() = event.allocations();
  return response;
}

v1::ListedBoundary ListedOf(const BoundaryEvent& event, const BoundaryRecord& record, const RegionTree& tree) {
  v1::ListedBoundary listed;
  *listed.mutable_event() = anju::ToProto(event);
  const Region& region = *tree.Nearest(event.region, Date{event.date.days - 1});
  listed.set_region(region.code);
  listed.set_name(region.name);
  if (const Region* into = tree.Nearest(event.into, event.date)) {
    listed.set_into(into->code);
    listed.set_into_name(into->name);
  }
  for (const RegionNumber unit : event.units) listed.add_units(tree.Rows(unit)->front().code);
  listed.set_sequence(event.sequence);
  listed.set_recorded_time_us(record.time_us);
  listed.set_actor(record.actor);
  return listed;
}

v1::DocumentSummary SummaryOf(const StoredDocument& document, const RegionTree& tree) {
  v1::DocumentSummary summary;
  const DocumentHeader& header = document.header;
  summary.set_number(header.number);
  if (const std::vector<Region>* rows = tree.Rows(header.issuer)) summary.set_issuer(rows->front().code);
  summary.set_issued(header.issued ? FormatDate(*header.issued) : "unknown");
  summary.set_layer(ToProto(header.layer));
  summary.set_rows(document.rows);
  summary.set_errors(document.errors);
  summary.set_roundings(document.roundings);
  summary.set_notes(document.notes);
  summary.set_sequence(document.sequence);
  summary.set_amends(header.amends);
  if (header.effective) summary.set_effective(FormatDate(*header.effective));
  return summary;
}

}  // namespace anju::plan
