#include "cli/bench_peak.h"

#include <algorithm>
#include <array>
#include <exception>

#include "gtn/core/random.h"

namespace gtn {
namespace {

struct Operation {
  std::string name;
  double gflop;
  std::function<void(const Tensor&, const Tensor&)> run;
  Tensor a, b;
};

// A 3x3 convolution of `batch` images of `channels` x size x size to as many channels.
Operation convolution(int64_t batch, int64_t channels, int64_t size) {
  const auto text = [](int64_t extent) { return std::to_string(extent); };
  const auto b = static_cast<double>(batch), c = static_cast<double>(channels), s = static_cast<double>(size);
  return {"conv 3x3 " + text(batch) + "x" + text(channels) + "x" + text(size) + "x" + text(size),
          2 * b * s * s * c * c * 9 / 1e9,
          [](const Tensor& x, const Tensor& weight) {
            at::convolution(x, weight, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1);
          },
          Key(1).normal({batch, channels, size, size}).contiguous(kChannelsLast),
          Key(2).normal({channels, channels, 3, 3}).contiguous(kChannelsLast)};
}

Operation product(int64_t size) {
  const auto s = static_cast<double>(size);
  return {"matmul " + std::to_string(size), 2 * s * s * s / 1e9, [](const Tensor& a, const Tensor& b) { at::mm(a, b); },
          Key(1).normal({size, size}), Key(2).normal({size, size})};
}

std::vector<Operation> operations(bool quick) {
  std::vector<Operation> list;
  for (const auto& [batch, channels, size] : {std::array<int64_t, 3>{128, 128, 16}, {64, 256, 14}, {64, 64, 32}})
    list.push_back(convolution(quick ? batch / 4 : batch, channels, size));
  list.push_back(product(1024));
  if (!quick) list.push_back(product(2048));
  return list;
}

// GFLOP/s of each operation in the given type; none for one that throws.
std::vector<Figure> rates(const std::vector<Operation>& list, at::ScalarType type, const Patience& patience) {
  std::vector<Work> pieces;
  for (const Operation& operation : list) {
    Work work = [run = operation.run, a = operation.a.to(type), b = operation.b.to(type)] { run(a, b); };
    try {
      work();  // the warm-up as well
    } catch (const std::exception&) {
      work = nullptr;
    }
    pieces.push_back(std::move(work));
  }
  std::vector<Figure> result = fastest(pieces, patience);
  for (size_t i = 0; i < result.size(); ++i)
    if (result[i]) result[i] = list[i].gflop / *result[i];
  return result;
}

void raise(Figure& best, const Figure& figure) {
  if (figure) best = std::max(best.value_or(0), *figure);
}

}  // namespace

Peaks measure_peaks(int threads, bool bfloat16, bool quick) {
  NoGrad no_grad;
  const std::vector<Operation> list = operations(quick);
  const Patience patience = quick ? Patience{.rounds = 2, .slice = 0.03, .enough = 0.06, .calls = 2} : Patience{};
  Peaks peaks;
  for (const Operation& operation : list) peaks.cases.push_back({operation.name, {}, {}});
  const auto measure = [&](int count, PeakFigures PeakCase::*figures, PeakFigures& best) {
    at::set_num_threads(count);
    const std::vector<Figure> f32 = rates(list, at::kFloat, patience);
    const std::vector<Figure> bf16 = bfloat16 ? rates(list, at::kBFloat16, patience) : std::vector<Figure>(list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      peaks.cases[i].*figures = {f32[i], bf16[i]};
      raise(best.f32, f32[i]);
      raise(best.bf16, bf16[i]);
    }
  };
  measure(1, &PeakCase::one_thread, peaks.one_thread);
  if (threads > 1) {
    measure(threads, &PeakCase::all_threads, peaks.all_threads);
  } else {
    for (PeakCase& c : peaks.cases) c.all_threads = c.one_thread;
    peaks.all_threads = peaks.one_thread;
  }
  return peaks;
}

}  // namespace gtn
