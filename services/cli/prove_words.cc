// What a proved event says: its numbers resolved by the other events of the proof, and by nothing else.
#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "anju/ranking/v1/event.pb.h"
#include "common/decimal/decimal.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "services/cli/prove.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using types::v1::IndicatorRecord;
using types::v1::ProgrammeRecord;
using types::v1::RegionRecord;

template <typename Event>
std::optional<Event> Parse(std::string_view bytes) {
  Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || event.kind_case() == Event::KIND_NOT_SET) return std::nullopt;
  return event;
}

const google::protobuf::RepeatedPtrField<RegionRecord>* RegionsOf(const plan::v1::Event& event) {
  if (event.has_regions()) return &event.regions().regions();
  return event.has_boundaries() ? &event.boundaries().regions() : nullptr;
}

absl::StatusOr<Named> NamesInProgress(const progress::v1::Event& event) {
  Named named;
  switch (event.kind_case()) {
    case progress::v1::Event::kUpdate:
      named.source = event.update().source();
      named.series = event.update().series();
      break;
    case progress::v1::Event::kRefusal: named.source = event.refusal().source(); break;
    case progress::v1::Event::kSeries:
      named.regions.insert(event.series().region());
      named.programmes.insert(event.series().programme());
      named.indicators.insert(event.series().indicator());
      break;
    case progress::v1::Event::kReview: named.regions.insert(event.review().office()); break;
    default: break;
  }
  named.regions.erase(0);
  return named;
}

// Everything that the names of a proof say.
struct Names {
  std::map<uint32_t, progress::v1::SourceOpened> sources;
  std::map<uint32_t, progress::v1::SeriesOpened> series;
  std::map<uint32_t, std::vector<RegionRecord>> regions;
  std::map<uint32_t, ProgrammeRecord> programmes;
  std::map<uint32_t, IndicatorRecord> indicators;

  void Take(std::string_view service, std::string_view bytes) {
    if (service == "progress") {
      const auto event = Parse<progress::v1::Event>(bytes);
      if (event && event->has_source()) sources[event->source().number()] = event->source();
      if (event && event->has_series()) series[event->series().number()] = event->series();
      return;
    }
    const auto event = Parse<plan::v1::Event>(bytes);
    if (!event) return;
    if (const auto* records = RegionsOf(*event)) {
      for (const RegionRecord& record : *records) regions[record.number()].push_back(record);
    }
    for (const ProgrammeRecord& record : event->catalogue().programmes()) programmes[record.number()] = record;
    for (const IndicatorRecord& record : event->catalogue().indicators()) indicators[record.number()] = record;
  }

  // On the day; without one, as it was named last. nullptr when the proof does not say.
  const RegionRecord* Region(uint32_t number, std::optional<int32_t> day) const {
    const auto found = regions.find(number);
    if (found == regions.end()) return nullptr;
    for (const RegionRecord& row : found->second) {
      const bool begun = !row.has_valid_from_days() || row.valid_from_days() <= day.value_or(0);
      if (day && begun && (!row.has_valid_to_days() || row.valid_to_days() > *day)) return &row;
    }
    return &found->second.back();
  }
};

template <typename Record>
const Record* Find(const std::map<uint32_t, Record>& records, uint32_t number) {
  const auto found = records.find(number);
  return found == records.end() ? nullptr : &found->second;
}

class Facts {
 public:
  explicit Facts(const Names& names) : names_(names) {}

  void Add(std::string key, std::string value) {
    if (!value.empty()) list.push_back({std::move(key), std::move(value)});
  }
  // Code and name; "#17" where the proof does not say what 17 is.
  template <typename Record>
  void AddNamed(const std::string& key, uint32_t number, const Record* record) {
    if (record == nullptr) return Add(key, number == 0 ? "" : absl::StrCat("#", number));
    Add(key, record->code());
    Add(key + "_name", record->name());
  }

  void Of(const progress::v1::Event& event) {
    switch (event.kind_case()) {
      case progress::v1::Event::kUpdate: return Of(event.update());
      case progress::v1::Event::kRefusal: return Of(event.refusal());
      case progress::v1::Event::kReview: return Of(event.review());
      case progress::v1::Event::kSource:
        Add("event", "source");
        Add("source", event.source().name());
        return Add("actor", event.source().actor());
      default:
        Add("event", "series");
        Add("series", std::to_string(event.series().number()));
        return Of(event.series(), std::nullopt);
    }
  }

  void Of(const plan::v1::Event& event) {
    switch (event.kind_case()) {
      case plan::v1::Event::kDocument: {
        const plan::v1::DocumentImported& document = event.document();
        Add("event", "document");
        Add("document", document.number());
        Add("amends", document.amends());
        AddNamed("issuer", document.issuer(), names_.Region(document.issuer(), document.has_issued_days() ? std::optional(document.issued_days()) : std::nullopt));
        if (document.has_issued_days()) Add("issued", FormatDate(Date{document.issued_days()}));
        if (document.has_effective_days()) Add("effective", FormatDate(Date{document.effective_days()}));
        Add("rows", std::to_string(document.rows_size()));
        break;
      }
      case plan::v1::Event::kMilestones:
        Add("event", "milestones");
        Add("document", event.milestones().document());
        Add("rows", std::to_string(event.milestones().milestones_size()));
        break;
      case plan::v1::Event::kRegions:
        Add("event", "regions");
        Add("rows", std::to_string(event.regions().regions_size()));
        break;
      case plan::v1::Event::kCatalogue:
        Add("event", "catalogue");
        Add("rows", std::to_string(event.catalogue().programmes_size() + event.catalogue().indicators_size()));
        break;
      case plan::v1::Event::kBoundaries:
        Add("event", "boundaries");
        Add("rows", std::to_string(event.boundaries().events_size()));
        break;
      default:
        Add("event", "checks");
        Add("rows", std::to_string(event.checks().rules_size()));
    }
    Add("actor", event.actor());
  }

  void Of(const ranking::v1::BulletinIssued& issued, const std::string& actor) {
    Add("event", "issued");
    Add("number", issued.number());
    Add("date", issued.date());
    Add("title", issued.title());
    Add("corrects", issued.corrects());
    Add("actor", actor);
  }

  std::vector<Fact> list;

 private:
  void Of(const progress::v1::SeriesOpened& series, std::optional<int32_t> day) {
    AddNamed("region", series.region(), names_.Region(series.region(), day));
    AddNamed("programme", series.programme(), Find(names_.programmes, series.programme()));
    AddNamed("indicator", series.indicator(), Find(names_.indicators, series.indicator()));
    Add("plan_year", FormatPeriod({series.period().first_year(), series.period().last_year()}));
  }

  void Of(const progress::v1::Update& update) {
    Add("event", "update");
    const auto series = names_.series.find(update.series());
    const IndicatorRecord* indicator = nullptr;
    if (series == names_.series.end()) {
      Add("series", std::to_string(update.series()));
    } else {
      Of(series->second, update.as_of_days());
      indicator = Find(names_.indicators, series->second.indicator());
    }
    Add("as_of", FormatDate(Date{update.as_of_days()}));
    Add("kind", std::string(KindWord(update.kind())));
    // Without the indicator nobody can say where the point stands.
    if (indicator == nullptr) {
      Add("smallest_units", std::to_string(update.amount()));
    } else {
      Add("value", FormatAmount(update.amount(), static_cast<int>(indicator->scale())));
      Add("unit", indicator->unit());
    }
    if (!update.printed().empty()) Add("printed", update.printed() + update.unit());
    if (update.corrects() > 0) Add("corrects", std::to_string(update.corrects()));
    Add("explanation", update.explanation());
    if (update.has_published_days()) Add("published", FormatDate(Date{update.published_days()}));
    Source(update.source(), update.source_sequence(), update.actor());
  }

  void Of(const progress::v1::Refusal& refusal) {
    Add("event", "refusal");
    Add("reason", refusal.reason());
    Add("field", refusal.field());
    Add("value", refusal.value());
    Source(refusal.source(), refusal.source_sequence(), refusal.actor());
  }

  void Of(const progress::v1::Review& review) {
    std::string updates;
    for (const uint64_t update : review.updates()) updates += (updates.empty() ? "" : ",") + std::to_string(update);
    Add("event", "review");
    Add("review", std::string(ReviewWord(review.state())));
    Add("updates", updates);
    Add("review_remark", review.remark());
    AddNamed("review_office", review.office(), names_.Region(review.office(), std::nullopt));
    Add("actor", review.actor());
  }

  void Source(uint32_t number, uint64_t sequence, const std::string& actor) {
    const auto source = names_.sources.find(number);
    Add("source", source == names_.sources.end() ? absl::StrCat("#", number) : source->second.name());
    Add("source_sequence", std::to_string(sequence));
    Add("actor", !actor.empty() || source == names_.sources.end() ? actor : source->second.actor());
  }

  const Names& names_;
};

}  // namespace

proof::Printed PrintedOf(const std::string& number, const std::string& sha256, const std::vector<bulletin::JournalHead>& basis) {
  proof::Printed printed{number, sha256, {}};
  for (const bulletin::JournalHead& head : basis) {
    if (head.tree_size > 0) printed.heads.push_back({head.service, head.journal, head.sequence, head.hash, head.tree_size, head.tree_root});
  }
  return printed;
}

absl::StatusOr<Named> NamesIn(std::string_view service, std::string_view bytes) {
  if (service == "progress") {
    const auto event = Parse<progress::v1::Event>(bytes);
    if (!event) return proof::Fails("events[0].event", "", "not an event of the progress journal that this program knows");
    return NamesInProgress(*event);
  }
  Named named;
  const auto event = Parse<plan::v1::Event>(bytes);
  if (!event) return proof::Fails("events[0].event", "", "not an event of the plan journal that this program knows");
  if (event->has_document() && event->document().issuer() != 0) named.regions.insert(event->document().issuer());
  return named;
}

bool Resolve(std::string_view service, std::string_view bytes, Named& named) {
  bool any = false;
  if (service == "progress") {
    const auto event = Parse<progress::v1::Event>(bytes);
    if (event && event->has_source() && event->source().number() == named.source && named.source != 0) {
      named.source = 0;
      any = true;
    }
    if (event && event->has_series() && event->series().number() == named.series && named.series != 0) {
      named.series = 0;
      named.regions.insert(event->series().region());
      named.programmes.insert(event->series().programme());
      named.indicators.insert(event->series().indicator());
      any = true;
    }
    return any;
  }
  const auto event = Parse<plan::v1::Event>(bytes);
  if (!event) return false;
  if (const auto* records = RegionsOf(*event)) {
    for (const RegionRecord& record : *records) any = named.regions.erase(record.number()) > 0 || any;
  }
  for (const ProgrammeRecord& record : event->catalogue().programmes()) any = named.programmes.erase(record.number()) > 0 || any;
  for (const IndicatorRecord& record : event->catalogue().indicators()) any = named.indicators.erase(record.number()) > 0 || any;
  return any;
}

absl::StatusOr<std::vector<Fact>> ReadProof(const proof::Proof& proof, const std::vector<proof::Proved>& proved) {
  const proof::ProvedEvent& first = proof.events.front();
  const std::string& service = proved.front().head->service;
  if (first.role != "event") return proof::Fails("events[0].role", first.role, "the first is the event proved");
  Names names;
  Facts facts(names);
  if (proof.record) {
    const auto event = Parse<ranking::v1::Event>(first.event);
    if (service != "ranking" || !event || !event->has_issued()) return proof::Fails("events[0].event", "", "not an issued bulletin");
    const ranking::v1::BulletinIssued& issued = event->issued();
    if (issued.number() != proof.bulletin.number) return proof::Fails("events[0].event", absl::StrCat(issued.number(), " ≠ ", proof.bulletin.number), "another bulletin was issued there");
    if (bulletin::Sha256Hex(issued.content()) != proof.bulletin.sha256) return proof::Fails("events[0].event", bulletin::Sha256Hex(issued.content()), "another content was issued there");
    facts.Of(issued, event->actor());
  } else {
    ASSIGN_OR_RETURN(Named named, NamesIn(service, first.event));
    for (size_t i = 1; i < proof.events.size(); ++i) {
      const proof::ProvedEvent& event = proof.events[i];
      const std::string where = absl::StrCat("events[", i, "]");
      const std::string& of = proved[i].head->service;
      if (event.role != "name") return proof::Fails(where + ".role", event.role, "the others give names");
      // Numbers of sources and series are those of the event's own journal.
      const bool own = of == "plan" || (event.journal == first.journal && event.sequence < first.sequence);
      if (!own || !Resolve(of, event.event, named)) return proof::Fails(where + ".event", "", "it names nothing that the event is about");
      names.Take(of, event.event);
    }
    if (service == "progress") {
      facts.Of(*Parse<progress::v1::Event>(first.event));
    } else {
      facts.Of(*Parse<plan::v1::Event>(first.event));
    }
  }
  facts.Add("recorded", FormatMoment(proved.front().header.time_us));
  facts.Add("service", service);
  facts.Add("journal", first.journal);
  facts.Add("sequence", std::to_string(first.sequence));
  return facts.list;
}

}  // namespace anju::cli
