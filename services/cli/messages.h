// What people read: one table of sentences in Chinese and English for every reason, and the words of headings.
#pragma once

#include <string>
#include <string_view>

#include "common/status/status.h"

namespace anju::cli {

enum class Lang { kChinese, kEnglish };

// English with LANG=en*, else Chinese; `flag` ("zh", "en") wins when given.
Lang ChooseLang(std::string_view flag);

// The sentence for a detail, with its value and candidates put in.
std::string MessageOf(const ErrorDetail& detail, Lang lang);
// What the reader can do about it.
std::string_view RemedyOf(Reason reason, Lang lang);
// `chinese` or `english`.
inline std::string_view Say(Lang lang, std::string_view chinese, std::string_view english) {
  return lang == Lang::kChinese ? chinese : english;
}
// A reason for standing outside a ranking (NO_TARGET …) in words.
std::string_view UnrankedWords(std::string_view reason, Lang lang);
// A rule of a document's check ("sum of 3 child regions") in words; unknown rules come back unchanged.
std::string RuleWords(std::string_view rule, Lang lang);
// A column or field name in the reader's language; unknown names come back unchanged.
std::string FieldWords(std::string_view field, Lang lang);

}  // namespace anju::cli
