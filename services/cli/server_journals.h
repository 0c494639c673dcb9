// Journals that were opened for reading, served to private services of this command as their owners would serve them: on loopback, for as long as it runs.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "common/audit/sources.h"

namespace anju::cli {

class JournalServer {
 public:
  // Nothing on the disk is changed: what a journal writes when it is opened stays in memory.
  static absl::StatusOr<std::unique_ptr<JournalServer>> Start(const audit::Source& source);
  virtual ~JournalServer() = default;
  virtual const std::string& address() const = 0;
  // Where the journal ends.
  virtual types::v1::Position end() const = 0;
};

}  // namespace anju::cli
