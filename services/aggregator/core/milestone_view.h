// How regions stand to their milestones at a moment: which milestones are known, what their shares are of, and what is there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "services/aggregator/core/milestones.h"
#include "services/aggregator/core/view.h"

namespace anju::aggregator {

// One milestone of one region.
struct MilestoneLine {
  const Milestone* milestone = nullptr;
  const MilestonesOf* of = nullptr;
  MilestoneStanding standing;
};

// One moment, asked on several days. State, books and milestones must outlive it and stay unchanged. Not thread-safe.
class MilestoneView {
 public:
  // `moment.as_of` is the day that "by now" means; unset: the newest date of data in the figures concerned. `documents`: in plan order; those beyond
  // what the moment knows are passed over.
  MilestoneView(const State& state, const Moment& moment, const Books& books, const std::vector<MilestonesOf>& documents);

  // Milestones of these regions, in their order, then by document, then in the document's order. `query.region` is not looked at.
  std::vector<MilestoneLine> Of(const std::vector<RegionNumber>& regions, const RollupQuery& query);
  // The day of the last answer; unset when no figure told one.
  std::optional<Date> day() const { return day_; }

 private:
  std::optional<Date> NewestOf(const std::vector<MilestoneLine>& lines);
  View& At(Date day);
  MilestoneStanding StandingOf(const Milestone& milestone, Date day);
  RegionLevel LevelAbove(RegionNumber region, Date day) const;

  const State& state_;
  Moment moment_;
  Books books_;
  std::vector<const MilestonesOf*> documents_;
  std::map<Date, std::unique_ptr<View>> views_;
  std::optional<Date> day_;
};

}  // namespace anju::aggregator
