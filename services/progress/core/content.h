// What an item says, reduced to 64 bits: a number sent again with other content is a conflict. FROZEN: digests are stored.
//
// Accepted items: over the Update event's own fields, so that replay computes the same number as the decision did. Other items: over
// the fields as they were sent, because nothing may have been understood of them. XXH3-64 is enough against mistakes, which is what a
// conflict is; it is no defence against an author of collisions, who would only fool his own source.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/series/series.h"
#include "services/progress/core/item.h"

namespace anju::progress {

// Digest of an accepted figure of series `series`.
uint64_t AcceptedDigest(uint32_t series, const Figure& figure);
// Digest of an item and its series as sent.
uint64_t SentDigest(const SeriesText& series, const ItemText& item);

}  // namespace anju::progress
