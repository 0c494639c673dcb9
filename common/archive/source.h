// Where a backup takes a journal from: a running service's feed (common/client/journal_source.h) or a stopped one's directory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"

namespace anju::archive {

// One journal up to where it was durable when the source was opened. Used by one thread.
class Source {
 public:
  virtual ~Source() = default;
  virtual const journal::Lineage& lineage() const = 0;
  virtual journal::Position end() const = 0;
  // Where it comes from, for messages: an address or a directory.
  virtual const std::string& name() const = 0;
  // The encoded blocks after `after` up to end(), oldest first; what the callback returns ends it. Nothing is checked that the callback can check.
  // DATA_LOSS with field "after" when that position is not in this journal.
  using OnBlock = std::function<absl::Status(std::string_view block)>;
  virtual absl::Status Copy(const journal::Position& after, const OnBlock& on_block) = 0;
};

// The journal in the directory of a stopped service: nothing in it is changed. It must be one that the service itself would open: DIRECTORY_IN_USE,
// FILE_NOT_FOUND, SCHEMA_TOO_NEW, DATA_LOSS (also when it ends before its witness, or is of another service).
absl::StatusOr<std::unique_ptr<Source>> OpenStoppedService(const std::string& directory, std::string_view service);

}  // namespace anju::archive
