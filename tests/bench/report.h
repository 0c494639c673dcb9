// What the benchmark says: each figure against its bar as it is measured, one table at the end, bench.json, a picture.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "tests/bench/statistics.h"

namespace anju::bench {

// One figure against one bar. Where the bar is a share of something measured beside, `peer` is that; where it is a figure by itself (5 ms), `peer` is that
// figure and the bar is 1.
struct Ratio {
  std::string name;          // stable: scripts look for it
  std::string work;          // for people
  std::string unit;          // of ours and peer
  double ours = 0;
  std::string peer_name;
  double peer = 0;
  double ratio = 0;
  double bar = 0;
  double stretch = 0;        // the real goal, on the scale of `bar`
  bool at_most = false;      // the bar is a ceiling
  std::string note;
  bool pass() const { return at_most ? ratio <= bar : ratio >= bar; }
  bool stretched() const { return at_most ? ratio <= stretch : ratio >= stretch; }
};

// What one system did in one kind of work, for the spreads and for the picture.
struct Measured {
  std::string work, system, unit;
  Rounds rounds;
};

class Report {
 public:
  nlohmann::ordered_json machine;
  // More of bench.json, by key.
  nlohmann::ordered_json more = nlohmann::ordered_json::object();

  // Prints it at once, and keeps it.
  void Add(Ratio ratio);
  void Add(Measured measured);
  // Prints a line of talk and keeps it in bench.json.
  void Note(const std::string& text);
  // A measurement that does not count; the run says so at its end.
  void Invalidate(const std::string& why);

  // The whole table.
  void Print() const;
  nlohmann::ordered_json ToJson() const;
  // The picture: how far each figure is from its bar and from the stretch, and what each system did.
  std::string ToSvg() const;
  absl::Status Write(const std::string& json_path, const std::string& svg_path) const;
  bool empty() const { return ratios_.empty(); }
  bool valid() const { return invalid_.empty(); }
  bool passed() const;  // every bar is met

 private:
  std::vector<Ratio> ratios_;
  std::vector<Measured> measured_;
  std::vector<std::string> notes_, invalid_;
};

// 733000 → "733 k", 0.0123 → "0.012".
std::string Short(double value);

}  // namespace anju::bench
