// Sets up spdlog's default logger.
#include "common/log/log.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace anju {
namespace {

// Civil time in Shanghai whatever the machine's time zone is (UTC+8, no summer time): `%*` in the pattern. spdlog itself knows only
// local time and UTC, and offices read all other dates of the suite in Shanghai time.
class ShanghaiTime : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto since_epoch = message.time.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - seconds).count();
    const std::time_t shifted = static_cast<std::time_t>(seconds.count()) + 8 * 3600;
    std::tm civil{};
    gmtime_r(&shifted, &civil);
    char text[40];
    size_t length = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &civil);
    length += static_cast<size_t>(std::snprintf(text + length, sizeof(text) - length, ".%03d", static_cast<int>(millis)));
    out.append(text, text + length);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<ShanghaiTime>(); }
};

}  // namespace

void InitLogging(std::string_view service) {
  auto logger = std::make_shared<spdlog::logger>(std::string(service), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<ShanghaiTime>('*').set_pattern("%* %l %n: %v");
  logger->set_formatter(std::move(formatter));
  const char* wanted = std::getenv("ANJU_LOG");
  spdlog::level::level_enum level = spdlog::level::warn;
  if (wanted != nullptr && *wanted != '\0') {
    level = spdlog::level::from_str(wanted);
    // from_str gives `off` also for words it does not know; a typing error must not silence the log.
    if (level == spdlog::level::off && std::string_view(wanted) != "off") level = spdlog::level::warn;
  }
  logger->set_level(level);
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace anju
