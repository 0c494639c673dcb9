// Reports stand in the order in which they count: a figure is the last one that stands by itself, and what follows it.
#include "common/model/reports.h"

#include <algorithm>

namespace anju::model {
namespace {

bool DayBefore(const Report& report, Date day) { return report.as_of < day; }
bool BeforeDay(Date day, const Report& report) { return day < report.as_of; }

}  // namespace

void Series::Add(const Report& report) {
  if (reports.empty() || reports.back().as_of < report.as_of) return reports.push_back(report);
  const auto end = std::upper_bound(reports.begin(), reports.end(), report.as_of, BeforeDay);
  const auto first = report.stands() ? std::lower_bound(reports.begin(), end, report.as_of, DayBefore) : end;
  if (first == end) {
    reports.insert(end, report);
  } else {
    *first = report;
    reports.erase(first + 1, end);
  }
}

std::optional<Reported> FigureOn(const Series& series, Date day) {
  const auto end = std::upper_bound(series.reports.begin(), series.reports.end(), day, BeforeDay);
  if (end == series.reports.begin()) return std::nullopt;
  auto first = std::prev(end);
  while (first != series.reports.begin() && !first->stands()) --first;
  Reported figure{.amount = 0, .as_of = std::prev(end)->as_of, .base = first->stands() ? first->as_of : kDistantPast, .in_force = {first, end}, .series = &series};
  for (const Report& report : figure.in_force) figure.amount = After(figure.amount, report);
  return figure;
}

}  // namespace anju::model
