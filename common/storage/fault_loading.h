// Loading a model from its state on a disk of which every call fails in turn: each time it says so, and never that the state is damaged. For tests.
#pragma once

#include <functional>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/macros.h"
#include "common/storage/fault_calls.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::storage {

// Hands each model that was loaded whole to `check`. How many calls failed.
template <typename Model>
uint64_t LoadWithEachCallFailing(SimulatedMedium& medium, const std::function<void(const Model&)>& check) {
  return FailEachCall(Reason::STORAGE_FAILED, [&] { return medium.Boot(); }, [&](Disk& disk) -> absl::Status {
    ASSIGN_OR_RETURN(const auto state, disk.OpenStore("state", StoreKind::kState));
    Model model;
    RETURN_IF_ERROR(model.Load(*state));
    check(model);
    return absl::OkStatus();
  }, [](const std::string& call, const absl::Status& status) {
    if (call.empty()) {
      EXPECT_THAT(status, anju::testing::IsOk());
    } else {
      EXPECT_THAT(status, anju::testing::HasReason(Reason::STORAGE_FAILED)) << call;
    }
  });
}

}  // namespace anju::storage
