#include "cli/bench_measure.h"

#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

#include "cli/common.h"

namespace gtn {
namespace {

// The number behind `key:` in a file such as /proc/meminfo, which counts in kB; in MB.
Figure proc_mb(const std::string& path, const std::string& key) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) * 1024 / 1e6;
  return std::nullopt;
}

// What stands behind the first `key` of /proc/cpuinfo; empty where nothing does.
std::string cpu_info(const std::string& key) {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

// The extensions that decide how fast convolutions and matrix products can be, x86-64 and 64-bit Arm.
constexpr std::string_view kExtensions[] = {"fma",      "avx",         "avx2",     "avx512f",  "avx512bw",
                                            "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16", "asimd",
                                            "sve",      "sve2",        "bf16"};

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
  const Figure before = proc_mb(status, "VmRSS");
  std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark starts anew
  work();
  const Figure peak = proc_mb(status, "VmHWM");
  if (!before || !peak) return std::nullopt;
  return std::max(0.0, *peak - *before);
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

bool Machine::has_bfloat16() const {
  return std::ranges::any_of(features, [](const std::string& feature) {
    return feature == "avx512_bf16" || feature == "amx_bf16" || feature == "bf16";
  });
}

Machine describe_machine() {
  Machine machine{.cpu = cpu_info("model name"),
                  .cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency())),
                  .features = {},
                  .memory_mb = proc_mb("/proc/meminfo", "MemTotal")};
  if (machine.cpu.empty()) machine.cpu = "unknown";
  std::istringstream flags(cpu_info("flags") + " " + cpu_info("Features"));
  for (std::string flag; flags >> flag;)
    if (std::ranges::find(kExtensions, flag) != std::end(kExtensions)) machine.features.push_back(flag);
  return machine;
}

}  // namespace gtn
