// Asks while the blocks come in a random order, after a restart, and once more when everything is there.
#include "tests/property/shell_check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/rpc.h"
#include "common/status/status.h"
#include "tests/property/core_check.h"
#include "tests/property/known_on.h"
#include "tests/property/questions.h"
#include "tests/property/shell_subject.h"
#include "tests/property/step_check.h"
#include "tests/property/table_check.h"

namespace anju::worlds {
namespace {

class Checker {
 public:
  Checker(const World& world, Mistake mistake, Outcome* outcome)
      : world_(world), mistake_(mistake), outcome_(*outcome), random_(world.seed, 23), blocks_(Encode(world)), subject_(world) {}

  void Run() {
    const std::vector<size_t> order = AnyOrder(world_, random_);
    const size_t restart = random_.Percent(15) ? random_.Below(order.size()) : order.size();
    const uint64_t often = 300 / order.size() + 1;
    for (const size_t index : order) {
      subject_.Apply(blocks_[index]);
      applied_.push_back(index);
      Known& known = known_;
      if (known.progress.empty()) known.progress.resize(world_.progress.size());
      const Block& block = world_.blocks[index];
      (block.journal == 0 ? known.plan : known.progress[block.journal - 1]) = block.last();
      if (applied_.size() == restart) {
        const std::vector<std::string> before = subject_.Dump();
        subject_.Restart();
        if (subject_.Dump() != before) return Fail("the dump after a restart differs", "");
      }
      if (known.plan >= 2 && random_.Percent(often)) AskSomething();
      if (failed()) return;
    }
    for (int i = 0; i < 3 && !failed(); ++i) AskSomething();
    // What was said at a basis is said for ever. (A day of record names another basis when a feed that was behind has caught up.)
    for (const auto& [request, said] : said_) {
      if (failed()) return;
      const auto again = subject_.GetRollup(request);
      if (!again.ok() || Comparable(*again) != said) Fail("a question asked again after later events", request.ShortDebugString());
    }
    if (!failed()) CheckTables(world_, subject_, mistake_, random_, &outcome_);
    for (int i = 0; i < 2 && !failed(); ++i) CheckSteps(world_, subject_, mistake_, random_, &outcome_);
  }

 private:
  bool failed() const { return !outcome_.failure.empty(); }
  void Fail(const std::string& what, const std::string& about) { outcome_.failure = absl::StrCat("shell, ", what, ": ", about, "\n"); }

  // All of an answer but its freshness.
  static std::string Comparable(aggregator::v1::GetRollupResponse response) {
    response.mutable_basis()->clear_complete_until_us();
    return response.DebugString();
  }

  void AskSomething() {
    Question question = AnyQuestion(world_, known_, random_);
    aggregator::v1::GetRollupRequest request;
    const bool current = question.known == known_ && random_.Percent(30);
    *request.mutable_view() = ViewOf(world_, question, !current);
    if (!current && random_.Percent(35)) {
      // A day of record instead of a token.
      const Block& block = world_.blocks[applied_[random_.Below(applied_.size())]];
      const Date day{Clock::DateOfMicros(block.time_us).days + static_cast<int>(random_.Between(-1, 1))};
      request.mutable_view()->clear_at();
      request.mutable_view()->set_known_on(FormatDate(day));
      const std::optional<Known> known = KnownOn(world_, applied_, day);
      if (!known) return MustFail(request, Reason::BEFORE_FIRST_RECORD);
      if (known->plan < 2) return;  // not even a catalogue
      question.known = *known;
    } else if (!current && random_.Percent(3)) {
      request.mutable_view()->set_known_on("2018-01-01");
      return MustFail(request, Reason::BAD_VALUE);
    } else if (!current && random_.Percent(1)) {
      // Figures without the plan that they were decided under never were a basis.
      Known torn = known_;
      torn.plan = 1;
      if (std::all_of(torn.progress.begin(), torn.progress.end(), [](uint64_t sequence) { return sequence == 0; })) return;
      request.mutable_view()->set_at(TokenOf(world_, torn));
      return MustFail(request, Reason::UNKNOWN_BASIS);
    }
    if (question.as_of) request.set_as_of(FormatDate(*question.as_of));
    const Period year = random_.Percent(20) ? Period{} : random_.OneOf(world_.periods);
    request.set_year(FormatPeriod(year));
    const Model model(world_, question, mistake_);
    const Date day = model.TreeDay(year);
    std::vector<Number> regions;
    for (const auto& [number, rows] : model.regions()) {
      if (model.Exists(number, day)) regions.push_back(number);
    }
    const Number region = random_.Percent(40) ? 1 : random_.OneOf(regions);
    request.set_region(model.Nearest(region, day)->code);
    Compare(request, question, model, region, year, !current);
  }

  void MustFail(aggregator::v1::GetRollupRequest request, Reason reason) {
    request.set_region("R1");
    const auto response = subject_.GetRollup(request);
    ++outcome_.questions;
    if (response.ok() || ErrorsOf(response.status()).front().reason != reason) {
      Fail(absl::StrCat("expected ", std::string(ReasonName(reason)), " but got ", response.ok() ? "an answer" : std::string(response.status().message())),
           request.ShortDebugString());
    }
  }

  void Compare(const aggregator::v1::GetRollupRequest& request, const Question& question, const Model& model, Number region, Period year, bool keep) {
    const auto response = subject_.GetRollup(request);
    ++outcome_.questions;
    const std::string about = absl::StrCat(request.ShortDebugString(), " (", Describe(question), ")");
    if (!response.ok()) return Fail("a rollup", absl::StrCat(about, ": ", std::string(response.status().message())));
    if (KnownOf(world_, response->basis().basis()) != question.known) {
      return Fail("the basis of a rollup", absl::StrCat(about, " is ", response->basis().basis().ShortDebugString()));
    }
    std::map<Key, CellAnswer> got;
    std::vector<Number> seen;
    for (const aggregator::v1::Cell& cell : response->cells()) {
      got[KeyOf(cell)] = FromWire(world_, cell);
      if (seen.empty() || seen.back() != cell.region()) seen.push_back(cell.region());
    }
    if (std::set<Number>(seen.begin(), seen.end()).size() != seen.size()) return Fail("regions of a rollup do not stand together", about);
    std::set<Key> keys;
    for (const auto& [key, cell] : got) keys.insert(key);
    for (const Key& key : AllKeys(world_, model)) {
      if (!year.is_stock() && key.period != year) continue;
      const std::vector<Number> children = model.SummedChildren(region, model.TreeDay(key.period));
      if (key.region == region || std::find(children.begin(), children.end(), key.region) != children.end()) keys.insert(key);
    }
    for (const Key& key : keys) {
      CellAnswer expected = model.At(key);
      // Without a year a stock is shown for the years that it has targets for, beside its figure.
      const bool targets = std::any_of(expected.targets.begin(), expected.targets.end(), [](const auto& target) { return target.has_value(); });
      if (year.is_stock() && model.indicators().at(key.indicator).stock && !key.period.is_stock() && !targets) expected = {};
      const auto found = got.find(key);
      ++outcome_.cells;
      if (expected.empty() ? found == got.end() : found != got.end() && found->second == expected) continue;
      return Fail("a cell of a rollup", absl::StrCat(about, " ", Describe(key), "\n  model: ", Describe(expected), "\n  code:  ",
                                                      found == got.end() ? "(nothing)" : Describe(found->second)));
    }
    if (keep && !request.view().at().empty()) said_.emplace_back(request, Comparable(*response));
  }

  const World& world_;
  const Mistake mistake_;
  Outcome& outcome_;
  Random random_;
  const std::vector<EncodedBlock> blocks_;
  ShellSubject subject_;
  std::vector<size_t> applied_;
  Known known_;
  std::vector<std::pair<aggregator::v1::GetRollupRequest, std::string>> said_;
};

}  // namespace

void CheckShell(const World& world, Mistake mistake, Outcome* outcome) { Checker(world, mistake, outcome).Run(); }

}  // namespace anju::worlds
