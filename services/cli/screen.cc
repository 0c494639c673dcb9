// ANSI sequences of every terminal of the last thirty years; no library.
#include "services/cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "common/text/table.h"

namespace anju::cli {
namespace {

constexpr char kTake[] = "\033[?1049h\033[?25l\033[2J";
constexpr char kGiveBack[] = "\033[?25h\033[?1049l";
constexpr Screen::Size kUsual{80, 24};  // of a terminal that does not say

size_t CharacterLength(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return length;
}

}  // namespace

std::string ClipToWidth(std::string_view text, int width) {
  size_t bytes = 0;
  for (int used = 0; bytes < text.size();) {
    const size_t length = CharacterLength(text.substr(bytes));
    used += DisplayWidth(text.substr(bytes, length));
    if (used > width) break;
    bytes += length;
  }
  return std::string(text.substr(0, bytes));
}

Screen::Screen() {
  const char* kind = std::getenv("TERM");
  terminal_ = isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

Screen::Size Screen::size() const {
  if (!terminal_) return {std::numeric_limits<int>::max(), std::numeric_limits<int>::max()};
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return kUsual;
  return {window.ws_col, window.ws_row};
}

bool Screen::Draw(const std::vector<std::string>& lines) {
  std::string out;
  if (!terminal_) {
    for (const std::string& line : lines) out += line + "\n";
    out += "\n";
  } else {
    if (!taken_) out += kTake;
    taken_ = true;
    out += "\033[H";
    const auto [columns, rows] = size();
    for (size_t i = 0; i < lines.size() && i < static_cast<size_t>(rows); ++i) {
      // Each line is cleared behind its text, so that nothing flickers; the last one has no newline, which would scroll.
      out += (i > 0 ? "\r\n" : "") + ClipToWidth(lines[i], columns) + "\033[K";
    }
    out += "\033[J";
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

void Screen::Restore() {
  if (!taken_) return;
  taken_ = false;
  std::fputs(kGiveBack, stdout);
  std::fflush(stdout);
}

}  // namespace anju::cli
