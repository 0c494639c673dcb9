// For tests of the plan core: a small tree, a small catalogue, and documents written as lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// "line relation verdict printed computed", one a difference.
std::vector<std::string> Words(const std::vector<Difference>& differences);
// "region programme indicator period layer target[ declared N]", "-" for no target, in the document's order.
std::vector<std::string> Words(const std::vector<TargetCell>& cells);
// "REASON line", one an error.
std::vector<std::string> Words(const absl::Status& status);

}  // namespace anju::plan
