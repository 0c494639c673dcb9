// A file of rules of soft checks: words, numbers and catalogue entries of each rule.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/checks/default_rules.h"

namespace anju::plan {

// A row as it came over the wire.
struct CheckRowText {
  uint32_t line = 0;
  std::string name, check, programme, indicator, other, limit, at_least, action;
};

struct CheckImport {
  std::vector<CheckRule> rules;  // new or changed, in the order of the file
  uint32_t unchanged = 0;
};

// All errors at once. `stored` are the rules imported before, by name; what the file does not name stays as it is.
absl::StatusOr<CheckImport> ReadChecks(const std::vector<CheckRowText>& rows, const Catalogue& catalogue,
                                       const std::map<std::string, CheckRule>& stored);

}  // namespace anju::plan
