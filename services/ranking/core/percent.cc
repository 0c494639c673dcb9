// Prints a rate in percent: whole part and decimals apart, so that neither outgrows its integer.
#include "services/ranking/core/percent.h"

namespace anju::ranking {

std::string PrintPercent(const Fraction& rate, int digits, Rounding rounding, bool trim) {
  const bool negative = rate.numerator < 0;
  const int128 top = (negative ? -rate.numerator : rate.numerator) * 100;
  int128 whole = top / rate.denominator;
  // The remainder is below one; rounding it may carry into the whole part ("1.00"), and nothing else can happen.
  const std::string rest = FormatRounded(MakeFraction(top % rate.denominator, rate.denominator), digits, rounding, trim);
  if (rest[0] == '1') ++whole;
  const std::string printed = FormatFraction(Fraction{whole, 1}) + rest.substr(1);
  return negative && printed.find_first_not_of("0.") != std::string::npos ? "-" + printed : printed;  // no "-0.00"
}

}  // namespace anju::ranking
