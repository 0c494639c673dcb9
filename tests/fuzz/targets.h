// What is fuzzed: every parser and decoder that reads bytes of somebody else, each with what must hold of whatever it accepts.
#pragma once

#include <string_view>
#include <vector>

namespace anju::fuzz {

struct Target {
  std::string_view name;           // also the directory of its corpus
  void (*run)(std::string_view bytes);  // ends the process when something does not hold
};

// Texts that people write: tables, check files, templates, numbers.
std::vector<Target> TextTargets();
// Bytes on disk and on the wire between our own programs: journals, archives, proofs, tokens, events.
std::vector<Target> ByteTargets();
// A feed's messages as a follower takes them, and the questions that a feed is asked.
std::vector<Target> FeedTargets();
// What only a service reads: its templates and events, and messages of clients as far as they get below gRPC.
std::vector<Target> ServiceTargets();

// What this program searches: everything, or in anju-fuzz-parsers the texts, bytes and feeds.
std::vector<Target> Targets();

}  // namespace anju::fuzz
