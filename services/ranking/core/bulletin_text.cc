// Reads the texts of a template character by character.
#include "services/ranking/core/bulletin_text.h"

#include <utility>

namespace anju::ranking {
namespace {

constexpr std::string_view kQuote = "{'", kUnquote = "'}";

// Bytes of the digit that `text` begins with, 0 for none: ASCII, or full-width as Chinese typing produces.
size_t DigitAt(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] >= '0' && text[0] <= '9') return 1;
  return text.size() >= 3 && text.substr(0, 2) == "\xEF\xBC" && text[2] >= '\x90' && text[2] <= '\x99' ? 3 : 0;
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
      Placeholder();
    } else if (rest_[0] == '}') {
      Refuse(Reason::BAD_TEMPLATE, rest_.substr(0, 1), "a } without {; a printed brace is }}");
      rest_.remove_prefix(1);
    } else if (const size_t number = NumberAt(rest_)) {
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

  void Placeholder() {
    const size_t end = rest_.find_first_of("{}", 1);
    if (end == std::string_view::npos || rest_[end] == '{') return Refuse(Reason::BAD_TEMPLATE, Take(end), "a { without }; a printed brace is {{");
    const std::string_view words = rest_.substr(1, end - 1);
    const bool blank = words.find_first_of(" \t'\"") != std::string_view::npos;
    if (words.empty() || blank || words.front() == '.' || words.back() == '.' || words.find("..") != std::string_view::npos) {
      Refuse(Reason::BAD_TEMPLATE, rest_.substr(0, end + 1), "a placeholder is words joined by points, without blanks: {table.row.cell}");
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
    errors.Add({.reason = Reason::BAD_TEMPLATE, .field = field, .value = "{" + part.path[0] + "}", .message = "no placeholder is allowed here", .line = scalar.line});
  }
  return literal;
}

}  // namespace anju::ranking
