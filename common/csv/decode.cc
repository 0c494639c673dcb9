// From the bytes of a file to UTF-8 text.
#include <iconv.h>
#include <utf8proc.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/csv/csv.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::csv {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// Bytes before the first one that is not UTF-8; the size of `text` when all is well.
size_t ValidUtf8Prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
    if (length <= 0) return at;
    at += static_cast<size_t>(length);
  }
  return at;
}

struct Decoded {
  std::string text;
  size_t valid_bytes = 0;  // of the input
};

Decoded DecodeGb18030(std::string_view bytes) {
  const iconv_t converter = iconv_open("UTF-8", "GB18030");
  CHECK(converter != reinterpret_cast<iconv_t>(-1));  // part of every glibc installation
  Decoded decoded;
  char* in = const_cast<char*>(bytes.data());
  size_t in_left = bytes.size();
  char buffer[16 << 10];
  while (in_left > 0) {
    char* out = buffer;
    size_t out_left = sizeof(buffer);
    const size_t converted = iconv(converter, &in, &in_left, &out, &out_left);
    decoded.text.append(buffer, out);
    if (converted == static_cast<size_t>(-1) && errno != E2BIG) break;
  }
  iconv_close(converter);
  decoded.valid_bytes = bytes.size() - in_left;
  return decoded;
}

// The line of the byte at `at`. CRLF, LF and CR each end a line.
uint32_t LineOf(std::string_view bytes, size_t at) {
  uint32_t line = 1;
  for (size_t i = 0; i < at; ++i) {
    if (bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n'))) ++line;
  }
  return line;
}

absl::Status BadEncoding(std::string_view bytes, size_t at, std::string_view problem) {
  ErrorDetail detail;
  detail.reason = Reason::BAD_ENCODING;
  detail.line = LineOf(bytes, at);
  detail.message = absl::StrCat("Line ", detail.line, " holds a byte 0x", absl::Hex(static_cast<unsigned char>(bytes[at]), absl::kZeroPad2),
                                " that ", absl::string_view(problem.data(), problem.size()), ".");
  return MakeError(std::move(detail));
}

}  // namespace

absl::StatusOr<std::string> DecodeText(std::string_view bytes) {
  const bool declared = bytes.starts_with(kBom);
  if (declared) bytes.remove_prefix(kBom.size());
  const size_t valid = ValidUtf8Prefix(bytes);
  if (valid == bytes.size()) return std::string(bytes);
  if (declared) return BadEncoding(bytes, valid, "is not UTF-8, which the file's byte order mark announces");
  Decoded decoded = DecodeGb18030(bytes);
  if (decoded.valid_bytes < bytes.size()) {
    // Most likely the file is meant to be in the encoding that reads on for longer.
    return BadEncoding(bytes, std::max(valid, decoded.valid_bytes), "is neither UTF-8 nor GB18030");
  }
  if (decoded.text.starts_with(kBom)) decoded.text.erase(0, kBom.size());
  return std::move(decoded.text);
}

}  // namespace anju::csv
