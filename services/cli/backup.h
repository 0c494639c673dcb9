// `anju backup` and `anju restore`: journals kept elsewhere, and put back.
#pragma once

#include <string>
#include <vector>

#include "services/cli/context.h"

namespace anju::cli {

struct BackupOptions {
  std::string to;
  std::string data;  // of a stopped suite; "": through the feeds of the running services
};

// Brings the backup in `to` up to date, from the services or from a stopped suite's directory.
int Backup(const Context& context, const BackupOptions& options);
// What a backup holds, every archive verified.
int ListBackup(const Context& context, const std::string& directory);

struct RestoreOptions {
  std::string backup;
  std::string data;
  std::vector<std::string> services;  // names in the backup; none: all
};

int Restore(const Context& context, const RestoreOptions& options);

}  // namespace anju::cli
