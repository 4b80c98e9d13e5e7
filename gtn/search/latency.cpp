#include "gtn/search/latency.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace gtn {
namespace {

constexpr int64_t kWarmUp = 2;  // passes that load kernels and touch memory for the first time

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace

double seconds_of(const std::function<void()>& task) {
  const auto start = std::chrono::steady_clock::now();
  task();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double latency(const Net& net, int64_t batch, int64_t repeats, at::Device device) {
  if (batch < 1 || repeats < 1) throw std::invalid_argument("latency: batch and repeats are at least one");
  Shape shape = net.input();
  shape.insert(shape.begin(), batch);
  const Key key(0);
  const Tensor w = net.initial(key.split("initial")).to(device);
  const Tensor x = key.split("images").normal(shape).contiguous(kChannelsLast).to(device);
  const Statistics statistics = net.calibrate(w, {x});
  const auto pass = [&] { scalar(net.logits(w, x, statistics).sum()); };  // read, so that a device has finished
  for (int64_t i = 0; i < kWarmUp; ++i) pass();
  std::vector<double> seconds;
  for (int64_t i = 0; i < repeats; ++i) seconds.push_back(seconds_of(pass));
  return median(std::move(seconds)) / static_cast<double>(batch);
}

}  // namespace gtn
