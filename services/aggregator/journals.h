// Whose journals the feeds are of, as far as they have told: what sequences are called, and what names of the past mean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "anju/types/v1/basis.pb.h"
#include "common/journal/lineage.h"
#include "common/rpc/lineages.h"

namespace anju::aggregator {

enum class Standing {
  kOurs,   // a position of this feed's journal or of one it continues
  kLost,   // it was, until the journal was restored from a backup that ends before it
  kOther,  // of another journal
};

// Immutable. Feed 0 is plan, 1 + slot a progress journal.
class FeedJournals {
 public:
  explicit FeedJournals(size_t feeds) : feeds_(feeds) {}
  // The same, but for one feed.
  std::shared_ptr<const FeedJournals> With(size_t feed, journal::Lineage lineage) const;
  // A journal that is known by its id only, as one that continues none.
  std::shared_ptr<const FeedJournals> WithUnrelated(size_t feed, const journal::JournalId& id) const;

  bool knows(size_t feed) const { return !feeds_[feed].lineage.empty(); }
  // Empty until the feed has told.
  const journal::Lineage& lineage(size_t feed) const { return feeds_[feed].lineage; }
  // The id of the journal that recorded a sequence; of 0 the oldest one. A restore does not change it. "" when nothing is known.
  const std::string& NameOf(size_t feed, uint64_t sequence) const;
  Standing StandingOf(size_t feed, const types::v1::Position& position) const;
  // The progress feed whose journal has this name, or had it; nullopt if none.
  std::optional<size_t> FeedOf(std::string_view id) const;
  const rpc::Lineages& lineages() const { return lineages_; }
  // Those of the journals that continue others, for followers.
  const std::vector<types::v1::Lineage>& continuing() const { return continuing_; }

 private:
  struct Feed {
    journal::Lineage lineage;
    std::vector<std::string> names;  // hex, the oldest first
  };
  std::vector<Feed> feeds_;
  rpc::Lineages lineages_;
  std::vector<types::v1::Lineage> continuing_;
};

// For messages that are made after the look.
using Journals = std::shared_ptr<const FeedJournals>;

}  // namespace anju::aggregator
