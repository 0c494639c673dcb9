// GetLeagueTable: the newest tables from one state of our own, all others from columns of the aggregator.
#include "services/ranking/handlers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/time/date.h"
#include "services/ranking/await.h"
#include "services/ranking/core/movement.h"

namespace anju::ranking {
namespace {

using aggregator::v1::GetColumnsResponse;

absl::StatusOr<v1::GetLeagueTableResponse> CurrentTable(const Question& question) {
  const Input input = CurrentInput(*question.contents, question.definition, question.plan, question.region, question.DayOf(std::nullopt));
  absl::StatusOr<Table> table = ComputeTable(question.definition, question.plan, input);
  if (!table.ok()) return question.WithPeriods(table.status(), question.region);
  v1::GetLeagueTableResponse response = ToProto(*std::move(table), question.definition, question.plan, input, question.contents->registry->catalogue);
  *response.mutable_basis() = question.contents->stamp;
  response.set_current(true);
  response.set_tree(FormatTreeDay(question.DayOf(std::nullopt)));
  return response;
}

absl::StatusOr<v1::GetLeagueTableResponse> TableOf(const Question& question, const GetColumnsResponse& columns) {
  RETURN_IF_ERROR(question.AuthorizeAnswer(columns.columns(0)));
  const Asked& asked = question.asked;
  const Input input = DatedInput(columns.columns(0), question.definition, question.plan, asked.as_of, question.DayOf(asked.as_of));
  absl::StatusOr<Table> table = ComputeTable(question.definition, question.plan, input);
  if (!table.ok()) return question.WithPeriods(table.status(), input.region.number);
  RETURN_IF_ERROR(question.CheckSince(*table));
  const std::optional<Date> earlier = asked.since ? asked.since : asked.as_of;
  if (asked.has_movement()) {
    ASSIGN_OR_RETURN(const Table before, question.EarlierTable(columns.columns(1), earlier, table->layer));
    AddMovement(question.definition, before, *table);
  }
  v1::GetLeagueTableResponse response = ToProto(*std::move(table), question.definition, question.plan, input, question.contents->registry->catalogue);
  *response.mutable_basis() = columns.columns(0).basis();
  response.set_tree(FormatTreeDay(question.DayOf(asked.as_of)));
  if (asked.has_movement()) {
    *response.mutable_since_basis() = columns.columns(1).basis();
    if (earlier) response.set_since(FormatDate(*earlier));
  }
  return response;
}

}  // namespace

void Handlers::Await(const Asked& asked, bool own_cells, Deadline deadline, std::function<void(absl::StatusOr<Read>)> ready) {
  types::v1::Basis want = asked.want;
  if (!own_cells) want.clear_progress();
  const int64_t staleness_ms = own_cells ? asked.view.max_staleness_ms() : 0;
  AwaitContents(store_, room_, want, staleness_ms, deadline, std::move(ready));
}

void Handlers::GetLeagueTable(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request, Deadline deadline,
                              rpc::Finish<v1::GetLeagueTableResponse> finish) {
  const absl::StatusOr<Asked> asked = ReadAsked(request);
  if (!asked.ok()) return finish(asked.status());
  const bool own_cells = asked->is_newest() && !asked->has_movement();
  Await(*asked, own_cells, rpc::AnswerBy(deadline),
        [this, caller, asked = *asked, definition = request.definition(), own_cells, deadline, finish](absl::StatusOr<Read> contents) {
          if (!contents.ok()) return finish(contents.status());
          absl::StatusOr<std::shared_ptr<Question>> question = Question::Read(caller, asked, definition, *std::move(contents));
          if (!question.ok()) return finish(question.status());
          if (own_cells) return finish(CurrentTable(**question));
          DatedTable(*std::move(question), rpc::AnswerBy(deadline), finish);
        });
}

void Handlers::DatedTable(std::shared_ptr<const Question> question, Deadline deadline, rpc::Finish<v1::GetLeagueTableResponse> finish) {
  const Asked& asked = question->asked;
  aggregator::v1::GetColumnsRequest request = question->NewRequest();
  question->AddMoment(asked.as_of, asked.view, &request);
  if (asked.since) question->AddMoment(asked.since, asked.view, &request);
  if (!asked.since_at.empty()) question->AddMoment(asked.as_of, question->ViewAt(asked.since_at), &request);
  columns_->Get(request, deadline, [question, finish](absl::StatusOr<GetColumnsResponse> columns) {
    if (!columns.ok()) return finish(columns.status());
    finish(TableOf(*question, *columns));
  });
}

}  // namespace anju::ranking
