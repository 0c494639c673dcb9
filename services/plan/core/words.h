// The words of the files, English and Chinese, and small forms that several readers share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "common/status/status.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// national, provincial or province, city, county; 国家 省 市 县. nullopt for anything else, "" included.
std::optional<Layer> ParseLayer(std::string_view word);
std::string_view LayerName(Layer layer);
// The layer of what a region of this level sets.
Layer LayerOf(RegionLevel level);

// target, declared_total, addition, reserve, withdrawn; 任务 合计 追加 预留 撤销.
std::optional<Role> ParseRole(std::string_view word);

// Empty, no_task (无任务) or not_published (暂未公布): why a value is no number. nullopt for anything else.
std::optional<Missing> ParseMissing(std::string_view value);

// Items between ';' or '；', blanks cut, empty ones dropped.
std::vector<std::string> SplitList(std::string_view text);

// Without surrounding blanks, ideographic ones included.
std::string_view Trim(std::string_view text);

// A document number: 1..120 characters, no control characters, no surrounding blanks.
void CheckDocumentNumber(std::string_view number, ErrorCollector& errors);

// Exactly, without trailing zeros: a decimal where there is one of at most kScaleMax digits, else a fraction.
std::string FormatExact(const Fraction& value);

}  // namespace anju::plan
