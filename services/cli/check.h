// `anju check FILE…`: somebody's published table recomputed cell by cell, without any service.
#pragma once

#include <string>
#include <vector>

#include "services/cli/context.h"

namespace anju::cli {

struct CheckOptions {
  std::vector<std::string> files;  // check CSV, or - for standard input
  std::string catalogue;           // file; default: the built-in one
};

// Exit 0 without errors, 2 with any, 3 and 4 for files that are not there or not valid: then nothing is printed but their errors.
int Check(const Context& context, const CheckOptions& options);

}  // namespace anju::cli
