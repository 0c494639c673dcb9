// Reads the texts of a template character by character.
#include "services/ranking/core/bulletin/text.h"

#include <algorithm>
#include <utility>

#include <utf8proc.h>

namespace anju::ranking {
namespace {

constexpr std::string_view kQuote = "{'", kUnquote = "'}";

struct Character {
  size_t bytes = 0;  // 0 at the end, in the middle of a character, and where it is no UTF-8
  utf8proc_category_t category = UTF8PROC_CATEGORY_CN;
};

Character CharacterAt(std::string_view text) {
  utf8proc_int32_t code = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (length <= 0) return {};
  return {static_cast<size_t>(length), utf8proc_category(code)};
}

// Bytes of the digit that `text` begins with, 0 for none: of any script, full-width ones as Chinese typing produces them among them.
size_t DigitAt(std::string_view text) {
  const Character character = CharacterAt(text);
  return character.category == UTF8PROC_CATEGORY_ND ? character.bytes : 0;
}

// Bytes of the share in words that `text` begins with (百分之六十), 0 for none.
size_t ShareAt(std::string_view text) {
  static constexpr std::string_view kOf[] = {"百分之", "千分之", "万分之"};
  static constexpr std::string_view kNumerals = "〇零一二三四五六七八九十百两点";
  size_t end = 0;
  for (const std::string_view of : kOf) {
    if (text.starts_with(of)) end = of.size();
  }
  if (end == 0) return 0;
  const size_t before = end;
  while (true) {
    const size_t bytes = CharacterAt(text.substr(end)).bytes;
    if (bytes != 3 || kNumerals.find(text.substr(end, bytes)) == std::string_view::npos) return end == before ? 0 : end;
    end += bytes;
  }
}

// The digits that `text` begins with, a decimal point between two of them included.
size_t NumberAt(std::string_view text) {
  size_t end = 0;
  while (true) {
    if (const size_t digit = DigitAt(text.substr(end))) {
      end += digit;
    } else if (end > 0 && end < text.size() && text[end] == '.' && DigitAt(text.substr(end + 1)) > 0) {
      ++end;
    } else {
      return end;
    }
  }
}

class Splitter {
 public:
  Splitter(std::string_view rest, std::string field, uint32_t line, ErrorCollector& errors)
      : rest_(rest), field_(std::move(field)), line_(line), errors_(errors) {}

  std::vector<TextPart> Split() {
    while (!rest_.empty()) Step();
    return std::move(parts_);
  }

 private:
  void Step() {
    if (rest_.starts_with("{{") || rest_.starts_with("}}")) {
      Literal(rest_.substr(0, 1));
      rest_.remove_prefix(2);
    } else if (rest_.starts_with(kQuote)) {
      Quotation();
    } else if (rest_[0] == '{') {
      Binding();
    } else if (rest_[0] == '}') {
      Refuse(Reason::BAD_TEMPLATE, rest_.substr(0, 1), "a } without {; a printed brace is }}");
      rest_.remove_prefix(1);
    } else if (rest_.starts_with("｛") || rest_.starts_with("｝")) {
      Refuse(Reason::BAD_TEMPLATE, Take(std::string_view("｛").size()), "a full-width brace; bindings stand between { and }");
    } else if (const size_t number = std::max(NumberAt(rest_), ShareAt(rest_))) {
      Refuse(Reason::UNBOUND_NUMBER, rest_.substr(0, number), "a number in a text must be bound to a cell; a quotation is written {'…'}");
      rest_.remove_prefix(number);
    } else {
      Literal(rest_.substr(0, 1));
      rest_.remove_prefix(1);
    }
  }

  void Quotation() {
    const size_t end = rest_.find(kUnquote, kQuote.size());
    if (end == std::string_view::npos) return Refuse(Reason::BAD_TEMPLATE, Take(rest_.size()), "{' without '}");
    Literal(rest_.substr(kQuote.size(), end - kQuote.size()));
    rest_.remove_prefix(end + kUnquote.size());
  }

  void Binding() {
    const size_t end = rest_.find_first_of("{}", 1);
    if (end == std::string_view::npos || rest_[end] == '{') return Refuse(Reason::BAD_TEMPLATE, Take(end), "a { without }; a printed brace is {{");
    const std::string_view words = rest_.substr(1, end - 1);
    const bool blank = words.find_first_of(" \t'\"") != std::string_view::npos;
    if (words.empty() || blank || words.front() == '.' || words.back() == '.' || words.find("..") != std::string_view::npos) {
      Refuse(Reason::BAD_TEMPLATE, rest_.substr(0, end + 1), "a binding is words joined by points, without blanks: {table.row.cell}");
    } else {
      parts_.push_back({"", {std::string(words)}});
    }
    rest_.remove_prefix(end + 1);
  }

  std::string_view Take(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void Literal(std::string_view text) {
    if (text.empty()) return;
    if (parts_.empty() || !parts_.back().path.empty()) parts_.emplace_back();
    parts_.back().literal += text;
  }

  void Refuse(Reason reason, std::string_view value, std::string message) {
    errors_.Add({.reason = reason, .field = field_, .value = std::string(value), .message = std::move(message), .line = line_});
  }

  std::string_view rest_;
  const std::string field_;
  const uint32_t line_;
  ErrorCollector& errors_;
  std::vector<TextPart> parts_;
};

}  // namespace

bool IsReadable(std::string_view text) {
  while (!text.empty()) {
    const Character character = CharacterAt(text);
    switch (character.category) {
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_CF:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP: return false;
      default: break;
    }
    if (character.bytes == 0) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

TemplateText ReadText(const YamlNode& scalar, const std::string& field, ErrorCollector& errors) {
  TemplateText text;
  text.line = scalar.line;
  if (scalar.kind == YamlNode::Kind::kNull) return text;
  if (scalar.kind != YamlNode::Kind::kScalar || scalar.text.size() > kTextBytesMax) {
    errors.Add({.reason = Reason::BAD_TEMPLATE, .field = field, .message = field + " is a text of at most 8,192 bytes", .line = scalar.line});
    return text;
  }
  text.source = scalar.text;
  text.parts = Splitter(scalar.text, field, scalar.line, errors).Split();
  return text;
}

std::string ReadLiteral(const YamlNode& scalar, const std::string& field, ErrorCollector& errors) {
  std::string literal;
  for (const TextPart& part : ReadText(scalar, field, errors).parts) {
    literal += part.literal;
    if (part.path.empty()) continue;
    errors.Add({.reason = Reason::BAD_TEMPLATE, .field = field, .value = "{" + part.path[0] + "}", .message = "no binding is allowed here", .line = scalar.line});
  }
  return literal;
}

}  // namespace anju::ranking
