// GetLeagueTable: the newest tables from one state of our own, all others from columns of the aggregator.
#include "services/ranking/handlers.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/time/date.h"
#include "services/ranking/await.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/table_bytes.h"

namespace anju::ranking {
namespace {

using aggregator::v1::GetColumnsResponse;

absl::StatusOr<TableResponse> TableOf(const Question& question, const GetColumnsResponse& columns) {
  RETURN_IF_ERROR(question.AuthorizeAnswer(columns.columns(0)));
  const Asked& asked = question.asked;
  ASSIGN_OR_RETURN(const std::shared_ptr<const JudgedTable> table, question.JudgeColumn(columns.columns(0), asked.as_of));
  RETURN_IF_ERROR(question.CheckSince(table->summary));
  TableFrame frame{.basis = &columns.columns(0).basis(), .current = false, .since_basis = nullptr, .since = "", .tree = question.DayOf(asked.as_of)};
  std::optional<Movement> movement;
  if (asked.has_movement()) {
    const std::optional<Date> earlier = asked.since ? asked.since : asked.as_of;
    ASSIGN_OR_RETURN(movement, question.MovementSince(columns.columns(1), earlier, table->summary.layer));
    frame.since_basis = &columns.columns(1).basis();
    if (earlier) frame.since = FormatDate(*earlier);
  }
  const TableBytes bytes(*table, question.contents->registry->catalogue, movement ? &*movement : nullptr, asked.limit);
  return TableResponse{bytes.Response(asked.limit, frame)};
}

}  // namespace

absl::StatusOr<TableResponse> Handlers::CurrentTable(const Question& question) {
  const uint32_t limit = question.asked.limit;
  Kept kept = kept_.Find(question);
  if (kept.bytes == nullptr || !kept.bytes->Has(limit)) {
    if (kept.table == nullptr) {
      ASSIGN_OR_RETURN(kept.table, question.JudgeOwnCells());
    }
    kept.bytes = std::make_shared<const TableBytes>(*kept.table, question.contents->registry->catalogue, nullptr, limit);
    kept_.Keep(question, kept.table, kept.bytes);
  }
  return TableResponse{kept.bytes->Response(limit, {.basis = &question.contents->stamp, .current = true, .since_basis = nullptr, .since = "",
                                                    .tree = question.DayOf(std::nullopt)})};
}

void Handlers::Await(const Asked& asked, bool own_cells, Deadline deadline, std::function<void(absl::StatusOr<Read>)> ready) {
  types::v1::Basis want = asked.want;
  if (!own_cells) want.clear_progress();
  const int64_t staleness_ms = own_cells ? asked.view.max_staleness_ms() : 0;
  AwaitContents(store_, room_, want, staleness_ms, deadline, std::move(ready));
}

void Handlers::GetLeagueTable(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request, Deadline deadline, rpc::Finish<TableResponse> finish) {
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

void Handlers::DatedTable(std::shared_ptr<const Question> question, Deadline deadline, rpc::Finish<TableResponse> finish) {
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
