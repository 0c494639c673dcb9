// What is behind a figure that reads otherwise than it was issued: updates, reviews, amendments and boundary changes recorded after the bulletin's basis.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "common/bulletin/content.h"
#include "services/cli/context.h"
#include "services/cli/lineages.h"
#include "services/cli/query.h"

namespace anju::cli {

struct Cause {
  std::string kind;       // update, review, amendment, boundary
  uint64_t sequence = 0;  // in `journal`
  std::string journal;    // hex; "" for the plan's
  Json json;              // kind, then everything that is known
  std::string text;       // for people, one line
};

// Asks the services once a cell. For one bulletin.
class CauseFinder {
 public:
  CauseFinder(const Context& context, const ranking::v1::BulletinRecord& record, const ranking::v1::DiffBulletinResponse& diff);
  // Reads the contents before and now, whose rules say what a figure is computed from. TAMPERED.
  absl::Status Begin(const ranking::v1::BulletinRecord& record, const ranking::v1::DiffBulletinResponse& diff);
  // In the order of recording; none where only the place among others changed and nothing of the figure itself.
  absl::StatusOr<std::vector<Cause>> Of(const ranking::v1::FigureChange& change);

 private:
  struct Cell {
    std::vector<Cause> updates, amendments;
  };
  absl::Status Collect(const std::string& id, const ranking::v1::FigureChange* change, int depth, std::map<std::tuple<std::string, uint64_t, std::string>, Cause>* found);
  absl::StatusOr<const Cell*> CellOf(const std::string& region, const std::string& programme, const std::string& indicator, const std::string& plan_year,
                                     const std::string& as_of);
  absl::StatusOr<std::vector<Cause>> BoundariesOf(const std::string& region);
  bool IsLater(const std::string& journal, uint64_t sequence) const;

  const Context& context_;
  RankOptions question_;                            // as-of, basis, tree and review of every explanation
  std::map<std::string, uint64_t> known_;           // journal → sequence at the bulletin's basis
  rpc::Lineages lineages_;                          // a restore since has changed the names of the journals
  std::string plan_journal_;
  int64_t basis_time_us_ = 0;
  bool filtered_ = false;                           // only reviewed or confirmed figures count
  bulletin::Content before_, after_;
  std::map<std::string, const bulletin::Figure*> figures_;          // by id; as it is now, else as issued
  std::map<std::string, std::set<std::string>> operands_;           // by id; of both rules, so that a total knows the parts it has lost
  std::map<std::string, std::string> since_;                        // by table: the day its movement is since
  std::set<std::string> changed_;                                   // ids of figures that differ
  std::map<std::string, Cell> cells_;
  std::optional<std::vector<Cause>> boundaries_;    // all that came later
  std::vector<std::vector<std::string>> boundary_regions_;
};

}  // namespace anju::cli
