// What tests of archives share: journals made of bytes, without a disk.
#pragma once

#include <string>
#include <vector>

#include "common/archive/archive.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"
#include "common/status/macros.h"

namespace anju::archive {

inline journal::JournalId IdOf(uint8_t seed) {
  journal::JournalId id;
  id.fill(seed);
  return id;
}

// A journal as its identities and blocks. Restored() is what a restore makes of it.
struct PaperJournal {
  journal::Lineage lineage;
  std::vector<std::string> blocks;
  journal::Position end;

  explicit PaperJournal(const std::string& service = "plan", uint8_t seed = 1) {
    journal::Identity identity;
    identity.service = service;
    identity.id = IdOf(seed);
    identity.created_us = 1'700'000'000'000'000 + seed;
    lineage = *journal::Lineage::FromIdentities({journal::EncodeIdentity(identity)});
    end = lineage.PositionOf(0, {});
  }

  // One more block of `count` events that begin with `word`.
  PaperJournal& Add(int count, const std::string& word) {
    std::vector<std::string> events;
    for (int i = 0; i < count; ++i) events.push_back(word + " " + std::to_string(i));
    journal::BlockHeader header;
    header.first_sequence = end.sequence + 1;
    header.time_us = 1'700'000'100'000'000 + static_cast<int64_t>(end.sequence);
    journal::Hash hash;
    blocks.push_back(journal::EncodeBlock(header, lineage.PreviousOf(header.first_sequence, end.block_hash), events, &hash));
    end = lineage.PositionOf(header.first_sequence + events.size() - 1, hash);
    return *this;
  }

  PaperJournal Restored(uint8_t seed) const {
    PaperJournal restored = *this;
    journal::Identity identity = lineage.current();
    identity.id = IdOf(seed);
    identity.continues = {lineage.current().id, end.sequence, end.block_hash};
    std::vector<std::string> identities = lineage.encoded();
    identities.push_back(journal::EncodeIdentity(identity));
    restored.lineage = *journal::Lineage::FromIdentities(std::move(identities));
    return restored;
  }
};

inline Entry EntryOf(const PaperJournal& journal, const Writer& writer, const std::string& name = "plan") {
  return {name, journal.lineage.current().service, name + ".journal", journal.lineage.current().id, writer.position().sequence, writer.position().block_hash, writer.bytes()};
}

// Brings the archive at DIRECTORY/NAME.journal up to the end of the journal.
inline absl::StatusOr<Entry> Archive(const std::string& directory, const PaperJournal& journal, const Entry* before = nullptr, const std::string& name = "plan") {
  ASSIGN_OR_RETURN(const std::unique_ptr<Writer> writer, Writer::Open(directory + "/" + name + ".journal", before));
  RETURN_IF_ERROR(writer->Continues(journal.lineage, journal.end));
  RETURN_IF_ERROR(writer->SetLineage(journal.lineage));
  for (const std::string& block : journal.blocks) {
    ASSIGN_OR_RETURN(const journal::BlockView view, journal::DecodeBlockPrefix(block));
    if (view.header.first_sequence > writer->position().sequence) RETURN_IF_ERROR(writer->Append(block));
  }
  RETURN_IF_ERROR(writer->Sync());
  return EntryOf(journal, *writer, name);
}

}  // namespace anju::archive
