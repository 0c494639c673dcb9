// From a changed figure to what was recorded: its own cell first, else the figures its rule names.
#include "services/cli/bulletin_causes.h"

#include <algorithm>
#include <set>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "services/cli/bulletin.h"
#include "services/cli/read_rows.h"
#include "services/cli/updates.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::BulletinRecord;
using ranking::v1::DiffBulletinResponse;
using ranking::v1::FigureChange;

constexpr std::string_view kPreviousValue = "previous_value";
constexpr int kDepthMax = 6;  // of rules over figures over rules; a bulletin has three

// Ids in a rule: letters, digits, points and underscores that begin with a letter and are no function.
std::vector<std::string> IdsOf(const std::string& rule) {
  std::vector<std::string> ids;
  std::string word;
  for (const char letter : rule + " ") {
    const bool inside = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || letter == '.' || letter == '_';
    if (inside) {
      word += letter;
    } else {
      const bool is_id = !word.empty() && (word[0] < '0' || word[0] > '9') && word[0] != '.' && word.find('.') != std::string::npos;
      if (is_id) ids.push_back(word);
      word.clear();
    }
  }
  return ids;
}

bool IsTarget(const std::string& cell) { return cell == "denominator" || cell.starts_with("target"); }

// A file without a name of its own is called by its hash; people know it by the beginning.
std::string SourceText(const std::string& source) { return source.starts_with("sha256:") && source.size() > 19 ? source.substr(0, 19) + "…" : source; }

std::string Sentence(const Context& context, const progress::v1::ListedUpdate& update, const std::string& region_name) {
  const bool chinese = context.lang == Lang::kChinese;
  std::string text = FormatMoment(update.recorded_time_us()) + " " + update.actor() + " " + Reading(std::string(KindWord(update.kind())), context.lang) + " " + region_name + " " + update.as_of() + " " +
                     update.value() + update.unit();
  text += (chinese ? "，来源 " : ", source ") + SourceText(update.source()) + (chinese ? " 第 " : " row ") + std::to_string(update.source_sequence()) + (chinese ? " 行" : "");
  text += (chinese ? "，日志 " : ", journal ") + std::to_string(update.sequence());
  if (!update.explanation().empty()) text += (chinese ? "：" : ": ") + update.explanation();
  return text;
}

}  // namespace

CauseFinder::CauseFinder(const Context& context, const BulletinRecord& record, const DiffBulletinResponse& diff) : context_(context) {
  question_.as_of = record.parameters().as_of();
  question_.view.at = diff.basis().token();
  question_.view.tree = record.parameters().tree();
  filtered_ = record.parameters().review() != types::v1::REVIEW_FILTER_UNSPECIFIED;
  if (filtered_) question_.view.review = record.parameters().review() == types::v1::REVIEW_FILTER_CONFIRMED ? "confirmed" : "reviewed";
  const types::v1::Basis& basis = record.basis().basis();
  plan_journal_ = basis.plan().journal_id();
  known_[plan_journal_] = basis.plan().sequence();
  for (const auto& progress : basis.progress()) known_[progress.journal_id()] = progress.sequence();
  basis_time_us_ = record.basis().recorded_time_us();
}

absl::Status CauseFinder::Begin(const BulletinRecord& record, const DiffBulletinResponse& diff) {
  lineages_ = LineagesOf(context_);
  ASSIGN_OR_RETURN(before_, bulletin::ParseCanonical(record.content()));
  ASSIGN_OR_RETURN(after_, bulletin::ParseCanonical(diff.content()));
  for (const bulletin::Content* content : {&before_, &after_}) {
    for (const bulletin::PlacedFigure& placed : bulletin::FiguresOf(*content)) {
      figures_[placed.figure->id] = placed.figure;
      for (std::string& operand : IdsOf(placed.figure->rule)) operands_[placed.figure->id].insert(std::move(operand));
    }
  }
  // Movement is since a day that only the template says.
  ranking::v1::GetTemplateRequest request;
  request.set_code(record.template_code());
  request.set_version(record.template_version());
  request.set_as_of(record.parameters().as_of());
  ASSIGN_OR_RETURN(const auto defined, client::BulletinClient(context_.endpoints.ranking).GetTemplate(request, CallOptionsOf(context_)));
  for (const auto& table : defined.template_().definitions()) since_[table.name()] = table.since();
  // Also figures that nobody prints: what is printed may be computed from them.
  for (const bulletin::Change& change : bulletin::Compare(before_, after_)) changed_.insert(change.id);
  return absl::OkStatus();
}

bool CauseFinder::IsLater(const std::string& journal, uint64_t sequence) const {
  for (const auto& [known, last] : known_) {
    if (lineages_.AreOne(known, journal)) return sequence > last;
  }
  return true;
}

absl::StatusOr<const CauseFinder::Cell*> CauseFinder::CellOf(const std::string& region, const std::string& programme, const std::string& indicator, const std::string& plan_year, const std::string& as_of) {
  const std::string key = region + "\n" + programme + "\n" + indicator + "\n" + plan_year + "\n" + as_of;
  if (const auto it = cells_.find(key); it != cells_.end()) return &it->second;
  Cell& cell = cells_[key];
  RankOptions question = question_;
  question.region = region;
  question.programme = programme;
  question.indicator = indicator;
  question.year = plan_year;
  question.as_of = as_of;
  const auto answer = FetchExplanation(context_, question);
  if (!answer.ok()) {
    // A region that ended or moved has no cell any more; the boundary change says why.
    const bool gone = answer.status().code() == absl::StatusCode::kInvalidArgument || answer.status().code() == absl::StatusCode::kNotFound;
    if (gone && !HasReason(answer.status(), Reason::UNKNOWN_BASIS)) return &cell;
    return answer.status();
  }
  for (const auto& contribution : answer->contributions()) {
    for (const auto& update : contribution.updates()) {
      const bool later = IsLater(contribution.journal_id(), update.sequence());
      const bool reviewed = !later && filtered_ && update.review_time_us() > basis_time_us_;
      if (!later && !reviewed) continue;
      Cause cause{.kind = later ? "update" : "review", .sequence = update.sequence(), .journal = contribution.journal_id(), .json = {}, .text = {}};
      cause.json = {{"kind", cause.kind}, {"journal", cause.journal}};
      const Json known = UpdateJson(update);
      for (const auto& [name, value] : known.items()) cause.json[name == "kind" ? "update_kind" : name] = value;
      cause.text = Sentence(context_, update, contribution.region_name());
      if (reviewed) {
        cause.text += std::string(context_.Say("；", "; ")) + FormatMoment(update.review_time_us()) + " " + update.review_actor() + " " + Reading(std::string(ReviewWord(update.review())), context_.lang);
      }
      cell.updates.push_back(std::move(cause));
    }
  }
  for (const auto& target : answer->targets()) {
    for (const auto& revision : target.revisions()) {
      if (!revision.in_force() || !IsLater(plan_journal_, revision.sequence())) continue;
      Cause cause{.kind = "amendment", .sequence = revision.sequence(), .journal = plan_journal_, .json = {}, .text = {}};
      cause.json = {{"kind", "amendment"},
                    {"journal", plan_journal_},
                    {"journal_sequence", std::to_string(revision.sequence())},
                    {"document", revision.document()},
                    {"amends", revision.amends()},
                    {"effective", revision.effective()},
                    {"place", revision.place()},
                    {"region", region}};
      cause.text = std::string(context_.Say("文件 ", "document ")) + revision.document() +
                   (revision.amends().empty() ? "" : std::string(context_.Say(" 修订 ", " amends ")) + revision.amends()) + std::string(context_.Say("，自 ", ", from ")) + revision.effective() +
                   std::string(context_.Say(" 起，日志 ", ", journal ")) + std::to_string(revision.sequence());
      cell.amendments.push_back(std::move(cause));
    }
  }
  return &cell;
}

absl::StatusOr<std::vector<Cause>> CauseFinder::BoundariesOf(const std::string& region) {
  if (!boundaries_.has_value()) {
    boundaries_.emplace();
    plan::v1::ListBoundariesRequest request;
    request.set_page_size(10'000);
    const client::PlanClient plan(context_.endpoints.plan);
    do {
      ASSIGN_OR_RETURN(const auto page, plan.ListBoundaries(request, CallOptionsOf(context_)));
      for (const auto& listed : page.boundaries()) {
        if (!IsLater(plan_journal_, listed.sequence())) continue;
        const std::string word(BoundaryWord(listed.event().kind()));
        const std::string day = FormatDate(Date{listed.event().date_days()});
        Cause cause{.kind = "boundary", .sequence = listed.sequence(), .journal = plan_journal_, .json = {}, .text = {}};
        cause.json = {{"kind", "boundary"},        {"journal", plan_journal_},         {"journal_sequence", std::to_string(listed.sequence())},
                      {"date", day},               {"event", word},                    {"region", listed.region()},
                      {"name", listed.name()},     {"into", listed.into()},            {"into_name", listed.into_name()},
                      {"document", listed.event().document()}, {"actor", listed.actor()}, {"recorded_time_us", listed.recorded_time_us()}};
        cause.text = FormatMoment(listed.recorded_time_us()) + " " + listed.actor() + " " + day + " " + Reading(word, context_.lang) + " " + listed.name() +
                     (listed.into_name().empty() ? "" : " → " + listed.into_name()) + (listed.event().document().empty() ? "" : " " + listed.event().document()) +
                     std::string(context_.Say("，日志 ", ", journal ")) + std::to_string(listed.sequence());
        boundaries_->push_back(std::move(cause));
        std::vector<std::string> regions = {listed.region(), listed.into()};
        regions.insert(regions.end(), listed.units().begin(), listed.units().end());
        boundary_regions_.push_back(std::move(regions));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
  }
  std::vector<Cause> found;
  for (size_t i = 0; i < boundaries_->size(); ++i) {
    if (std::find(boundary_regions_[i].begin(), boundary_regions_[i].end(), region) != boundary_regions_[i].end()) found.push_back((*boundaries_)[i]);
  }
  return found;
}

absl::Status CauseFinder::Collect(const std::string& id, const FigureChange* change, int depth, std::map<std::tuple<std::string, uint64_t, std::string>, Cause>* found) {
  const auto figure = figures_.find(id);
  const std::string cell_word = figure == figures_.end() ? "" : figure->second->cell;
  const auto add = [&](const std::vector<Cause>& causes) {
    for (const Cause& cause : causes) found->emplace(std::tuple(cause.journal, cause.sequence, cause.kind + (cause.kind == "boundary" ? cause.text : "")), cause);
  };
  const size_t already = found->size();
  std::string region = change == nullptr ? "" : change->region(), programme = change == nullptr ? "" : change->programme(), indicator = change == nullptr ? "" : change->indicator(),
              plan_year = change == nullptr ? "" : change->plan_year();
  if (figure != figures_.end() && region.empty()) {
    const bulletin::Figure& f = *figure->second;
    region = f.region, programme = f.programme, indicator = f.indicator, plan_year = f.plan_year;
  }
  const auto rule = operands_.find(id);
  std::set<std::string> operands = rule == operands_.end() ? std::set<std::string>() : rule->second;
  std::erase_if(operands, [&](const std::string& operand) { return operand == id || !changed_.contains(operand); });
  const bool computed = !operands.empty();  // its parts changed, and they say why
  const Cell* cell = nullptr;
  if (!computed && !region.empty() && !programme.empty() && !indicator.empty()) {
    const auto since = cell_word == kPreviousValue ? since_.find(id.substr(0, id.find('.'))) : since_.end();
    ASSIGN_OR_RETURN(cell, CellOf(region, programme, indicator, plan_year, since == since_.end() ? question_.as_of : since->second));
    add(IsTarget(cell_word) ? cell->amendments : cell->updates);
    if (cell_word == "value" || cell_word == kPreviousValue || cell_word.starts_with("rate")) add(cell->amendments);
  }
  if (depth < kDepthMax) {
    for (const std::string& operand : operands) RETURN_IF_ERROR(Collect(operand, nullptr, depth + 1, found));
  }
  if (found->size() > already || region.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Cause> boundaries, BoundariesOf(region));
  add(boundaries);
  if (found->size() == already && cell != nullptr) add(IsTarget(cell_word) ? cell->updates : cell->amendments);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Cause>> CauseFinder::Of(const FigureChange& change) {
  std::map<std::tuple<std::string, uint64_t, std::string>, Cause> found;
  RETURN_IF_ERROR(Collect(change.id(), &change, 0, &found));
  std::vector<Cause> causes;
  for (auto& [key, cause] : found) causes.push_back(std::move(cause));
  return causes;
}

}  // namespace anju::cli
