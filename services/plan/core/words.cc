// Words to values.
#include "services/plan/core/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "services/plan/errors.h"

namespace anju::plan {
namespace {

constexpr std::string_view kWideBlank = "　";

template <typename Value, size_t n>
std::optional<Value> Find(const std::array<std::pair<std::string_view, Value>, n>& words, std::string_view word) {
  const auto it = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
  if (it == words.end()) return std::nullopt;
  return it->second;
}

}  // namespace

std::optional<Layer> ParseLayer(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Layer>, 12> kWords = {{
      {"national", Layer::kNational}, {"国家", Layer::kNational}, {"provincial", Layer::kProvince}, {"province", Layer::kProvince},
      {"省", Layer::kProvince}, {"省级", Layer::kProvince}, {"city", Layer::kCity}, {"市", Layer::kCity},
      {"市级", Layer::kCity}, {"county", Layer::kCounty}, {"县", Layer::kCounty}, {"县级", Layer::kCounty},
  }};
  return Find(kWords, word);
}

std::string_view LayerName(Layer layer) {
  switch (layer) {
    case Layer::kNone: return "";
    case Layer::kNational: return "national";
    case Layer::kProvince: return "province";
    case Layer::kCity: return "city";
    case Layer::kCounty: return "county";
  }
  return "";
}

Layer LayerOf(RegionLevel level) {
  switch (level) {
    case RegionLevel::kCountry: return Layer::kNational;
    case RegionLevel::kProvince: return Layer::kProvince;
    case RegionLevel::kCity: return Layer::kCity;
    case RegionLevel::kCounty:
    case RegionLevel::kUnit: return Layer::kCounty;
  }
  return Layer::kCounty;
}

std::optional<Role> ParseRole(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Role>, 10> kWords = {{
      {"target", Role::kTarget}, {"任务", Role::kTarget}, {"declared_total", Role::kDeclaredTotal}, {"合计", Role::kDeclaredTotal},
      {"addition", Role::kAddition}, {"追加", Role::kAddition}, {"reserve", Role::kReserve}, {"预留", Role::kReserve},
      {"withdrawn", Role::kWithdrawn}, {"撤销", Role::kWithdrawn},
  }};
  return Find(kWords, word);
}

std::optional<Missing> ParseMissing(std::string_view value) {
  static constexpr std::array<std::pair<std::string_view, Missing>, 5> kWords = {{
      {"", Missing::kBlank}, {"no_task", Missing::kNoTask}, {"无任务", Missing::kNoTask},
      {"not_published", Missing::kNotPublished}, {"暂未公布", Missing::kNotPublished},
  }};
  return Find(kWords, value);
}

std::string_view Trim(std::string_view text) {
  for (bool cut = true; cut && !text.empty();) {
    cut = false;
    if (text.front() == ' ' || text.front() == '\t') text.remove_prefix(1), cut = true;
    else if (text.back() == ' ' || text.back() == '\t') text.remove_suffix(1), cut = true;
    else if (text.starts_with(kWideBlank)) text.remove_prefix(kWideBlank.size()), cut = true;
    else if (text.ends_with(kWideBlank)) text.remove_suffix(kWideBlank.size()), cut = true;
  }
  return text;
}

std::vector<std::string> SplitList(std::string_view text) {
  static constexpr std::string_view kWide = "；";
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t narrow = text.find(';');
    const size_t wide = text.find(kWide);
    const size_t end = std::min({narrow, wide, text.size()});
    if (const std::string_view item = Trim(text.substr(0, end)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(text.size(), end + (wide < narrow ? kWide.size() : 1)));
  }
  return items;
}

void CheckDocumentNumber(std::string_view number, ErrorCollector& errors) {
  if (number.empty()) {
    errors.Add(MissingField(0, "document"));
    return;
  }
  size_t characters = 0;
  bool control = false;
  for (const char c : number) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++characters;
    control |= byte < 0x20 || byte == 0x7F;
  }
  if (control || characters > kDocumentCharactersMax || Trim(number).size() != number.size()) {
    errors.Add(BadCode(0, "document", number, "a document number of 1 to 120 characters without surrounding blanks"));
  }
}

std::string FormatExact(const Fraction& value) {
  const Fraction reduced = MakeFraction(value.numerator, value.denominator);
  int128 power = 1;
  for (int digits = 0; digits <= kScaleMax; ++digits, power *= 10) {
    if (power % reduced.denominator != 0) continue;
    const int128 scaled = reduced.numerator * (power / reduced.denominator);
    if (scaled > INT64_MAX || scaled < -int128{INT64_MAX}) break;
    return FormatAmount(static_cast<int64_t>(scaled), digits);
  }
  return FormatFraction(reduced);
}

}  // namespace anju::plan
