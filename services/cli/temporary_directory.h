// A directory that goes with the command that needed it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace anju::cli {

class TemporaryDirectory {
 public:
  // $TMPDIR (else /tmp)/anju-NAME.XXXXXX; `path` is empty when it could not be made.
  explicit TemporaryDirectory(std::string_view name = "demo") {
    const char* base = std::getenv("TMPDIR");
    std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/anju-" + std::string(name) + ".XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() { Remove(); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // With all it holds. Idempotent.
  void Remove() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace anju::cli
