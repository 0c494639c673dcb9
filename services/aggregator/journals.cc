// Names of sequences by feed.
#include "services/aggregator/journals.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"

namespace anju::aggregator {

std::shared_ptr<const FeedJournals> FeedJournals::With(size_t feed, journal::Lineage lineage) const {
  auto changed = std::make_shared<FeedJournals>(feeds_.size());
  changed->feeds_ = feeds_;
  Feed& own = changed->feeds_[feed];
  own.names.clear();
  for (const journal::Identity& identity : lineage.identities()) own.names.push_back(journal::ToHex(identity.id));
  own.lineage = std::move(lineage);
  for (const Feed& one : changed->feeds_) {
    changed->lineages_.Add(one.lineage);
    if (one.names.size() > 1) changed->continuing_.push_back(rpc::ToProto(one.lineage));
  }
  return changed;
}

std::shared_ptr<const FeedJournals> FeedJournals::WithUnrelated(size_t feed, const journal::JournalId& id) const {
  auto lineage = journal::Lineage::FromIdentities({journal::EncodeIdentity({.service = "", .id = id, .created_us = 0, .continues = {}})});
  CHECK_OK(lineage.status());
  return With(feed, *std::move(lineage));
}

const std::string& FeedJournals::NameOf(size_t feed, uint64_t sequence) const {
  static const std::string kNone;
  const Feed& own = feeds_[feed];
  if (own.names.empty()) return kNone;
  size_t i = 0;
  const std::vector<journal::Identity>& identities = own.lineage.identities();
  while (sequence > 0 && i + 1 < identities.size() && sequence > identities[i + 1].continues.sequence) ++i;
  return own.names[i];
}

Standing FeedJournals::StandingOf(size_t feed, const types::v1::Position& position) const {
  const Feed& own = feeds_[feed];
  if (std::find(own.names.begin(), own.names.end(), position.journal_id()) == own.names.end()) return Standing::kOther;
  return lineages_.IsLost(position) ? Standing::kLost : Standing::kOurs;
}

std::optional<size_t> FeedJournals::FeedOf(std::string_view id) const {
  for (size_t feed = 1; feed < feeds_.size(); ++feed) {
    const std::vector<std::string>& names = feeds_[feed].names;
    if (std::find(names.begin(), names.end(), id) != names.end()) return feed;
  }
  return std::nullopt;
}

}  // namespace anju::aggregator
