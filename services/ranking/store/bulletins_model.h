// The fold of the ranking journal: templates with their versions, drafts, issued bulletins, remembered requests.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "anju/ranking/v1/event.pb.h"
#include "common/journal/pipeline.h"

namespace anju::ranking {

// Where an event stands and who caused it.
struct Recorded {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  std::string actor;
};

struct StoredTemplate {
  Recorded recorded;
  v1::TemplateDefined defined;
};

// `drafted` and `issued` come without their contents: see BulletinsModel::RecentContent.
struct StoredDraft {
  Recorded recorded;
  v1::BulletinDrafted drafted;
  std::string issued_as;
};
struct StoredBulletin {
  Recorded recorded;
  v1::BulletinIssued issued;
  std::vector<std::string> corrected_by;  // numbers, in the order they were issued
};

// What a request id answered: exactly one of the three is set.
struct RememberedRequest {
  std::string digest;
  const StoredTemplate* defined = nullptr;
  uint64_t draft = 0;
  std::string number;
};

// One line of the list of bulletins, in the order of the journal.
struct Listed {
  uint64_t sequence = 0;
  const StoredDraft* draft = nullptr;        // one of the two
  const StoredBulletin* bulletin = nullptr;
};

// Decider thread only, like every model. Pointers stay valid: nothing is ever taken away but remembered requests.
class BulletinsModel final : public journal::Model {
 public:
  absl::Status Load(storage::Store& state) override;
  absl::Status Apply(const journal::EventContext& context, std::string_view event, storage::Batch& rows) override;

  // Newest versions, by code.
  std::vector<const StoredTemplate*> NewestTemplates() const;
  size_t template_codes() const { return templates_.size(); }
  // `version` 0: the newest. nullptr when there is none.
  const StoredTemplate* FindTemplate(const std::string& code, uint32_t version) const;
  // Drafts are numbered 1, 2, 3 ….
  const StoredDraft* FindDraft(uint64_t draft) const;
  uint64_t drafts() const { return drafts_.size(); }
  const StoredBulletin* FindBulletin(const std::string& number) const;
  // The largest ordinal of the bulletins of a template in a year; 0 when there are none.
  uint32_t LargestOrdinal(const std::string& template_code, int year) const;
  // After this sequence.
  std::vector<Listed>::const_iterator ListedAfter(uint64_t sequence) const;
  std::vector<Listed>::const_iterator ListedEnd() const { return listed_.end(); }
  // One of the last schema::kRequestsRemembered durable requests of this caller.
  const RememberedRequest* FindRequest(const std::string& actor, const std::string& request_id) const;
  // The content of the event with this sequence while it is recent, and always until it is durable; nullptr: the journal has it.
  std::shared_ptr<const std::string> RecentContent(uint64_t sequence) const;

 private:
  // Takes the event in; its content is given apart and may be empty.
  absl::Status Fold(uint64_t sequence, int64_t time_us, v1::Event event);
  void Remember(const v1::Event& event, RememberedRequest request);
  void Keep(uint64_t sequence, std::string content);

  std::map<std::string, std::deque<StoredTemplate>> templates_;
  std::deque<StoredDraft> drafts_;
  std::deque<StoredBulletin> bulletins_;
  std::unordered_map<std::string, StoredBulletin*> numbers_;
  std::map<std::pair<std::string, int>, uint32_t> ordinals_;
  std::vector<Listed> listed_;
  std::deque<std::pair<std::string, std::string>> request_order_;  // oldest first
  std::map<std::pair<std::string, std::string>, RememberedRequest> requests_;
  std::deque<std::pair<uint64_t, std::shared_ptr<const std::string>>> recent_;  // by sequence
  size_t recent_bytes_ = 0;
};

}  // namespace anju::ranking
