#include "gtn/core/tensor.h"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/version.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "gtn/core/error.h"
#include "gtn/core/short_waits.h"

namespace gtn {

double scalar(const Tensor& tensor) { return tensor.item().toDouble(); }

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

void configure_process(int threads) {
  if (threads < 1) throw usage_error("--threads", "must be at least 1, not " + std::to_string(threads));
  at::set_num_threads(threads);
  if (threads > 1) keep_waits_short();
  at::Context::setFlushDenormal(true);
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);         // a threshold would not do: it ends at 32 MiB
  mallopt(M_TRIM_THRESHOLD, -1);  // never
  mallopt(M_TOP_PAD, 64 << 20);
  mallopt(M_ARENA_MAX, 1);
#endif
}

std::string libtorch_version() { return TORCH_VERSION; }

std::string libtorch_instruction_set() {
  const std::string config = at::show_config(), key = "CPU capability usage: ";
  const size_t found = config.find(key);
  if (found == std::string::npos) return "unknown";
  const size_t begin = found + key.size();
  return config.substr(begin, config.find('\n', begin) - begin);
}

at::Device parse_device(const std::string& text) {
  const bool known =
      text == "cpu" || text == "cuda" || (text.starts_with("cuda:") && text.size() == 6 && std::isdigit(text[5]));
  if (!known) throw usage_error("--device", "unknown device '" + text + "'; use cpu, cuda or cuda:0");
  at::Device device(text);
  if (device.is_cuda() && !at::hasCUDA())
    throw usage_error("--device", "'" + text + "' was asked for, but this LibTorch sees no CUDA device; use cpu");
  return device;
}

}  // namespace gtn
