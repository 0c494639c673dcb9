// Grows a world step by step, as the services would have let it grow.
#include "tests/property/generate.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "tests/property/boundary_steps.h"
#include "tests/property/random.h"

namespace anju::worlds {
namespace {

constexpr int64_t kDayMicros = 86'400'000'000;
constexpr Period k2017{2017, 2017}, k2018{2018, 2018}, kThreeYears{2016, 2018};

class Grower {
 public:
  explicit Grower(const Recipe& recipe) : recipe_(recipe), random_(recipe.seed, 0) {
    world_.seed = recipe.seed;
    world_.periods = {k2017, k2018, kThreeYears};
    const size_t journals = 1 + random_.Below(2);
    world_.progress.resize(journals);
    plan_at_.resize(journals);
    series_.resize(journals);
    for (size_t i = 0; i < journals; ++i) world_.ids.push_back(static_cast<uint8_t>(0x30 + random_.Below(64) * 2 + i));
    skew_us_.resize(journals + 1);
    for (int64_t& skew : skew_us_) skew = random_.Percent(30) ? random_.Between(0, 3 * kDayMicros) : 0;
    now_us_ = Micros(MakeDate(2017, 1, 1)) + random_.Between(0, 20 * kDayMicros);
    for (int i = 0; i < 9; ++i) {
      const Date first = MakeDate(2016 + static_cast<int>(random_.Below(3)), 1 + static_cast<int>(random_.Below(12)), 1);
      world_.days.push_back(Date{first.days - static_cast<int>(random_.Below(2))});
    }
    world_.days.push_back(MakeDate(2017, 12, 31));
    std::sort(world_.days.begin(), world_.days.end());
    Found();
  }

  World Grow() {
    for (size_t step = 0; step < recipe_.steps; ++step) {
      random_ = Random(recipe_.seed, 1000 + step);
      if (!recipe_.dropped.contains(step)) Step();
    }
    return std::move(world_);
  }

 private:
  static int64_t Micros(Date day) { return day.days * kDayMicros - 8 * 3'600'000'000; }  // the first moment of the day in Shanghai

  // ---- Blocks ----

  // Writes `events` more events of a journal as one block, or into the block before.
  void Write(size_t journal, uint64_t plan_needed, uint64_t events) {
    const bool joins = !world_.blocks.empty() && world_.blocks.back().journal == journal && random_.Percent(35) &&
                       (journal == 0 || world_.blocks.back().plan_needed == plan_needed);
    if (joins) {
      world_.blocks.back().count += events;
      return;
    }
    now_us_ += random_.Percent(40) ? random_.Between(0, 3'600'000'000) : random_.Between(0, 12 * kDayMicros);
    uint64_t& written = journal == 0 ? plan_written_ : written_[journal];
    // Clocks of different machines differ; within a journal time never goes back.
    int64_t& last = last_us_[journal];
    last = std::max(last, now_us_ + skew_us_[journal]);
    world_.blocks.push_back({.journal = journal, .first = written + 1, .count = events, .time_us = last, .plan_needed = plan_needed});
  }
  void WritePlan(PlanEvent event) {
    Write(0, 0, 1);
    ++plan_written_;
    world_.plan.push_back(std::move(event));
  }
  void WriteProgress(size_t slot, std::vector<ProgressEvent> events) {
    uint64_t& needed = plan_at_[slot];
    if (needed == 0 || recipe_.seed % 3 != 0 || random_.Percent(70) || !KnownAt(needed, events)) needed = world_.plan.size();
    Write(slot + 1, needed, events.size());
    written_[slot + 1] += events.size();
    for (ProgressEvent& event : events) world_.progress[slot].push_back(std::move(event));
  }
  bool KnownAt(uint64_t plan, const std::vector<ProgressEvent>& events) const {
    for (const ProgressEvent& event : events) {
      const auto born = regions_.born.find(event.key.region);
      if (event.key.region != 0 && (born == regions_.born.end() || born->second > plan)) return false;
    }
    return true;
  }

  // ---- The beginning ----

  void Found() {
    PlanEvent tree;
    const auto add = [&](Number parent, const std::string& level, const std::string& kind = "administrative") {
      Row row{.region = regions_.next++, .parent = parent, .level = level, .kind = kind};
      row.code = "R" + std::to_string(row.region);
      row.name = "名" + row.code;
      row.order = random_.Percent(25) ? 0 : static_cast<uint32_t>(1 + random_.Below(5));
      if (parent > 1 && random_.Percent(12)) row.from = random_.OneOf(world_.days);
      tree.rows.push_back(row);
      return row.region;
    };
    const Number root = add(0, "province");
    std::vector<Number> cities;
    for (uint64_t i = 0, count = 2 + random_.Below(2); i < count; ++i) cities.push_back(add(root, "city"));
    for (const Number city : cities) {
      const uint64_t count = random_.Below(4);
      for (uint64_t i = 0; i < count; ++i) add(city, "county", random_.Percent(25) ? "zone" : "administrative");
      if (count > 0 && random_.Percent(20)) add(city, "county", "own_level");
    }
    if (random_.Percent(35)) {
      const Number city = random_.OneOf(cities);
      std::vector<Number> members;
      for (const Row& row : tree.rows) {
        if (row.level == "county" && random_.Percent(40)) members.push_back(row.region);
      }
      add(city, "unit", "area");
      tree.rows.back().members = members;
      tree.rows.back().from = kDistantPast;
    }
    for (const Row& row : tree.rows) {
      regions_.rows[row.region] = {row};
      regions_.born[row.region] = 1;
    }
    WritePlan(std::move(tree));

    PlanEvent catalogue;
    catalogue.programmes = {{1, "all", 0, false, {}}, {2, "urban", 1, false, {}}, {3, "rural", 1, false, {}}, {4, "policy", 0, true, {2, 3}}};
    if (random_.Percent(40)) catalogue.programmes[3].members = {2};
    if (random_.Percent(30)) catalogue.programmes.push_back({5, "urban.old", 2, false, {}});
    catalogue.indicators = {{1, "starts", true, false}, {2, "completions", true, false}, {3, "built", true, true}, {4, "ratio", false, false}};
    programmes_ = catalogue.programmes.size();
    WritePlan(std::move(catalogue));
  }

  // ---- Steps ----

  void Step() {
    const uint64_t roll = random_.Below(100);
    if (roll < 58) {
      StepUpdate();
    } else if (roll < 67) {
      StepReview();
    } else if (roll < 77) {
      StepDocument();
    } else if (roll < 84) {
      StepAmendment();
    } else if (roll < 97) {
      StepBoundary();
    } else {
      StepNewRegion();
    }
  }

  // A day of this world, or one beside it.
  Date AnyDay() {
    const Date day = random_.OneOf(world_.days);
    return random_.Percent(70) ? day : Date{day.days + static_cast<int>(random_.Between(-2, 2))};
  }

  std::optional<Number> AnyRegionOn(Date day, bool for_report) {
    std::vector<Number> open;
    for (const auto& [number, rows] : regions_.rows) {
      if (regions_.RowOn(number, day) == nullptr) continue;
      if (for_report && OnlyLeavesReport(world_) && regions_.EverHasChildren(number)) continue;
      open.push_back(number);
    }
    if (open.empty()) return std::nullopt;
    return random_.OneOf(open);
  }

  // Mostly a few cells, so that something happens in each.
  Number AnyProgramme() {
    const uint64_t roll = random_.Below(10);
    return roll < 4 ? 1 : roll < 7 ? 2 : roll < 9 ? 3 : static_cast<Number>(4 + random_.Below(programmes_ - 3));
  }
  Number AnyIndicator() {
    const uint64_t roll = random_.Below(10);
    return roll < 6 ? 1 : roll < 7 ? 2 : roll < 9 ? 3 : 4;
  }
  Period AnyPeriod() {
    const uint64_t roll = random_.Below(10);
    return roll < 7 ? k2017 : roll < 9 ? k2018 : kThreeYears;
  }
  int64_t AnyAmount() { return random_.Percent(8) ? 0 : random_.Percent(10) ? random_.Between(1, 9) : random_.Between(10, 400); }

  void StepUpdate() {
    const size_t slot = random_.Below(world_.progress.size());
    ProgressEvent update;
    // Often something about a series that is there: late, corrected, reduced, repeated.
    const bool again = !series_[slot].empty() && random_.Percent(45);
    if (again) {
      auto chosen = series_[slot].begin();
      std::advance(chosen, random_.Below(series_[slot].size()));
      update.key = chosen->first;
    }
    update.as_of = AnyDay();
    if (!again) {
      const std::optional<Number> region = AnyRegionOn(update.as_of, true);
      if (!region) return;
      update.key = {*region, AnyProgramme(), AnyIndicator(), {}};
      if (update.key.indicator != 3) update.key.period = AnyPeriod();
    } else if (regions_.RowOn(update.key.region, update.as_of) == nullptr) {
      return;  // refused: closed on that day
    }
    const uint64_t roll = random_.Below(100);
    update.kind = roll < 55 ? Kind::kCumulative : roll < 77 ? Kind::kIncrement : roll < 90 ? Kind::kCorrection : Kind::kReduction;
    update.amount = update.kind == Kind::kReduction ? random_.Between(1, 60) : AnyAmount();
    if (update.key.indicator == 4 && update.kind != Kind::kCorrection) update.kind = Kind::kCumulative;
    const auto [found, fresh] = series_[slot].try_emplace(update.key, static_cast<uint32_t>(series_[slot].size() + 1));
    update.series = found->second;
    std::vector<ProgressEvent> events;
    if (fresh) {
      if (update.kind == Kind::kCorrection || update.kind == Kind::kReduction) update.kind = Kind::kCumulative;
      events.push_back(update);
      events.back().what = ProgressEvent::What::kOpen;
    }
    events.push_back(update);
    if (random_.Percent(6)) {
      events.push_back(update);  // the same once more, perhaps with another amount
      if (random_.Percent(50)) events.back().amount += random_.Between(0, 5);
    }
    WriteProgress(slot, std::move(events));
  }

  void StepReview() {
    const size_t slot = random_.Below(world_.progress.size());
    const auto& journal = world_.progress[slot];
    ProgressEvent review;
    review.what = ProgressEvent::What::kReview;
    const uint64_t roll = random_.Below(10);
    review.state = roll < 2 ? Review::kReturned : roll < 7 ? Review::kReviewed : Review::kConfirmed;
    const uint64_t share = random_.Between(15, 90);
    for (uint64_t sequence = 1; sequence <= journal.size(); ++sequence) {
      if (journal[sequence - 1].what != ProgressEvent::What::kUpdate || !random_.Percent(share)) continue;
      const auto found = states_.find({slot, sequence});
      const Review state = found == states_.end() ? Review::kReported : found->second;
      const bool allowed = review.state == Review::kReturned   ? state == Review::kReported || state == Review::kReviewed
                           : review.state == Review::kReviewed ? state == Review::kReported || state == Review::kReturned
                                                               : state == Review::kReviewed;
      if (allowed) review.reviewed.push_back(sequence);
    }
    if (review.reviewed.empty()) return;
    for (const uint64_t sequence : review.reviewed) states_[{slot, sequence}] = review.state;
    WriteProgress(slot, {review});
  }

  PrintedCell AnyCell(Period period, Number region) {
    PrintedCell cell;
    cell.key = {region, AnyProgramme(), AnyIndicator(), period};
    cell.layer = random_.Percent(60) ? 2 : static_cast<int>(1 + random_.Below(4));
    if (random_.Percent(14)) {
      cell.missing = static_cast<int>(2 + random_.Below(3));
    } else {
      cell.target = AnyAmount();
      if (random_.Percent(15)) cell.declared = *cell.target + random_.Between(-3, 3);
    }
    return cell;
  }

  void StepDocument() {
    Document document;
    document.number = "文" + std::to_string(++documents_);
    if (random_.Percent(70)) document.issued = AnyDay();
    for (uint64_t i = 0, rows = 1 + random_.Below(6); i < rows; ++i) {
      const Period period = AnyPeriod();
      const std::optional<Number> region = AnyRegionOn(document.issued.value_or(FirstDay(period)), false);
      if (!region) continue;
      PrintedCell cell = AnyCell(period, *region);
      // Another first document may only repeat what one has set; without a number it may say anything.
      const auto set = first_targets_.find({cell.key, cell.layer});
      if (cell.target && set != first_targets_.end() && set->second) {
        cell.target = set->second;
      }
      if (Contains(document, cell)) continue;
      if (set == first_targets_.end() || !set->second) first_targets_[{cell.key, cell.layer}] = cell.target;
      document.cells.push_back(cell);
    }
    if (document.cells.empty()) return;
    lines_.push_back({document.number, document.number, kDistantPast, document.cells});
    PlanEvent event;
    event.document = std::move(document);
    WritePlan(std::move(event));
  }

  static bool Contains(const Document& document, const PrintedCell& cell) {
    return std::any_of(document.cells.begin(), document.cells.end(),
                       [&](const PrintedCell& other) { return other.key == cell.key && other.layer == cell.layer; });
  }

  void StepAmendment() {
    if (lines_.empty()) return StepDocument();
    Line& line = lines_[random_.Below(lines_.size())];
    Document document;
    document.number = "文" + std::to_string(++documents_);
    document.amends = line.newest;
    document.first = line.first;
    const Date effective = AnyDay();
    if (effective < line.effective) return;
    document.effective = effective;
    if (random_.Percent(50)) document.issued = effective;
    const auto inside = [&](Period period) { return FirstDay(period) <= effective && effective <= LastDay(period); };
    for (const PrintedCell& before : std::vector<PrintedCell>(line.cells)) {
      if (!inside(before.key.period) || !random_.Percent(60)) continue;
      PrintedCell cell = before;
      cell.declared.reset();
      cell.missing = 0;
      const uint64_t roll = random_.Below(10);
      cell.target.reset();
      if (roll < 7) {
        cell.target = AnyAmount();
      } else {
        cell.missing = roll == 9 ? static_cast<int>(2 + random_.Below(3)) : 1;  // often expressly taken back
      }
      document.cells.push_back(cell);
    }
    if (random_.Percent(40)) {
      const Period period = AnyPeriod();
      const std::optional<Number> region = AnyRegionOn(effective, false);
      if (region && inside(period)) {
        const PrintedCell cell = AnyCell(period, *region);
        // A cell of another line would be a conflict.
        if (!Contains(document, cell) && !first_targets_.contains({cell.key, cell.layer})) {
          first_targets_[{cell.key, cell.layer}] = cell.target;
          document.cells.push_back(cell);
          line.cells.push_back(cell);
        }
      }
    }
    if (document.cells.empty()) return;
    line.newest = document.number;
    line.effective = effective;
    PlanEvent event;
    event.document = std::move(document);
    WritePlan(std::move(event));
  }

  void StepBoundary() {
    PlanEvent event;
    const uint64_t changes = random_.Percent(75) ? 1 : 2;
    for (uint64_t i = 0; i < changes; ++i) AddBoundaryStep(AnyDay(), random_, &regions_, &event);
    if (event.changes.empty()) return;
    WritePlan(std::move(event));
    regions_.Settle(world_.plan.size());
  }

  void StepNewRegion() {
    const Date day = AnyDay();
    std::vector<Number> parents;
    for (const auto& [number, rows] : regions_.rows) {
      const Row& last = rows.back();
      if (last.level == "city" && last.to == kDistantFuture && rows.size() == 1 && rows.front().from <= day) parents.push_back(number);
    }
    if (parents.empty()) return;
    Row row{.region = regions_.next++, .parent = random_.OneOf(parents), .level = "county", .kind = random_.Percent(20) ? "company" : "zone"};
    row.code = "R" + std::to_string(row.region);
    row.name = "新" + row.code;
    row.from = day;
    PlanEvent event;
    event.rows = {row};
    regions_.rows[row.region] = {row};
    WritePlan(std::move(event));
    regions_.Settle(world_.plan.size());
  }

  struct Line {
    std::string first, newest;
    Date effective;
    std::vector<PrintedCell> cells;
  };

  const Recipe recipe_;
  Random random_;
  World world_;
  Regions regions_;
  uint64_t programmes_ = 0, plan_written_ = 0;
  std::map<size_t, uint64_t> written_;
  std::map<size_t, int64_t> last_us_;
  std::vector<int64_t> skew_us_;
  std::vector<uint64_t> plan_at_;
  std::vector<std::map<Key, uint32_t>> series_;
  std::map<std::pair<size_t, uint64_t>, Review> states_;
  std::map<std::pair<Key, int>, std::optional<int64_t>> first_targets_;
  std::vector<Line> lines_;
  int64_t now_us_ = 0;
  int documents_ = 0;
};

}  // namespace

World Generate(const Recipe& recipe) { return Grower(recipe).Grow(); }

}  // namespace anju::worlds
