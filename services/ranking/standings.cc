// GetStanding: a region's place, its neighbours, its movement, its year and its milestones, all at one basis.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/core/printer.h"
#include "services/ranking/definitions.h"
#include "services/ranking/errors.h"
#include "services/ranking/handlers.h"

namespace anju::ranking {
namespace {

using aggregator::v1::GetColumnResponse;
using aggregator::v1::GetColumnsResponse;

Date LastDayOfMonth(int year, int month) {
  return Date{(month == 12 ? MakeDate(year + 1, 1, 1) : MakeDate(year, month + 1, 1)).days - 1};
}

Date LastDayOfPreviousMonth(Date date) { return Date{MakeDate(YearOf(date), MonthOf(date), 1).days - 1}; }

// The ends of the months of the year of `date` up to it, and `date` itself.
std::vector<Date> DaysOfYear(Date date) {
  std::vector<Date> days;
  for (int month = 1; month <= 12 && LastDayOfMonth(YearOf(date), month) < date; ++month) days.push_back(LastDayOfMonth(YearOf(date), month));
  days.push_back(date);
  return days;
}

}  // namespace

// One call on its way through the aggregator's answers. Touched by one thread at a time.
struct Handlers::Standing {
  std::shared_ptr<const Question> question;
  Deadline deadline;
  rpc::Finish<v1::GetStandingResponse> finish;

  // The main table.
  Input input;
  Board board;
  Table table;
  std::optional<uint32_t> seat;
  std::optional<Date> date;      // of its figures
  types::v1::BasisStamp stamp;

  // The days of the year, and what movement is since.
  std::vector<Date> days;
  std::optional<Date> since;
  v1::GetStandingResponse response;

  absl::Status Judge(Input looked, types::v1::BasisStamp basis);
  void FillYear(const google::protobuf::RepeatedPtrField<GetColumnResponse>& columns, int first);
  void FillTable();
  void PlanDays() {
    const Asked& asked = question->asked;
    if (date) days = DaysOfYear(*date);
    since = asked.since;
    if (!asked.has_movement() && date) since = LastDayOfPreviousMonth(*date);
    if (!asked.since_at.empty()) since = asked.as_of;
  }
};

absl::Status Handlers::Standing::Judge(Input looked, types::v1::BasisStamp basis) {
  input = std::move(looked);
  stamp = std::move(basis);
  ASSIGN_OR_RETURN(board, MakeBoard(question->definition, question->plan, input));
  absl::StatusOr<Table> printed = PrintTable(question->definition, question->plan, input, board);
  if (!printed.ok()) return question->WithPeriods(printed.status(), question->region);
  table = *std::move(printed);
  RETURN_IF_ERROR(question->CheckSince(table));
  date = table.as_of;
  for (uint32_t i = 0; i < board.seats.size(); ++i) {
    if (board.seats[i].standing.place->number == question->child) seat = i;
  }
  if (!seat) {
    return MakeError(Reason::UNKNOWN_REGION, "region", question->asked.region,
                     question->asked.region + " is no child of " + input.region.name + " in the tree that was asked for");
  }
  if (!board.seats[*seat].is_peer) {
    return question->WithPeriods(MakeError(Reason::NO_FIGURES, "year", "", "nothing is known of " + question->plan.indicator->code + " for " +
                                           input.children[*seat].code), question->child);
  }
  return absl::OkStatus();
}

void Handlers::Standing::FillYear(const google::protobuf::RepeatedPtrField<GetColumnResponse>& columns, int first) {
  Definition same = question->definition;
  same.layer = table.layer;
  for (size_t i = 0; i < days.size(); ++i) {
    v1::PlaceAt* place = response.add_year();
    place->set_as_of(FormatDate(days[i]));
    const Input then = DatedInput(columns.Get(first + static_cast<int>(i)), same, question->plan, days[i], question->DayOf(days[i]));
    // A month whose ties nothing breaks has no places.
    const absl::StatusOr<Board> looked = MakeBoard(same, question->plan, then);
    if (!looked.ok()) continue;
    for (const Seat& at : looked->seats) {
      if (at.standing.place->number != question->child || !at.is_peer) continue;
      place->set_rank(at.rank);
      if (auto value = PrintValue(same, question->plan, looked->prints_rates, at.standing, same.digits)) place->set_value(*std::move(value));
    }
    if (place->rank() == 0) continue;
    if (response.best_rank() == 0 || place->rank() < response.best_rank()) response.set_best_rank(place->rank());
    response.set_worst_rank(std::max(response.worst_rank(), place->rank()));
  }
}

void Handlers::Standing::FillTable() {
  const Seat& own = board.seats[*seat];
  const std::vector<Row>& rows = own.rank != 0 ? table.rows : table.unranked;
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& line) { return line.code == own.standing.place->code; });
  CHECK(row != rows.end());
  FillRow(*row, response.mutable_row());
  response.set_ranked(static_cast<uint32_t>(table.rows.size()));
  *response.mutable_definition() = ToProto(question->definition, table.layer, question->contents->registry->catalogue);
  response.set_parent(input.region.code);
  response.set_parent_name(input.region.name);
  FillReport(ReportStanding(question->definition, question->plan, question->contents->registry->catalogue, board, *seat), board, question->plan,
             table.rows, &response);
  if (date) response.set_as_of(FormatDate(*date));
  *response.mutable_basis() = stamp;
  response.set_unit(question->plan.indicator->unit);
  response.set_denominator_unit(question->plan.of != nullptr ? question->plan.of->unit : question->plan.indicator->unit);
}

void Handlers::GetStanding(const rpc::Caller& caller, const v1::GetStandingRequest& request, Deadline deadline,
                           rpc::Finish<v1::GetStandingResponse> finish) {
  const absl::StatusOr<Asked> asked = ReadAsked(request);
  if (!asked.ok()) return finish(asked.status());
  const auto left = deadline - std::chrono::system_clock::now();
  const Deadline by = deadline - std::min<Deadline::duration>(left / 10, std::chrono::milliseconds(100));
  Await(*asked, asked->is_newest(), by, [this, caller, asked = *asked, definition = request.definition(), by, finish](absl::StatusOr<Read> contents) {
    if (!contents.ok()) return finish(contents.status());
    absl::StatusOr<std::shared_ptr<Question>> question = Question::ReadStanding(caller, asked, definition, *std::move(contents));
    if (!question.ok()) return finish(question.status());
    auto standing = std::make_shared<Standing>();
    standing->question = *std::move(question);
    standing->deadline = by;
    standing->finish = finish;
    FindDate(std::move(standing));
  });
}

// The moments to ask for hang on the date of the figures. Where the question names none, our own cells or a first column tell; its
// basis is then that of everything else.
void Handlers::FindDate(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  const Asked& asked = question.asked;
  if (asked.as_of) {
    standing->date = asked.as_of;
    return AskMoments(std::move(standing));
  }
  if (asked.is_newest()) {
    const Input input = CurrentInput(*question.contents, question.definition, question.plan, question.region, question.DayOf(std::nullopt));
    if (absl::Status judged = standing->Judge(input, question.contents->stamp); !judged.ok()) return standing->finish(judged);
    return AskMoments(std::move(standing));
  }
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  question.AddMoment(std::nullopt, asked.view, &request);
  columns_->Get(request, standing->deadline, [this, standing](absl::StatusOr<GetColumnsResponse> columns) {
    if (!columns.ok()) return standing->finish(columns.status());
    const Question& of = *standing->question;
    const GetColumnResponse& column = columns->columns(0);
    absl::Status judged = of.AuthorizeAnswer(column);
    if (judged.ok()) judged = standing->Judge(DatedInput(column, of.definition, of.plan, std::nullopt, of.DayOf(std::nullopt)), column.basis());
    if (!judged.ok()) return standing->finish(judged);
    AskMoments(standing);
  });
}

void Handlers::AskMoments(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  const Asked& asked = question.asked;
  standing->PlanDays();
  // The days, of which the last is that of the table where a date was asked for; then what movement is since.
  const types::v1::View view = asked.as_of ? asked.view : question.ViewAt(standing->stamp.token());
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  // The region is resolved in the tree of the first moment: that of the table's own date.
  for (auto day = standing->days.rbegin(); day != standing->days.rend(); ++day) question.AddMoment(*day, view, &request);
  const int since = request.moments_size();
  if (!asked.since_at.empty()) {
    question.AddMoment(asked.as_of, question.ViewAt(asked.since_at), &request);
  } else if (standing->since) {
    question.AddMoment(standing->since, view, &request);
  }
  if (request.moments_size() == 0) {
    standing->FillTable();
    return AskMilestones(std::move(standing));
  }
  columns_->Get(request, standing->deadline, [this, standing, since](absl::StatusOr<GetColumnsResponse> columns) {
    if (!columns.ok()) return standing->finish(columns.status());
    const Question& of = *standing->question;
    absl::Status judged = of.AuthorizeAnswer(columns->columns(0));
    if (judged.ok() && of.asked.as_of) {
      judged = standing->Judge(DatedInput(columns->columns(0), of.definition, of.plan, of.asked.as_of, of.DayOf(of.asked.as_of)),
                               columns->columns(0).basis());
    }
    if (!judged.ok()) return standing->finish(judged);
    if (columns->columns_size() > since) {
      const absl::StatusOr<Table> before = of.EarlierTable(columns->columns(since), standing->since, standing->table.layer);
      if (!before.ok()) return standing->finish(before.status());
      AddMovement(of.definition, *before, standing->table);
      *standing->response.mutable_since_basis() = columns->columns(since).basis();
      if (standing->since) standing->response.set_since(FormatDate(*standing->since));
    }
    standing->FillTable();
    // They were asked for newest first.
    std::reverse(columns->mutable_columns()->begin(), columns->mutable_columns()->end());
    standing->FillYear(columns->columns(), columns->columns_size() - since);
    AskMilestones(standing);
  });
}

void Handlers::AskMilestones(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  const Catalogue& catalogue = question.contents->registry->catalogue;
  aggregator::v1::GetMilestoneStatusRequest request;
  request.set_region(standing->input.children[*standing->seat].code);
  request.set_year(FormatPeriod(question.definition.period));
  request.set_programme(catalogue.FindProgramme(question.definition.programme)->code);
  request.set_indicator(question.plan.indicator->code);
  if (standing->date) request.set_as_of(FormatDate(*standing->date));
  *request.mutable_view() = question.ViewAt(standing->stamp.token());
  columns_->GetMilestones(request, standing->deadline, [standing](absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> answer) {
    // Most programmes have no milestones.
    if (!answer.ok() && !HasReason(answer.status(), Reason::NO_FIGURES)) return standing->finish(answer.status());
    if (answer.ok()) {
      for (aggregator::v1::MilestoneStatus& status : *answer->mutable_milestones()) {
        if (status.milestone().region() == standing->question->child) *standing->response.add_milestones() = std::move(status);
      }
    }
    standing->finish(std::move(standing->response));
  });
}

}  // namespace anju::ranking
