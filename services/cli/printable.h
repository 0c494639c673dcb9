// Text from data on its way to a terminal: whatever could move the cursor, colour the screen or turn the reading direction is made visible instead.
#pragma once

#include <string>
#include <string_view>

namespace anju::cli {

// Control characters (line ends stay with `lines`), bidirectional overrides and bytes that are not UTF-8 become U+FFFD; a tab becomes a blank.
std::string Printable(std::string_view text, bool lines = false);

// Writes `bytes` to standard output: to a terminal as Printable lines, to a file or a program byte for byte.
void PutBytes(std::string_view bytes);

}  // namespace anju::cli
