// League tables of the ranking core over columns of the aggregator, and movement between two of them.
#pragma once

#include <optional>

#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/definition.h"
#include "tests/property/check.h"
#include "tests/property/random.h"
#include "tests/property/rank_model.h"
#include "tests/property/shell_subject.h"

namespace anju::worlds {

// REQUIRES: everything has been applied.
void CheckTables(const World& world, ShellSubject& subject, Mistake mistake, Random& random, Outcome* outcome);

// A random definition below a region that has children on the day of its tree; nullopt when there is none.
std::optional<TableQuestion> AnyTable(const World& world, const Model& model, Random& random);
ranking::v1::Definition DefinitionOf(const Model& model, const TableQuestion& table);
// The catalogue of a world as the services keep it.
Catalogue CatalogueOf(const World& world);

}  // namespace anju::worlds
