// For tests of the plan core: a small tree, a small catalogue, and documents written as lines of text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/plan/core/amend.h"
#include "services/plan/core/evaluate.h"
#include "services/plan/core/read_document.h"

namespace anju::plan {

// 1 某省 over 2 某市 over 3 甲县, 4 乙县, 5 丙县, 6 市本级 and the area 7 中心区 of 甲县. 丙县 ends with 2015.
RegionTree SmallTree();
// all over low, rent, town (town.urban, town.mine); group policy of low and rent. Indicators starts in 套 (starts.physical and
// starts.money partition it, starts.inclusionary is a subset), investment in 万元 with two decimals, the stock built, and ratio.
Catalogue SmallCatalogue();

// One row a line: region,programme,indicator,plan_year,value,unit[,role[,layer[,place[,total_of]]]]; lines count from 2.
std::vector<PlanRowText> Rows(std::string_view lines);

// A document of 某市 issued on 2012-03-01, layer city.
absl::StatusOr<Document> ReadText(std::string_view lines);
absl::StatusOr<Evaluation> EvaluateText(std::string_view lines, const TargetsInForce& standing = {});

// What the model of a store does with documents: a line of them, each amending the one before, and the targets in force.
class Line {
 public:
  explicit Line(RegionTree tree = SmallTree(), Catalogue catalogue = SmallCatalogue(), std::string issuer = "某市", std::string issued = "2012-03-01")
      : tree_(std::move(tree)), catalogue_(std::move(catalogue)), issuer_(std::move(issuer)), issued_(std::move(issued)) {}

  // The first document, without `effective`, or the next amendment. Taken in unless it cannot be evaluated; differences are accepted.
  absl::StatusOr<Evaluation> Issue(const std::vector<PlanRowText>& rows, std::string effective = "");
  absl::StatusOr<Evaluation> Issue(std::string_view lines, std::string effective = "") { return Issue(Rows(lines), std::move(effective)); }

  RegionTree& tree() { return tree_; }
  Boundaries& boundaries() { return boundaries_; }
  // The newest figure of every cell of the line.
  const std::map<CellKey, TargetCell>& in_force() const { return in_force_; }
  TargetsInForce& standing() { return standing_; }
  const std::vector<LineDocument>& documents() const { return documents_; }

 private:
  RegionTree tree_;
  Catalogue catalogue_;
  std::string issuer_, issued_;
  Boundaries boundaries_;
  std::vector<LineDocument> documents_;
  std::map<CellKey, TargetCell> in_force_;
  TargetsInForce standing_;
};

// "line relation verdict printed computed", one a difference.
std::vector<std::string> Words(const std::vector<Difference>& differences);
// "region programme indicator period layer target[ declared N]", "-" for no target, "taken back", in the document's order.
std::vector<std::string> Words(const std::vector<TargetCell>& cells);
// "REASON line", one an error.
std::vector<std::string> Words(const absl::Status& status);

}  // namespace anju::plan
