// A page on paper: printed to PDF by the Chromium of this machine, where there is one.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace anju::cli {

inline constexpr int kPdfMsMax = 60'000;  // for one bulletin; Chromium's first start is slow

// Writes `html` (self-contained, without script) as PDF to `out`. PDF_UNAVAILABLE without a Chromium ($ANJU_CHROMIUM, else chromium, chromium-browser or
// google-chrome in $PATH) or when it fails; FILE_NOT_FOUND when `out` cannot be written.
absl::Status RenderPdf(std::string_view html, const std::string& out);

}  // namespace anju::cli
