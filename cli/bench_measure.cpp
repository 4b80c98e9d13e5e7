#include "cli/bench_measure.h"

#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <fstream>

#include "gtn/core/machine.h"

namespace gtn {
namespace {

// Gives back what the allocator keeps of freed memory.
void release_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

std::vector<Figure> fastest(const std::vector<Work>& pieces, const Patience& patience) {
  std::vector<Figure> least(pieces.size());
  std::vector<double> total(pieces.size());
  std::vector<int> calls(pieces.size());
  for (int round = 0; round < patience.rounds; ++round) {
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i] || (total[i] >= patience.enough && calls[i] >= patience.calls)) continue;
      const double slice_end = total[i] + patience.slice;
      do {
        const double seconds = seconds_of(pieces[i]);
        least[i] = std::min(least[i].value_or(seconds), seconds);
        total[i] += seconds;
        ++calls[i];
      } while (total[i] < slice_end);
    }
  }
  return least;
}

Figure peak_growth_mb(const Work& work) {
  release_memory();
  const std::string status = "/proc/self/status";
  const int64_t before = proc_bytes(status, "VmRSS");
  std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark starts anew
  work();
  const int64_t peak = proc_bytes(status, "VmHWM");
  if (before == 0 || peak == 0) return std::nullopt;
  return static_cast<double>(std::max<int64_t>(0, peak - before)) / 1e6;
}

Figure available_mb() {
  release_memory();
  const int64_t bytes = available_memory();
  return bytes > 0 ? Figure(static_cast<double>(bytes) / 1e6) : std::nullopt;
}

int64_t page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

bool Deadline::affords(double seconds) const {
  return !end_ || std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds) < *end_;
}

}  // namespace gtn
