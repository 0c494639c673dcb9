// A league-table definition: read from flags, and written in JSON together with the rows it leads to.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/context.h"
#include "services/cli/query.h"
#include "services/cli/view.h"

namespace anju::cli {

// A word of a closed list → enum value; BAD_VALUE lists the words.
template <typename Enum>
absl::StatusOr<Enum> Choose(std::string_view field, const std::string& word, const std::map<std::string, Enum>& words) {
  auto it = words.find(word);
  if (it != words.end()) return it->second;
  ErrorDetail detail{.reason = Reason::BAD_VALUE, .field = std::string(field), .value = word, .message = "not one of the words allowed here"};
  for (const auto& [name, value] : words) {
    if (!name.empty() && detail.candidates.size() < kErrorCandidatesMax) detail.candidates.push_back(name);
  }
  return MakeError(std::move(detail));
}

// national, provincial (or province), city, county, or "" for none.
absl::StatusOr<types::v1::Layer> ParseLayer(const std::string& word);
absl::StatusOr<ranking::v1::Definition> MakeDefinition(const RankOptions& options);
Json DefinitionJson(const ranking::v1::Definition& definition);
std::string TiesWord(ranking::v1::TieStyle ties);
std::string SortKeyWord(ranking::v1::SortKey key);

Json OrNull(bool has, const std::string& text);
// A row; `movement` adds what was before.
Json RowJson(const ranking::v1::Row& row, const ranking::v1::Definition& definition, bool ranked, bool movement);
// Change of place for people: ↑2, ↓1, = or 新; "" where neither side has a place.
std::string MovementText(const Context& context, const ranking::v1::Row& row);

// What the requests for a table and for one region's place in it have in common.
template <typename Request>
absl::Status FillQuestion(const RankOptions& options, Request* request) {
  request->set_region(options.region);
  request->set_as_of(options.as_of);
  request->set_at_least(options.at_least);
  request->set_since(options.since);
  request->set_since_at(options.since_at);
  ASSIGN_OR_RETURN(*request->mutable_definition(), MakeDefinition(options));
  ASSIGN_OR_RETURN(*request->mutable_view(), MakeView(options.view));
  return absl::OkStatus();
}

}  // namespace anju::cli
