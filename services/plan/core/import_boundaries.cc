// Decides boundary changes one after another; nothing is kept unless all of them and the whole tree hold.
#include "services/plan/core/import_boundaries.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/plan/core/import_regions.h"
#include "services/plan/core/region_edits.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

bool Ends(BoundaryKind kind) {
  return kind == BoundaryKind::kRecode || kind == BoundaryKind::kMerge || kind == BoundaryKind::kSplit || kind == BoundaryKind::kAbolish;
}

// The same change, wherever it stood in its file.
bool Same(const BoundaryEvent& a, const BoundaryEvent& b) {
  const auto fields = [](const BoundaryEvent& event) {
    return std::tie(event.kind, event.date, event.region, event.into, event.units, event.name, event.level, event.kind_word, event.document, event.note);
  };
  return fields(a) == fields(b) && a.share == b.share;
}

class Deciding {
 public:
  Deciding(const RegionTree& stored, const Boundaries& recorded, ErrorCollector& errors) : edits_(stored), boundaries_(recorded), errors_(errors) {}

  void Decide(const std::vector<BoundaryRow>& rows) {
    std::vector<bool> done(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (done[i]) continue;
      const RegionNumber region = Find(rows[i].line, "region", rows[i].region, DayBefore(rows[i].date));
      if (region == 0) continue;
      // The parts of a split are one change, wherever in the file they stand.
      std::vector<const BoundaryRow*> parts = {&rows[i]};
      for (size_t j = i + 1; rows[i].kind == BoundaryKind::kSplit && j < rows.size(); ++j) {
        if (done[j] || rows[j].kind != BoundaryKind::kSplit || rows[j].date != rows[i].date) continue;
        const absl::StatusOr<RegionNumber> same = edits_.tree().Resolve(rows[j].region, 0, DayBefore(rows[j].date));
        if (!same.ok() || *same != region) continue;
        parts.push_back(&rows[j]);
        done[j] = true;
      }
      Change(region, parts);
    }
  }

  const RegionEdits& edits() const { return edits_; }
  const Boundaries& boundaries() const { return boundaries_; }
  BoundaryImport& import() { return import_; }

 private:
  const RegionTree& tree() const { return edits_.tree(); }

  // 0 after an error.
  RegionNumber Find(uint32_t line, std::string_view field, const std::string& text, Date day, RegionNumber within = 0) {
    const absl::StatusOr<RegionNumber> number = tree().Resolve(text, within, day);
    AddAt(errors_, number.status(), line, field, text);
    if (!number.ok()) return 0;
    import_.named.emplace_back(*number, day);
    return *number;
  }

  // One change in all its parts: unchanged, a conflict, or applied. A change that fails is left out, and the rows after it are still looked at.
  void Change(RegionNumber region, const std::vector<const BoundaryRow*>& parts) {
    const size_t before = errors_.total();
    std::vector<BoundaryEvent> events;
    for (const BoundaryRow* part : parts) {
      // What goes over is known before anything moves: a new code is registered here, so that later parts find it.
      BoundaryEvent event{.kind = part->kind, .date = part->date, .region = region, .document = part->document, .note = part->note, .line = part->line};
      if (!part->into.empty()) event.into = Receiver(*part, region);
      if (part->kind == BoundaryKind::kRename) event.name = part->name;
      if (part->kind == BoundaryKind::kConvert) SetPlace(part->level, part->region_kind, event);
      if (part->kind == BoundaryKind::kRecode || part->kind == BoundaryKind::kMerge) event.share = {1, 1};
      if (part->share) event.share = *part->share;
      for (const std::string& unit : part->units) event.units.push_back(Find(part->line, "units", unit, DayBefore(part->date), region));
      events.push_back(std::move(event));
    }
    if (errors_.total() != before) return;
    if (events.front().kind == BoundaryKind::kRecode) NameRecode(events.front());
    if (events.front().kind == BoundaryKind::kSplit) CheckParts(events);
    if (errors_.total() != before || IsRecorded(events) || errors_.total() != before) return;
    Apply(events);
    if (errors_.total() != before) return;
    for (BoundaryEvent& event : events) {
      boundaries_.Add(event);
      import_.events.push_back(std::move(event));
    }
  }

  static void SetPlace(std::optional<RegionLevel> level, std::optional<RegionKind> kind, BoundaryEvent& event) {
    if (level) event.level = std::string(RegionLevelName(*level));
    if (kind) event.kind_word = std::string(RegionKindName(*kind));
  }

  // From the rows, not from the file: the same file again says the same, also when the code is registered by then.
  void NameRecode(BoundaryEvent& event) {
    const Region& was = *tree().At(event.region, DayBefore(event.date));
    const Region& is = *tree().At(event.into, event.date);
    event.name = is.name;
    SetPlace(is.level == was.level ? std::nullopt : std::optional(is.level), is.kind == was.kind ? std::nullopt : std::optional(is.kind), event);
  }

  // The region that `into` names on the day, or a new one. 0 after an error.
  RegionNumber Receiver(const BoundaryRow& row, RegionNumber region) {
    const bool may_be_new = row.kind != BoundaryKind::kMove;
    const absl::StatusOr<RegionNumber> known = tree().Resolve(row.into, 0, row.date);
    if (known.ok()) {
      import_.named.emplace_back(*known, row.date);
      if (tree().IsWithin(*known, region, DayBefore(row.date)) || tree().IsWithin(*known, region, row.date)) {
        errors_.Add(BrokenTree(row.line, "into", row.into, absl::StrCat("is ", Label(region, row.date), " itself, or below it")));
        return 0;
      }
      CheckRegistered(row, *tree().At(*known, row.date));
      return *known;
    }
    if (!may_be_new || !HasReason(known.status(), Reason::UNKNOWN_REGION)) {
      AddAt(errors_, known.status(), row.line, "into", row.into);
      return 0;
    }
    // Only a name tells a new region from a slip of the pen.
    if (row.name.empty() && row.kind != BoundaryKind::kRecode) {
      ErrorDetail unknown = ErrorsOf(known.status()).front();
      unknown.message += "; a new region is begun by giving its name too";
      unknown.line = row.line;
      unknown.field = "into";
      unknown.value = row.into;
      errors_.Add(std::move(unknown));
      return 0;
    }
    if (!IsRegionCode(row.into)) {
      errors_.Add(BadCode(row.line, "into", row.into, "a registered region or a new code of 2 to 24 letters, digits and hyphens"));
      return 0;
    }
    return Register(row, *tree().At(region, DayBefore(row.date)));
  }

  // What a row says about a code that is registered must be what is registered.
  void CheckRegistered(const BoundaryRow& row, const Region& into) {
    const auto differs = [&](std::string_view field, std::string_view value, std::string_view is) {
      errors_.Add(BadValue(row.line, field, value, absl::StrCat("what is registered for ", into.code, ": ", std::string(is))));
    };
    if (row.kind == BoundaryKind::kMove) return;
    if (!row.name.empty() && FoldName(row.name) != FoldName(into.name)) differs("name", row.name, into.name);
    if (row.level && *row.level != into.level) differs("level", RegionLevelName(*row.level), RegionLevelName(into.level));
    if (row.region_kind && *row.region_kind != into.kind) differs("kind", RegionKindName(*row.region_kind), RegionKindName(into.kind));
    if (row.parent.empty()) return;
    const RegionNumber parent = Find(row.line, "parent", row.parent, row.date);
    if (parent != 0 && parent != into.parent) differs("parent", row.parent, into.parent == 0 ? "none" : tree().Nearest(into.parent, row.date)->code);
  }

  RegionNumber Register(const BoundaryRow& row, const Region& was) {
    const bool recode = row.kind == BoundaryKind::kRecode;
    // A recoded region is the same region: all that is not said stays, also where it is printed.
    Region begun;
    if (recode) begun = was;
    begun.number = edits_.Mint();
    begun.code = row.into;
    begun.name = row.name.empty() && recode ? was.name : row.name;
    if (begun.name.empty()) errors_.Add(MissingField(row.line, "name"));
    begun.level = row.level.value_or(was.level);
    begun.kind = row.region_kind.value_or(was.kind);
    if (begun.kind != RegionKind::kArea) begun.members.clear();
    begun.gb_code = IsGbCode(begun.code) ? begun.code : "";
    begun.parent = was.parent;
    if (!row.parent.empty()) begun.parent = Find(row.line, "parent", row.parent, row.date);
    begun.valid_from = row.date;
    begun.valid_to = kDistantFuture;
    begun.note.clear();
    edits_.Add(begun, row.line);
    import_.named.emplace_back(begun.number, row.date);
    return begun.number;
  }

  void CheckParts(const std::vector<BoundaryEvent>& events) {
    const BoundaryEvent& first = events.front();
    if (events.size() > kSplitPartsMax) return errors_.Add(TooManyOf(events[kSplitPartsMax].line, "into", kSplitPartsMax, "parts of one split"));
    std::set<RegionNumber> receivers;
    for (const BoundaryEvent& event : events) {
      if (!receivers.insert(event.into).second) errors_.Add(DuplicateRow(event.line, "into", tree().Rows(event.into)->front().code, first.line));
      if (event.units.empty() != first.units.empty()) {
        errors_.Add(BadShares(event.line, "units", "", "some parts of this split are shares and others list units"));
      }
    }
    if (first.units.empty()) return CheckShares(events);
    // Every child is listed once.
    std::map<RegionNumber, uint32_t> listed;
    const std::vector<RegionNumber> children = tree().ChildrenAt(first.region, DayBefore(first.date));
    for (const BoundaryEvent& event : events) {
      for (const RegionNumber unit : event.units) {
        const std::string label = Label(unit, first.date);
        if (std::find(children.begin(), children.end(), unit) == children.end()) {
          errors_.Add(BadShares(event.line, "units", label, "it is not a child of the region"));
        } else if (const auto [it, added] = listed.emplace(unit, event.line); !added) {
          errors_.Add(BadShares(event.line, "units", label, absl::StrCat("line ", it->second, " lists it already")));
        }
      }
    }
    for (const RegionNumber child : children) {
      if (!listed.contains(child)) errors_.Add(BadShares(first.line, "units", Label(child, first.date), "no part of the split lists this unit"));
    }
  }

  void CheckShares(const std::vector<BoundaryEvent>& events) {
    std::vector<Fraction> shares;
    for (const BoundaryEvent& event : events) shares.push_back(event.share);
    const std::optional<Fraction> sum = SumOfShares(shares);
    const std::string parts = absl::StrCat("the shares of ", Label(events.front().region, DayBefore(events.front().date)));
    if (!sum) {
      errors_.Add(BadShares(events.front().line, "share", "", absl::StrCat(parts, " have no common denominator up to ", kShareDenominatorMax)));
    } else if (*sum != Fraction{1, 1}) {
      errors_.Add(BadShares(events.front().line, "share", FormatFraction(*sum), absl::StrCat(parts, " sum to ", FormatFraction(*sum), ", not to 1")));
    }
  }

  // True when exactly these events are recorded. BOUNDARY_CONFLICT with others of the region.
  bool IsRecorded(const std::vector<BoundaryEvent>& events) {
    const BoundaryEvent& first = events.front();
    size_t same = 0, of_the_day = 0;
    const BoundaryEvent* other = nullptr;
    for (const BoundaryEvent& recorded : boundaries_.all()) {
      if (recorded.region != first.region) continue;
      if (recorded.kind == first.kind && recorded.date == first.date) {
        ++of_the_day;
        same += std::any_of(events.begin(), events.end(), [&](const BoundaryEvent& event) { return Same(event, recorded); }) ? 1 : 0;
        other = &recorded;
      } else if (recorded.passes() || (Ends(recorded.kind) && recorded.date >= first.date)) {
        // What has gone on elsewhere cannot end once more, nor change on that day or later; before it, it can still have been renamed.
        if (Ends(first.kind) || recorded.date <= first.date) other = &recorded;
      }
    }
    if (of_the_day == events.size() && same == events.size()) {
      import_.unchanged += static_cast<uint32_t>(events.size());
      return true;
    }
    if (other != nullptr) {
      errors_.Add(BoundaryConflict(first.line, "region", tree().Rows(first.region)->front().code,
                                   absl::StrCat("a ", std::string(BoundaryKindName(other->kind)), " of ", Label(first.region, DayBefore(first.date)),
                                                " is recorded for ", FormatDate(other->date))));
    }
    return false;
  }

  void Apply(std::vector<BoundaryEvent>& events) {
    const BoundaryEvent& event = events.front();
    const auto& [kind, date, region, into] = std::tie(event.kind, event.date, event.region, event.into);
    switch (kind) {
      case BoundaryKind::kRename:
        if (tree().At(region, DayBefore(date))->name == event.name) {
          return errors_.Add(BadValue(event.line, "name", event.name, "a new name: the region bears it on the day before"));
        }
        return edits_.Set(region, date, &Region::name, event.name, event.line, errors_);
      case BoundaryKind::kConvert:
        if (!event.level.empty()) edits_.Set(region, date, &Region::level, *ParseRegionLevel(event.level), event.line, errors_);
        if (!event.kind_word.empty()) edits_.Set(region, date, &Region::kind, *ParseRegionKind(event.kind_word), event.line, errors_);
        return;
      case BoundaryKind::kMove:
        if (tree().ParentAt(region, DayBefore(date)) == into) {
          return errors_.Add(BadValue(event.line, "into", tree().Rows(into)->front().code, "a new parent: the region is under it on the day before"));
        }
        CheckConserved(event);
        return edits_.Set(region, date, &Region::parent, into, event.line, errors_);
      case BoundaryKind::kSplit:
        for (const BoundaryEvent& part : events) MoveUnits(part);
        return edits_.End(region, date, event.line, errors_);
      case BoundaryKind::kRecode:
      case BoundaryKind::kMerge:
        if (!tree().ChildrenAt(region, DayBefore(date)).empty()) CheckConserved(event);
        edits_.MoveChildren(region, into, date, event.line, errors_);
        if (kind == BoundaryKind::kRecode) edits_.ReplaceMember(region, into, date, event.line, errors_);
        return edits_.End(region, date, event.line, errors_);
      default:
        return edits_.End(region, date, event.line, errors_);
    }
  }

  void MoveUnits(const BoundaryEvent& part) {
    if (part.units.empty()) return;
    CheckConserved(part);
    for (const RegionNumber unit : part.units) {
      // One that ends that day goes nowhere; one that stands elsewhere already was moved by a row of its own.
      const Region* row = tree().At(unit, part.date);
      if (row != nullptr && row->parent != part.into) edits_.Set(unit, part.date, &Region::parent, part.into, part.line, errors_);
    }
  }

  // A region without children may report for itself; with a first child its own figures would stop counting.
  void CheckConserved(const BoundaryEvent& event) {
    const Region* row = tree().At(event.into, DayBefore(event.date));
    if (row == nullptr || !tree().ChildrenAt(event.into, DayBefore(event.date)).empty()) return;
    errors_.Add(NotConserved(event.line, row->code, absl::StrCat(row->code, " ", row->name)));
  }

  std::string Label(RegionNumber region, Date day) const {
    const Region* row = tree().Nearest(region, day);
    return absl::StrCat(row->code, " ", row->name);
  }

  RegionEdits edits_;
  Boundaries boundaries_;  // recorded, and those of this file
  ErrorCollector& errors_;
  BoundaryImport import_;
};

}  // namespace

absl::StatusOr<BoundaryImport> ReadBoundaries(const std::vector<BoundaryRowText>& rows, const RegionTree& stored, const Boundaries& recorded,
                                              const RegionUse& use) {
  ErrorCollector errors;
  const std::vector<BoundaryRow> read = ReadBoundaryRows(rows, errors);
  if (!errors.empty()) return errors.ToStatus();
  Deciding deciding(stored, recorded, errors);
  deciding.Decide(read);
  if (!errors.empty()) return errors.ToStatus();

  BoundaryImport import = std::move(deciding.import());
  import.tree = deciding.edits().tree();
  const std::map<RegionNumber, uint32_t>& touched = deciding.edits().touched();
  for (ErrorDetail& detail : ErrorsOf(import.tree.Validate())) {
    // The tree names a region by its code; the line is the one that touched it last.
    const auto it = touched.find(import.tree.FindCode(detail.value));
    if (it != touched.end()) detail.line = it->second;
    errors.Add(std::move(detail));
  }
  std::vector<RegionNumber> numbers;
  for (const auto& [number, line] : touched) {
    numbers.push_back(number);
    CheckUse(number, line, stored, import.tree, use, errors);
  }
  CheckBoundaries(touched, import.tree, deciding.boundaries(), errors);
  if (!errors.empty()) return errors.ToStatus();
  for (const RegionNumber number : ParentsFirst(numbers, import.tree)) {
    const std::vector<Region>* before = stored.Rows(number);
    const std::vector<Region>& after = *import.tree.Rows(number);
    if (before == nullptr || *before != after) import.changed.push_back(after);
  }
  return import;
}

}  // namespace anju::plan
