// The three macros of the house: early return on errors, and CHECK for broken invariants (on in release builds).
#pragma once

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define ANJU_CONCAT_INNER(a, b) a##b
#define ANJU_CONCAT(a, b) ANJU_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                         \
  do {                                                \
    absl::Status anju_status = (expr);                \
    if (!anju_status.ok()) return anju_status;        \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL(ANJU_CONCAT(anju_statusor_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(var, lhs, expr)  \
  auto var = (expr);                           \
  if (!var.ok()) return var.status();          \
  lhs = std::move(var).value()

// Ends the process when a condition that must always hold does not: continuing would publish wrong numbers.
#define CHECK(condition)                                                                             \
  do {                                                                                               \
    if (!(condition)) [[unlikely]] {                                                                 \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition);             \
      std::abort();                                                                                  \
    }                                                                                                \
  } while (false)
#define CHECK_OK(expr)                                                                                        \
  do {                                                                                                        \
    absl::Status anju_status = (expr);                                                                        \
    if (!anju_status.ok()) [[unlikely]] {                                                                     \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, anju_status.ToString().c_str());                \
      std::abort();                                                                                           \
    }                                                                                                         \
  } while (false)
