#include "gtn/core/blas_core.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "gtn/core/machine.h"

namespace gtn {
namespace {

constexpr const char* kVariable = "OPENBLAS_CORETYPE";

}  // namespace

std::string blas_core() {
  const auto name = reinterpret_cast<const char* (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name ? name() : "";
}

std::string better_blas_core(const std::string& chosen, const std::vector<std::string>& features) {
  const auto has = [&](const char* feature) { return std::ranges::find(features, feature) != features.end(); };
  if (chosen != "Prescott" || !has("avx2") || !has("fma")) return {};
  return has("avx512f") && has("avx512bw") && has("avx512vl") ? "SkylakeX" : "Haswell";
}

void restart_for_blas_core(char* const* argv) {
  if (std::getenv(kVariable)) return;
  const std::string better = better_blas_core(blas_core(), describe_machine().features);
  std::error_code unknown;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (better.empty() || unknown || ::setenv(kVariable, better.c_str(), 1) != 0) return;
  ::execv(self.c_str(), argv);  // returns where it fails: then the slow kernels have to do
}

}  // namespace gtn
