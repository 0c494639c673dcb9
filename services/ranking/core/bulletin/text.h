// Texts of a template: literals and bindings. No digit is printed that is not bound to something.
#pragma once

#include <string>
#include <string_view>

#include "common/status/status.h"
#include "services/ranking/core/bulletin/template.h"
#include "services/ranking/core/bulletin/yaml.h"

namespace anju::ranking {

inline constexpr size_t kTextBytesMax = 8 << 10;  // of one text

// Splits a scalar. A binding's path has one element, all that stands between the braces: what it means is looked up once every name is known.
// {'…'} and {{ }} are literals. Adds BAD_TEMPLATE for braces that do not match or are full-width, and UNBOUND_NUMBER for digits of any script and for
// shares in words (百分之六十) outside quotes. Other numerals of Chinese (第三纪工委, 一要) are words.
TemplateText ReadText(const YamlNode& scalar, const std::string& field, ErrorCollector& errors);

// The same for a text without bindings; BAD_TEMPLATE when it has one.
std::string ReadLiteral(const YamlNode& scalar, const std::string& field, ErrorCollector& errors);

// Whether a reader sees what is written: UTF-8 without control characters and without format characters, which turn or hide what stands beside them.
bool IsReadable(std::string_view text);

}  // namespace anju::ranking
