// One request, read with the state that it is answered from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/convert.h"
#include "services/ranking/core/judged_table.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

inline constexpr uint32_t kTableRowsMax = 10'000;  // that a limit may ask for

// What tables and standings are both asked with.
struct Asked {
  std::string region;             // as sent
  std::optional<Date> as_of, tree, since;
  types::v1::View view;
  std::string since_at, at_least;
  types::v1::Basis want;          // what at_least names
  uint32_t limit = 0;             // ranked rows of a table; 0: the whole table

  // True when our own cells answer it: the newest figures, all of them, as known now, in their own tree.
  bool is_newest() const;
  bool has_movement() const { return since || !since_at.empty(); }
};

// All errors of single fields at once, and movement in the wrong direction (BAD_VALUE). `Request` is GetLeagueTableRequest or
// GetStandingRequest.
template <typename Request>
absl::StatusOr<Asked> ReadAsked(const Request& request);

// Plans point into the catalogue that `contents` keeps alive. Immutable once read, so that answers may finish on any thread.
struct Question {
  std::shared_ptr<const Contents> contents;
  rpc::Caller caller;
  Asked asked;
  Definition definition;
  Plan plan;
  RegionNumber region = 0;        // whose children are ranked; 0: our registry does not know it
  RegionNumber child = 0;         // the one whose standing is asked for
  std::string parent;             // what the aggregator is asked for: text as sent, or the code of the child's parent

  // NOT_READY, errors of the definition, NOT_ALLOWED. A region that our registry does not know on the day is an error only where our own
  // cells are to answer: the aggregator may know it at another basis.
  static absl::StatusOr<std::shared_ptr<Question>> Read(const rpc::Caller& caller, const Asked& asked, const v1::Definition& definition,
                                                        std::shared_ptr<const Contents> contents);
  // The same with a definition that has been read already; its numbers are of the catalogue of `contents`.
  static absl::StatusOr<std::shared_ptr<Question>> Read(const rpc::Caller& caller, const Asked& asked, Definition definition,
                                                        std::shared_ptr<const Contents> contents);
  // The same for the children of the region's parent. BAD_VALUE when it has none.
  static absl::StatusOr<std::shared_ptr<Question>> ReadStanding(const rpc::Caller& caller, const Asked& asked, const v1::Definition& definition,
                                                                std::shared_ptr<const Contents> contents);

  // The tree in which figures of this date are looked at.
  Date DayOf(std::optional<Date> as_of) const;
  // The same view at another basis.
  types::v1::View ViewAt(const std::string& token) const;
  void AddMoment(std::optional<Date> as_of, const types::v1::View& view, aggregator::v1::GetColumnsRequest* request) const;
  aggregator::v1::GetColumnsRequest NewRequest() const;
  // The column's parent may be seen by the caller, also where our registry could not resolve it before. NOT_ALLOWED.
  absl::Status AuthorizeAnswer(const aggregator::v1::GetColumnResponse& column) const;
  // The same of a number that such a column had; nullopt is one of nobody.
  absl::Status AuthorizeParent(std::optional<RegionNumber> number) const;
  // The table judged from our own cells, or from a column of figures as of that day. The question has to outlive it, or at least its registry.
  // TIE_NOT_BROKEN, NO_FIGURES with the periods there are figures for.
  absl::StatusOr<std::shared_ptr<const JudgedTable>> JudgeOwnCells() const;
  absl::StatusOr<std::shared_ptr<const JudgedTable>> JudgeColumn(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of) const;
  // How rows moved since an earlier column, in the layer of the table that they are compared with.
  absl::StatusOr<Movement> MovementSince(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of, Layer layer) const;
  // An earlier table of the same columns: the layer is that of the table it is compared with. One without figures is empty.
  absl::StatusOr<Table> EarlierTable(const aggregator::v1::GetColumnResponse& column, std::optional<Date> as_of, Layer layer) const;
  // `status` (NO_FIGURES) with the periods there are figures for.
  absl::Status WithPeriods(const absl::Status& status, RegionNumber of) const;
  // BAD_VALUE when movement is asked since a day after the table's own.
  absl::Status CheckSince(const Table& table) const;
};

}  // namespace anju::ranking
