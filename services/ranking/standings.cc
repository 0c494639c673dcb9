// GetStanding: a region's place, its neighbours, its movement, its year and its milestones, all at one basis.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/ranking/errors.h"
#include "services/ranking/handlers.h"
#include "services/ranking/standing_past.h"

namespace anju::ranking {
namespace {

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
  rpc::Finish<StandingResponse> finish;

  // The main table.
  std::shared_ptr<const JudgedTable> table;
  uint32_t seat = 0;
  std::optional<Date> date;      // of its figures
  types::v1::BasisStamp stamp;
  bool newest = false;           // it comes from our own cells

  std::shared_ptr<const StandingPast> past;  // nullptr: to be asked for
  std::shared_ptr<StandingPast> asked_past;  // on its way

  absl::Status Judge(std::shared_ptr<const JudgedTable> judged, types::v1::BasisStamp basis);
  // True where other children may be answered with the same past.
  bool IsForAll() const { return newest && date && !question->asked.has_movement(); }
  // True where the aggregator counts the child among the parent's on the table's date too, so that the milestones of all include its own.
  bool IsChildOnItsDate() const { return question->contents->registry->regions.ParentAt(question->child, *date) == question->region; }
};

absl::Status Handlers::Standing::Judge(std::shared_ptr<const JudgedTable> judged, types::v1::BasisStamp basis) {
  table = std::move(judged);
  stamp = std::move(basis);
  RETURN_IF_ERROR(question->CheckSince(table->summary));
  date = table->summary.as_of;
  const std::optional<uint32_t> found = table->SeatOf(question->child);
  if (!found) {
    return MakeError(Reason::UNKNOWN_REGION, "region", question->asked.region,
                     question->asked.region + " is no child of " + table->input.region.name + " in the tree that was asked for");
  }
  seat = *found;
  if (!table->board.seats[seat].is_peer) {
    return question->WithPeriods(MakeError(Reason::NO_FIGURES, "year", "", "nothing is known of " + question->plan.indicator->code + " for " +
                                           table->input.children[seat].code), question->child);
  }
  return absl::OkStatus();
}

void Handlers::GetStanding(const rpc::Caller& caller, const v1::GetStandingRequest& request, Deadline deadline, rpc::Finish<StandingResponse> finish) {
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
  if (asked.is_newest()) return LookAtOwnCells(std::move(standing));
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  question.AddMoment(std::nullopt, asked.view, &request);
  columns_->Get(request, standing->deadline, [this, standing](absl::StatusOr<GetColumnsResponse> columns) {
    if (!columns.ok()) return standing->finish(columns.status());
    const Question& of = *standing->question;
    if (absl::Status allowed = of.AuthorizeAnswer(columns->columns(0)); !allowed.ok()) return standing->finish(allowed);
    const auto judged = of.JudgeColumn(columns->columns(0), std::nullopt);
    if (!judged.ok()) return standing->finish(judged.status());
    if (absl::Status seated = standing->Judge(*judged, columns->columns(0).basis()); !seated.ok()) return standing->finish(seated);
    AskMoments(standing);
  });
}

void Handlers::LookAtOwnCells(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  Kept kept = kept_.Find(question);
  const bool may_keep = !question.asked.has_movement();
  if (may_keep && kept.past != nullptr) {
    if (absl::Status allowed = question.AuthorizeParent(kept.past->parent); !allowed.ok()) return standing->finish(allowed);
    if (kept.standing != nullptr) return standing->finish(StandingResponse{kept.standing->Response(question.contents->stamp)});
  }
  if (kept.table == nullptr) {
    absl::StatusOr<std::shared_ptr<const JudgedTable>> judged = question.JudgeOwnCells();
    if (!judged.ok()) return standing->finish(judged.status());
    kept.table = *std::move(judged);
    kept_.Keep(question, kept.table, std::shared_ptr<const TableBytes>());
  }
  standing->newest = true;
  if (absl::Status judged = standing->Judge(kept.table, question.contents->stamp); !judged.ok()) return standing->finish(judged);
  if (!may_keep || kept.past == nullptr) return AskMoments(std::move(standing));
  standing->past = kept.past;
  AskMilestones(std::move(standing));
}

void Handlers::AskMoments(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  const Asked& asked = question.asked;
  auto past = standing->asked_past = std::make_shared<StandingPast>();
  if (standing->date) past->days = DaysOfYear(*standing->date);
  past->since = asked.since;
  if (!asked.has_movement() && standing->date) past->since = LastDayOfPreviousMonth(*standing->date);
  if (!asked.since_at.empty()) past->since = asked.as_of;
  // The days, of which the last is that of the table where a date was asked for; then what movement is since.
  const types::v1::View view = asked.as_of ? asked.view : question.ViewAt(standing->stamp.token());
  aggregator::v1::GetColumnsRequest request = question.NewRequest();
  // The region is resolved in the tree of the first moment: that of the table's own date.
  for (auto day = past->days.rbegin(); day != past->days.rend(); ++day) question.AddMoment(*day, view, &request);
  const int since = request.moments_size();
  if (!asked.since_at.empty()) {
    question.AddMoment(asked.as_of, question.ViewAt(asked.since_at), &request);
  } else if (past->since) {
    question.AddMoment(past->since, view, &request);
  }
  if (request.moments_size() == 0) {
    standing->past = std::move(past);
    return AskMilestones(std::move(standing));
  }
  columns_->Get(request, standing->deadline, [this, standing, past, since](absl::StatusOr<GetColumnsResponse> columns) {
    if (!columns.ok()) return standing->finish(columns.status());
    const Question& of = *standing->question;
    const aggregator::v1::GetColumnResponse& own = columns->columns(0);
    if (!own.regions().empty()) past->parent = own.regions(0).number();
    if (absl::Status allowed = of.AuthorizeParent(past->parent); !allowed.ok()) return standing->finish(allowed);
    if (of.asked.as_of) {
      const auto judged = of.JudgeColumn(own, of.asked.as_of);
      if (!judged.ok()) return standing->finish(judged.status());
      if (absl::Status seated = standing->Judge(*judged, own.basis()); !seated.ok()) return standing->finish(seated);
    }
    past->token = standing->stamp.token();
    const Layer layer = standing->table->summary.layer;
    if (columns->columns_size() > since) {
      absl::StatusOr<Movement> movement = of.MovementSince(columns->columns(since), past->since, layer);
      if (!movement.ok()) return standing->finish(movement.status());
      past->movement = *std::move(movement);
      past->since_basis = columns->columns(since).basis();
    }
    // They were asked for newest first.
    for (int i = 0; i < since; ++i) past->AddDay(of, layer, columns->columns(since - 1 - i), i, standing->IsForAll() ? 0 : of.child);
    AskMilestones(standing);
  });
}

// Milestones of all children in one answer where one past serves them all, else of the child alone.
void Handlers::AskMilestones(std::shared_ptr<Standing> standing) {
  const Question& question = *standing->question;
  if (standing->past == nullptr && standing->IsForAll()) {
    return AskMilestonesOf(standing, question.parent, [this, standing](absl::StatusOr<MilestonesByRegion> all) {
      if (HasReason(all.status(), Reason::UNAVAILABLE)) return standing->finish(all.status());
      // Otherwise too many, or the parent has another name on that day: each child is asked for by itself.
      if (all.ok()) standing->asked_past->milestones = *std::move(all);
      standing->past = standing->asked_past;
      kept_.Keep(*standing->question, standing->table, standing->past);
      AskMilestones(standing);
    });
  }
  if (standing->past == nullptr) standing->past = standing->asked_past;
  if (standing->past->milestones && standing->IsChildOnItsDate()) return Finish(*standing, *standing->past->milestones);
  AskMilestonesOf(standing, standing->table->input.children[standing->seat].code, [this, standing](absl::StatusOr<MilestonesByRegion> own) {
    if (!own.ok()) return standing->finish(own.status());
    Finish(*standing, *own);
  });
}

void Handlers::AskMilestonesOf(const std::shared_ptr<Standing>& standing, const std::string& region,
                               std::function<void(absl::StatusOr<MilestonesByRegion>)> done) {
  const Question& question = *standing->question;
  aggregator::v1::GetMilestoneStatusRequest request;
  request.set_region(region);
  request.set_year(FormatPeriod(question.definition.period));
  request.set_programme(question.contents->registry->catalogue.FindProgramme(question.definition.programme)->code);
  request.set_indicator(question.plan.indicator->code);
  if (standing->date) request.set_as_of(FormatDate(*standing->date));
  *request.mutable_view() = question.ViewAt(standing->stamp.token());
  columns_->GetMilestones(request, standing->deadline, [done = std::move(done)](absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> answer) {
    // Most programmes have no milestones.
    if (!answer.ok() && !HasReason(answer.status(), Reason::NO_FIGURES)) return done(answer.status());
    MilestonesByRegion milestones;
    if (answer.ok()) {
      for (aggregator::v1::MilestoneStatus& status : *answer->mutable_milestones()) milestones[status.milestone().region()].push_back(std::move(status));
    }
    done(std::move(milestones));
  });
}

void Handlers::Finish(const Standing& standing, const MilestonesByRegion& milestones) {
  const Question& question = *standing.question;
  const auto own = milestones.find(question.child);
  auto bytes = std::make_shared<const StandingBytes>(question.contents->registry->catalogue, *standing.table, standing.seat, *standing.past,
                                                     own == milestones.end() ? std::vector<aggregator::v1::MilestoneStatus>() : own->second);
  if (standing.IsForAll()) kept_.Keep(question, standing.past, bytes);
  standing.finish(StandingResponse{bytes->Response(standing.stamp)});
}

}  // namespace anju::ranking
