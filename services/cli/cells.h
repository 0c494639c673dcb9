// Cells of rollups in JSON and as tables: one entry per cell and layer.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>
#include <unordered_map>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/catalogue/catalogue.h"
#include "services/cli/context.h"

namespace anju::cli {

// The names an answer brings along.
struct AnswerNames {
  Catalogue catalogue;
  std::unordered_map<uint32_t, types::v1::RegionRecord> regions;
};

AnswerNames MakeNames(const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& regions,
                      const google::protobuf::RepeatedPtrField<types::v1::ProgrammeRecord>& programmes,
                      const google::protobuf::RepeatedPtrField<types::v1::IndicatorRecord>& indicators);
template <typename Response>
AnswerNames NamesOf(const Response& response) {
  return MakeNames(response.regions(), response.programmes(), response.indicators());
}

Json AmountJson(const Indicator& indicator, bool known, int64_t amount);
// "" for null.
std::string Text(const Json& value);

Json CellsJson(const AnswerNames& names, const google::protobuf::RepeatedPtrField<aggregator::v1::Cell>& cells);
Sheet CellSheet(const Context& context, const Json& cells);

}  // namespace anju::cli
