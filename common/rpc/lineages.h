// Journals that continue others, as services tell each other of them: which positions of old names are contained in a basis, and which are lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "anju/types/v1/basis.pb.h"
#include "common/journal/lineage.h"
#include "common/rpc/rpc.h"

namespace anju::rpc {

types::v1::Lineage ToProto(const journal::Lineage& lineage);

// What is known of the journals behind bases. A value; the default one knows nothing, and then every journal stands for itself.
class Lineages {
 public:
  Lineages() = default;
  template <typename Messages>  // of types::v1::Lineage
  explicit Lineages(const Messages& messages) {
    for (const types::v1::Lineage& message : messages) Add(message);
  }
  // Takes the place of what is known of the same journals.
  void Add(const types::v1::Lineage& lineage);
  void Add(const journal::Lineage& lineage) {
    if (!lineage.empty()) Add(ToProto(lineage));
  }

  // True when both ids are of one journal and those it continues.
  bool AreOne(std::string_view a, std::string_view b) const;
  // True when the position was recorded under a journal that was continued by another before it: a restore lost it.
  bool IsLost(const types::v1::Position& position) const;
  // True when what `want` names is contained in what `have` names.
  bool Covers(const types::v1::Position& have, const types::v1::Position& want) const;
  // ROLLED_BACK with the field and the first position of the basis that is lost.
  absl::Status CheckNotLost(const types::v1::Basis& basis, std::string_view field) const;

 private:
  struct Name {
    std::string id;
    uint64_t last;  // sequence recorded under it or under those before it; UINT64_MAX for the journal now
  };
  using Line = std::vector<Name>;  // the oldest first
  const Line* LineOf(std::string_view id) const;

  std::vector<Line> lines_;
};

// True when `have` includes at least everything `want` names. A journal that `have` does not know is not included unless its wanted sequence is 0.
bool Includes(const types::v1::Basis& have, const types::v1::Basis& want, const Lineages& lineages);

// ROLLED_BACK: `position` (id/sequence) was lost when the service's journal was restored.
absl::Status RolledBack(std::string_view field, std::string_view position);
absl::Status RolledBack(std::string_view field, const types::v1::Position& position);

}  // namespace anju::rpc
