// magic "ANJUOUTB" | u8 format=1 | 3 zeros | u32 CRC-32C of the message, little-endian | message
#include "common/client/outbox_files.h"

#include "absl/strings/str_cat.h"
#include "common/checksum/crc32c.h"
#include "common/files/files.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::client {
namespace {

constexpr std::string_view kMagic = "ANJUOUTB";
constexpr char kFormat = 1;
constexpr size_t kHeadBytes = 16;
constexpr size_t kBytesMax = 80 << 20;  // more than any message here

absl::Status Damaged(const std::string& path, std::string_view why) { return MakeError(Reason::DATA_LOSS, "outbox", path, std::string(why)); }

std::string CrcBytes(std::string_view message) {
  const uint32_t crc = Crc32c(message);
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[static_cast<size_t>(i)] = static_cast<char>(crc >> (8 * i));
  return bytes;
}

}  // namespace

absl::Status WriteChecked(const std::string& path, const google::protobuf::MessageLite& message) {
  const std::string payload = message.SerializeAsString();
  return files::ReplaceFile(path, absl::StrCat(absl::string_view(kMagic.data(), kMagic.size()), std::string(1, kFormat), std::string(3, '\0'), CrcBytes(payload), payload));
}

absl::StatusOr<bool> ReadChecked(const std::string& path, google::protobuf::MessageLite* message) {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, files::ReadWhole(path, kBytesMax));
  if (!bytes) return false;
  const std::string_view view(*bytes);
  if (view.size() < kHeadBytes || view.substr(0, kMagic.size()) != kMagic) return Damaged(path, "not a file of an outbox");
  if (view[kMagic.size()] > kFormat) return MakeError(Reason::SCHEMA_TOO_NEW, "outbox", path, "written by a newer version");
  const std::string_view payload = view.substr(kHeadBytes);
  if (view.substr(kMagic.size(), 4) != std::string_view("\1\0\0\0", 4) || view.substr(12, 4) != CrcBytes(payload)) return Damaged(path, "its bytes are not what was written");
  if (!message->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Damaged(path, "its message cannot be read");
  return true;
}

}  // namespace anju::client
