// From the text of a plan file to printed rows: words resolved against registry and catalogue, figures into smallest units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/region/region_tree.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// A row as it came over the wire.
struct PlanRowText {
  uint32_t line = 0;
  std::string region, programme, indicator, plan_year, value, unit, note, role, layer, place, total_of;
};

struct DocumentText {
  std::string number, issuer, issued, layer, amends, effective;
  std::vector<PlanRowText> rows;
};

// Number, issuer, date and layer. The issuer is looked up on the issue date, or on 1 January of the earliest plan year when that
// is unknown. Of an amendment the document it amends and its first day; which line that is, is for the caller to say. All errors at once.
absl::StatusOr<DocumentHeader> ReadHeader(const DocumentText& text, const RegionTree& tree);

// The rows, each region looked up inside the issuer's subtree on the row's day. All errors at once, each with its line.
absl::StatusOr<std::vector<PrintedRow>> ReadRows(const std::vector<PlanRowText>& rows, const DocumentHeader& header,
                                                 const RegionTree& tree, const Catalogue& catalogue);

// SHA-256 needs a canonical form: every field of header and rows but the lines they stood on, each preceded by its length.
std::string CanonicalForm(const Document& document);

}  // namespace anju::plan
