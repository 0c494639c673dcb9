// An intake beside a model in memory, and the messages that its tests send it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "services/progress/intake.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/progress/testing/plan_stub.h"

namespace anju::progress::testing {

inline rpc::Caller Local() { return {.identity = "local", .role = rpc::Role::kOperator, .everywhere = true}; }

inline v1::SeriesDefinition Definition(uint32_t index, std::string region, std::string plan_year = "2017", std::string unit = "") {
  v1::SeriesDefinition definition;
  definition.set_index(index);
  definition.set_region(std::move(region));
  definition.set_programme("shantytown");
  definition.set_indicator("starts");
  definition.set_plan_year(std::move(plan_year));
  definition.set_unit(std::move(unit));
  return definition;
}

inline v1::Items Message(uint64_t first, std::vector<v1::Item> items) {
  v1::Items message;
  message.set_first_sequence(first);
  for (v1::Item& item : items) message.mutable_items()->Add(std::move(item));
  *message.add_definitions() = Definition(0, "533401");
  *message.add_definitions() = Definition(1, "德钦县");  // of two regions: every item is refused
  *message.add_definitions() = Definition(2, "533423");
  return message;
}

inline v1::Item MakeItem(uint32_t series, int64_t amount, int month = 3, v1::UpdateKind kind = v1::UPDATE_KIND_UNSPECIFIED) {
  v1::Item item;
  item.set_series(series);
  item.set_as_of_days(MakeDate(2017, month, 1).days);
  item.set_amount(amount);
  item.set_kind(kind);
  return item;
}

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() : recorder_(model_) { recorder_.ApplyRegistry(); }

  std::unique_ptr<Intake> Open(std::string source, IntakeMode mode = IntakeMode::kStream) {
    return std::make_unique<Intake>(std::move(source), "r1", Local(), mode);
  }
  absl::Status Take(Intake& intake, const v1::Items& items) { return intake.Take(model_, recorder_, items, &taken_); }

  Model model_;
  MemoryRecorder recorder_;
  Taken taken_;
};

}  // namespace anju::progress::testing
