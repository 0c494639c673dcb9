// Tests of what is refused of records: each word that no contract has, each number that is none, each share that does not add up.
#include "common/registry/known.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/plan.pb.h"
#include "common/registry/registry.h"
#include "common/status/macros.h"
#include "common/testing/testing.h"

namespace anju {
namespace {

using testing::HasReason;
using testing::IsOk;

// One of everything, as the plan service writes it: an event is of one kind.
struct Events {
  Events();
  absl::Status Check() const {
    RETURN_IF_ERROR(CheckKnown(imported));
    RETURN_IF_ERROR(CheckKnown(defined));
    return CheckKnown(changed);
  }
  types::v1::RegionRecord* region(int row) { return imported.mutable_regions()->mutable_regions(row); }
  types::v1::ProgrammeRecord* programme() { return defined.mutable_catalogue()->mutable_programmes(0); }
  types::v1::IndicatorRecord* indicator() { return defined.mutable_catalogue()->mutable_indicators(0); }
  plan::v1::BoundaryEvent* boundary(int row) { return changed.mutable_boundaries()->mutable_events(row); }

  plan::v1::Event imported, defined, changed;
};

Events::Events() {
  Region row{.number = 3, .code = "130402", .name = "邯山区"};
  *imported.mutable_regions()->add_regions() = ToProto(row);
  row.name = "邯山";
  row.valid_from = MakeDate(2016, 12, 1);
  *imported.mutable_regions()->add_regions() = ToProto(row);  // one code in two dated rows
  *defined.mutable_catalogue()->add_programmes() = ToProto(Programme{.number = 1, .code = "all", .name = "全部"});
  *defined.mutable_catalogue()->add_indicators() = ToProto(Indicator{.number = 1, .code = "starts", .name = "开工"});
  *changed.mutable_boundaries()->add_regions() = ToProto(row);
  for (const auto& [into, denominator] : {std::pair(4u, 3), std::pair(5u, 6), std::pair(6u, 2)}) {
    *changed.mutable_boundaries()->add_events() = ToProto(BoundaryEvent{.kind = BoundaryKind::kSplit, .region = 3, .into = into, .share = {1, denominator}});
  }
  *changed.mutable_boundaries()->add_events() = ToProto(BoundaryEvent{.kind = BoundaryKind::kRename, .region = 7});
  *changed.mutable_boundaries()->add_events() = ToProto(BoundaryEvent{.kind = BoundaryKind::kRecode, .region = 8, .into = 9, .share = {1, 1}});
}

TEST(Known, WhatIsDecidedIsKnown) {
  EXPECT_THAT(Events().Check(), IsOk());
  EXPECT_THAT(CheckKnown(plan::v1::Event()), IsOk());
}

TEST(Known, EachWordOfAnotherVersionIsNamed) {
  struct Case {
    std::string record, field;
    std::function<void(Events&)> change;
  };
  const std::vector<Case> cases = {
      {"region 3", "level", [](Events& events) { events.region(1)->set_level("orbit"); }},
      {"region 3", "level", [](Events& events) { events.changed.mutable_boundaries()->mutable_regions(0)->set_level("orbit"); }},
      {"region 3", "kind", [](Events& events) { events.region(0)->set_kind("orbit"); }},
      {"indicator 1", "over_regions", [](Events& events) { events.indicator()->set_over_regions("orbit"); }},
      {"indicator 1", "over_time", [](Events& events) { events.indicator()->set_over_time("orbit"); }},
      {"indicator 1", "part_kind", [](Events& events) { events.indicator()->set_part_kind("orbit"); }},
  };
  for (const Case& one : cases) {
    Events events;
    one.change(events);
    const absl::Status refused = events.Check();
    ASSERT_THAT(refused, HasReason(Reason::SCHEMA_TOO_NEW)) << one.field;
    EXPECT_EQ(ErrorsOf(refused)[0].field, one.field);
    EXPECT_EQ(ErrorsOf(refused)[0].value, "orbit");
    EXPECT_EQ(ErrorsOf(refused)[0].message, one.record + " has a " + one.field + " that this version does not know: orbit");
  }
  Events events;
  events.boundary(3)->set_kind(static_cast<plan::v1::BoundaryKind>(99));
  EXPECT_THAT(events.Check(), HasReason(Reason::SCHEMA_TOO_NEW));
}

TEST(Known, WhatNoVersionWritesIsDamage) {
  const std::vector<std::function<void(Events&)>> changes = {
      [](Events& events) { events.region(0)->set_number(0); },
      [](Events& events) { events.region(0)->set_code("130403"); },
      [](Events& events) { events.programme()->set_number(0); },
      [](Events& events) { events.indicator()->set_number(0); },
      [](Events& events) { events.boundary(0)->set_share_numerator(-1); },
      [](Events& events) { events.boundary(0)->set_share_denominator(0); },
      [](Events& events) { events.boundary(0)->set_share_numerator(2); },   // 4/3 together
      [](Events& events) { events.boundary(0)->set_share_numerator(0); },   // 2/3 together
      [](Events& events) { events.boundary(4)->set_share_denominator(2); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Events events;
    changes[i](events);
    EXPECT_THAT(events.Check(), HasReason(Reason::DATA_LOSS)) << i;
  }
}

// What passes here must be taken in by all that comes after, whatever came before it.
TEST(Known, TwoEventsThatPassOnTheSameRegionAreTakenInAndDividedEachForItself) {
  const Events events;
  ASSERT_THAT(events.Check(), IsOk());
  Registry registry;
  Apply(5, events.changed.boundaries(), &registry);
  Apply(6, events.changed.boundaries(), &registry);
  const std::vector<size_t>& passed = registry.boundaries.PassedOnBy(3);
  ASSERT_EQ(passed.size(), 6u);
  int64_t sum = 0;
  for (const size_t index : passed) sum += registry.boundaries.ShareOf(index, 601);
  EXPECT_EQ(sum, 2 * 601);
}

TEST(Known, AnswersAreCheckedInAllThatTheyBring) {
  plan::v1::ListTargetRevisionsResponse history;
  EXPECT_THAT(CheckKnownIn(history), IsOk()) << "an answer without an indicator";
  *history.mutable_indicator() = ToProto(Indicator{.number = 1, .code = "starts", .name = "开工"});
  EXPECT_THAT(CheckKnownIn(history), IsOk());
  history.mutable_indicator()->set_over_time("orbit");
  EXPECT_THAT(CheckKnownIn(history), HasReason(Reason::SCHEMA_TOO_NEW));

  const Events all;
  plan::v1::GetCatalogueResponse catalogue;
  *catalogue.mutable_programmes() = all.defined.catalogue().programmes();
  *catalogue.mutable_indicators() = all.defined.catalogue().indicators();
  EXPECT_THAT(CheckKnownIn(catalogue), IsOk());
  catalogue.mutable_indicators(0)->set_over_regions("orbit");
  EXPECT_THAT(CheckKnownIn(catalogue), HasReason(Reason::SCHEMA_TOO_NEW));
  catalogue.clear_indicators();
  catalogue.mutable_programmes(0)->set_number(0);
  EXPECT_THAT(CheckKnownIn(catalogue), HasReason(Reason::DATA_LOSS));

  aggregator::v1::GetColumnsResponse columns;
  columns.add_columns();
  *columns.add_columns()->mutable_regions() = all.imported.regions().regions();
  EXPECT_THAT(CheckKnownIn(columns), IsOk());
  columns.mutable_columns(1)->mutable_regions(0)->set_level("orbit");
  EXPECT_THAT(CheckKnownIn(columns), HasReason(Reason::SCHEMA_TOO_NEW));

  plan::v1::ListRegionsResponse regions;
  *regions.mutable_regions() = all.imported.regions().regions();
  EXPECT_THAT(CheckKnownIn(regions), IsOk());
  regions.mutable_regions(0)->set_kind("orbit");
  EXPECT_THAT(CheckKnownIn(regions), HasReason(Reason::SCHEMA_TOO_NEW));
}

}  // namespace
}  // namespace anju
