// GetLeagueTable: current tables from one state of our own, dated ones from one column of the aggregator.
#include "services/ranking/handlers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/status/macros.h"
#include "common/time/date.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/league_table.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

// Current totals of a flow are those of the tree at the end of its plan period, of a stock those of the newest tree.
Date TreeDay(const Plan& plan, const Definition& definition) {
  return plan.indicator->is_stock() ? Date{kDistantFuture.days - 1} : LastDay(definition.period);
}

// Answers BEHIND a little before the caller's own clock gives up, so that it hears why.
Handlers::Deadline AnswerBy(Handlers::Deadline deadline) {
  const auto left = deadline - std::chrono::system_clock::now();
  return deadline - std::min<Handlers::Deadline::duration>(left / 10, std::chrono::milliseconds(100));
}

}  // namespace

// One request, read with the state it is answered from. The plan points into the catalogue that `contents` keeps alive.
struct Handlers::Question {
  std::shared_ptr<const Contents> contents;
  Definition definition;
  Plan plan;
  RegionNumber region = 0;
  std::string region_code;
  std::string at_least;
  Date day;  // of the tree

  static absl::StatusOr<std::shared_ptr<const Question>> Read(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request,
                                                              std::optional<Date> as_of, std::shared_ptr<const Contents> contents) {
    if (!contents->ready) return errors::NotReady();
    auto question = std::make_shared<Question>();
    const Registry& registry = *contents->registry;
    ASSIGN_OR_RETURN(question->definition, FromProto(request.definition(), registry.catalogue));
    ASSIGN_OR_RETURN(question->plan, MakePlan(question->definition, registry.catalogue));
    question->day = as_of ? *as_of : TreeDay(question->plan, question->definition);
    ASSIGN_OR_RETURN(question->region, registry.regions.Resolve(request.region(), 0, question->day));
    RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, question->region, &registry.regions, question->day));
    question->region_code = registry.regions.At(question->region, question->day)->code;
    question->at_least = request.at_least();
    question->contents = std::move(contents);
    return question;
  }

  absl::StatusOr<v1::GetLeagueTableResponse> Answer(const Input& input) const {
    absl::StatusOr<Table> table = ComputeTable(definition, plan, input);
    if (HasReason(table.status(), Reason::NO_FIGURES)) {
      return errors::WithPeriods(table.status(), contents->cells.PeriodsOf(definition.programme, definition.indicator, region));
    }
    RETURN_IF_ERROR(table.status());
    return ToProto(*std::move(table), definition, plan, input, contents->registry->catalogue);
  }
};

void Handlers::GetLeagueTable(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request, Deadline deadline,
                              rpc::Finish<v1::GetLeagueTableResponse> finish) {
  ErrorCollector refused;
  if (request.region().empty()) refused.Add(errors::MissingField("region"));
  std::optional<Date> as_of;
  if (!request.as_of().empty()) {
    absl::StatusOr<Date> date = ParseDate(request.as_of());
    if (date.ok()) as_of = *date; else refused.Add(errors::InField(date.status(), "as_of", request.as_of()));
  }
  absl::StatusOr<types::v1::Basis> want = rpc::ParseToken(request.at_least());
  if (!want.ok()) refused.Add(errors::InField(want.status(), "at_least", request.at_least()));
  if (!refused.empty()) return finish(refused.ToStatus());

  // A dated table waits here only for the regions and the catalogue; the aggregator waits for the rest.
  if (as_of) want->clear_progress();
  // The contents that were found to be far enough are the ones answered from: an aggregator that starts over meanwhile cannot make
  // the answer older than its token.
  auto contents = std::make_shared<decltype(store_.Read())>();
  const auto reached_now = [this, want = *want, contents] {
    *contents = store_.Read();
    return rpc::Includes((*contents)->stamp.basis(), want);
  };
  room_.Wait(reached_now, AnswerBy(deadline),
             [this, caller, request, as_of, deadline, contents, finish](absl::Status reached) {
               if (!reached.ok()) return finish(std::move(reached));
               absl::StatusOr<std::shared_ptr<const Question>> question = Question::Read(caller, request, as_of, *contents);
               if (!question.ok()) return finish(question.status());
               if (as_of) return Dated(*std::move(question), *as_of, AnswerBy(deadline), finish);
               finish(Current(**question));
             });
}

absl::StatusOr<v1::GetLeagueTableResponse> Handlers::Current(const Question& question) const {
  const Input input = CurrentInput(*question.contents, question.definition, question.plan, question.region, question.day);
  ASSIGN_OR_RETURN(v1::GetLeagueTableResponse response, question.Answer(input));
  *response.mutable_basis() = question.contents->stamp;
  response.set_current(true);
  return response;
}

void Handlers::Dated(std::shared_ptr<const Question> question, Date as_of, Deadline deadline, rpc::Finish<v1::GetLeagueTableResponse> finish) {
  const aggregator::v1::GetColumnRequest request = ColumnRequest(question->definition, question->plan, question->contents->registry->catalogue,
                                                                 question->region_code, as_of, question->at_least);
  columns_->Get(request, deadline, [question, as_of, finish](absl::StatusOr<aggregator::v1::GetColumnResponse> column) {
    if (!column.ok()) return finish(column.status());
    absl::StatusOr<v1::GetLeagueTableResponse> response = question->Answer(DatedInput(*column, question->plan, as_of));
    if (response.ok()) *response->mutable_basis() = column->basis();
    finish(std::move(response));
  });
}

}  // namespace anju::ranking
