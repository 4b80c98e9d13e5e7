#include "gtn/teacher/unroll_config.h"

#include <algorithm>
#include <cmath>

namespace gtn {
namespace {

// From `first` to `last`, linear over a share of the iterations.
int64_t grown(int64_t first, int64_t last, double share, int64_t iteration, int64_t iterations) {
  const double done = static_cast<double>(iteration) / std::max(1.0, share * static_cast<double>(iterations));
  const double places = static_cast<double>(last - first + 1) * std::min(done, 1.0);
  return first + std::max<int64_t>(static_cast<int64_t>(std::ceil(places)) - 1, 0);
}

}  // namespace

Window choose_window(const UnrollConfig& config, int64_t steps, int64_t iteration, int64_t iterations, const Key& key) {
  const int64_t taught =
      config.growth == Growth::none ? steps : grown(1, steps, config.growth_share, iteration, iterations);
  int64_t length = config.window;
  if (length > 0 && length < steps && config.window_growth > 0)
    length = grown(length, steps, config.window_growth, iteration, iterations);
  Window window = random_window(key, taught, length);
  if (config.growth != Growth::backward) return window;
  const int64_t start = steps - taught;
  return {window.begin + start, window.end + start, start};
}

}  // namespace gtn
