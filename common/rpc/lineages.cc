// Looking positions up among the names of journals.
#include "common/rpc/lineages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::rpc {

types::v1::Lineage ToProto(const journal::Lineage& lineage) {
  types::v1::Lineage out;
  const std::vector<journal::Identity>& identities = lineage.identities();
  for (size_t i = 0; i + 1 < identities.size(); ++i) {
    const journal::Position& end = identities[i + 1].continues;
    *out.add_ends() = ToProto(journal::Position{identities[i].id, end.sequence, end.block_hash});
  }
  if (!identities.empty()) out.set_journal_id(journal::ToHex(identities.back().id));
  return out;
}

void Lineages::Add(const types::v1::Lineage& lineage) {
  Line line;
  for (const types::v1::Position& end : lineage.ends()) line.push_back({end.journal_id(), end.sequence()});
  line.push_back({lineage.journal_id(), UINT64_MAX});
  std::erase_if(lines_, [&](const Line& known) {
    return std::any_of(known.begin(), known.end(), [&](const Name& name) {
      return std::any_of(line.begin(), line.end(), [&](const Name& other) { return other.id == name.id; });
    });
  });
  lines_.push_back(std::move(line));
}

const Lineages::Line* Lineages::LineOf(std::string_view id) const {
  for (const Line& line : lines_) {
    if (std::any_of(line.begin(), line.end(), [&](const Name& name) { return name.id == id; })) return &line;
  }
  return nullptr;
}

bool Lineages::AreOne(std::string_view a, std::string_view b) const {
  if (a == b) return true;
  const Line* line = LineOf(a);
  return line != nullptr && line == LineOf(b);
}

bool Lineages::IsLost(const types::v1::Position& position) const {
  const Line* line = LineOf(position.journal_id());
  if (line == nullptr) return false;
  const auto name = std::find_if(line->begin(), line->end(), [&](const Name& one) { return one.id == position.journal_id(); });
  return position.sequence() > name->last;
}

bool Lineages::Covers(const types::v1::Position& have, const types::v1::Position& want) const {
  return AreOne(have.journal_id(), want.journal_id()) && have.sequence() >= want.sequence() && !IsLost(want);
}

absl::Status Lineages::CheckNotLost(const types::v1::Basis& basis, std::string_view field) const {
  if (IsLost(basis.plan())) return RolledBack(field, basis.plan());
  for (const types::v1::Position& position : basis.progress()) {
    if (IsLost(position)) return RolledBack(field, position);
  }
  return absl::OkStatus();
}

bool Includes(const types::v1::Basis& have, const types::v1::Basis& want, const Lineages& lineages) {
  if (want.plan().sequence() > 0 && !lineages.Covers(have.plan(), want.plan())) return false;
  return std::all_of(want.progress().begin(), want.progress().end(), [&](const types::v1::Position& wanted) {
    return wanted.sequence() == 0 || std::any_of(have.progress().begin(), have.progress().end(),
                                                 [&](const types::v1::Position& position) { return lineages.Covers(position, wanted); });
  });
}

absl::Status RolledBack(std::string_view field, std::string_view position) {
  return MakeError(Reason::ROLLED_BACK, field, position,
                   absl::StrCat("Position ", absl::string_view(position.data(), position.size()),
                                " was lost: the journal was restored from a backup that ends before it."));
}

absl::Status RolledBack(std::string_view field, const types::v1::Position& position) {
  return RolledBack(field, absl::StrCat(position.journal_id(), "/", position.sequence()));
}

}  // namespace anju::rpc
