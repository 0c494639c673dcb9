// Definitions on the wire ↔ in the core.
#pragma once

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/definition.h"

namespace anju::ranking {

// Codes and words → numbers. All errors at once.
absl::StatusOr<Definition> FromProto(const v1::Definition& wire, const Catalogue& catalogue);
// With every default filled in; `layer` is the one the table used.
v1::Definition ToProto(const Definition& definition, Layer layer, const Catalogue& catalogue);
types::v1::Layer ToProto(Layer layer);

}  // namespace anju::ranking
