#include "gtn/core/machine.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

namespace gtn {
namespace {

// The extensions that decide how fast convolutions and matrix products can be, x86-64 and 64-bit Arm.
constexpr std::string_view kExtensions[] = {"fma",      "avx",         "avx2",     "avx512f",  "avx512bw",
                                            "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16", "asimd",
                                            "sve",      "sve2",        "bf16"};

// What stands behind the first `key` of /proc/cpuinfo; empty where nothing does.
std::string cpu_info(const std::string& key) {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

}  // namespace

bool Machine::has_bfloat16() const {
  return std::ranges::any_of(features, [](const std::string& feature) {
    return feature == "avx512_bf16" || feature == "amx_bf16" || feature == "bf16";
  });
}

Machine describe_machine() {
  Machine machine{.cpu = cpu_info("model name"),
                  .cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency())),
                  .features = {},
                  .memory = proc_bytes("/proc/meminfo", "MemTotal")};
  if (machine.cpu.empty()) machine.cpu = "unknown";
  std::istringstream flags(cpu_info("flags") + " " + cpu_info("Features"));
  for (std::string flag; flags >> flag;)
    if (std::ranges::find(kExtensions, flag) != std::end(kExtensions)) machine.features.push_back(flag);
  return machine;
}

int64_t available_memory() { return proc_bytes("/proc/meminfo", "MemAvailable"); }

int64_t proc_bytes(const std::string& path, const std::string& key) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1)) << 10;
  return 0;
}

}  // namespace gtn
