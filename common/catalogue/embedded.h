// deploy/data/catalogue.csv as it was when the program was built, so that a program has it wherever it is run from.
#pragma once

#include <string_view>

namespace anju {

// The file's bytes (generated at build time).
std::string_view EmbeddedCatalogue();

}  // namespace anju
