// Positions on the wire, bases as opaque tokens, and how fresh they are.
#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/lineages.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"

namespace anju::rpc {
namespace {

// A token names one plan journal and a few dozen progress journals at most.
constexpr size_t kTokenBytesMax = 64 << 10;

absl::string_view View(std::string_view text) { return absl::string_view(text.data(), text.size()); }

absl::Status BadToken(std::string_view value, std::string_view message) {
  return MakeError(Reason::BAD_TOKEN, "at_least", value.substr(0, kErrorValueBytesMax), message);
}

}  // namespace

types::v1::Position ToProto(const journal::Position& position) {
  types::v1::Position out;
  if (position.journal_id != journal::JournalId{}) out.set_journal_id(journal::ToHex(position.journal_id));
  out.set_sequence(position.sequence);
  if (position.block_hash != journal::Hash{}) {
    out.set_block_hash(std::string(reinterpret_cast<const char*>(position.block_hash.data()), position.block_hash.size()));
  }
  return out;
}

absl::StatusOr<journal::Position> FromProto(const types::v1::Position& position) {
  journal::Position out;
  out.sequence = position.sequence();
  if (position.journal_id().empty()) {
    if (position.sequence() != 0) return BadToken("", "a position with a sequence names no journal");
  } else {
    auto id = journal::ParseJournalId(position.journal_id());
    if (!id.ok()) return BadToken(position.journal_id(), absl::StrCat("journal id \"", position.journal_id(), "\" is not 32 lower-case hex digits"));
    out.journal_id = *id;
  }
  if (!position.block_hash().empty()) {
    if (position.block_hash().size() != out.block_hash.size()) return BadToken("", "a block hash is not 32 bytes long");
    std::copy(position.block_hash().begin(), position.block_hash().end(), reinterpret_cast<char*>(out.block_hash.data()));
  }
  return out;
}

types::v1::BasisStamp MakeStamp(types::v1::Basis basis, int64_t recorded_time_us, int64_t complete_until_us) {
  std::sort(basis.mutable_progress()->begin(), basis.mutable_progress()->end(),
            [](const types::v1::Position& a, const types::v1::Position& b) { return a.journal_id() < b.journal_id(); });
  types::v1::BasisStamp stamp;
  stamp.set_recorded_time_us(recorded_time_us);
  stamp.set_complete_until_us(complete_until_us);
  *stamp.mutable_basis() = basis;
  // The token is what people copy from a terminal: hashes would make it five times as long and decide nothing.
  const auto bare = [](types::v1::Position& position) {
    position.clear_block_hash();
    position.clear_tree_size();
    position.clear_tree_root();
  };
  if (basis.has_plan()) bare(*basis.mutable_plan());
  for (types::v1::Position& position : *basis.mutable_progress()) bare(position);
  std::string token;
  absl::WebSafeBase64Escape(basis.SerializeAsString(), &token);
  stamp.set_token(token);
  return stamp;
}

absl::StatusOr<types::v1::Basis> ParseToken(std::string_view token) {
  types::v1::Basis basis;
  if (token.empty()) return basis;
  std::string bytes;
  if (token.size() > kTokenBytesMax || !absl::WebSafeBase64Unescape(View(token), &bytes) || !basis.ParseFromString(bytes)) {
    return BadToken(token, absl::StrCat("\"", View(token.substr(0, 40)), "\" is not a token that a service of this suite gave"));
  }
  if (basis.has_plan()) RETURN_IF_ERROR(FromProto(basis.plan()).status());
  for (const types::v1::Position& position : basis.progress()) RETURN_IF_ERROR(FromProto(position).status());
  return basis;
}

bool Includes(const types::v1::Basis& have, const types::v1::Basis& want) { return Includes(have, want, Lineages()); }

absl::Status CheckStaleness(int64_t max_staleness_ms) {
  if (0 <= max_staleness_ms && max_staleness_ms <= kStalenessMsMax) return absl::OkStatus();
  return MakeError(Reason::BAD_VALUE, "max_staleness_ms", std::to_string(max_staleness_ms),
                   absl::StrCat("max_staleness_ms is 1 to ", kStalenessMsMax, ", or 0 for any age"));
}

bool IsFreshEnough(int64_t complete_until_us, int64_t max_staleness_ms, int64_t now_us) {
  if (max_staleness_ms == 0) return true;
  return complete_until_us > 0 && complete_until_us >= now_us - 1000 * max_staleness_ms;
}

absl::Status StaleError(int64_t max_staleness_ms) {
  return MakeError(Reason::STALE, "max_staleness_ms", std::to_string(max_staleness_ms),
                   absl::StrCat("what was recorded up to ", max_staleness_ms, " ms ago was not all applied within the deadline"));
}

}  // namespace anju::rpc
