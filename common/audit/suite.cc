// Ranking first, because its bulletins say which positions are worth remembering; then plan, which progress is decided by; then progress.
#include "common/audit/suite.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/audit/isolated.h"
#include "common/journal/journal.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::audit {
namespace {

constexpr size_t kNeedleBytes = 24;  // of a block, enough to be found by: magic, first sequence, count and length

constexpr int kSalvageSeconds = 300;

constexpr const char* kUnreadRecord = "a record of the write-ahead log cannot be read";
constexpr const char* kDamagedRecord = "a record of the write-ahead log is damaged";

// What another process saw, on its way through a pipe: fields on lines of their own, the sentence last.
std::string Encode(const JournalAudit& journal) {
  if (journal.intact()) return "intact";
  const Wrong& wrong = *journal.walked.wrong;
  return absl::StrCat("wrong ", journal.walked.last.sequence, " ", journal.walked.blocks, " ", wrong.first, " ", wrong.last, " ", wrong.missing, " ", wrong.offset.has_value(), " ", wrong.offset.value_or(0), " ",
                      journal.change.has_value(), " ", journal.change ? journal.change->was : 0, " ", journal.change ? journal.change->is : 0, " ", journal.file_offset.has_value(), " ",
                      journal.file_offset.value_or(0), "\n", journal.file, "\n", wrong.what);
}

// True when the journal was intact.
bool Decode(const std::string& text, JournalAudit* journal) {
  if (text == "intact") return true;
  Wrong& wrong = journal->walked.wrong.emplace();
  std::istringstream in(text);
  std::string word;
  bool has_offset = false, has_change = false, has_file_offset = false;
  size_t offset = 0;
  uint64_t file_offset = 0;
  unsigned was = 0, is = 0;
  in >> word >> journal->walked.last.sequence >> journal->walked.blocks >> wrong.first >> wrong.last >> wrong.missing >> has_offset >> offset >> has_change >> was >> is >> has_file_offset >> file_offset;
  in.ignore(1);
  std::getline(in, journal->file);
  std::getline(in, wrong.what, '\0');
  if (has_offset) wrong.offset = offset;
  wrong.was = static_cast<uint8_t>(was);
  wrong.is = static_cast<uint8_t>(is);
  if (has_change) journal->change = {wrong.was, wrong.is};
  if (has_file_offset) journal->file_offset = file_offset;
  return false;
}

std::string HexOf(std::string_view bytes) { return absl::BytesToHexString({bytes.data(), bytes.size()}); }

}  // namespace

absl::Status SuiteAudit::Run() {
  for (const Source& source : sources_.journals) {
    if (source.service == "ranking") AuditRanking(source);
  }
  for (const Source& source : sources_.journals) {
    if (source.service == "plan") AuditPlan(source);
  }
  for (const Source& source : sources_.journals) {
    if (source.service == "progress") AuditProgress(source);
  }
  RETURN_IF_ERROR(in_use_);
  if (ranking_ == nullptr) return absl::OkStatus();
  for (size_t i = 0; i < ranking_->issued().size(); ++i) CheckHeads(ranking_->issued()[i], &bulletins_[i]);
  return absl::OkStatus();
}

const JournalAudit* SuiteAudit::Find(const std::string& service) const {
  const auto found = std::find_if(journals_.begin(), journals_.end(), [&](const JournalAudit& journal) { return journal.source.service == service; });
  return found == journals_.end() ? nullptr : &*found;
}

bool SuiteAudit::has_figures() const {
  const JournalAudit* plan = Find("plan");
  const JournalAudit* progress = Find("progress");
  return plan != nullptr && progress != nullptr && plan->intact() && progress->intact() && progress_.size() == 1;
}

std::unique_ptr<Figures> SuiteAudit::Current() const {
  return std::make_unique<Figures>(plan_->events(), progress_.front()->series(), model::Question{.as_of = {}, .tree = {}, .plan = plan_->events().size()});
}

// Reads with the store's own checks; where those complain, once more past the damage, so that what is wrong is told by the hashes and not by the store.
// `reset` takes back what was folded the first time.
JournalAudit SuiteAudit::AuditOne(const Source& source, const WalkOptions& walk, const std::function<void()>& reset) {
  JournalAudit journal;
  journal.source = source;
  if (!ReadOnce(source, walk, reset, /*salvage=*/false, &journal) || journal.intact()) return journal;
  const std::string complaint = journal.walked.wrong->what;
  if (source.archive) {
    Locate(&journal);
    return journal;
  }
  // Without checksums the store may take rubbish for its own and end the process: it is tried in another one first.
  const auto seen = RunIsolated([&] {
    JournalAudit salvaged;
    salvaged.source = source;
    const WalkOptions bytes_only{.service = walk.service, .heads = {}, .on_block = {}, .on_progress = {}};
    ReadOnce(source, bytes_only, [] {}, /*salvage=*/true, &salvaged);
    if (!salvaged.intact()) Locate(&salvaged);
    return Encode(salvaged);
  }, kSalvageSeconds);
  if (!seen) return journal;
  JournalAudit salvaged;
  if (Decode(*seen, &salvaged)) {
    reset();
    JournalAudit again;
    again.source = source;
    again.salvaged = true;
    ReadOnce(source, walk, [] {}, /*salvage=*/true, &again);
    again.damage_elsewhere = complaint;
    LocateElsewhere(complaint, &again);
    return again;
  }
  // It may also read less than the store did with its checks.
  if (salvaged.walked.last.sequence < journal.walked.last.sequence) return journal;
  journal.file = salvaged.file;
  journal.file_offset = salvaged.file_offset;
  journal.change = salvaged.change;
  if (salvaged.walked.wrong->first == 0) return journal;
  journal.salvaged = true;
  journal.walked.last = salvaged.walked.last;
  journal.walked.blocks = salvaged.walked.blocks;
  journal.walked.wrong = salvaged.walked.wrong;
  return journal;
}

// False when a service holds the directory.
bool SuiteAudit::ReadOnce(const Source& source, const WalkOptions& walk, const std::function<void()>& reset, bool salvage, JournalAudit* journal) {
  reset();
  journal->salvaged = salvage;
  auto opened = OpenSource(source, salvage);
  if (opened.ok()) {
    WalkOptions options = walk;
    if (opened->logs != nullptr) {
      options.suspect = [&logs = *opened->logs](uint64_t key) {
        const auto row = logs.rows().find(journal::BlockKey(key));
        const auto change = row == logs.rows().end() ? std::nullopt : logs.ChangeIn(row->second);
        return change ? std::optional(std::pair(change->first, change->second.was)) : std::nullopt;
      };
    }
    journal->walked = Walk(*opened->store, opened->witness, options);
    return true;
  }
  if (HasReason(opened.status(), Reason::DIRECTORY_IN_USE)) {
    in_use_ = opened.status();
    return false;
  }
  journal->walked = {};
  journal->walked.wrong.emplace();
  journal->walked.wrong->what = ErrorsOf(opened.status()).front().message;
  return true;
}

// The file that the first wrong block stands in, and the byte.
void SuiteAudit::Locate(JournalAudit* journal) const {
  const Wrong& wrong = *journal->walked.wrong;
  const std::string directory = journal->source.archive ? journal->source.path.substr(0, journal->source.path.rfind('/')) : journal->source.path + "/" + std::string(journal::kJournalStore);
  if (wrong.offset) journal->change = {wrong.was, wrong.is};
  if (wrong.first == 0 && wrong.what.find("witness") != std::string::npos) {
    journal->file = journal->source.path + "/" + std::string(journal::kWitnessFile);
    return;
  }
  auto opened = OpenSource(journal->source, /*salvage=*/true);
  if (!opened.ok()) return;
  if (wrong.missing) return LocateUnread(*opened, journal);
  const auto cursor = opened->store->NewCursor();
  cursor->SeekForPrev(journal::BlockKey(wrong.first));  // of 0: the identity
  if (!cursor->Valid() || (wrong.first == 0 && cursor->key() != journal::IdentityKey())) return LocateUnread(*opened, journal);
  const std::string_view value = cursor->value();
  if (opened->logs != nullptr) {
    const auto row = opened->logs->rows().find(cursor->key());
    if (row != opened->logs->rows().end() && *row->second.row.value == value) {
      const auto change = opened->logs->ChangeIn(row->second);
      // Where only the hash of the block is off, and not that of an event, the checksum of its record still tells the byte.
      const std::optional<size_t> at = wrong.offset ? wrong.offset : change ? std::optional(change->first) : std::nullopt;
      if (wrong.first == 0 && !at) return;
      journal->file = opened->logs->FileOf(row->second);
      if (at) journal->file_offset = row->second.row.OffsetOf(*at);
      if (!wrong.offset && change) journal->change = {change->second.was, change->second.is};
      return;
    }
  }
  if (wrong.first == 0) return;
  const std::string_view needle = wrong.offset && *wrong.offset < kNeedleBytes ? value.substr(journal::kHeaderBytes, 64) : value.substr(0, kNeedleBytes);
  if (const auto place = FindBytes(directory, needle)) {
    journal->file = place->file;
    if (wrong.offset) journal->file_offset = place->offset + *wrong.offset - (needle.data() == value.data() ? 0 : journal::kHeaderBytes);
  }
}

// What is not there may stand in a record of a log that is too damaged to be read, or behind the end of a log that was cut.
void SuiteAudit::LocateUnread(const Opened& opened, JournalAudit* journal) const {
  if (opened.logs == nullptr) return;
  Wrong& wrong = *journal->walked.wrong;
  std::string before;
  if (wrong.first > 0) {
    const auto cursor = opened.store->NewCursor();
    cursor->SeekForPrev(journal::BlockKey(wrong.first - 1));
    if (cursor->Valid()) before = std::string(cursor->key());
  }
  if (const Logs::Damage* unread = opened.logs->FirstUnreadAfter(before)) {
    journal->file = unread->file;
    journal->file_offset = unread->damage.begin;
    if (!wrong.missing) return;
    wrong.missing = false;
    wrong.what = kUnreadRecord;
  } else if (wrong.missing && wrong.what == kMissingAtEnd) {
    journal->file = opened.logs->Newest(&journal->file_offset);
  }
}

// Every event holds; the store's own words for its log do not say which byte it is.
void SuiteAudit::LocateElsewhere(const std::string& complaint, JournalAudit* journal) const {
  const Logs logs(journal->source.path + "/" + std::string(journal::kJournalStore));
  if (!logs.damaged()) return;
  const Logs::Damage& damage = logs.first();
  // A chain that ended too soon: RocksDB took the damaged record for one whose writing was cut off.
  const bool of_chain = complaint.find('/') == std::string::npos;
  if (!of_chain && complaint.find(damage.file) == std::string::npos) return;
  if (of_chain) journal->damage_elsewhere = kDamagedRecord;
  journal->file = damage.file;
  journal->file_offset = damage.damage.change ? damage.damage.change->offset : damage.damage.begin;
  if (damage.damage.change) journal->change = {damage.damage.change->was, damage.damage.change->is};
}

void SuiteAudit::AuditRanking(const Source& source) {
  auto findings = std::make_unique<Findings>("ranking");
  const WalkOptions walk{.service = "ranking", .heads = {}, .on_block = [&](const journal::BlockHeader& header, const std::vector<std::string_view>& events) {
                           uint64_t sequence = header.first_sequence;
                           for (const std::string_view event : events) ranking_->Take(sequence++, event);
                         },
                         .on_progress = [&](uint64_t at) { if (options_.on_progress) options_.on_progress(source.name, at); }};
  journals_.push_back(AuditOne(source, walk, [&] {
    findings = std::make_unique<Findings>("ranking");
    ranking_ = std::make_unique<RankingFacts>(findings.get());
  }));
  journals_.back().findings = std::move(findings);
  for (const Issued& issued : ranking_->issued()) {
    BulletinAudit& bulletin = bulletins_.emplace_back();
    bulletin.number = issued.event.number();
    bulletin.sequence = issued.sequence;
    const types::v1::Basis& basis = issued.event.basis();
    wanted_[basis.plan().journal_id()].insert(basis.plan().sequence());
    for (const types::v1::Position& progress : basis.progress()) wanted_[progress.journal_id()].insert(progress.sequence());
    // The model folds what was reported, whatever became of it since: figures of bulletins that leave out what was not reviewed are not asked for.
    if (!issued.readable || issued.content.review != "all" || basis.progress_size() > 1) continue;
    asked_.emplace(basis.progress_size() == 1 ? basis.progress(0).sequence() : 0, Asked{bulletins_.size() - 1, basis.plan().sequence()});
  }
}

void SuiteAudit::AuditPlan(const Source& source) {
  auto findings = std::make_unique<Findings>("plan");
  WalkOptions walk{.service = "plan", .heads = {}, .on_block = [&](const journal::BlockHeader& header, const std::vector<std::string_view>& events) {
                     uint64_t sequence = header.first_sequence;
                     for (const std::string_view event : events) plan_->Take(sequence++, event);
                     plan_->EndBlock(sequence - 1);
                   },
                   .on_progress = [&](uint64_t at) { if (options_.on_progress) options_.on_progress(source.name, at); }};
  for (const auto& [id, sequences] : wanted_) walk.heads.insert(sequences.begin(), sequences.end());
  journals_.push_back(AuditOne(source, walk, [&] {
    findings = std::make_unique<Findings>("plan");
    plan_ = std::make_unique<PlanFacts>(findings.get());
  }));
  journals_.back().findings = std::move(findings);
}

void SuiteAudit::AuditProgress(const Source& source) {
  auto findings = std::make_unique<Findings>("progress");
  if (plan_ == nullptr) {
    // Without the plan nothing it names can be looked up: only its bytes are audited.
    WalkOptions walk{.service = "progress", .heads = {}, .on_block = {}, .on_progress = {}};
    journals_.push_back(AuditOne(source, walk, [] {}));
    journals_.back().findings = std::move(findings);
    return;
  }
  progress_.emplace_back();
  std::unique_ptr<ProgressFacts>& facts = progress_.back();
  std::map<uint64_t, journal::BlockHeader> steps;  // the first block of each plan position
  uint64_t plan_position = 0;
  WalkOptions walk{.service = "progress", .heads = {}, .on_block = [&](const journal::BlockHeader& header, const std::vector<std::string_view>& events) {
                     if (header.plan_sequence != plan_position || steps.empty()) steps.emplace(header.first_sequence, header);
                     plan_position = header.plan_sequence;
                     uint64_t sequence = header.first_sequence;
                     for (const std::string_view event : events) {
                       if (!asked_.empty()) Answer(*facts, sequence, false);
                       facts->Take(sequence++, header, event);
                     }
                   },
                   .on_progress = [&](uint64_t at) { if (options_.on_progress) options_.on_progress(source.name, at); }};
  for (const auto& [id, sequences] : wanted_) walk.heads.insert(sequences.begin(), sequences.end());
  const std::multimap<uint64_t, Asked> asked = asked_;
  JournalAudit journal = AuditOne(source, walk, [&] {
    findings = std::make_unique<Findings>("progress");
    facts = std::make_unique<ProgressFacts>(*plan_, findings.get());
    asked_ = asked;
    steps.clear();
    plan_position = 0;
    for (BulletinAudit& bulletin : bulletins_) bulletin.figures = {};
  });
  journal.findings = std::move(findings);
  if (journal.intact()) {
    Answer(*facts, journal.walked.last.sequence, true);
    CheckPlanPositions(journal, steps);
  }
  journals_.push_back(std::move(journal));
}

// Answers what is asked at positions before `sequence`.
void SuiteAudit::Answer(const ProgressFacts& progress, uint64_t sequence, bool to_end) {
  while (!asked_.empty() && (to_end ? asked_.begin()->first <= sequence : asked_.begin()->first < sequence)) {
    const auto [bulletin, plan] = asked_.begin()->second;
    asked_.erase(asked_.begin());
    const bulletin::Content& content = ranking_->issued()[bulletin].content;
    const auto as_of = ParseDate(content.as_of), tree = ParseDate(content.tree);
    if (!as_of.ok() || plan > plan_->events().size()) continue;
    Figures figures(plan_->events(), progress.series(), {.as_of = *as_of, .tree = tree.ok() ? std::optional(*tree) : std::nullopt, .plan = plan});
    bulletins_[bulletin].figures = CompareBulletin(content, figures);
  }
}

// Every block was decided at a position that the plan journal had: the end of one of its blocks, under the journal that recorded it.
void SuiteAudit::CheckPlanPositions(JournalAudit& journal, const std::map<uint64_t, journal::BlockHeader>& steps) {
  const JournalAudit* plan = Find("plan");
  if (plan == nullptr || !plan->intact()) return;
  for (const auto& [sequence, header] : steps) {
    if (header.plan_sequence == 0) continue;
    if (!plan->walked.lineage.Contains(header.plan_journal_id, header.plan_sequence)) journal.findings->Add(sequence, "the block was decided at a plan of another journal");
    else if (header.plan_sequence > plan->walked.last.sequence) journal.findings->Add(sequence, absl::StrCat("the block was decided at plan position ", header.plan_sequence, ", which is not there"));
    else if (!plan_->IsBlockEnd(header.plan_sequence)) journal.findings->Add(sequence, absl::StrCat("the block was decided inside a block of the plan, at ", header.plan_sequence));
  }
}

// What the bulletin prints of the heads of its journals is what they have there.
void SuiteAudit::CheckHeads(const Issued& issued, BulletinAudit* bulletin) const {
  std::vector<std::pair<std::string, const types::v1::Position*>> named = {{"plan", &issued.event.basis().plan()}};
  for (const types::v1::Position& progress : issued.event.basis().progress()) named.emplace_back("progress", &progress);
  for (const auto& [service, position] : named) {
    if (position->sequence() == 0) continue;
    const auto id = journal::ParseJournalId(position->journal_id());
    const JournalAudit* holder = nullptr;
    bool any = false;
    for (const JournalAudit& journal : journals_) {
      if (journal.source.service != service) continue;
      any = true;
      if (id.ok() && !journal.walked.lineage.empty() && journal.walked.lineage.Contains(*id, position->sequence())) holder = &journal;
    }
    if (!any || (holder != nullptr && !holder->intact())) {
      bulletin->heads_missing = true;
      continue;
    }
    if (holder == nullptr) {
      bulletin->wrong = absl::StrCat("the ", service, " journal ", position->journal_id(), " that it names is not here");
      return;
    }
    if (holder->walked.last.sequence < position->sequence()) {
      bulletin->wrong = absl::StrCat("the ", service, " journal ends at ", holder->walked.last.sequence, ", the bulletin names ", position->sequence());
      return;
    }
    if (position->block_hash().empty()) continue;  // the basis ends inside a block
    const auto head = holder->walked.heads.find(position->sequence());
    const std::string_view hash = head == holder->walked.heads.end() ? std::string_view() : std::string_view(reinterpret_cast<const char*>(head->second.hash.data()), 32);
    if (hash != std::string_view(position->block_hash())) {
      bulletin->wrong = absl::StrCat("the ", service, " journal at sequence ", position->sequence(), " has the hash ", hash.empty() ? "(no block ends there)" : HexOf(hash), ", the bulletin names ",
                                     HexOf(position->block_hash()));
      return;
    }
    if (position->tree_root().empty()) continue;
    const std::string_view root(reinterpret_cast<const char*>(head->second.tree_root.data()), 32);
    if (head->second.tree_size != position->tree_size() || root != std::string_view(position->tree_root())) {
      bulletin->wrong = absl::StrCat("the tree of the ", service, " journal at sequence ", position->sequence(), " has another root than the bulletin names");
      return;
    }
  }
}

}  // namespace anju::audit
