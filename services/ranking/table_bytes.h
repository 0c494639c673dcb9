// A league table as the bytes of its response, so that what is kept is copied instead of made and serialized again for each call: of a table of
// 3,000 rows the messages cost more than everything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/judged_table.h"
#include "services/ranking/core/movement.h"

namespace anju::ranking {

// What differs between two answers of one table.
struct TableFrame {
  const types::v1::BasisStamp* basis = nullptr;
  bool current = false;
  const types::v1::BasisStamp* since_basis = nullptr;  // nullptr: without movement
  std::string since;
  Date tree;
};

// Fields stand in the order of their numbers, as protobuf writes them. Immutable once made.
class TableBytes {
 public:
  // Prints the rows, the first `limit` ones or all (0), with their movement since where there is one. The table is not needed afterwards.
  TableBytes(const JudgedTable& table, const Catalogue& catalogue, const Movement* movement, uint32_t limit);
  // True when the first `limit` rows, or all (0), were printed.
  bool Has(uint32_t limit) const { return printed_ == 0 || (limit != 0 && limit <= printed_); }
  // A serialized GetLeagueTableResponse of the first `limit` rows, or of all and the unranked ones (0). REQUIRES: Has(limit).
  std::string Response(uint32_t limit, const TableFrame& frame) const;
  size_t size() const { return bytes_.size() + end_.ByteSizeLong() + row_ends_.size() * sizeof(size_t); }

 private:
  uint32_t printed_ = 0;          // so many rows at most; 0: all
  std::string bytes_;             // from the definition to the completeness
  size_t rows_begin_ = 0;
  std::vector<size_t> row_ends_;  // in `bytes_`, of ranked rows
  size_t unranked_end_ = 0;
  v1::GetLeagueTableResponse end_;  // what comes after the basis
};

}  // namespace anju::ranking
