// A terminal that is drawn over and over in place, or anything else, which gets one picture below the other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anju::cli {

// `text` cut to `width` columns of a terminal; a wide character that does not fit goes.
std::string ClipToWidth(std::string_view text, int width);

// Draws on standard output. On a terminal it takes the alternate screen and hides the cursor, and gives both back when it goes.
class Screen {
 public:
  Screen();
  ~Screen() { Restore(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool is_terminal() const { return terminal_; }
  // Columns and rows as they are now; very large where there is no terminal.
  struct Size {
    int columns = 0, rows = 0;
  };
  Size size() const;
  // On a terminal: in place of what was there, cut to its size. Else: the lines and an empty one. False when nobody reads any more (the
  // other end of a pipe has gone, the disk is full).
  bool Draw(const std::vector<std::string>& lines);
  // Leaves the terminal as it was. Idempotent; nothing is drawn afterwards.
  void Restore();

 private:
  bool terminal_ = false;
  bool taken_ = false;
};

}  // namespace anju::cli
