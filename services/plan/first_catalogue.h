// The catalogue a new store begins with: deploy/data/catalogue.csv as it was when the program was built.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.pb.h"

namespace anju::plan {

// The file's bytes (generated at build time).
std::string_view EmbeddedCatalogue();

// A catalogue file as a request.
absl::StatusOr<v1::ImportCatalogueRequest> CatalogueRequest(std::string_view csv);

}  // namespace anju::plan
