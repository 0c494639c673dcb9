// Reads back what a rendered bulletin says of itself. Strict: marks stand in one place of each form, in one spelling.
#include <algorithm>
#include <optional>
#include <utility>

#include "common/bulletin/render.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::bulletin {
namespace {

constexpr size_t kHexLength = 64;

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// What stands between `before` and the next `after`; nullopt when either is missing. `text` goes on behind it.
std::optional<std::string_view> Between(std::string_view& text, std::string_view before, std::string_view after) {
  const size_t begin = text.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t end = text.find(after, begin + before.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view found = text.substr(begin + before.size(), end - begin - before.size());
  text.remove_prefix(end + after.size());
  return found;
}

// Undoes the escapes that RenderHtml writes; nullopt for any other.
std::optional<std::string> Unescape(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEscapes[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  std::string out;
  while (!text.empty()) {
    if (text.front() != '&') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto* found = std::find_if(std::begin(kEscapes), std::end(kEscapes), [&](const auto& escape) { return text.starts_with(escape.first); });
    if (found == std::end(kEscapes)) return std::nullopt;
    out += found->second;
    text.remove_prefix(found->first.size());
  }
  return out;
}

std::optional<Marks> HtmlMarks(std::string_view bytes) {
  const size_t head = bytes.find("</head>");
  if (head == std::string_view::npos) return std::nullopt;
  bytes = bytes.substr(0, head);
  const auto number = Between(bytes, "<meta name=\"anju-bulletin\" content=\"", "\">\n");
  const auto sha256 = Between(bytes, "<meta name=\"anju-sha256\" content=\"", "\">\n");
  if (!number || !sha256) return std::nullopt;
  const auto plain = Unescape(*number);
  if (!plain) return std::nullopt;
  return Marks{"html", *plain, std::string(*sha256)};
}

std::optional<Marks> CsvMarks(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size() - 1) + 1);
  constexpr std::string_view kRow = "bulletin,";
  if (!bytes.starts_with(kRow)) return std::nullopt;
  bytes.remove_prefix(kRow.size());
  std::string place;
  if (bytes.starts_with('"')) {  // quotes inside are doubled
    size_t i = 1;
    for (; i < bytes.size() && (bytes[i] != '"' || bytes.substr(i).starts_with("\"\"")); ++i) {
      place += bytes[i];
      if (bytes[i] == '"') ++i;
    }
    if (!bytes.substr(std::min(i, bytes.size())).starts_with("\",")) return std::nullopt;
  } else {
    const size_t end = bytes.find(',');
    if (end == std::string_view::npos) return std::nullopt;
    place = bytes.substr(0, end);
  }
  constexpr std::string_view kHash = "sha256:";
  if (place.size() < kHash.size() + kHexLength) return std::nullopt;
  const size_t at = place.size() - kHash.size() - kHexLength;
  if (place.compare(at, kHash.size(), kHash) != 0) return std::nullopt;
  std::string number = place.substr(0, at);
  if (!number.empty()) {
    if (!number.ends_with(' ') || number.size() == 1) return std::nullopt;
    number.pop_back();
  }
  return Marks{"csv", std::move(number), place.substr(at + kHash.size())};
}

// The last line of `text` without its newline, taken off; nullopt when it does not end with one.
std::optional<std::string_view> TakeLastLine(std::string_view& text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const size_t before = text.rfind('\n');
  if (before == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(before + 1);
  text = text.substr(0, before + 1);
  return line;
}

std::optional<Marks> TextMarks(std::string_view bytes) {
  constexpr std::string_view kNumber = "文号  ", kDraft = "草稿  尚无文号", kHash = "SHA-256  ", kMore = "         ";
  const auto second = TakeLastLine(bytes);
  const auto first = second ? TakeLastLine(bytes) : std::nullopt;
  const auto number = first ? TakeLastLine(bytes) : std::nullopt;
  if (!number || !first->starts_with(kHash) || !second->starts_with(kMore)) return std::nullopt;
  const std::string sha256 = std::string(first->substr(kHash.size())) + std::string(second->substr(kMore.size()));
  if (first->size() != kHash.size() + kHexLength / 2) return std::nullopt;
  if (*number == kDraft) return Marks{"text", "", sha256};
  if (!number->starts_with(kNumber) || number->size() == kNumber.size()) return std::nullopt;
  return Marks{"text", std::string(number->substr(kNumber.size())), sha256};
}

std::optional<Marks> JsonMarks(std::string_view bytes) {
  constexpr std::string_view kHash = "{\"sha256\":\"", kContent = "\",\"content\":", kEnd = "}\n";
  if (!bytes.starts_with(kHash) || !bytes.ends_with(kEnd)) return std::nullopt;
  bytes.remove_prefix(kHash.size());
  bytes.remove_suffix(kEnd.size());
  if (bytes.size() < kHexLength || !bytes.substr(kHexLength).starts_with(kContent)) return std::nullopt;
  const std::string sha256(bytes.substr(0, kHexLength));
  const auto content = ParseCanonical(bytes.substr(kHexLength + kContent.size()));
  if (!content.ok()) return std::nullopt;
  return Marks{"json", content->number, sha256};
}

}  // namespace

absl::StatusOr<Marks> ReadMarks(std::string_view bytes) {
  if (bytes.starts_with("%PDF-")) {
    return MakeError(Reason::BAD_VALUE, "file", "PDF", "the text, HTML, CSV or JSON form: a browser writes no PDF twice the same, so verify the number printed on it");
  }
  std::optional<Marks> marks;
  if (bytes.starts_with("{")) {
    marks = JsonMarks(bytes);
  } else if (bytes.starts_with("<!DOCTYPE html>")) {
    marks = HtmlMarks(bytes);
  } else if (bytes.starts_with("id,place,")) {
    marks = CsvMarks(bytes);
  } else {
    marks = TextMarks(bytes);
  }
  if (!marks || !IsHex(marks->sha256, kHexLength)) {
    return MakeError(Reason::TAMPERED, "file", "", "the file does not say which bulletin it is: its marks are missing or have been changed");
  }
  return *std::move(marks);
}

}  // namespace anju::bulletin
