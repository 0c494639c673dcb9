// The ranking journal as lists: templates, drafts and issued bulletins, each what its hash says.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "anju/ranking/v1/event.pb.h"
#include "common/audit/findings.h"
#include "common/bulletin/content.h"

namespace anju::audit {

// A bulletin as the journal has it. `content` holds only where its bytes are canonical.
struct Issued {
  uint64_t sequence = 0;
  ranking::v1::BulletinIssued event;
  bulletin::Content content;
  bool readable = false;
};

class RankingFacts {
 public:
  explicit RankingFacts(Findings* findings) : findings_(*findings) {}
  void Take(uint64_t sequence, std::string_view event);

  const std::vector<Issued>& issued() const { return issued_; }
  // nullptr when there is none.
  const std::string* TemplateSource(const std::string& code, uint32_t version) const;
  const Issued* Find(const std::string& number) const;
  uint64_t drafts() const { return drafts_; }

 private:
  void TakeTemplate(uint64_t sequence, const ranking::v1::TemplateDefined& defined);
  void TakeDraft(uint64_t sequence, const ranking::v1::BulletinDrafted& draft);
  void TakeIssued(uint64_t sequence, ranking::v1::BulletinIssued* issued);

  Findings& findings_;
  uint64_t next_ = 1;
  uint64_t drafts_ = 0;
  std::map<std::pair<std::string, uint32_t>, std::string> templates_;
  std::map<std::string, size_t> numbers_;
  std::vector<Issued> issued_;
};

// The basis that the content prints is the one that the event names.
bool SameBasis(const bulletin::Content& content, const types::v1::Basis& basis);

}  // namespace anju::audit
