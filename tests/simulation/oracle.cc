// Keeping what was said and what was recorded, and holding one against the other.
#include "tests/simulation/oracle.h"

#include <algorithm>
#include <utility>

namespace anju::simulation {
namespace {

enum Kind { kCumulative = 0, kIncrement = 1, kCorrection = 2, kReduction = 3 };

std::string Name(size_t journal) { return journal == kPlan ? "plan" : journal == kRanking ? "ranking" : "progress " + std::to_string(journal); }

std::string Hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : bytes) text += {kDigits[c >> 4], kDigits[c & 15]};
  return text;
}

}  // namespace

std::string Oracle::Print(const Content& content) const {
  return content.region + " " + content.programme + " " + content.indicator + " day " + std::to_string(content.as_of_days) + " amount " +
         std::to_string(content.amount) + " kind " + std::to_string(content.kind);
}

void Oracle::Sent(size_t journal, const std::string& source, uint64_t number, const Content& content) {
  std::vector<Content>& contents = sent_[{journal, source, number}];
  if (std::find(contents.begin(), contents.end(), content) == contents.end()) contents.push_back(content);
}

void Oracle::Heard(size_t journal, const std::string& source, uint64_t number, const Content& content, const Told& told) {
  heard_.push_back({{journal, source, number}, content, told});
}

void Oracle::HeardAcked(size_t journal, const std::string& source, uint64_t acked) {
  uint64_t& most = acked_[{journal, source}];
  most = std::max(most, acked);
  if (acked > 0 && Find(journal, source, acked) == nullptr) {
    violated_(source + " was told that number " + std::to_string(acked) + " has a verdict, but " + Name(journal) + " has recorded none");
  }
}

void Oracle::HeardRequest(size_t journal, const std::string& request_id, bool recorded, const std::string& answer) {
  const auto [it, first] = answers_.try_emplace({journal, request_id}, recorded, answer);
  if (!first && it->second != std::pair(recorded, answer)) violated_("request " + request_id + " of " + Name(journal) + " was answered in two ways");
  if (recorded && !journals_[journal].requests.contains(request_id)) violated_("request " + request_id + " was acknowledged but is not in the journal of " + Name(journal));
}

void Oracle::HeardBasis(const std::string& who, const types::v1::Basis& basis) {
  ++readings_;
  const auto judge = [&](const types::v1::Position& position) {
    size_t number = 0;
    bool lost = false;
    if (position.sequence() == 0 || JournalOf(position, &number, &lost) != nullptr) return;
    violated_(who + " answered from sequence " + std::to_string(position.sequence()) + " of journal " + position.journal_id() +
              ", which was never durable under that name");
  };
  judge(basis.plan());
  for (const types::v1::Position& position : basis.progress()) judge(position);
}

void Oracle::HeardRollup(const aggregator::v1::GetRollupResponse& response) {
  HeardBasis("the aggregator", response.basis().basis());
  rollups_.push_back(response);
}

void Oracle::HeardTable(const std::string& programme, const ranking::v1::GetLeagueTableResponse& response) {
  HeardBasis("ranking", response.basis().basis());
  tables_.emplace_back(programme, response);
}

void Oracle::HeardBulletin(const std::string& number, const std::string& sha256, const std::string& content) {
  const auto [it, first] = bulletins_.try_emplace(number, sha256, content);
  if (!first && it->second != std::pair(sha256, content)) violated_("bulletin " + number + " has changed since it was issued");
  const auto issued = issued_.find(number);
  if (issued == issued_.end()) violated_("bulletin " + number + " was shown but is not in the journal");
  if (issued != issued_.end() && issued->second != sha256) violated_("bulletin " + number + " was shown with another content than the journal's");
}

uint64_t Oracle::recorded(size_t journal) const {
  const auto found = journals_.find(journal);
  return found == journals_.end() ? 0 : found->second.recorded;
}

void Oracle::Recorded(size_t number, const std::string& journal_id, uint64_t sequence, const std::string& event, uint64_t plan_sequence) {
  Journal& journal = journals_[number];
  if (journal.stretches.empty() || journal.stretches.back().id != journal_id) journal.stretches.push_back({journal_id, sequence, sequence});
  journal.stretches.back().last = sequence;
  if (sequence != journal.recorded + 1) violated_(Name(number) + " recorded sequence " + std::to_string(sequence) + " after " + std::to_string(journal.recorded));
  journal.recorded = sequence;
  if (number == kPlan) {
    plan::v1::Event read;
    if (!read.ParseFromString(event)) return violated_("an event of plan cannot be read");
    Requested(number, read.request_id(), sequence);
    return RecordPlan(sequence, read);
  }
  if (number == kRanking) {
    ranking::v1::Event read;
    if (!read.ParseFromString(event)) return violated_("an event of ranking cannot be read");
    Requested(number, read.request_id(), sequence);
    return RecordRanking(read);
  }
  if (plan_sequence < journal.plan_needed) violated_(Name(number) + " decided under an older plan than before");
  if (plan_sequence > recorded(kPlan)) violated_(Name(number) + " decided under a plan that was never durable");
  journal.plan_needed = plan_sequence;
  progress::v1::Event read;
  if (!read.ParseFromString(event)) return violated_("an event of progress cannot be read");
  RecordProgress(number, sequence, read);
}

void Oracle::Requested(size_t journal, const std::string& request_id, uint64_t sequence) {
  if (request_id.empty()) return;
  if (!journals_[journal].requests.try_emplace(request_id, sequence).second) violated_("request " + request_id + " of " + Name(journal) + " was recorded twice");
}

const Oracle::Journal* Oracle::JournalOf(const types::v1::Position& position, size_t* number, bool* lost) const {
  for (const auto& [key, journal] : journals_) {
    for (const std::vector<Stretch>* stretches : {&journal.stretches, &journal.lost}) {
      for (const Stretch& stretch : *stretches) {
        if (stretch.id != position.journal_id() || position.sequence() < stretch.first || position.sequence() > stretch.last) continue;
        *number = key;
        *lost = stretches == &journal.lost;
        return &journal;
      }
    }
  }
  return nullptr;
}

void Oracle::Restored(size_t number, uint64_t sequence) {
  Journal& journal = journals_[number];
  for (Stretch& stretch : journal.stretches) {
    if (stretch.last <= sequence) continue;
    journal.lost.push_back({stretch.id, std::max(stretch.first, sequence + 1), stretch.last});
    stretch.last = sequence;
  }
  std::erase_if(journal.stretches, [](const Stretch& stretch) { return stretch.last < stretch.first; });
  journal.recorded = sequence;
  journal.plan_needed = 0;
  std::erase_if(journal.sources, [&](const auto& entry) { return entry.second.opened > sequence; });
  std::erase_if(journal.series, [&](const auto& entry) { return entry.second.opened > sequence; });
  std::erase_if(journal.requests, [&](const auto& entry) { return entry.second > sequence; });
  for (auto& [key, series] : journal.series) std::erase_if(series.entries, [&](const Entry& entry) { return entry.sequence > sequence; });
  for (auto& [key, source] : journal.sources) std::erase_if(source.verdicts, [&](const Verdict& verdict) { return verdict.sequence > sequence; });
  std::erase_if(heard_, [&](const HeardItem& heard) {
    const auto& [of, source, item] = heard.key;
    return of == number && Find(of, source, item) == nullptr;
  });
  for (auto& [key, acked] : acked_) {
    while (key.first == number && acked > 0 && Find(number, key.second, acked) == nullptr) --acked;
  }
  std::erase_if(answers_, [&](const auto& entry) { return entry.first.first == number && !journal.requests.contains(entry.first.second); });
}

void Oracle::RecordRegions(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& regions) {
  for (const types::v1::RegionRecord& region : regions) {
    regions_[region.number()].push_back({sequence, region.code(), region.parent(), region.has_valid_from_days() ? region.valid_from_days() : INT32_MIN});
  }
}

void Oracle::RecordPlan(uint64_t sequence, const plan::v1::Event& event) {
  RecordRegions(sequence, event.regions().regions());
  RecordRegions(sequence, event.boundaries().regions());
  for (const auto& programme : event.catalogue().programmes()) programme_codes_[programme.number()] = programme.code();
  for (const auto& programme : event.catalogue().programmes()) {
    if (programme.parent() != 0) programme_parents_[programme.code()] = programme_codes_[programme.parent()];
  }
  for (const auto& indicator : event.catalogue().indicators()) indicator_codes_[indicator.number()] = indicator.code();
}

void Oracle::RecordRanking(const ranking::v1::Event& event) {
  if (!event.has_issued()) return;
  const auto [it, first] = issued_.try_emplace(event.issued().number(), Hex(event.issued().sha256()));
  if (!first) violated_("bulletin " + event.issued().number() + " was issued twice");
}

void Oracle::RecordProgress(size_t number, uint64_t sequence, const progress::v1::Event& event) {
  Journal& journal = journals_[number];
  switch (event.kind_case()) {
    case progress::v1::Event::kSource: {
      for (const auto& [source, known] : journal.sources) {
        if (known.name == event.source().name()) violated_("source " + known.name + " was opened twice");
      }
      journal.sources[event.source().number()] = {sequence, event.source().name(), {}};
      break;
    }
    case progress::v1::Event::kSeries: {
      const RegionRow* row = RowOf(event.series().region(), UINT64_MAX);
      if (row == nullptr) return violated_("a series of an unknown region");
      journal.series[event.series().number()] = {sequence, row->code, programme_codes_[event.series().programme()], indicator_codes_[event.series().indicator()], {}};
      break;
    }
    case progress::v1::Event::kUpdate: {
      const progress::v1::Update& update = event.update();
      const auto series = journal.series.find(update.series());
      if (series == journal.series.end()) return violated_("an update of a series that was never opened");
      const Content content{series->second.region, series->second.programme, series->second.indicator, update.as_of_days(), update.amount(), update.kind()};
      RecordVerdict(number, update.source(), update.source_sequence(), {sequence, true, "", content});
      series->second.entries.push_back({update.as_of_days(), sequence, update.amount(), update.kind()});
      for (const Entry& entry : series->second.entries) {
        if (ValueOf(series->second, UINT64_MAX, entry.as_of_days).value_or(0) < 0) violated_("a figure fell below zero: " + Print(content));
      }
      ++updates_;
      break;
    }
    case progress::v1::Event::kRefusal:
      RecordVerdict(number, event.refusal().source(), event.refusal().source_sequence(), {sequence, false, event.refusal().reason(), {}});
      break;
    case progress::v1::Event::kReview:
      Requested(number, event.review().request_id(), sequence);
      break;
    case progress::v1::Event::KIND_NOT_SET:
      violated_("an event of progress without a kind");
  }
}

void Oracle::RecordVerdict(size_t journal, uint32_t number, uint64_t source_sequence, Verdict verdict) {
  Source& source = journals_[journal].sources[number];
  if (source_sequence != source.verdicts.size() + 1) {
    violated_(source.name + " number " + std::to_string(source_sequence) + " was recorded where number " + std::to_string(source.verdicts.size() + 1) +
              " was due");
    return;
  }
  const auto sent = sent_.find({journal, source.name, source_sequence});
  if (sent == sent_.end()) violated_(source.name + " number " + std::to_string(source_sequence) + " was recorded, but nobody sent it");
  if (sent != sent_.end() && verdict.accepted && std::find(sent->second.begin(), sent->second.end(), verdict.content) == sent->second.end()) {
    violated_(source.name + " number " + std::to_string(source_sequence) + " was recorded as nobody sent it: " + Print(verdict.content));
  }
  source.verdicts.push_back(std::move(verdict));
}

const Oracle::Verdict* Oracle::Find(size_t journal, const std::string& name, uint64_t number) const {
  const auto found = journals_.find(journal);
  if (found == journals_.end()) return nullptr;
  for (const auto& [source_number, source] : found->second.sources) {
    if (source.name == name) return number >= 1 && number <= source.verdicts.size() ? &source.verdicts[number - 1] : nullptr;
  }
  return nullptr;
}

const Oracle::RegionRow* Oracle::RowOf(uint32_t region, uint64_t plan) const {
  const auto found = regions_.find(region);
  if (found == regions_.end()) return nullptr;
  // A change replaces all rows of a region: those of the newest event count, and of these the one that begins last.
  const RegionRow* newest = nullptr;
  for (const RegionRow& row : found->second) {
    if (row.recorded > plan) continue;
    if (newest == nullptr || row.recorded > newest->recorded || (row.recorded == newest->recorded && row.from_days >= newest->from_days)) newest = &row;
  }
  return newest;
}

bool Oracle::IsUnder(const std::string& code, uint32_t region, uint64_t plan) const {
  for (const auto& [number, rows] : regions_) {
    const RegionRow* row = RowOf(number, plan);
    if (row == nullptr || row->code != code) continue;
    for (uint32_t at = number; row != nullptr; at = row->parent, row = RowOf(at, plan)) {
      if (at == region) return true;
    }
  }
  return false;
}

bool Oracle::IsPartOf(const std::string& programme, const std::string& whole) const {
  for (std::string at = programme;; at = programme_parents_.at(at)) {
    if (at == whole) return true;
    if (!programme_parents_.contains(at)) return false;
  }
}

// The latest figure that stands by itself, and what was added and taken off after it; all up to a day.
std::optional<int64_t> Oracle::ValueOf(const Series& series, uint64_t position, int as_of_days) const {
  std::vector<Entry> entries;
  for (const Entry& entry : series.entries) {
    if (entry.sequence <= position && entry.as_of_days <= as_of_days) entries.push_back(entry);
  }
  if (entries.empty()) return std::nullopt;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return std::pair(a.as_of_days, a.sequence) < std::pair(b.as_of_days, b.sequence); });
  int64_t value = 0;
  for (const Entry& entry : entries) {
    if (entry.kind == kIncrement) value += entry.amount;
    else if (entry.kind == kReduction) value -= entry.amount;
    else value = entry.amount;
  }
  return value;
}

std::optional<int64_t> Oracle::SumOf(uint32_t region, const std::string& programme, const std::string& indicator, const Position& at) const {
  std::optional<int64_t> sum;
  for (const auto& [number, position] : at.progress) {
    for (const auto& [key, series] : journals_.at(number).series) {
      if (series.indicator != indicator || !IsPartOf(series.programme, programme) || !IsUnder(series.region, region, at.plan)) continue;
      if (const std::optional<int64_t> value = ValueOf(series, position, INT32_MAX)) sum = sum.value_or(0) + *value;
    }
  }
  return sum;
}

std::optional<Oracle::Position> Oracle::At(const types::v1::Basis& basis) const {
  Position at{basis.plan().sequence(), {}};
  for (const types::v1::Position& position : basis.progress()) {
    size_t number = 0;
    bool lost = false;
    if (position.sequence() == 0 || JournalOf(position, &number, &lost) == nullptr) continue;
    if (lost) return std::nullopt;
    at.progress[number] = position.sequence();
  }
  return at;
}

void Oracle::JudgeRollup(const aggregator::v1::GetRollupResponse& response) {
  const std::optional<Position> known = At(response.basis().basis());
  if (!known) return;
  const Position& at = *known;
  std::map<uint32_t, std::string> programmes, indicators;
  for (const auto& programme : response.programmes()) programmes[programme.number()] = programme.code();
  for (const auto& indicator : response.indicators()) indicators[indicator.number()] = indicator.code();
  for (const aggregator::v1::Cell& cell : response.cells()) {
    const std::string& programme = programmes[cell.programme()];
    const std::string& indicator = indicators[cell.indicator()];
    // What belongs to groups as well is summed by their members, which this model does not follow.
    if (programme == "policy") continue;
    const std::optional<int64_t> expected = SumOf(cell.region(), programme, indicator, at);
    const std::optional<int64_t> actual = cell.has_actual() ? std::optional<int64_t>(cell.actual()) : std::nullopt;
    if (expected == actual) continue;
    const auto print = [](const std::optional<int64_t>& amount) { return amount ? std::to_string(*amount) : "nothing"; };
    const RegionRow* row = RowOf(cell.region(), at.plan);
    violated_("rollup of " + (row == nullptr ? "?" : row->code) + " " + programme + " " + indicator + " says " + print(actual) + ", the model says " +
              print(expected) + " at plan " + std::to_string(at.plan));
  }
}

void Oracle::JudgeTable(const std::string& programme, const ranking::v1::GetLeagueTableResponse& response) {
  const std::optional<Position> judged = At(response.basis().basis());
  if (!judged) return;
  const Position& at = *judged;
  int64_t last_rank = 0;
  __int128 last_numerator = -1, last_denominator = 1;
  const auto judge = [&](const ranking::v1::Row& row) {
    for (const auto& [number, rows] : regions_) {
      const RegionRow* known = RowOf(number, at.plan);
      if (known == nullptr || known->code != row.region()) continue;
      const std::optional<int64_t> expected = SumOf(number, programme, response.definition().indicator(), at);
      const std::string text = expected ? std::to_string(*expected) : "";
      if (text != (row.has_numerator() ? row.numerator() : "")) {
        violated_("a league table says " + row.region() + " " + programme + " " + row.numerator() + ", the model says " + text);
      }
    }
  };
  for (const ranking::v1::Row& row : response.rows()) {
    judge(row);
    const __int128 numerator = std::stoll(row.numerator()), denominator = std::stoll(row.denominator());
    if (last_numerator >= 0) {
      const bool below = numerator * last_denominator < last_numerator * denominator;
      const bool tied = numerator * last_denominator == last_numerator * denominator;
      if (!below && !tied) violated_("a league table is out of order at " + row.region());
      if (tied != (row.rank() == last_rank)) violated_("a league table ranks ties wrongly at " + row.region());
    }
    last_rank = row.rank();
    last_numerator = numerator;
    last_denominator = denominator;
  }
  for (const ranking::v1::Row& row : response.unranked()) judge(row);
}

void Oracle::JudgeAll() {
  for (const auto& [key, acked] : acked_) {
    for (uint64_t number = 1; number <= acked; ++number) {
      if (Find(key.first, key.second, number) == nullptr) violated_(key.second + " number " + std::to_string(number) + " was acknowledged and is lost");
    }
  }
  for (const HeardItem& heard : heard_) {
    const auto& [journal, source, number] = heard.key;
    const Verdict* verdict = Find(journal, source, number);
    std::string what = source + " number " + std::to_string(number) + " (" + Print(heard.content) + ")";
    if (verdict != nullptr) what += " [sequence " + std::to_string(verdict->sequence) + (verdict->accepted ? ": " + Print(verdict->content) : ": " + verdict->reason) + "]";
    if (verdict == nullptr) {
      violated_(what + " got a verdict and is lost");
      continue;
    }
    switch (heard.told.verdict) {
      case Told::Verdict::kAccepted:
        if (!verdict->accepted || !(verdict->content == heard.content)) violated_(what + " was called accepted, the journal says otherwise");
        break;
      case Told::Verdict::kUnchanged:
        if (verdict->accepted || verdict->reason != "UNCHANGED") violated_(what + " was called unchanged, the journal says otherwise");
        break;
      case Told::Verdict::kRefused:
        if (verdict->accepted || verdict->reason != heard.told.reason || verdict->reason == "UNCHANGED") violated_(what + " was refused for " + heard.told.reason + ", the journal says otherwise");
        break;
      case Told::Verdict::kConflict: {
        const bool same = verdict->accepted && verdict->content == heard.content;
        if (same || sent_[heard.key].size() < 2) violated_(what + " was called a conflict with itself");
        break;
      }
      case Told::Verdict::kAlready:
        break;
    }
  }
  for (const aggregator::v1::GetRollupResponse& rollup : rollups_) JudgeRollup(rollup);
  for (const auto& [programme, table] : tables_) JudgeTable(programme, table);
}

}  // namespace anju::simulation
