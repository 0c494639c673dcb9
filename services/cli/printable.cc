// What a terminal must not get from data.
#include "services/cli/printable.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace anju::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed character that `text` begins with and its code point; 0 when there is none (also overlong forms and surrogates).
size_t Decode(std::string_view text, uint32_t* point) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  *point = size == 1 ? first : first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    *point = *point << 6 | (byte(i) & 0x3F);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return *point < kSmallest[size] || (*point >= 0xD800 && *point < 0xE000) || *point > 0x10FFFF ? 0 : size;
}

bool Acts(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x200E || point == 0x200F || point == 0x2028 || point == 0x2029 || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string Printable(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t point = 0;
    const size_t size = Decode(text, &point);
    if (size == 0) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (point == '\t') {
      out += ' ';
    } else if (Acts(point) && !(lines && point == '\n')) {
      out += kReplacement;
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

void PutBytes(std::string_view bytes) {
  if (isatty(STDOUT_FILENO)) {
    const std::string text = Printable(bytes, /*lines=*/true);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!text.ends_with('\n')) std::fputc('\n', stdout);
  } else {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
}

}  // namespace anju::cli
