// A bulletin on paper, on a screen and for programs: pure functions of its content, the same bytes for ever.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bulletin/content.h"

namespace anju::bulletin {

// A terminal's or a mail's: 56 columns a line (28 Chinese characters), tables by East-Asian widths, basis and SHA-256 at the end.
std::string RenderText(const Content& content);

// One self-contained page without script or outside resources. Printed on A4 in the layout of GB/T 9704: 22 lines of 28 characters, page numbers
// outside (right on odd pages, left on even ones), annexes on pages of their own, copies line at the end. Every number says on hover which cell
// it is, by which rule. Everything from data is escaped.
std::string RenderHtml(const Content& content);

// A check file (id,place,label,printed,unit,should_be): `anju check` recomputes it.
std::string RenderCsv(const Content& content);

// {"sha256":"…","content":{…}}: the canonical bytes behind their hash, as one line.
std::string RenderJson(const Content& content);

// What a rendered bulletin says of itself, read back from any of the four forms: its number, or the draft's "" . TAMPERED when nothing is found.
struct Marks {
  std::string form;    // text, html, csv, json
  std::string number, sha256;
};
absl::StatusOr<Marks> ReadMarks(std::string_view bytes);

// The same with the journals' heads as the form prints them (CSV: those with a tree). TAMPERED when they cannot be read, or when the SHA-256 is not
// that of the content, which only JSON carries whole.
struct Printed {
  Marks marks;
  std::vector<JournalHead> basis;
  bool hash_checked = false;
};
absl::StatusOr<Printed> ReadPrinted(std::string_view bytes);

}  // namespace anju::bulletin
