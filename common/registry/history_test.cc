// Tests of the registry of the past against the fold of the events up to each position.
#include "common/registry/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <thread>
#include <variant>

namespace anju {
namespace {

using AnyEvent = std::variant<plan::v1::RegionsImported, plan::v1::CatalogueImported, plan::v1::BoundariesChanged>;

void Fold(uint64_t sequence, const AnyEvent& event, Registry* registry) {
  if (const auto* regions = std::get_if<plan::v1::RegionsImported>(&event)) Apply(*regions, registry);
  if (const auto* catalogue = std::get_if<plan::v1::CatalogueImported>(&event)) Apply(*catalogue, registry);
  if (const auto* boundaries = std::get_if<plan::v1::BoundariesChanged>(&event)) Apply(sequence, *boundaries, registry);
}

void AddTo(RegistryHistory* history, uint64_t sequence, const AnyEvent& event) {
  std::visit([&](const auto& known) { history->Add(sequence, known); }, event);
}

// Everything a registry answers, as text.
std::string Dump(const Registry& registry) {
  std::ostringstream out;
  for (const RegionNumber number : registry.regions.Numbers()) {
    for (const Region& row : *registry.regions.Rows(number)) out << ToProto(row).ShortDebugString() << "\n";
    for (int day = 0; day <= 12; ++day) {
      out << number << " children on " << day << ":";
      for (const RegionNumber child : registry.regions.ChildrenAt(number, Date{day})) out << " " << child;
      out << "\n";
    }
  }
  for (int name = 0; name < 6; ++name) {
    out << "name " << name << ":";
    for (const RegionNumber called : registry.regions.EverCalled("名" + std::to_string(name))) out << " " << called;
    out << "; " << registry.regions.Resolve("名" + std::to_string(name), 0, Date{5}).status().ToString() << "\n";
  }
  for (const auto& [number, programme] : registry.catalogue.programmes()) {
    out << ToProto(programme).ShortDebugString() << " parts";
    for (const uint32_t part : registry.catalogue.PartsOf(number)) out << " " << part;
    out << " wholes";
    for (const uint32_t whole : registry.catalogue.WholesOf(number)) out << " " << whole;
    out << " code " << registry.catalogue.ResolveProgramme(programme.code).value_or(0) << "\n";
  }
  for (const auto& [number, indicator] : registry.catalogue.indicators()) {
    out << ToProto(indicator).ShortDebugString() << " of which";
    for (const uint32_t part : registry.catalogue.OfWhich(number)) out << " " << part;
    out << "\n";
  }
  for (const BoundaryEvent& change : registry.boundaries.all()) {
    out << change.sequence << " " << ToProto(change).ShortDebugString() << "\n";
  }
  for (RegionNumber region = 0; region <= 8; ++region) {
    out << region << " passes on";
    for (const size_t index : registry.boundaries.PassedOnBy(region)) out << " " << index;
    out << ", receives";
    for (const size_t index : registry.boundaries.ReceivedBy(region)) out << " " << index;
    out << "\n";
  }
  return out.str();
}

// Rows of one region: one or two, with names that others have too.
void AddRandomRows(std::mt19937& random, google::protobuf::RepeatedPtrField<types::v1::RegionRecord>* records) {
  Region row;
  row.number = 1 + random() % 8;
  row.code = "C" + std::to_string(row.number);
  row.name = "名" + std::to_string(random() % 6);
  row.parent = row.number == 1 ? 0 : 1 + random() % (row.number - 1);
  row.order = random() % 3;
  if (random() % 2 == 0) row.aliases = {"名" + std::to_string(random() % 6)};
  for (const types::v1::RegionRecord& other : *records) {
    if (other.number() == row.number) return;
  }
  if (random() % 2 == 0) {
    row.valid_to = Date{static_cast<int>(random() % 12)};
    *records->Add() = ToProto(row);
    row.valid_from = row.valid_to;
    row.valid_to = kDistantFuture;
    row.name = "名" + std::to_string(random() % 6);
    row.parent = row.number == 1 ? 0 : 1 + random() % (row.number - 1);
  }
  *records->Add() = ToProto(row);
}

AnyEvent RandomEvent(std::mt19937& random) {
  switch (random() % 3) {
    case 0: {
      plan::v1::RegionsImported event;
      for (int i = random() % 4; i > 0; --i) AddRandomRows(random, event.mutable_regions());
      return event;
    }
    case 1: {
      plan::v1::CatalogueImported event;
      for (int i = random() % 4; i > 0; --i) {
        Programme programme;
        programme.number = 1 + random() % 6;
        programme.code = "p" + std::to_string(programme.number);
        programme.group = programme.number > 4;
        if (programme.group) programme.members = {static_cast<uint32_t>(1 + random() % 4)};
        if (!programme.group && programme.number > 1) programme.parent = random() % programme.number;
        *event.add_programmes() = ToProto(programme);
      }
      for (int i = random() % 3; i > 0; --i) {
        Indicator indicator;
        indicator.number = 1 + random() % 4;
        indicator.code = "i" + std::to_string(indicator.number);
        indicator.scale = random() % 3;
        if (indicator.number > 1 && random() % 2 == 0) {
          indicator.part_of = 1;
          indicator.part_kind = PartKind::kSubset;
        }
        *event.add_indicators() = ToProto(indicator);
      }
      return event;
    }
    default: {
      plan::v1::BoundariesChanged event;
      for (int i = random() % 3; i > 0; --i) AddRandomRows(random, event.mutable_regions());
      for (int i = random() % 3; i > 0; --i) {
        BoundaryEvent change;
        change.kind = static_cast<BoundaryKind>(1 + random() % 7);
        change.date = Date{static_cast<int>(random() % 12)};
        change.region = 1 + random() % 8;
        change.into = 1 + random() % 8;
        if (random() % 2 == 0) change.share = {1, static_cast<int>(1 + random() % 3)};
        *event.add_events() = ToProto(change);
      }
      return event;
    }
  }
}

TEST(RegistryHistory, AnswersAtAnyPositionWhatTheFoldUpToItSays) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    RegistryHistory history;
    Registry fold;
    uint64_t sequence = 0;
    std::map<uint64_t, std::string> dumps = {{0, Dump(fold)}};
    for (int i = 0; i < 14; ++i) {
      sequence += 1 + random() % 3;  // events that change nothing here lie between
      const AnyEvent event = RandomEvent(random);
      AddTo(&history, sequence, event);
      Fold(sequence, event, &fold);
      dumps[sequence] = Dump(fold);
      ASSERT_EQ(history.newest_sequence(), sequence);
      // Asked for now and then only, so that the newest is brought on over one event and over many.
      if (random() % 3 == 0) {
        ASSERT_EQ(Dump(*history.newest()), dumps[sequence]);
      }
      if (random() % 4 == 0) {
        const uint64_t at = random() % (sequence + 1);
        ASSERT_EQ(Dump(*history.At(at)), std::prev(dumps.upper_bound(at))->second) << "at " << at << " of " << sequence;
      }
    }
    for (uint64_t at = 0; at <= sequence + 1; ++at) {
      ASSERT_EQ(Dump(*history.At(at)), std::prev(dumps.upper_bound(at))->second) << "at " << at;
    }
    history.Clear();
    EXPECT_EQ(history.newest_sequence(), 0u);
    EXPECT_EQ(Dump(*history.newest()), dumps[0]);
    EXPECT_EQ(Dump(*history.At(sequence)), dumps[0]);
  }
}

plan::v1::RegionsImported OneRegion(const std::string& name) {
  plan::v1::RegionsImported event;
  *event.add_regions() = ToProto(Region{.number = 1, .code = "36", .name = name});
  return event;
}

TEST(RegistryHistory, GivesTheSamePointerBetweenTwoChanges) {
  RegistryHistory history;
  history.Add(3, OneRegion("甲"));
  history.Add(8, OneRegion("乙"));
  EXPECT_EQ(history.At(3), history.At(7));
  EXPECT_EQ(history.At(8), history.newest());
  EXPECT_NE(history.At(7), history.At(8));
  const auto held = history.newest();
  history.Add(9, OneRegion("丙"));
  EXPECT_EQ(held->regions.Nearest(1, Date{0})->name, "乙");  // whoever holds one keeps it as it was
  EXPECT_EQ(history.newest()->regions.Nearest(1, Date{0})->name, "丙");
  EXPECT_EQ(history.At(8)->regions.Nearest(1, Date{0})->name, "乙");
}

TEST(RegistryHistory, ForgetsTheLeastUsedOfThePast) {
  RegistryHistory history;
  const uint64_t count = RegistryHistory::kKeptMax + 3;
  for (uint64_t sequence = 1; sequence <= count; ++sequence) history.Add(sequence, OneRegion(std::to_string(sequence)));
  const std::weak_ptr<const Registry> first = history.At(1), second = history.At(2);
  for (uint64_t sequence = 3; sequence < count; ++sequence) {
    history.At(1);
    history.At(sequence);
  }
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(second.expired());
  EXPECT_EQ(history.At(2)->regions.Nearest(1, Date{0})->name, "2");
}

TEST(RegistryHistory, ManyMayAskAtOnce) {
  RegistryHistory history;
  for (uint64_t sequence = 1; sequence <= 20; ++sequence) history.Add(sequence, OneRegion(std::to_string(sequence)));
  std::vector<std::thread> askers;
  for (uint64_t asker = 0; asker < 4; ++asker) {
    askers.emplace_back([&history, asker] {
      for (uint64_t i = 0; i < 200; ++i) {
        const uint64_t at = 1 + (i * (asker + 3)) % 20;
        EXPECT_EQ(history.At(at)->regions.Nearest(1, Date{0})->name, std::to_string(at));
        EXPECT_EQ(history.newest()->regions.Nearest(1, Date{0})->name, "20");
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
}

}  // namespace
}  // namespace anju
