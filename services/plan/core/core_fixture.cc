// Builds what tests of the plan core stand on.
#include "services/plan/core/core_fixture.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "services/plan/core/words.h"

namespace anju::plan {

RegionTree SmallTree() {
  RegionTree tree;
  tree.Put({{.number = 1, .code = "99", .name = "某省", .level = RegionLevel::kProvince}});
  tree.Put({{.number = 2, .code = "9901", .name = "某市", .parent = 1, .level = RegionLevel::kCity}});
  tree.Put({{.number = 3, .code = "990101", .name = "甲县", .parent = 2, .level = RegionLevel::kCounty}});
  tree.Put({{.number = 4, .code = "990102", .name = "乙县", .parent = 2, .level = RegionLevel::kCounty}});
  tree.Put({{.number = 5, .code = "990103", .name = "丙县", .parent = 2, .level = RegionLevel::kCounty, .valid_to = MakeDate(2016, 1, 1)}});
  tree.Put({{.number = 6, .code = "9901-BJ", .name = "市本级", .parent = 2, .level = RegionLevel::kUnit, .kind = RegionKind::kOwnLevel}});
  tree.Put({{.number = 7, .code = "9901-ZX", .name = "中心区", .parent = 2, .level = RegionLevel::kUnit, .kind = RegionKind::kArea, .members = {3}}});
  CHECK_OK(tree.Validate());
  return tree;
}

Catalogue SmallCatalogue() {
  Catalogue catalogue;
  catalogue.Put(Programme{.number = 1, .code = "all", .name = "合计"});
  catalogue.Put(Programme{.number = 3, .code = "low", .name = "廉租", .parent = 1});
  catalogue.Put(Programme{.number = 4, .code = "rent", .name = "公租", .parent = 1});
  catalogue.Put(Programme{.number = 5, .code = "town", .name = "棚改", .parent = 1});
  catalogue.Put(Programme{.number = 6, .code = "town.urban", .name = "城市棚改", .parent = 5});
  catalogue.Put(Programme{.number = 7, .code = "town.mine", .name = "工矿棚改", .parent = 5});
  catalogue.Put(Programme{.number = 8, .code = "policy", .name = "政策性", .group = true, .members = {3, 4}});
  const std::vector<Unit> units = {{"套", 1, 1}, {"万套", 10000, 1}};
  Indicator starts{.number = 1, .code = "starts", .name = "新开工", .unit = "套", .units = units};
  catalogue.Put(starts);
  for (const auto& [number, code, kind] : {std::tuple(2, "starts.physical", PartKind::kPartition), std::tuple(3, "starts.money", PartKind::kPartition),
                                           std::tuple(4, "starts.inclusionary", PartKind::kSubset)}) {
    Indicator part = starts;
    part.number = static_cast<IndicatorNumber>(number);
    part.code = part.name = code;
    part.part_of = 1;
    part.part_kind = kind;
    catalogue.Put(part);
  }
  catalogue.Put(Indicator{.number = 5, .code = "investment", .name = "投资", .unit = "万元", .scale = 2, .units = {{"万元", 100, 1}, {"亿元", 1000000, 1}}});
  catalogue.Put(Indicator{.number = 6, .code = "built", .name = "建成", .unit = "套", .units = units, .over_time = OverTime::kLast});
  catalogue.Put(Indicator{.number = 7, .code = "ratio", .name = "容积率", .scale = 2, .units = {{"", 100, 1}},
                          .over_regions = OverRegions::kNone, .over_time = OverTime::kNone});
  CHECK_OK(catalogue.Validate());
  return catalogue;
}

std::vector<PlanRowText> Rows(std::string_view lines) {
  std::vector<PlanRowText> rows;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(absl::string_view(lines.data(), lines.size()), '\n', absl::SkipEmpty()))) {
    std::vector<std::string> fields = absl::StrSplit(line, ',');
    fields.resize(10);
    rows.push_back({.line = static_cast<uint32_t>(rows.size() + 2), .region = fields[0], .programme = fields[1], .indicator = fields[2],
                    .plan_year = fields[3], .value = fields[4], .unit = fields[5], .role = fields[6], .layer = fields[7],
                    .place = fields[8], .total_of = fields[9]});
  }
  return rows;
}

absl::StatusOr<Document> ReadText(std::string_view lines) {
  const RegionTree tree = SmallTree();
  Document document;
  DocumentText text{.number = "某政〔2012〕1号", .issuer = "某市", .issued = "2012-03-01", .rows = Rows(lines)};
  ASSIGN_OR_RETURN(document.header, ReadHeader(text, tree));
  ASSIGN_OR_RETURN(document.rows, ReadRows(text.rows, document.header, tree, SmallCatalogue()));
  return document;
}

absl::StatusOr<Evaluation> EvaluateText(std::string_view lines, const TargetsInForce& standing) {
  ASSIGN_OR_RETURN(const Document document, ReadText(lines));
  return Evaluate(document, SmallTree(), SmallCatalogue(), standing);
}

absl::StatusOr<Evaluation> Line::Issue(const std::vector<PlanRowText>& rows, std::string effective) {
  DocumentText text{.number = absl::StrCat("第", documents_.size() + 1, "号"), .issuer = issuer_, .issued = issued_, .rows = rows};
  if (!effective.empty()) {
    text.amends = documents_.back().document.header.number;
    text.effective = std::move(effective);
  }
  Document document;
  ASSIGN_OR_RETURN(document.header, ReadHeader(text, tree_));
  if (!document.header.amends.empty()) document.header.first_document = documents_.front().document.header.number;
  ASSIGN_OR_RETURN(document.rows, ReadRows(text.rows, document.header, tree_, catalogue_));
  absl::StatusOr<Evaluation> evaluation;
  if (document.header.is_amendment()) {
    evaluation = EvaluateAmendment(document, MergeLine(documents_, *document.header.effective, tree_, catalogue_, boundaries_), tree_, catalogue_, standing_);
  } else {
    evaluation = Evaluate(document, tree_, catalogue_, standing_);
  }
  if (!evaluation.ok()) return evaluation;
  for (const TargetCell& cell : evaluation->cells) {
    in_force_[cell.key] = cell;
    standing_.cells[cell.key] = {.target = cell.target, .missing = cell.missing, .document = document.header.number, .line = document.header.line()};
  }
  documents_.push_back({std::move(document), evaluation->cells});
  return evaluation;
}

std::vector<std::string> Words(const std::vector<Difference>& differences) {
  static constexpr std::string_view kVerdicts[] = {"exact", "rounding", "error", "not_additive", "note"};
  std::vector<std::string> words;
  for (const Difference& difference : differences) {
    words.push_back(absl::StrCat(difference.line, " ", difference.relation, " ", std::string(kVerdicts[static_cast<size_t>(difference.verdict)]),
                                 " ", difference.printed, " ", difference.computed));
  }
  return words;
}

std::vector<std::string> Words(const std::vector<TargetCell>& cells) {
  const RegionTree tree = SmallTree();
  const Catalogue catalogue = SmallCatalogue();
  std::vector<std::string> words;
  for (const TargetCell& cell : cells) {
    const CellKey& key = cell.key;
    words.push_back(absl::StrCat(tree.Rows(key.region)->front().name, " ", catalogue.FindProgramme(key.programme)->code, " ",
                                 catalogue.FindIndicator(key.indicator)->code, " ", FormatPeriod(key.period), " ",
                                 std::string(LayerName(key.layer)), " ", cell.target ? absl::StrCat(*cell.target) : cell.missing == Missing::kAbsent ? "taken back" : "-"));
    if (cell.declared) absl::StrAppend(&words.back(), " declared ", *cell.declared);
  }
  return words;
}

std::vector<std::string> Words(const absl::Status& status) {
  std::vector<std::string> words;
  if (status.ok()) return words;
  for (const ErrorDetail& detail : ErrorsOf(status)) words.push_back(absl::StrCat(std::string(ReasonName(detail.reason)), " ", detail.line));
  return words;
}

}  // namespace anju::plan
