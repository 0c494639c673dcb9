// Reads requests: dates, tokens, views, regions, who may see them.
#include "services/ranking/question.h"

#include <utility>

#include "common/status/macros.h"
#include "services/ranking/core/board.h"
#include "services/ranking/definitions.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
namespace {

std::optional<Date> ReadDate(std::string_view field, const std::string& text, ErrorCollector& refused) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<Date> date = ParseDate(text);
  if (date.ok()) return *date;
  refused.Add(errors::InField(date.status(), field, text));
  return std::nullopt;
}

types::v1::Basis ReadToken(std::string_view field, const std::string& text, ErrorCollector& refused) {
  const absl::StatusOr<types::v1::Basis> basis = rpc::ParseToken(text);
  if (basis.ok()) return *basis;
  refused.Add(errors::InField(basis.status(), field, text));
  return {};
}

absl::StatusOr<std::shared_ptr<Question>> MakeQuestion(const rpc::Caller& caller, const Asked& asked, Definition definition,
                                                       std::shared_ptr<const Contents> contents) {
  if (!contents->ready) return errors::NotReady();
  auto question = std::make_shared<Question>();
  question->caller = caller;
  question->asked = asked;
  question->definition = std::move(definition);
  ASSIGN_OR_RETURN(question->plan, MakePlan(question->definition, contents->registry->catalogue));
  question->contents = std::move(contents);
  return question;
}

absl::StatusOr<Definition> ReadDefinition(const v1::Definition& definition, const Contents& contents) {
  if (!contents.ready) return errors::NotReady();
  return FromProto(definition, contents.registry->catalogue);
}

}  // namespace

bool Asked::is_newest() const {
  return !as_of && view.known_on().empty() && view.at().empty() && !tree && view.review() == types::v1::REVIEW_FILTER_UNSPECIFIED;
}

template <typename Request>
absl::StatusOr<Asked> ReadAsked(const Request& request) {
  ErrorCollector refused;
  Asked asked;
  asked.region = request.region();
  if (asked.region.empty()) refused.Add(errors::MissingField("region"));
  asked.view = request.view();
  asked.as_of = ReadDate("as_of", request.as_of(), refused);
  asked.tree = ReadDate("tree", request.view().tree(), refused);
  ReadDate("known_on", request.view().known_on(), refused);
  ReadToken("at", request.view().at(), refused);
  refused.Add(rpc::CheckStaleness(request.view().max_staleness_ms()));
  if (!types::v1::ReviewFilter_IsValid(request.view().review())) {
    refused.Add(errors::BadValue("review", std::to_string(request.view().review()), "one of the values of the contract"));
  }
  asked.at_least = request.at_least();
  asked.want = ReadToken("at_least", request.at_least(), refused);
  if constexpr (requires { request.limit(); }) {
    asked.limit = request.limit();
    if (asked.limit > kTableRowsMax) refused.Add(errors::BadValue("limit", std::to_string(asked.limit), "1 to " + std::to_string(kTableRowsMax) + ", or 0 for all rows"));
  }
  asked.since = ReadDate("since", request.since(), refused);
  asked.since_at = request.since_at();
  ReadToken("since_at", request.since_at(), refused);
  if (!request.since().empty() && !request.since_at().empty()) {
    refused.Add(errors::BadValue("since", request.since(), "allowed together with since_at: movement is since one of them"));
  } else if (asked.since && asked.as_of && *asked.since > *asked.as_of) {
    refused.Add(errors::BadValue("since", request.since(), "before " + request.as_of() + ", the date of the table"));
  }
  RETURN_IF_ERROR(refused.ToStatus());
  return asked;
}

template absl::StatusOr<Asked> ReadAsked(const v1::GetLeagueTableRequest& request);
template absl::StatusOr<Asked> ReadAsked(const v1::GetStandingRequest& request);

absl::StatusOr<std::shared_ptr<Question>> Question::Read(const rpc::Caller& caller, const Asked& asked, const v1::Definition& definition,
                                                         std::shared_ptr<const Contents> contents) {
  ASSIGN_OR_RETURN(Definition read, ReadDefinition(definition, *contents));
  return Read(caller, asked, std::move(read), std::move(contents));
}

absl::StatusOr<std::shared_ptr<Question>> Question::Read(const rpc::Caller& caller, const Asked& asked, Definition definition,
                                                         std::shared_ptr<const Contents> contents) {
  ASSIGN_OR_RETURN(std::shared_ptr<Question> question, MakeQuestion(caller, asked, std::move(definition), std::move(contents)));
  const RegionTree& regions = question->contents->registry->regions;
  const Date day = question->DayOf(asked.as_of);
  const absl::StatusOr<RegionNumber> region = regions.Resolve(asked.region, 0, day);
  if (!region.ok() && asked.is_newest() && !asked.has_movement()) return region.status();
  question->region = region.value_or(0);
  question->parent = asked.region;
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, question->region, &regions, day));
  return question;
}

absl::StatusOr<std::shared_ptr<Question>> Question::ReadStanding(const rpc::Caller& caller, const Asked& asked, const v1::Definition& definition,
                                                                 std::shared_ptr<const Contents> contents) {
  ASSIGN_OR_RETURN(Definition read, ReadDefinition(definition, *contents));
  ASSIGN_OR_RETURN(std::shared_ptr<Question> question, MakeQuestion(caller, asked, std::move(read), std::move(contents)));
  const RegionTree& regions = question->contents->registry->regions;
  const Date day = question->DayOf(asked.as_of);
  // Its parent has to be known before the aggregator can be asked, so our own registry must know the region.
  ASSIGN_OR_RETURN(question->child, regions.Resolve(asked.region, 0, day));
  question->region = regions.Nearest(question->child, day)->parent;
  if (question->region == 0) return errors::BadValue("region", asked.region, "below another region: nobody is ranked beside it");
  RETURN_IF_ERROR(rpc::Authorize(caller, rpc::Action::kRead, question->region, &regions, day));
  question->parent = regions.Nearest(question->region, day)->code;
  return question;
}

Date Question::DayOf(std::optional<Date> as_of) const {
  if (asked.tree) return *asked.tree;
  return as_of ? *as_of : TreeDay(plan, definition);
}

types::v1::View Question::ViewAt(const std::string& token) const {
  types::v1::View view = asked.view;
  view.clear_known_on();
  view.clear_max_staleness_ms();  // it was fresh enough when its basis was chosen
  view.set_at(token);
  return view;
}

aggregator::v1::GetColumnsRequest Question::NewRequest() const {
  aggregator::v1::GetColumnsRequest request;
  request.set_region(parent);
  request.set_at_least(asked.at_least);
  AddKeys(definition, plan, contents->registry->catalogue, request.mutable_keys());
  return request;
}

void Question::AddMoment(std::optional<Date> as_of, const types::v1::View& view, aggregator::v1::GetColumnsRequest* request) const {
  aggregator::v1::Moment* moment = request->add_moments();
  if (as_of) moment->set_as_of(FormatDate(*as_of));
  *moment->mutable_view() = view;
}

absl::Status Question::AuthorizeAnswer(const aggregator::v1::GetColumnResponse& column) const {
  return AuthorizeParent(column.regions().empty() ? std::nullopt : std::optional<RegionNumber>(column.regions(0).number()));
}

absl::Status Question::AuthorizeParent(std::optional<RegionNumber> number) const {
  if (!number) return absl::OkStatus();
  return rpc::Authorize(caller, rpc::Action::kRead, *number, &contents->registry->regions, DayOf(asked.as_of));
}

absl::StatusOr<std::shared_ptr<const JudgedTable>> Question::JudgeOwnCells() const {
  auto table = JudgeTable(definition, plan, CurrentInput(*contents, definition, plan, region, DayOf(std::nullopt)));
  if (!table.ok()) return WithPeriods(table.status(), region);
  return table;
}

absl::StatusOr<std::shared_ptr<const JudgedTable>> Question::JudgeColumn(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of) const {
  Input input = DatedInput(column, definition, plan, as_of, DayOf(as_of));
  const RegionNumber ranked = input.region.number;
  auto table = JudgeTable(definition, plan, std::move(input));
  if (!table.ok()) return WithPeriods(table.status(), ranked);
  return table;
}

absl::StatusOr<Movement> Question::MovementSince(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of, Layer layer) const {
  Definition same = definition;
  same.layer = layer;
  const auto before = JudgeTable(same, plan, DatedInput(column, definition, plan, as_of, DayOf(as_of)));
  if (HasReason(before.status(), Reason::NO_FIGURES)) return Movement();
  if (!before.ok()) return errors::InField(before.status(), asked.since_at.empty() ? "since" : "since_at", asked.since_at);
  return Movement(same, plan, (*before)->board);
}

absl::StatusOr<Table> Question::EarlierTable(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of, Layer layer) const {
  Definition same = definition;
  same.layer = layer;
  absl::StatusOr<Table> table = ComputeTable(same, plan, DatedInput(column, definition, plan, as_of, DayOf(as_of)));
  if (HasReason(table.status(), Reason::NO_FIGURES)) return Table{};
  if (!table.ok()) return errors::InField(table.status(), asked.since_at.empty() ? "since" : "since_at", asked.since_at);
  return table;
}

absl::Status Question::WithPeriods(const absl::Status& status, RegionNumber of) const {
  if (!HasReason(status, Reason::NO_FIGURES)) return status;
  std::vector<Period> periods = contents->cells.PeriodsOf(definition.programme, definition.indicator, of);
  // Something is known of the very period asked for: it is the date that came too early, and offering the period again would mislead.
  if (std::erase(periods, definition.period) > 0 && asked.as_of) return errors::InField(status, "as_of", FormatDate(*asked.as_of));
  return errors::WithPeriods(status, periods);
}

absl::Status Question::CheckSince(const Table& table) const {
  if (!asked.since || !table.as_of || *asked.since <= *table.as_of) return absl::OkStatus();
  return errors::BadValue("since", FormatDate(*asked.since), "before " + FormatDate(*table.as_of) + ", the date of the table");
}

}  // namespace anju::ranking
