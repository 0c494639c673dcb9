// The audit of everything that a directory or a backup holds: bytes first, then contents, then figures at every basis that a bulletin names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/bulletin_figures.h"
#include "common/audit/margins.h"
#include "common/audit/plan_facts.h"
#include "common/audit/progress_facts.h"
#include "common/audit/ranking_facts.h"
#include "common/audit/sources.h"
#include "common/audit/walk.h"
#include "common/model/figures.h"

namespace anju::audit {

// One journal as far as it was audited.
struct JournalAudit {
  Source source;
  Walked walked;
  bool salvaged = false;             // read past damage to see what exactly is wrong
  std::string file;                  // that holds the first thing wrong; "" when it cannot be told
  std::optional<uint64_t> file_offset;  // in it: of the changed byte, or where what cannot be read begins
  // The changed byte, where one explains everything.
  struct Change {
    uint8_t was = 0, is = 0;
  };
  std::optional<Change> change;
  std::string damage_elsewhere;      // the store complains, yet every block holds: what it says; harmless
  std::unique_ptr<Findings> findings;
  bool intact() const { return !walked.wrong; }
};

// A bulletin that was issued, against the journals.
struct BulletinAudit {
  std::string number;
  uint64_t sequence = 0;      // of the event that issued it
  std::string wrong;          // "" when everything holds; else a sentence
  bool heads_missing = false; // a journal it rests on is not here, or ends before
  BulletinFigures figures;
};

struct SuiteOptions {
  // What is being read, and how far it came. Optional.
  std::function<void(const std::string& service, uint64_t sequence)> on_progress;
};

class SuiteAudit {
 public:
  explicit SuiteAudit(Sources sources, SuiteOptions options = {}) : sources_(std::move(sources)), options_(std::move(options)) {}
  // Reads every journal. An error only when nothing can be read at all: DIRECTORY_IN_USE.
  absl::Status Run();

  const std::vector<JournalAudit>& journals() const { return journals_; }
  const JournalAudit* Find(const std::string& service) const;
  const std::vector<BulletinAudit>& bulletins() const { return bulletins_; }
  const PlanFacts* plan() const { return plan_.get(); }
  const ProgressFacts* progress() const { return progress_.empty() ? nullptr : progress_.front().get(); }
  const RankingFacts* ranking() const { return ranking_.get(); }
  // True when plan and one progress journal are there whole: then there are figures.
  bool has_figures() const;
  // Current totals. REQUIRES: has_figures.
  std::unique_ptr<Figures> Current() const;

 private:
  // Figures are asked for while the progress journal is folded: what is known then is what was known at the bulletin's basis.
  struct Asked {
    size_t bulletin = 0;
    uint64_t plan = 0;
  };
  JournalAudit AuditOne(const Source& source, const WalkOptions& walk, const std::function<void()>& reset);
  bool ReadOnce(const Source& source, const WalkOptions& walk, const std::function<void()>& reset, bool salvage, JournalAudit* journal);
  void AuditRanking(const Source& source);
  void AuditPlan(const Source& source);
  void AuditProgress(const Source& source);
  void Answer(const ProgressFacts& progress, uint64_t sequence, bool to_end);
  void CheckPlanPositions(JournalAudit& journal, const std::map<uint64_t, journal::BlockHeader>& steps);
  void CheckHeads(const Issued& issued, BulletinAudit* bulletin) const;
  void Locate(JournalAudit* journal) const;
  void LocateUnread(const Opened& opened, JournalAudit* journal) const;
  void LocateElsewhere(const std::string& complaint, JournalAudit* journal) const;

  const Sources sources_;
  const SuiteOptions options_;
  absl::Status in_use_;
  std::vector<JournalAudit> journals_;
  std::unique_ptr<PlanFacts> plan_;
  std::vector<std::unique_ptr<ProgressFacts>> progress_;
  std::unique_ptr<RankingFacts> ranking_;
  std::map<std::string, std::set<uint64_t>> wanted_;       // by journal id: sequences whose heads bulletins name
  std::multimap<uint64_t, Asked> asked_;                   // by progress sequence
  std::vector<BulletinAudit> bulletins_;
};

}  // namespace anju::audit
