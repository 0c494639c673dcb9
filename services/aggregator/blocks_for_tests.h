// Blocks as a journal would write them, without a disk under them.
#pragma once

#include <string>
#include <vector>

#include "common/journal/format.h"

namespace anju::aggregator::testing {

class BlockChain {
 public:
  explicit BlockChain(uint8_t id) { position_.journal_id.fill(id); }
  struct Encoded {
    std::string bytes;
    journal::Position after;
  };
  Encoded Next(const std::vector<std::string>& events) {
    journal::BlockHeader header{.first_sequence = position_.sequence + 1, .count = static_cast<uint32_t>(events.size()), .time_us = 1};
    for (const std::string& event : events) header.event_bytes += event.size() + 4;
    Encoded block;
    block.bytes = journal::EncodeBlock(header, position_.block_hash, events, &position_.block_hash);
    position_.sequence += events.size();
    block.after = position_;
    return block;
  }

 private:
  journal::Position position_;
};

}  // namespace anju::aggregator::testing
