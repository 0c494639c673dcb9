// Medians, percentiles and spreads of what was measured.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace anju::bench {

// The smallest value that at least `percent` of the values do not exceed; 0 of none.
inline double Percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  const auto place = static_cast<size_t>(std::max(0.0, std::ceil(percent / 100 * static_cast<double>(values.size())) - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[place];
}

inline double Median(const std::vector<double>& values) { return Percentile(values, 50); }

// Rounds of one system.
struct Rounds {
  std::vector<double> values;
  void Add(double value) { values.push_back(value); }
  double median() const { return Median(values); }
  double low() const { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }
  double high() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }
};

// Of each round by itself: what slows the machine in a round slows both.
inline double MedianRatio(const Rounds& ours, const Rounds& peer) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(ours.values.size(), peer.values.size()); ++i) {
    if (peer.values[i] > 0) ratios.push_back(ours.values[i] / peer.values[i]);
  }
  return Median(ratios);
}

}  // namespace anju::bench
