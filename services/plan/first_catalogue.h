// The catalogue a new store begins with (common/catalogue/embedded.h has its bytes) as a request.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.pb.h"

namespace anju::plan {

// A catalogue file as a request.
absl::StatusOr<v1::ImportCatalogueRequest> CatalogueRequest(std::string_view csv);

}  // namespace anju::plan
