// magic "ANJUOUTB" | u8 format=1 | 3 zeros | u32 CRC-32C of the message, little-endian | message
#include "common/client/outbox_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::client {
namespace {

constexpr std::string_view kMagic = "ANJUOUTB";
constexpr char kFormat = 1;
constexpr size_t kHeadBytes = 16;

absl::Status SystemError(std::string_view operation, const std::string& path) {
  const std::string why = std::generic_category().message(errno);
  return MakeError(Reason::STORAGE_FAILED, "outbox", path, std::string(operation) + " " + path + ": " + why);
}

absl::Status Damaged(const std::string& path, std::string_view why) { return MakeError(Reason::DATA_LOSS, "outbox", path, std::string(why)); }

std::string CrcBytes(std::string_view message) {
  const uint32_t crc = journal::Crc32c(message);
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[static_cast<size_t>(i)] = static_cast<char>(crc >> (8 * i));
  return bytes;
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", directory);
  const bool synced = fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : SystemError("fsync", directory);
  close(fd);
  return status;
}

absl::Status WriteAndSync(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return SystemError("write", path);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : SystemError("fsync", path);
}

}  // namespace

absl::Status WriteChecked(const std::string& path, const google::protobuf::MessageLite& message) {
  const std::string payload = message.SerializeAsString();
  const std::string part = path + ".part";
  const int fd = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("open", part);
  const std::string bytes = absl::StrCat(absl::string_view(kMagic.data(), kMagic.size()), std::string(1, kFormat), std::string(3, '\0'), CrcBytes(payload), payload);
  const absl::Status written = WriteAndSync(fd, bytes, part);
  close(fd);
  RETURN_IF_ERROR(written);
  if (rename(part.c_str(), path.c_str()) != 0) return SystemError("rename", path);
  return SyncDirectoryOf(path);
}

absl::StatusOr<bool> ReadChecked(const std::string& path, google::protobuf::MessageLite* message) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return false;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return SystemError("read", path);
  const std::string_view view(bytes);
  if (view.size() < kHeadBytes || view.substr(0, kMagic.size()) != kMagic) return Damaged(path, "not a file of an outbox");
  if (view[kMagic.size()] > kFormat) return MakeError(Reason::SCHEMA_TOO_NEW, "outbox", path, "written by a newer version");
  const std::string_view payload = view.substr(kHeadBytes);
  if (view.substr(kMagic.size(), 4) != std::string_view("\1\0\0\0", 4) || view.substr(12, 4) != CrcBytes(payload)) return Damaged(path, "its bytes are not what was written");
  if (!message->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Damaged(path, "its message cannot be read");
  return true;
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return MakeError(Reason::STORAGE_FAILED, "outbox", path, "mkdir " + path + ": " + error.message());
  return SyncDirectoryOf(path);
}

absl::StatusOr<int> LockDirectory(const std::string& path) {
  const std::string name = path + "/lock";
  const int fd = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("open", name);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return MakeError(Reason::DIRECTORY_IN_USE, "outbox", path, "another process is sending from this outbox");
}

}  // namespace anju::client
