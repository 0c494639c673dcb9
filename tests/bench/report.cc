// Lines, the table, JSON. Text stays ASCII where columns have to line up.
#include "tests/bench/report.h"

#include <cmath>
#include <cstdio>
#include <fstream>

#include "common/status/status.h"

namespace anju::bench {
namespace {

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
  return text;
}

// Shares of a floor in percent, multiples as such.
std::string InWords(const Ratio& ratio, double value) {
  if (!ratio.at_most && ratio.bar < 1) return Percent(value);
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f x" : "%.0f x", value);
  return text;
}

std::string Verdict(const Ratio& ratio) { return !ratio.pass() ? "SHORT" : ratio.stretched() ? "met, stretch too" : "met"; }

}  // namespace

std::string Short(double value) {
  char text[32];
  const double size = std::fabs(value);
  if (size >= 1e6) {
    std::snprintf(text, sizeof text, "%.2f M", value / 1e6);
  } else if (size >= 1e5) {
    std::snprintf(text, sizeof text, "%.0f k", value / 1e3);
  } else if (size >= 1e4) {
    std::snprintf(text, sizeof text, "%.1f k", value / 1e3);
  } else {
    std::snprintf(text, sizeof text, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.4f", value);
  }
  return text;
}

void Report::Add(Ratio ratio) {
  std::printf("  %-24s %s %s beside %s %s (%s): %s, bar %s%s: %s%s%s\n", ratio.name.c_str(), Short(ratio.ours).c_str(), ratio.unit.c_str(), Short(ratio.peer).c_str(), ratio.unit.c_str(),
              ratio.peer_name.c_str(), InWords(ratio, ratio.ratio).c_str(), ratio.at_most ? "<= " : ">= ", InWords(ratio, ratio.bar).c_str(), Verdict(ratio).c_str(),
              ratio.note.empty() ? "" : "; ", ratio.note.c_str());
  std::fflush(stdout);
  ratios_.push_back(std::move(ratio));
}

void Report::Add(Measured measured) {
  std::printf("  %-24s %-28s %10s %s  (%s ... %s, %zu rounds)\n", measured.work.c_str(), measured.system.c_str(), Short(measured.rounds.median()).c_str(), measured.unit.c_str(),
              Short(measured.rounds.low()).c_str(), Short(measured.rounds.high()).c_str(), measured.rounds.values.size());
  std::fflush(stdout);
  measured_.push_back(std::move(measured));
}

void Report::Note(const std::string& text) {
  std::printf("  %s\n", text.c_str());
  std::fflush(stdout);
  notes_.push_back(text);
}

void Report::Invalidate(const std::string& why) {
  std::printf("  NOT VALID: %s\n", why.c_str());
  std::fflush(stdout);
  invalid_.push_back(why);
}

bool Report::passed() const {
  for (const Ratio& ratio : ratios_) {
    if (!ratio.pass()) return false;
  }
  return true;
}

void Report::Print() const {
  std::printf("\n%-62s %14s  %-38s %9s %9s %9s  %s\n", "work", "ours", "beside", "ratio", "bar", "stretch", "verdict");
  int met = 0;
  for (const Ratio& ratio : ratios_) {
    met += ratio.pass();
    std::printf("%-62s %14s  %-38s %9s %9s %9s  %s\n", ratio.work.c_str(), (Short(ratio.ours) + " " + ratio.unit).c_str(), (Short(ratio.peer) + " " + ratio.peer_name).c_str(),
                InWords(ratio, ratio.ratio).c_str(), ((ratio.at_most ? "<= " : ">= ") + InWords(ratio, ratio.bar)).c_str(), InWords(ratio, ratio.stretch).c_str(), Verdict(ratio).c_str());
  }
  std::printf("%d of %zu bars met\n", met, ratios_.size());
  for (const std::string& why : invalid_) std::printf("THIS RUN IS NOT VALID: %s\n", why.c_str());
  std::fflush(stdout);
}

nlohmann::ordered_json Report::ToJson() const {
  nlohmann::ordered_json json = {{"machine", machine}};
  auto& ratios = json["ratios"] = nlohmann::ordered_json::array();
  for (const Ratio& ratio : ratios_) {
    ratios.push_back({{"name", ratio.name}, {"ours", ratio.ours}, {"peer", ratio.peer}, {"ratio", ratio.ratio}, {"bar", ratio.bar}, {"pass", ratio.pass()},
                      {"at_most", ratio.at_most}, {"stretch", ratio.stretch}, {"stretch_pass", ratio.stretched()}, {"unit", ratio.unit}, {"peer_name", ratio.peer_name},
                      {"work", ratio.work}, {"note", ratio.note}});
  }
  auto& measured = json["measured"] = nlohmann::ordered_json::array();
  for (const Measured& one : measured_) {
    measured.push_back({{"work", one.work}, {"system", one.system}, {"unit", one.unit}, {"median", one.rounds.median()}, {"low", one.rounds.low()}, {"high", one.rounds.high()},
                        {"rounds", one.rounds.values}});
  }
  json["valid"] = invalid_.empty();
  json["invalid"] = invalid_;
  json["notes"] = notes_;
  for (const auto& [key, value] : more.items()) json[key] = value;
  return json;
}

absl::Status Report::Write(const std::string& json_path, const std::string& svg_path) const {
  for (const auto& [path, text] : {std::pair{json_path, ToJson().dump(2) + "\n"}, std::pair{svg_path, ToSvg()}}) {
    if (path.empty()) continue;
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) return MakeError(Reason::FILE_NOT_FOUND, "out", path, "cannot be written");
  }
  return absl::OkStatus();
}

}  // namespace anju::bench
