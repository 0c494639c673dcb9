// Reads back the journals' heads that a rendered bulletin prints. Strict: they stand in one place of each form, in one spelling.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/bulletin/render.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::bulletin {
namespace {

constexpr size_t kJournalLength = 32, kHashLength = 64;
constexpr uint64_t kIntegerMax = (uint64_t{1} << 53) - 1;
constexpr size_t kHeadsMax = 1'000;
constexpr std::string_view kInsideBlock = "（区块之内）";

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Decimal as it is printed: no sign, no leading zero.
std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || text.front() == '0' || number > kIntegerMax) return std::nullopt;
  return number;
}

std::string ServiceOf(std::string_view name) { return name == "计划日志" ? "plan" : name == "进度日志" ? "progress" : ""; }

// Goes forward over what must stand there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool Take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  // Up to `end`, which is taken too.
  std::optional<std::string_view> Until(std::string_view end) {
    const size_t at = text_.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view found = text_.substr(0, at);
    text_.remove_prefix(at + end.size());
    return found;
  }
  bool empty() const { return text_.empty(); }
  bool Sees(std::string_view word) const { return text_.starts_with(word); }

 private:
  std::string_view text_;
};

// "JOURNAL/SEQUENCE".
bool ReadPosition(std::string_view text, JournalHead* head) {
  if (text.size() <= kJournalLength || !IsHex(text.substr(0, kJournalLength), kJournalLength) || text[kJournalLength] != '/') return false;
  const auto sequence = Number(text.substr(kJournalLength + 1));
  if (!sequence) return false;
  head->journal = text.substr(0, kJournalLength);
  head->sequence = *sequence;
  return true;
}

using Heads = std::vector<JournalHead>;

// Behind the last line that begins with 依据: a name and position, its hash on two lines, and the root and the blocks of its tree on three.
std::optional<Heads> TextHeads(std::string_view bytes) {
  constexpr std::string_view kBegin = "\n依据  ", kHash = "  区块   ", kRoot = "  树根   ", kMore = "         ";
  const size_t begin = bytes.rfind(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  Scanner scanner(bytes.substr(begin + 1));
  const auto hash = [&](std::string_view label, std::string* hex) {
    if (!scanner.Take(label)) return false;
    if (label == kHash && scanner.Take(kInsideBlock)) return scanner.Take("\n");
    const auto first = scanner.Until("\n");
    if (!scanner.Take(kMore)) return false;
    const auto second = scanner.Until("\n");
    if (!first || !second || first->size() != kHashLength / 2) return false;
    *hex = std::string(*first) + std::string(*second);
    return IsHex(*hex, kHashLength);
  };
  Heads heads;
  bool in_heads = false;
  while (auto line = scanner.Until("\n")) {
    const size_t name_ends = line->find("  ");
    JournalHead head;
    if (name_ends == std::string_view::npos || (head.service = ServiceOf(line->substr(0, name_ends))).empty()) {
      // What is left of a head whose lines were cut.
      if (line->starts_with(kHash) || line->starts_with(kRoot) || (in_heads && line->starts_with(kMore))) return std::nullopt;
      in_heads = false;
      continue;
    }
    if (!ReadPosition(line->substr(name_ends + 2), &head) || !hash(kHash, &head.hash)) return std::nullopt;
    if (scanner.Sees(kRoot)) {
      if (!hash(kRoot, &head.tree_root) || !scanner.Take(kMore)) return std::nullopt;
      const auto blocks = scanner.Until(" 块\n");
      const auto size = blocks ? Number(*blocks) : std::nullopt;
      if (!size) return std::nullopt;
      head.tree_size = *size;
    }
    heads.push_back(std::move(head));
    in_heads = true;
  }
  return heads;
}

// In the last block of class evidence, a line for each journal and one for its tree.
std::optional<Heads> HtmlHeads(std::string_view bytes) {
  constexpr std::string_view kBegin = "<div class=\"evidence\">\n", kCode = "</b><code>", kEnd = "</code></p>", kRoot = "<p><b></b><code>树根 ";
  const size_t begin = bytes.rfind(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view block = bytes.substr(begin + kBegin.size());
  block = block.substr(0, block.find("</div>"));
  Scanner scanner(block);
  Heads heads;
  while (auto line = scanner.Until("\n")) {
    if (line->starts_with(kRoot)) return std::nullopt;  // of no journal
    Scanner parts(*line);
    if (!parts.Take("<p><b>")) return std::nullopt;
    const auto name = parts.Until(kCode);
    JournalHead head;
    if (!name || (head.service = ServiceOf(*name)).empty()) continue;
    const auto position = parts.Until(" "), hash = parts.Until(kEnd);
    if (!position || !hash || !parts.empty() || !ReadPosition(*position, &head)) return std::nullopt;
    if (*hash != kInsideBlock) {
      if (!IsHex(*hash, kHashLength)) return std::nullopt;
      head.hash = *hash;
    }
    if (scanner.Take(kRoot)) {
      const auto root = scanner.Until(" "), blocks = scanner.Until(" 块</code></p>\n");
      const auto size = blocks ? Number(*blocks) : std::nullopt;
      if (!root || !IsHex(*root, kHashLength) || !size) return std::nullopt;
      head.tree_root = *root;
      head.tree_size = *size;
    }
    heads.push_back(std::move(head));
  }
  return heads;
}

// The rows head1, head2 … behind the marks: those with a tree; the others have no row.
std::optional<Heads> CsvHeads(std::string_view bytes) {
  Scanner scanner(bytes);
  if (!scanner.Until("\n") || !scanner.Until("\n")) return std::nullopt;
  Heads heads;
  for (std::string id = "head1,"; scanner.Take(id); id = "head" + std::to_string(heads.size() + 1) + ",") {
    JournalHead head;
    const auto service = scanner.Until(" "), position = scanner.Until(" "), hash = scanner.Until(" "), root = scanner.Until(",blocks,"), blocks = scanner.Until(",个,\n");
    const auto size = blocks ? Number(*blocks) : std::nullopt;
    if (!service || !position || !hash || !root || !size || (*service != "plan" && *service != "progress") || !ReadPosition(*position, &head)) return std::nullopt;
    if (!IsHex(*hash, kHashLength) || !IsHex(*root, kHashLength)) return std::nullopt;
    head.service = *service;
    head.hash = *hash;
    head.tree_root = *root;
    head.tree_size = *size;
    heads.push_back(std::move(head));
    if (heads.size() > kHeadsMax) return std::nullopt;
  }
  return heads;
}

absl::Status Unreadable() {
  return MakeError(Reason::TAMPERED, "file", "", "the file does not say what the bulletin was computed from: its heads are missing or have been changed");
}

}  // namespace

absl::StatusOr<Printed> ReadPrinted(std::string_view bytes) {
  ASSIGN_OR_RETURN(Marks marks, ReadMarks(bytes));
  Printed printed{.marks = std::move(marks), .basis = {}, .hash_checked = false};
  if (printed.marks.form == "json") {
    const size_t begin = bytes.find("\"content\":") + std::string_view("\"content\":").size();
    const std::string_view canonical = bytes.substr(begin, bytes.size() - begin - std::string_view("}\n").size());
    ASSIGN_OR_RETURN(Content content, ParseCanonical(canonical));
    const std::string sha256 = Sha256Hex(canonical);
    if (sha256 != printed.marks.sha256) return MakeError(Reason::TAMPERED, "sha256", printed.marks.sha256, "the SHA-256 of the content is " + sha256);
    printed.basis = std::move(content.basis);
    printed.hash_checked = true;
    return printed;
  }
  std::optional<Heads> heads = printed.marks.form == "html" ? HtmlHeads(bytes) : printed.marks.form == "csv" ? CsvHeads(bytes) : TextHeads(bytes);
  if (!heads) return Unreadable();
  printed.basis = *std::move(heads);
  return printed;
}

}  // namespace anju::bulletin
