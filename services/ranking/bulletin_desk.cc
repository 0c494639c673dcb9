// Recording events, and reading contents back from the journal.
#include "services/ranking/bulletin_desk.h"

#include "absl/strings/str_cat.h"
#include "common/journal/format.h"
#include "common/status/macros.h"
#include "services/ranking/bulletin_convert.h"
#include "services/ranking/errors.h"

namespace anju::ranking {
absl::Status BulletinDesk::Record(const v1::Event& event) {
  std::string bytes = event.SerializeAsString();
  if (bytes.size() > journal::kEventBytesMax) return errors::TooLarge("event", bytes.size(), journal::kEventBytesMax);
  recorder_.Record(std::move(bytes));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const std::string>> BulletinDesk::ContentOf(const StoredDraft& draft) const {
  return ContentAt(draft.recorded.sequence, draft.drafted.sha256());
}

absl::StatusOr<std::shared_ptr<const std::string>> BulletinDesk::ContentOf(const StoredBulletin& bulletin) const {
  return ContentAt(bulletin.recorded.sequence, bulletin.issued.sha256());
}

absl::StatusOr<std::shared_ptr<const std::string>> BulletinDesk::ContentAt(uint64_t sequence, const std::string& sha256) const {
  if (std::shared_ptr<const std::string> recent = model_.RecentContent(sequence)) return recent;
  const auto damaged = [&] { return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(sequence), "the journal does not give the content that was recorded"); };
  ASSIGN_OR_RETURN(const std::vector<std::string> blocks, journal_.ReadBlocksContaining(sequence, 1));
  if (blocks.empty()) return damaged();
  ASSIGN_OR_RETURN(const journal::BlockView block, journal::DecodeBlock(blocks.front(), /*verify_root=*/false));
  if (sequence < block.header.first_sequence || sequence > block.header.last_sequence()) return damaged();
  const std::string_view bytes = block.events[sequence - block.header.first_sequence];
  v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return damaged();
  auto content = std::make_shared<const std::string>(event.has_draft() ? std::move(*event.mutable_draft()->mutable_content())
                                                                       : std::move(*event.mutable_issued()->mutable_content()));
  if (Sha256(*content) != sha256) return damaged();
  return content;
}

types::v1::Position BulletinDesk::PositionOf(uint64_t sequence, bool with_hash) const {
  types::v1::Position position;
  position.set_journal_id(journal::ToHex(journal_.lineage().OwnerOf(sequence)));
  position.set_sequence(sequence);
  if (!with_hash || sequence > journal_.durable().sequence) return position;
  const absl::StatusOr<std::vector<std::string>> blocks = journal_.ReadBlocksContaining(sequence, 1);
  if (!blocks.ok() || blocks->empty()) return position;
  const absl::StatusOr<journal::BlockView> block = journal::DecodeBlockPrefix(blocks->front());
  if (!block.ok() || block->header.last_sequence() != sequence) return position;
  return rpc::ToProto(journal_.lineage().PositionOf(sequence, block->hash));
}

}  // namespace anju::ranking
