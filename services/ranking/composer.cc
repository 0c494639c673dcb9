// Table by table, then milestones: the first answer fixes the basis, all others are asked for at it.
#include "services/ranking/composer.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/status/macros.h"
#include "services/ranking/await.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/errors.h"
#include "services/ranking/question.h"

namespace anju::ranking {
namespace {

using aggregator::v1::GetColumnResponse;
using aggregator::v1::GetColumnsResponse;
using aggregator::v1::GetMilestoneStatusResponse;

// `status` with the line of the template it comes from.
absl::Status AtLine(const absl::Status& status, uint32_t line) {
  ErrorCollector errors;
  errors.Add(status, line);
  return errors.ToStatus();
}

std::string ReviewWord(types::v1::ReviewFilter review) {
  switch (review) {
    case types::v1::REVIEW_FILTER_REVIEWED: return "reviewed";
    case types::v1::REVIEW_FILTER_CONFIRMED: return "confirmed";
    default: return "all";
  }
}

}  // namespace

std::vector<bulletin::JournalHead> HeadsOf(const types::v1::Basis& basis) {
  std::vector<bulletin::JournalHead> heads;
  const auto add = [&](const char* service, const types::v1::Position& position) {
    if (position.sequence() > 0) heads.push_back({service, position.journal_id(), position.sequence(), absl::BytesToHexString(position.block_hash()), position.tree_size(),
                                               absl::BytesToHexString(position.tree_root())});
  };
  add("plan", basis.plan());
  for (const types::v1::Position& position : basis.progress()) add("progress", position);
  return heads;
}

// One bulletin on its way through the aggregator's answers. Touched by one thread at a time.
struct Composer::Gathering {
  Composition asked;
  Finish finish;
  std::shared_ptr<const Contents> contents;  // plans point into its catalogue
  std::vector<std::shared_ptr<Question>> questions;  // by table
  std::vector<MilestoneQuestion> milestones;
  ComposeInput input;
  std::string region, region_name;           // whose bulletin it is
  types::v1::BasisStamp stamp;               // empty until the first answer, unless a basis was given
  bool has_figures = false;                  // some table has
  absl::Status nothing_known;                // NO_FIGURES of the first table that has none

  const Template& source() const { return *asked.source; }
  // A name may be another region's by now, or nobody's. What compares with an issued bulletin or corrects it is about the region that it was.
  const std::string& RegionAsked() const {
    if (!asked.region.empty()) return asked.region;
    return asked.corrected != nullptr ? asked.corrected->region : source().region;
  }
  absl::Status ReadTables();
  absl::Status ReadMilestones();
  absl::Status TakeTable(const GetColumnsResponse& columns);
  void TakeRegion(const GetColumnResponse& column, const Question& question);
  absl::Status TakeMilestone(const GetMilestoneStatusResponse& answer);
  absl::StatusOr<Composed> Result();
  types::v1::View ViewOf(const Question& question) const { return stamp.token().empty() ? question.asked.view : question.ViewAt(stamp.token()); }
};

// All errors at once: the clerk who wrote the template mends them together.
absl::Status Composer::Gathering::ReadTables() {
  if (!contents->ready) return errors::NotReady();
  ErrorCollector refused;
  for (const TemplateTable& table : source().tables) {
    absl::StatusOr<Definition> definition = DefinitionOf(table, asked.as_of, contents->registry->catalogue);
    if (!definition.ok()) {
      refused.Add(definition.status(), table.line);
      continue;
    }
    Asked question{.region = table.region.empty() ? RegionAsked() : table.region, .as_of = asked.as_of, .tree = asked.tree,
                   .since = SinceOf(table, asked.as_of), .view = asked.view, .at_least = asked.at_least};
    absl::StatusOr<std::shared_ptr<Question>> read = Question::Read(asked.caller, question, *std::move(definition), contents);
    refused.Add(read.status(), table.line);
    if (read.ok()) questions.push_back(*std::move(read));
  }
  refused.Add(ReadMilestones());
  return refused.ToStatus();
}

absl::Status Composer::Gathering::ReadMilestones() {
  ErrorCollector refused;
  for (const TemplateMilestone& milestone : source().milestones) {
    absl::StatusOr<MilestoneQuestion> question = QuestionOf(milestone, asked.as_of, contents->registry->catalogue);
    refused.Add(question.status(), milestone.line);
    if (question.ok()) milestones.push_back(*question);
  }
  return refused.ToStatus();
}

absl::Status Composer::Gathering::TakeTable(const GetColumnsResponse& columns) {
  const size_t index = input.tables.size();
  const Question& question = *questions[index];
  const TemplateTable& table = source().tables[index];
  const GetColumnResponse& now = columns.columns(0);
  RETURN_IF_ERROR(question.AuthorizeAnswer(now));
  if (stamp.token().empty()) stamp = now.basis();
  const Input looked = DatedInput(now, question.definition, question.plan, asked.as_of, question.DayOf(asked.as_of));
  absl::StatusOr<Table> printed = ComputeTable(question.definition, question.plan, looked);
  if (HasReason(printed.status(), Reason::NO_FIGURES)) {
    // Early in a year, or once a county has gone, one of several tables is empty: it prints no rows, and the bulletin is written all the same.
    if (nothing_known.ok()) nothing_known = AtLine(question.WithPeriods(printed.status(), looked.region.number), table.line);
    printed = ComputeTable(question.definition, question.plan, looked, /*may_be_empty=*/true);
  } else {
    has_figures = has_figures || printed.ok();
  }
  if (!printed.ok()) return AtLine(question.WithPeriods(printed.status(), looked.region.number), table.line);
  if (question.asked.since) {
    ASSIGN_OR_RETURN(const Table before, question.EarlierTable(columns.columns(1), question.asked.since, printed->layer));
    AddMovement(question.definition, before, *printed);
  }
  if (table.region.empty() && region.empty()) TakeRegion(now, question);
  TableAnswer answer{.definition = question.definition, .plan = question.plan, .table = *std::move(printed), .region = looked.region.code,
                     .region_name = looked.region.name};
  answer.definition_words = DefinitionWords(question.definition, answer.table.layer, contents->registry->catalogue);
  input.tables.push_back(std::move(answer));
  return absl::OkStatus();
}

void Composer::Gathering::TakeRegion(const GetColumnResponse& column, const Question& question) {
  const std::vector<Place> places = PlacesOf(column.regions(), question.plan, question.DayOf(asked.as_of));
  if (places.empty()) return;
  region = places.front().code;
  region_name = places.front().name;
}

absl::Status Composer::Gathering::TakeMilestone(const GetMilestoneStatusResponse& answer) {
  const Date by = milestones[input.milestones.size()].by;
  RegionNumber own = 0;
  for (const types::v1::RegionRecord& record : answer.regions()) {
    if (record.code() == region) own = record.number();
  }
  // Of several documents the first that says it.
  std::optional<MilestoneAnswer> found;
  for (const aggregator::v1::MilestoneStatus& status : answer.milestones()) {
    const plan::v1::Milestone& milestone = status.milestone();
    if (found || milestone.region() != own || milestone.by_days() != by.days) continue;
    found = MilestoneAnswer{by, FormatAmount(milestone.share_digits(), static_cast<int>(milestone.share_scale()))};
  }
  input.milestones.push_back(std::move(found));
  return absl::OkStatus();
}

absl::StatusOr<Composed> Composer::Gathering::Result() {
  if (!has_figures) RETURN_IF_ERROR(nothing_known);
  input.as_of = asked.as_of;
  ASSIGN_OR_RETURN(bulletin::Content content, ranking::Compose(source(), input, contents->registry->catalogue));
  content.template_code = source().code;
  content.template_version = asked.template_version;
  content.template_sha256 = asked.template_sha256;
  content.region = region;
  content.region_name = region_name;
  content.as_of = FormatDate(asked.as_of);
  content.tree = asked.tree ? FormatDate(*asked.tree) : "";
  content.review = ReviewWord(asked.view.review());
  content.basis = HeadsOf(stamp.basis());
  content.basis_token = stamp.token();
  const bool corrects = asked.corrected != nullptr && MakeCorrection(*asked.corrected, content);
  content.number = asked.number;
  content.date = asked.date;
  return Composed{std::move(content), std::move(stamp), corrects};
}

void Composer::Await(const types::v1::Basis& want, std::chrono::system_clock::time_point deadline, std::function<void(absl::StatusOr<Read>)> ready) {
  types::v1::Basis plan = want;  // figures are the aggregator's to wait for
  plan.clear_progress();
  AwaitContents(store_, room_, plan, 0, rpc::AnswerBy(deadline),
                [this, ready = std::move(ready)](absl::StatusOr<Read> contents) {
                  if (ending_) return ready(errors::Ending());
                  ready(std::move(contents));
                },
                &ending_);
}

void Composer::Cancel() {
  ending_ = true;
  room_.Wake();
  columns_->Cancel();
}

void Composer::Compose(Composition asked, Finish finish) {
  auto gathering = std::make_shared<Gathering>();
  types::v1::Basis want;
  if (asked.basis) {
    gathering->stamp = rpc::MakeStamp(*asked.basis, 0);
    want = *asked.basis;
  } else if (const absl::StatusOr<types::v1::Basis> at_least = rpc::ParseToken(asked.at_least); at_least.ok()) {
    want = *at_least;
  } else {
    return finish(errors::InField(at_least.status(), "at_least", asked.at_least));
  }
  const auto deadline = asked.deadline;
  gathering->asked = std::move(asked);
  gathering->finish = std::move(finish);
  Await(want, deadline, [this, gathering](absl::StatusOr<Read> contents) {
    if (!contents.ok()) return gathering->finish(contents.status());
    gathering->contents = *std::move(contents);
    if (absl::Status read = gathering->ReadTables(); !read.ok()) return gathering->finish(read);
    AskTable(gathering);
  });
}

void Composer::AskTable(std::shared_ptr<Gathering> gathering) {
  if (ending_) return gathering->finish(errors::Ending());
  const size_t index = gathering->input.tables.size();
  if (index == gathering->questions.size()) return AskRegion(std::move(gathering));
  const Question& question = *gathering->questions[index];
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  if (!gathering->stamp.token().empty()) request.clear_at_least();
  const types::v1::View view = gathering->ViewOf(question);
  question.AddMoment(gathering->asked.as_of, view, &request);
  if (question.asked.since) question.AddMoment(question.asked.since, view, &request);
  columns_->Get(request, rpc::AnswerBy(gathering->asked.deadline), [this, gathering](absl::StatusOr<GetColumnsResponse> columns) {
    absl::Status taken = columns.status();
    if (!taken.ok()) taken = AtLine(taken, gathering->source().tables[gathering->input.tables.size()].line);
    if (taken.ok()) taken = gathering->TakeTable(*columns);
    if (!taken.ok()) return gathering->finish(taken);
    AskTable(gathering);
  });
}

// Where every table is of another region, nobody has said yet what the bulletin's own is called at this basis.
void Composer::AskRegion(std::shared_ptr<Gathering> gathering) {
  if (!gathering->region.empty()) return AskHeads(std::move(gathering));
  const Question& question = *gathering->questions.front();
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  request.clear_at_least();
  request.set_region(gathering->RegionAsked());
  question.AddMoment(gathering->asked.as_of, gathering->ViewOf(question), &request);
  columns_->Get(request, rpc::AnswerBy(gathering->asked.deadline), [this, gathering](absl::StatusOr<GetColumnsResponse> columns) {
    const Question& of = *gathering->questions.front();
    absl::Status taken = columns.status();
    if (taken.ok()) taken = of.AuthorizeAnswer(columns->columns(0));
    if (!taken.ok()) return gathering->finish(errors::InField(taken, "region", gathering->RegionAsked()));
    gathering->TakeRegion(columns->columns(0), of);
    AskHeads(gathering);
  });
}

// The owners of the journals know the hashes of their heads and the trees above them. A basis that was given stands as it was given.
void Composer::AskHeads(std::shared_ptr<Gathering> gathering) {
  const types::v1::Basis& basis = gathering->stamp.basis();
  if (gathering->asked.basis) return AskMilestone(std::move(gathering));
  columns_->GetHeads(basis, rpc::AnswerBy(gathering->asked.deadline), [this, gathering](absl::StatusOr<types::v1::Basis> heads) {
    if (!heads.ok()) return gathering->finish(heads.status());
    *gathering->stamp.mutable_basis() = *std::move(heads);
    AskMilestone(gathering);
  });
}

void Composer::AskMilestone(std::shared_ptr<Gathering> gathering) {
  if (ending_) return gathering->finish(errors::Ending());
  const size_t index = gathering->input.milestones.size();
  if (index == gathering->source().milestones.size()) return gathering->finish(gathering->Result());
  const MilestoneQuestion& question = gathering->milestones[index];
  const Catalogue& catalogue = gathering->contents->registry->catalogue;
  aggregator::v1::GetMilestoneStatusRequest request;
  request.set_region(gathering->region);
  request.set_year(FormatPeriod(question.period));
  request.set_programme(catalogue.FindProgramme(question.programme)->code);
  request.set_indicator(catalogue.FindIndicator(question.indicator)->code);
  request.set_as_of(FormatDate(gathering->asked.as_of));
  *request.mutable_view() = gathering->ViewOf(*gathering->questions.front());
  columns_->GetMilestones(request, rpc::AnswerBy(gathering->asked.deadline), [this, gathering](absl::StatusOr<GetMilestoneStatusResponse> answer) {
    absl::Status taken = answer.status();
    // Most programmes have no milestones.
    if (HasReason(taken, Reason::NO_FIGURES)) {
      gathering->input.milestones.emplace_back();
      return AskMilestone(gathering);
    }
    if (!taken.ok()) return gathering->finish(AtLine(taken, gathering->source().milestones[gathering->input.milestones.size()].line));
    if (taken = gathering->TakeMilestone(*answer); !taken.ok()) return gathering->finish(taken);
    AskMilestone(gathering);
  });
}

}  // namespace anju::ranking
