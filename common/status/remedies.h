// What to do about a directory that a service will not start on: said by that service on standard error, and by the CLI of errors that it is told.
#pragma once

#include <string_view>

#include "common/status/status.h"

namespace anju {

struct Remedy {
  std::string_view chinese, english;
};

inline constexpr Remedy kDataLossRemedy = {"不要删除任何文件，用 anju restore 从备份恢复", "Delete nothing; restore from a backup (anju restore)."};
inline constexpr Remedy kNotEmptyRemedy = {"换一个目录", "Choose another directory."};
inline constexpr Remedy kDirectoryInUseRemedy = {"先停止那个进程", "Stop that process first."};
inline constexpr Remedy kSchemaTooNewRemedy = {"升级程序", "Upgrade the programs."};

// In English, as everything that services write for operators; empty where trying again is all there is, or the message says it.
inline std::string_view StartRemedyOf(Reason reason) {
  switch (reason) {
    case Reason::DATA_LOSS:
      return kDataLossRemedy.english;
    case Reason::NOT_EMPTY:
      return kNotEmptyRemedy.english;
    case Reason::DIRECTORY_IN_USE:
      return kDirectoryInUseRemedy.english;
    case Reason::SCHEMA_TOO_NEW:
      return kSchemaTooNewRemedy.english;
    default:
      return "";
  }
}

}  // namespace anju
