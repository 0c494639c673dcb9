// Folds plan events into lists: numbers minted in order, nothing named that is not there, totals that are facts.
#include "common/audit/plan_facts.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace anju::audit {
namespace {

constexpr int kDepthMax = 64;  // of a tree; deeper is a circle

Row FromProto(const types::v1::RegionRecord& record) {
  Row row{.region = record.number(), .code = record.code(), .name = record.name(), .parent = record.parent(), .level = record.level(), .kind = record.kind(), .order = record.order(), .members = {}};
  if (record.has_valid_from_days()) row.from = Date{record.valid_from_days()};
  if (record.has_valid_to_days()) row.to = Date{record.valid_to_days()};
  row.members.assign(record.members().begin(), record.members().end());
  return row;
}

Period FromProto(const types::v1::Period& period) { return {period.first_year(), period.last_year()}; }

// Exact fractions above zero, for shares that must sum to one.
struct Share {
  __int128 numerator = 0, denominator = 1;
  void Add(int64_t n, int64_t d) {
    numerator = numerator * d + __int128{n} * denominator;
    denominator *= d;
    __int128 a = numerator, b = denominator;
    while (b != 0) std::tie(a, b) = std::pair(b, a % b);
    if (a > 1) numerator /= a, denominator /= a;
  }
};

}  // namespace

const Indicator* PlanFacts::FindIndicator(Number number) const {
  const auto it = newest_indicators_.find(number);
  return it == newest_indicators_.end() ? nullptr : &it->second;
}

void PlanFacts::Take(uint64_t sequence, std::string_view bytes) {
  PlanEvent& to = events_.emplace_back();
  if (sequence != events_.size()) return findings_.Add(sequence, absl::StrCat("event ", events_.size(), " was expected"));
  plan::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return findings_.Add(sequence, "not an event of the plan journal");
  switch (event.kind_case()) {
    case plan::v1::Event::kRegions: return TakeRegions(sequence, event.regions().regions(), &to);
    case plan::v1::Event::kCatalogue: return TakeCatalogue(sequence, event.catalogue(), &to);
    case plan::v1::Event::kDocument: return TakeDocument(sequence, event.document(), &to);
    case plan::v1::Event::kMilestones:
      if (!documents_.contains(event.milestones().document())) findings_.Add(sequence, "milestones of a document that was never issued");
      for (const plan::v1::Milestone& milestone : event.milestones().milestones()) Known(sequence, milestone.region(), milestone.programme(), milestone.indicator());
      return;
    case plan::v1::Event::kBoundaries: return TakeBoundaries(sequence, event.boundaries(), &to);
    case plan::v1::Event::kChecks: return;
    case plan::v1::Event::KIND_NOT_SET: return findings_.Add(sequence, "an event of no kind");
  }
}

void PlanFacts::Mint(uint64_t sequence, Number number, std::string_view what, std::vector<uint64_t>* born) {
  if (number == 0) return findings_.Add(sequence, absl::StrCat("a ", std::string(what), " without a number"));
  if (number <= born->size()) return;
  if (number != born->size() + 1) return findings_.Add(sequence, absl::StrCat(std::string(what), " ", number, " was minted where ", born->size() + 1, " was next"));
  born->push_back(sequence);
}

void PlanFacts::TakeRegions(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records, PlanEvent* to) {
  for (const types::v1::RegionRecord& record : records) to->rows.push_back(FromProto(record));
  std::set<Number> numbers;
  for (const Row& row : to->rows) numbers.insert(row.region);
  for (const Number number : numbers) Mint(sequence, number, "region", &regions_);
  for (const Number number : numbers) rows_.erase(number);
  for (const Row& row : to->rows) rows_[row.region].push_back(row);
  for (const Number number : numbers) {
    std::vector<Row>& rows = rows_[number];
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.from < b.from; });
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].code != rows[0].code) findings_.Add(sequence, absl::StrCat("region ", number, " has two codes"));
      if (rows[i].from >= rows[i].to || (i > 0 && rows[i].from < rows[i - 1].to)) findings_.Add(sequence, absl::StrCat("the dates of region ", rows[i].code, " overlap"));
      for (const Number member : rows[i].members) {
        if (RegionBorn(member) == 0) findings_.Add(sequence, absl::StrCat("area ", rows[i].code, " lists an unknown region"));
      }
    }
  }
  counts_.regions = regions_.size();
  CheckTree(sequence, to->rows);
}

// Every parent is there, and the way up ends.
void PlanFacts::CheckTree(uint64_t sequence, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Number at = row.region;
    const Date day = row.from == kDistantPast && row.to != kDistantFuture ? Date{row.to.days - 1} : row.from == kDistantPast ? Date{0} : row.from;
    for (int depth = 0; at != 0; ++depth) {
      const auto found = rows_.find(at);
      if (found == rows_.end()) {
        findings_.Add(sequence, absl::StrCat("region ", row.code, " stands below region ", at, ", which is not there"));
        break;
      }
      if (depth > kDepthMax) {
        findings_.Add(sequence, absl::StrCat("region ", row.code, " stands below itself"));
        break;
      }
      const Row* nearest = &found->second.front();
      for (const Row& other : found->second) {
        if (other.from <= day) nearest = &other;
      }
      at = nearest->parent;
    }
  }
}

void PlanFacts::TakeCatalogue(uint64_t sequence, const plan::v1::CatalogueImported& catalogue, PlanEvent* to) {
  // Rows come parents first, which need not be the order of their numbers.
  std::set<Number> programmes, indicators;
  for (const types::v1::ProgrammeRecord& record : catalogue.programmes()) programmes.insert(record.number());
  for (const types::v1::IndicatorRecord& record : catalogue.indicators()) indicators.insert(record.number());
  for (const Number number : programmes) Mint(sequence, number, "programme", &programmes_);
  for (const Number number : indicators) Mint(sequence, number, "indicator", &indicators_);
  for (const types::v1::ProgrammeRecord& record : catalogue.programmes()) {
    Programme programme{.number = record.number(), .code = record.code(), .parent = record.parent(), .group = record.group(), .members = {}};
    programme.members.assign(record.members().begin(), record.members().end());
    if (programme.parent != 0 && ProgrammeBorn(programme.parent) == 0) findings_.Add(sequence, absl::StrCat("programme ", programme.code, " stands below one that is not there"));
    for (const Number member : programme.members) {
      if (ProgrammeBorn(member) == 0) findings_.Add(sequence, absl::StrCat("group ", programme.code, " lists a programme that is not there"));
    }
    newest_programmes_[programme.number] = programme;
    to->programmes.push_back(std::move(programme));
  }
  for (const types::v1::IndicatorRecord& record : catalogue.indicators()) {
    Indicator indicator{.number = record.number(), .code = record.code(), .additive = record.over_regions() == "sum", .stock = record.over_time() == "last",
                        .flow = record.over_time() == "sum", .negative = record.negative(), .units = {}};
    for (const types::v1::UnitRecord& unit : record.units()) {
      if (unit.numerator() < 1 || unit.denominator() < 1) findings_.Add(sequence, absl::StrCat("a unit of ", indicator.code, " is worth nothing"));
      else indicator.units[unit.name()] = {unit.numerator(), unit.denominator()};
    }
    if (record.part_of() != 0 && IndicatorBorn(record.part_of()) == 0) findings_.Add(sequence, absl::StrCat("indicator ", indicator.code, " is part of one that is not there"));
    if (record.part_kind() == "partition") part_of_[indicator.number] = record.part_of();
    newest_indicators_[indicator.number] = indicator;
    to->indicators.push_back(std::move(indicator));
  }
}

bool PlanFacts::Known(uint64_t sequence, Number region, Number programme, Number indicator) {
  const bool known = RegionBorn(region) != 0 && ProgrammeBorn(programme) != 0 && IndicatorBorn(indicator) != 0;
  if (!known) findings_.Add(sequence, absl::StrCat("region ", region, ", programme ", programme, " or indicator ", indicator, " is not there"));
  return known;
}

void PlanFacts::TakeDocument(uint64_t sequence, const plan::v1::DocumentImported& document, PlanEvent* to) {
  Document& kept = to->document.emplace();
  kept.number = document.number();
  kept.amends = document.amends();
  kept.first = document.first_document();
  if (document.has_issued_days()) kept.issued = Date{document.issued_days()};
  if (document.has_effective_days()) kept.effective = Date{document.effective_days()};
  if (!documents_.insert(kept.number).second) findings_.Add(sequence, absl::StrCat("document ", kept.number, " was issued twice"));
  if (RegionBorn(document.issuer()) == 0) findings_.Add(sequence, "the issuer is not there");
  if (!kept.amends.empty() && !documents_.contains(kept.amends)) findings_.Add(sequence, absl::StrCat("amends ", kept.amends, ", which was never issued"));
  if (!kept.amends.empty() && !kept.effective) findings_.Add(sequence, "an amendment without a first day");
  for (const plan::v1::PrintedRow& row : document.rows()) Known(sequence, row.region(), row.programme(), row.indicator());
  std::set<std::pair<Key, int>> seen;
  for (const plan::v1::TargetCell& cell : document.cells()) {
    PrintedCell printed{.key = {cell.region(), cell.programme(), cell.indicator(), FromProto(cell.period())}, .layer = cell.layer(), .target = {}, .declared = {},
                        .missing = static_cast<int>(cell.missing())};
    if (cell.has_target()) printed.target = cell.target();
    if (cell.has_declared()) printed.declared = cell.declared();
    if (!Known(sequence, cell.region(), cell.programme(), cell.indicator())) continue;
    if (printed.layer < 1 || printed.layer > 4 || printed.missing < 0 || printed.missing > 4 || printed.key.period.first < kYearMin || printed.key.period.last > kYearMax) {
      findings_.Add(sequence, "a target outside of every layer, year or kind of nothing");
      continue;
    }
    if (!seen.insert({printed.key, printed.layer}).second) findings_.Add(sequence, "two targets of one cell in one document");
    kept.cells.push_back(std::move(printed));
  }
  if (document.relations() != document.relations_exact() + static_cast<uint32_t>(document.differences_size())) {
    findings_.Add(sequence, "relations judged are not the exact ones and the differences");
  }
  for (const plan::v1::Difference& difference : document.differences()) {
    const bool refusing = difference.verdict() == types::v1::VERDICT_ERROR || difference.verdict() == types::v1::VERDICT_NOT_ADDITIVE;
    if (refusing && !document.differences_accepted()) findings_.Add(sequence, "an error of the document that nobody accepted");
  }
  CheckDeclared(sequence, document);
  ++counts_.documents;
  counts_.cells += kept.cells.size();
  counts_.relations += document.relations();
}

void PlanFacts::TakeBoundaries(uint64_t sequence, const plan::v1::BoundariesChanged& boundaries, PlanEvent* to) {
  TakeRegions(sequence, boundaries.regions(), to);
  std::map<std::pair<Number, int32_t>, Share> splits;
  for (const plan::v1::BoundaryEvent& event : boundaries.events()) {
    Change change{.kind = static_cast<ChangeKind>(event.kind()), .date = Date{event.date_days()}, .region = event.region(), .into = event.into(), .numerator = event.share_numerator(),
                  .denominator = event.share_denominator(), .units = {event.units().begin(), event.units().end()}, .name = event.name(), .level = event.level(), .kind_word = event.kind_word()};
    if (RegionBorn(change.region) == 0 || (change.into != 0 && RegionBorn(change.into) == 0)) findings_.Add(sequence, "a boundary change of a region that is not there");
    if (change.denominator < 1 || change.numerator < 0 || change.numerator > change.denominator || (change.passes() && change.into == 0)) {
      findings_.Add(sequence, "a boundary change that passes on more than there is");
      continue;
    }
    if (change.passes()) splits[{change.region, change.date.days}].Add(change.numerator, change.denominator);
    to->changes.push_back(change);
  }
  for (const auto& [key, share] : splits) {
    if (share.numerator != share.denominator) findings_.Add(sequence, absl::StrCat("what is passed on of region ", key.first, " is not the whole"));
  }
}

}  // namespace anju::audit
