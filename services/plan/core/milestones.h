// Milestones (节点): by a date a share of an indicator of a programme. Lists in a row multiply out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/decimal/decimal.h"
#include "common/region/region_tree.h"
#include "services/plan/core/document.h"

namespace anju::plan {

// A row as it came over the wire.
struct MilestoneRowText {
  uint32_t line = 0;
  std::string region, programme, indicator, plan_year, by, share, of, cohort, strength, layer, place;
};

struct Milestone {
  RegionNumber region = 0;
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  Period period;
  Date by;  // may precede the document's issue date
  Decimal share;
  IndicatorNumber of = 0;  // 0: of the target
  Period cohort;           // years in which the work was started; {0, 0} for this year's
  bool strive = false;     // 力争: hoped for, not demanded
  Layer layer = Layer::kNone;
  std::string place;
};

// Regions are looked up in the issuer's subtree on the row's day, as in the document's own rows. All errors at once.
absl::StatusOr<std::vector<Milestone>> ReadMilestones(const std::vector<MilestoneRowText>& rows, const DocumentHeader& header,
                                                      const RegionTree& tree, const Catalogue& catalogue);

// Every field of every milestone; what its digest is made of.
std::string CanonicalForm(const std::string& document, const std::vector<Milestone>& milestones);

}  // namespace anju::plan
