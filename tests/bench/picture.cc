// The picture of a report: for each bar how far the figure is from it, on a logarithmic scale; below, what every system did in the same work.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "tests/bench/report.h"

namespace anju::bench {
namespace {

constexpr int kWidth = 1200, kLeft = 470, kRight = 190, kRow = 22, kTop = 70;
constexpr double kScaleMin = 0.05, kScaleMax = 20;  // of the bar
constexpr const char* kMet = "#2c7a51", *kShortColour = "#b5472f", *kOurs = "#1f5f99", *kOthers = "#9aa5b1", *kText = "#1d242b", *kFaint = "#6b7681";

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string Text(double x, double y, const std::string& text, const char* colour, const char* anchor = "start", int size = 13, const char* weight = "normal") {
  return "<text x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" fill=\"" + colour + "\" text-anchor=\"" + anchor + "\" font-size=\"" + std::to_string(size) + "\" font-weight=\"" +
         weight + "\">" + Escape(text) + "</text>\n";
}

std::string Box(double x, double y, double width, double height, const char* colour) {
  return "<rect x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" width=\"" + Number(std::max(width, 1.0)) + "\" height=\"" + Number(height) + "\" fill=\"" + colour + "\"/>\n";
}

std::string Line(double x, double top, double bottom, const char* colour, const char* dash) {
  return "<line x1=\"" + Number(x) + "\" y1=\"" + Number(top) + "\" x2=\"" + Number(x) + "\" y2=\"" + Number(bottom) + "\" stroke=\"" + colour + "\" stroke-dasharray=\"" + dash +
         "\"/>\n";
}

// Where a multiple of the bar stands; further right is better.
double Place(double score) {
  const double bounded = std::clamp(score, kScaleMin, kScaleMax);
  return kLeft + (kWidth - kLeft - kRight) * std::log(bounded / kScaleMin) / std::log(kScaleMax / kScaleMin);
}

double Score(const Ratio& ratio, double value) {
  if (ratio.at_most) return value > 0 ? ratio.bar / value : kScaleMax;
  return ratio.bar > 0 ? value / ratio.bar : kScaleMax;
}

}  // namespace

std::string Report::ToSvg() const {
  std::string body;
  double y = kTop;
  body += Text(20, 30, "anju: figures against their bars", kText, "start", 18, "bold");
  body += Text(20, 50, "right of the line is better than the bar; the tick is the stretch goal; logarithmic", kFaint);
  const double bars_top = y - 8;
  for (const Ratio& ratio : ratios_) {
    const double at = Place(Score(ratio, ratio.ratio)), bar = Place(1);
    body += Text(kLeft - 10, y + 13, ratio.work, kText, "end");
    body += Box(std::min(at, bar), y + 2, std::fabs(at - bar), kRow - 8, ratio.pass() ? kMet : kShortColour);
    body += Box(Place(Score(ratio, ratio.stretch)) - 1, y, 2, kRow - 4, kText);
    body += Text(kWidth - kRight + 10, y + 13, Short(ratio.ours) + " " + ratio.unit + (ratio.pass() ? ratio.stretched() ? ", stretch" : ", met" : ", short"),
                 ratio.pass() ? kMet : kShortColour);
    y += kRow;
  }
  body += Line(Place(1), bars_top, y, kText, "4 3");
  for (const double tick : {0.1, 0.5, 2.0, 10.0}) body += Line(Place(tick), bars_top, y, kFaint, "1 5") + Text(Place(tick), y + 14, Short(tick) + " x", kFaint, "middle", 11);
  body += Text(Place(1), y + 14, "bar", kText, "middle", 11);

  y += 50;
  body += Text(20, y, "the same work by each system (median of the rounds; the thin line spans them)", kText, "start", 16, "bold");
  y += 14;
  for (size_t first = 0; first < measured_.size();) {
    size_t end = first;
    double most = 0;
    for (; end < measured_.size() && measured_[end].work == measured_[first].work; ++end) most = std::max(most, measured_[end].rounds.high());
    body += Text(20, y + 16, measured_[first].work + ", " + measured_[first].unit, kText, "start", 13, "bold");
    const auto wide = [&](double value) { return most > 0 ? (kWidth - kLeft - kRight) * value / most : 0; };
    for (; first < end; ++first, y += kRow) {
      const Measured& one = measured_[first];
      body += Text(kLeft - 10, y + 16, one.system, kText, "end");
      body += Box(kLeft, y + 5, wide(one.rounds.median()), kRow - 8, one.system.starts_with("anju") ? kOurs : kOthers);
      body += Box(kLeft + wide(one.rounds.low()), y + 11, wide(one.rounds.high() - one.rounds.low()), 2, kText);
      body += Text(kWidth - kRight + 10, y + 16, Short(one.rounds.median()), kText);
    }
    y += 10;
  }
  const std::string foot = machine.contains("cpu") ? machine["cpu"].get<std::string>() + ", " + std::to_string(machine.value("cores", 0)) + " cores" : "";
  body += Text(20, y + 20, foot, kFaint, "start", 12);
  const int height = static_cast<int>(y + 40);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(kWidth) + "\" height=\"" + std::to_string(height) + "\" viewBox=\"0 0 " + std::to_string(kWidth) + " " +
         std::to_string(height) + "\" font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + body + "</svg>\n";
}

}  // namespace anju::bench
