// The named maxima of the progress service.
#pragma once

#include <cstddef>
#include <cstdint>

namespace anju::progress {

inline constexpr int kMessageItemsMax = 1'000;
inline constexpr size_t kMessageBytesMax = 4 << 20;         // of one message of items
inline constexpr uint32_t kSeriesIndexMax = 1'048'576;      // indexes of definitions are below it
inline constexpr size_t kDefinitionTextBytesMax = 256;      // of each text of a definition
// Of one stream, read and not yet answered; beyond any of them nothing more is read. Many small messages have to fit into one sync of the journal: what is
// in flight, divided by how long a sync takes, is the most that a stream can reach.
inline constexpr int kInFlightMessagesMax = 256;
inline constexpr int kInFlightItemsMax = 6'400;
inline constexpr size_t kInFlightBytesMax = 8 << 20;
inline constexpr int kOpenWaitMsMax = 60'000;               // how long a stream's Open waits for plan_at_least
inline constexpr int64_t kPageSizeDefault = 100;
inline constexpr int64_t kPageSizeMax = 1'000;
inline constexpr size_t kScanEventsMax = 20'000;            // events looked at for one page; then a token goes on from there
inline constexpr size_t kScanBytesMax = 1 << 20;            // of one read of the journal
inline constexpr size_t kListsWaitingMax = 64;
inline constexpr int kReviewNamedMax = 1'000;               // updates named in one request of review
inline constexpr size_t kReviewUpdatesMax = 10'000;         // updates that one request reviews
inline constexpr size_t kReviewEventUpdatesMax = 1'000;     // of them in one event

}  // namespace anju::progress
