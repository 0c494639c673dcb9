// Digests over fixed-width fields first, then over each text with the digest so far as its seed (so no two texts can run together).
#include "services/progress/core/content.h"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace anju::progress {
namespace {

static_assert(std::endian::native == std::endian::little, "digests are over little-endian fields");

uint64_t Mix(uint64_t digest, std::string_view text) { return XXH3_64bits_withSeed(text.data(), text.size(), digest); }

}  // namespace

uint64_t AcceptedDigest(uint32_t series, const Figure& figure) {
  const uint64_t fixed[5] = {
      series | uint64_t{static_cast<uint8_t>(figure.kind)} << 32 | uint64_t{figure.published.has_value()} << 40,
      static_cast<uint32_t>(figure.as_of.days) | uint64_t{static_cast<uint32_t>(figure.published.value_or(Date{}).days)} << 32,
      static_cast<uint64_t>(figure.amount),
      figure.corrects,
      uint64_t{figure.explanation.size()} | uint64_t{figure.printed.size()} << 32,
  };
  uint64_t digest = XXH3_64bits(fixed, sizeof fixed);
  if (!figure.explanation.empty()) digest = Mix(digest, figure.explanation);
  if (!figure.printed.empty()) digest = Mix(digest, figure.printed);
  if (!figure.unit.empty()) digest = Mix(digest, figure.unit);
  return digest;
}

uint64_t SentDigest(const SeriesText& series, const ItemText& item) {
  const uint64_t fixed[3] = {
      static_cast<uint32_t>(item.as_of_days) | uint64_t{static_cast<uint32_t>(item.kind)} << 32,
      static_cast<uint64_t>(item.amount),
      item.corrects,
  };
  uint64_t digest = XXH3_64bits(fixed, sizeof fixed);
  for (const std::string_view text : {series.region, series.programme, series.indicator, series.plan_year, series.unit, item.text,
                                      item.explanation, item.published, item.as_of, item.kind_text, item.corrects_text}) {
    digest = Mix(digest, text);
  }
  return digest;
}

}  // namespace anju::progress
